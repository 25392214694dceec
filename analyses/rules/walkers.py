"""Who walks to which school, how fast, and what may a child of that age not use alone?

The age bands are rows of ``data/rules/child_profiles.toml``, which explains the fields.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import ConfigDict, Field

from analyses.facilities import Id, facility_types
from analyses.rules.people import Ages, age_shares, walking_speed_m_s
from geo.bundled import ROOT
from geo.userfiles import read_rows
from geo.words import Text

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True)
class CrossingLimit:
    """From where a crossing without a signal, a bridge or a guard is not for a child alone."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    speed_over_kmh: Positive
    lanes_from: Annotated[int, Field(ge=1)]


@dataclass(frozen=True, kw_only=True)
class CarriagewayLimit:
    """From where walking in the carriageway is not for a child alone."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    speed_over_kmh: Positive
    hour_over: Positive


@dataclass(frozen=True, kw_only=True)
class _Row:
    """A row of the file, as written there."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: Id
    zh: str
    en: str
    ages: Ages
    kinds: tuple[Id, ...]
    accompanied: bool
    walk_max_m: Positive
    risk_factor: Positive
    source: str
    status: Literal["verified", "secondary", "judgement"]
    crossing: CrossingLimit | None = None
    carriageway: CarriagewayLimit | None = None


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Children of an age band on their way to school.

    Attributes
    ----------
    ages
        First and last full year of age, both inclusive.
    kinds
        Kinds of facilities that they attend, with those that serve as one of them.
    accompanied
        Whether they walk with an adult; then whether they may walk alone is not asked.
    speed_m_s
        Walking speed, of ``walking.toml``.
    walk_max_m
        Longest way that is taken as walked.
    risk_factor
        Factor of walking along a street.
    crossing, carriageway
        What is not for them alone; None = no such limit.

    Examples
    --------
    >>> youngest = profiles()[0]
    >>> youngest.ages[0] <= youngest.ages[1], youngest.speed_m_s < 2
    (True, True)
    """

    id: str
    zh: str
    en: str
    ages: tuple[int, int]
    kinds: tuple[str, ...]
    accompanied: bool
    speed_m_s: float
    walk_max_m: float
    risk_factor: float
    crossing: CrossingLimit | None
    carriageway: CarriagewayLimit | None

    @property
    def title(self) -> Text:
        """What they are called."""
        return Text.of(vars(self))


@cache
def profiles() -> tuple[Profile, ...]:
    """Return the age bands, from the youngest up.

    Examples
    --------
    >>> [(p.id, p.ages, p.speed_m_s) for p in profiles()][:2]
    [('kindergarten', (3, 5), 0.88), ('grades_1_3', (6, 8), 1.0)]
    """
    rows = read_rows(ROOT / "rules" / "child_profiles.toml", "profile", _Row)
    return tuple(
        Profile(
            id=row.id,
            zh=row.zh,
            en=row.en,
            ages=(row.ages[0], row.ages[1] - 1),
            kinds=_attended(row.kinds),
            accompanied=row.accompanied,
            speed_m_s=walking_speed_m_s(row.ages[0]),
            walk_max_m=row.walk_max_m,
            risk_factor=row.risk_factor,
            crossing=row.crossing,
            carriageway=row.carriageway,
        )
        for row in rows
    )


@cache
def profiles_of_kind(kind: str) -> tuple[Profile, ...]:
    """Return the age bands that attend a kind of facility; none for what is no school.

    A school whose level is not told has none: its pupils' ages would be a guess.

    Examples
    --------
    >>> [p.id for p in profiles_of_kind("nine_year_school")]
    ['grades_1_3', 'grades_4_6', 'junior']
    """
    return tuple(profile for profile in profiles() if kind in profile.kinds)


def children_of_profile(profile: Profile, demand: pd.DataFrame) -> NDArray[np.float64]:
    """Return the children of an age band at each row of `demand`.

    Parameters
    ----------
    profile
        The age band; a group of ages is taken as evenly spread over its years.
    demand
        Columns of the age groups, e.g. ``age_6_11``; one that is missing is unknown.

    Returns
    -------
    ndarray
        Children, NaN where unknown.

    Examples
    --------
    Of a group of six years, three are in an age band of three years:

    >>> import dataclasses
    >>> import pandas as pd
    >>> profile = dataclasses.replace(profiles()[0], ages=(6, 8))
    >>> children_of_profile(profile, pd.DataFrame({"age_6_11": [30.0]})).tolist()
    [15.0]
    """
    shares = age_shares((profile.ages[0], profile.ages[1] + 1))
    total = np.zeros(len(demand))
    for group, share in shares.items():
        total += demand[group].to_numpy(dtype=np.float64) * share if group in demand else np.nan
    return total


def _attended(kinds: tuple[str, ...]) -> tuple[str, ...]:
    """Return the kinds with those that serve as one of them, in the order of the types."""
    return tuple(
        row.id
        for row in facility_types().values()
        if row.id in kinds or not set(kinds).isdisjoint(row.serves)
    )
