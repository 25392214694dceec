"""How old are children, how fast do they walk, and is a place urban or rural?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import ConfigDict, Field

from geo.bundled import ROOT, load_toml
from geo.userfiles import read_rows
from geo.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

Year = Annotated[int, Field(ge=0, le=18)]
Ages = tuple[Year, Year]
_VILLAGE_CODE = re.compile(r"\d{12}")
_UR_CODE = re.compile(r"[12]\d\d")
_VILLAGE_PART = 9
_SPECIAL = "4"


@dataclass(frozen=True, kw_only=True)
class AgeGroup:
    """Children of ages `start` to `end`, both inclusive, in full years."""

    id: str
    start: int
    end: int
    zh: str
    en: str

    @property
    def title(self) -> Text:
        """What they are called."""
        return Text.of(vars(self))

    @property
    def years(self) -> range:
        """The single years of age."""
        return range(self.start, self.end + 1)


@dataclass(frozen=True, kw_only=True)
class WalkingSpeed:
    """A row of ``data/rules/walking.toml``: ages [from, to), metres a second."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    ages: Ages
    speed_m_s: Annotated[float, Field(ge=0.2, le=2.5, allow_inf_nan=False)]
    zh: str
    en: str
    source: str
    verified: Literal["text", "second_hand", "judgement"]
    accompanied: bool


@cache
def age_groups() -> Mapping[str, AgeGroup]:
    """Return the age groups in which children are counted, by column name.

    Examples
    --------
    >>> list(age_groups())
    ['age_0_2', 'age_3_5', 'age_6_11', 'age_12_14', 'age_15_17']
    """
    rows = load_toml("age_groups.toml")["age_group"]
    groups = [
        AgeGroup(id=r["id"], start=r["from"], end=r["to"], zh=r["zh"], en=r["en"]) for r in rows
    ]
    return {group.id: group for group in groups}


def age_shares(ages: Ages | None) -> dict[str, float]:
    """Return for each age group concerned the share (0-1) of its years within `ages`.

    Children are taken as evenly spread over the years of a group; the Chinese stages match the
    groups exactly, so that only foreign rules have broken shares.

    Parameters
    ----------
    ages
        [from, to) in years; None means every child.

    Examples
    --------
    >>> age_shares((6, 12))
    {'age_6_11': 1.0}
    >>> age_shares((4, 12))["age_3_5"]
    0.6666666666666666
    """
    low, high = ages or (0, 18)
    shares = {
        group.id: sum(low <= year < high for year in group.years) / len(group.years)
        for group in age_groups().values()
    }
    return {group: share for group, share in shares.items() if share > 0}


@cache
def walking_speeds() -> tuple[WalkingSpeed, ...]:
    """Return the walking speeds by age, from the youngest up.

    Examples
    --------
    >>> speeds = [row.speed_m_s for row in walking_speeds()]
    >>> 0.5 < min(speeds) <= max(speeds) < 2
    True
    """
    return read_rows(ROOT / "rules" / "walking.toml", "speed", WalkingSpeed)


def walking_speed_m_s(age_from: float) -> float:
    """Return the walking speed in metres a second of children from an age on.

    Raises
    ------
    ValueError
        For an age below 0 or from 18 up.

    Examples
    --------
    >>> walking_speed_m_s(3), walking_speed_m_s(6), walking_speed_m_s(12)
    (0.88, 1.0, 1.2)
    """
    for row in walking_speeds():
        if row.ages[0] <= age_from < row.ages[1]:
            return row.speed_m_s
    raise ValueError(f"no walking speed for age {age_from}: children are 0 to 17")


def settlement(code12: object, ur_code: object) -> Literal["urban", "rural", "unknown"]:
    """Say whether a village or community is urban, by its 城乡分类代码 alone.

    Neither the name nor the village part of the 12-digit code decides: of 383 villages with a
    村委会 at Jinghai 123 are statistically urban.

    Parameters
    ----------
    code12
        12-digit code; looked at only where the two cells were mixed up.
    ur_code
        111 to 123 urban, 210 and 220 rural, as text or number; blank or None = unknown.

    Examples
    --------
    >>> settlement("120118100201", "122"), settlement("120118100201", None)
    ('urban', 'unknown')
    """
    code = _digits(ur_code)
    if not _UR_CODE.fullmatch(code) and _VILLAGE_CODE.fullmatch(code):
        code = _digits(code12)
    if not _UR_CODE.fullmatch(code):
        return "unknown"
    return "urban" if code.startswith("1") else "rural"


def special_unit(code12: object) -> bool:
    """Say whether a 12-digit code is a special unit (village part 4xx), not a 村 or 社区.

    Industrial parks and "virtual communities" leave the denominator of one-in-every-village
    rules and are listed by themselves.

    Examples
    --------
    >>> special_unit("120118400498"), special_unit("120118100201"), special_unit("row-3")
    (True, False, False)
    """
    code = _digits(code12)
    return bool(_VILLAGE_CODE.fullmatch(code)) and code[_VILLAGE_PART] == _SPECIAL


def _digits(cell: object) -> str:
    """Return a cell as text; a spreadsheet's 122.0 is 122."""
    text = "" if cell is None else str(cell).strip()
    return text.removesuffix(".0")
