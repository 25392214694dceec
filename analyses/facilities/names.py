"""When are two names of facilities one name: short and in full, 第一 and 第1, a gate, a campus?"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache

from geo.bundled import load_toml
from geo.text import arabic, numeral_signs, simplified

_NOT_LETTERS = re.compile(r"[\W_]+")
_NUMBER_WORD = re.compile(r"\bno\.?\s*(?=\d)")
_SHORTEST_ENDING = 3  # 实验小, for 实验小学
_SHORTEST_NUMBERED = 2  # 1小, for 第一小学
_SHORTEST_PLACE = 2  # 静海; a single 东 or 新 tells two schools apart


@dataclass(frozen=True)
class Name:
    """A facility's name as it is compared.

    Attributes
    ----------
    base
        The place itself: short level, digits, no words of places, no marks.
    campus
        What tells one of its campuses from the others; "" where there is none or the main one.
    gate
        Whether the record is a gate of the place.
    """

    base: str
    campus: str = ""
    gate: bool = False

    @property
    def key(self) -> str:
        """Return the text that is the same for two records of one place."""
        return f"{self.base}·{self.campus}" if self.campus else self.base


NO_NAME = Name("")


def compared(name: str) -> Name:
    """Return a facility's name as it is compared.

    Examples
    --------
    >>> compared("固始县第一中学") == compared("固始一中")
    True
    >>> compared("实验小学（东校区）")
    Name(base='实验小', campus='东', gate=False)
    >>> compared("实验小学北门")
    Name(base='实验小', campus='', gate=True)
    """
    text = _plain(name).casefold()
    campus, gate = "", False
    while parted := _parted(text):
        text, ending = parted
        patterns = _endings()
        if patterns["gate"].fullmatch(ending):
            gate = True
        elif not patterns["remark"].fullmatch(ending) and not patterns["itself"].fullmatch(ending):
            campus = _campus(ending) + campus
    return Name(_short(text), campus, gate)


def place_text(name: str) -> str:
    """Return a name as it is written, in half width, without gate, campus and remark behind it.

    Examples
    --------
    >>> place_text("春芽幼儿园（公办）北门")
    '春芽幼儿园'
    """
    text = _plain(name)
    while parted := _parted(text):
        text = parted[0]
    return text


def name_key(name: str) -> str:
    """Return the text that is the same for two names of one place, gates left aside.

    Examples
    --------
    >>> name_key("固始县第一中学") == name_key("固始一中北门")
    True
    """
    return compared(name).key


def same_name(a: Name, b: Name) -> bool:
    """Say whether two names are one, or one is the other with a place's name before it."""
    if not a.base or not b.base or a.campus != b.campus:
        return False
    short, long = sorted((a.base, b.base), key=len)
    enough = _SHORTEST_NUMBERED if numbers(short) else _SHORTEST_ENDING
    return a.base == b.base or (
        len(short) >= enough
        and len(long) - len(short) >= _SHORTEST_PLACE
        and long.endswith(short)
        and numbers(short) == numbers(long)
    )


def numbers(text: str) -> list[str]:
    """Return the numbers of a compared name."""
    return re.findall(r"\d+", text)


def _plain(name: str) -> str:
    """Return a name in half width and simplified characters."""
    return simplified(unicodedata.normalize("NFKC", name).strip())


def _parted(text: str) -> tuple[str, str] | None:
    """Part a name from a gate, a campus or a remark behind it, or return None."""
    for how in ("bracketed", "after", "dash"):
        found = _endings()[how].fullmatch(text)
        if found and _is_ending(found["ending"]):
            return found["name"], found["ending"]
    return None


def _is_ending(text: str) -> bool:
    return any(_endings()[sort].fullmatch(text) for sort in ("gate", "itself", "campus", "remark"))


def _campus(ending: str) -> str:
    """Return what tells a campus from the others of its school: 东 of 东校区, 2 of 第二分园."""
    found = _endings()["campus"].fullmatch(ending)
    told = "".join(filter(None, found.groups())) if found else ending
    return _short(told) or _short(ending)


def _short(text: str) -> str:
    """Return letters and digits alone, levels written short and words of places left out."""
    words = load_toml("rules/facility_names.toml")
    for long, short in words["levels"].items():
        text = text.replace(long, short)
    text = _digits(_NUMBER_WORD.sub("", text))
    return re.sub(f"[{words['place_words']}]", "", _NOT_LETTERS.sub("", text))


def _digits(text: str) -> str:
    """Write Chinese numerals as digits: 二十三 is 23, 一一五 is 115."""
    return re.sub(f"[{numeral_signs()}]+", lambda found: str(arabic(found[0])), text)


@cache
def _endings() -> dict[str, re.Pattern[str]]:
    words: dict[str, str] = load_toml("rules/facility_names.toml")["endings"]
    patterns = {
        sort: re.compile(words[sort], re.IGNORECASE)
        for sort in ("gate", "itself", "campus", "remark")
    }
    opening, closing = map(re.escape, words["brackets"].split())
    after = rf"(?P<name>.*(?:{words['after']}|[{closing}]))[\s\-–—·]*(?P<ending>.+?)"
    dash = r"(?P<name>.+?)\s*[\-–—·]\s*(?P<ending>.+?)"
    inside = rf"(?P<ending>[^{opening}{closing}]+?)"
    bracketed = rf"(?P<name>.+?)\s*[{opening}]\s*{inside}\s*[{closing}]"
    ways = {"bracketed": bracketed, "after": after, "dash": dash}
    return {**patterns, **{how: re.compile(text, re.IGNORECASE) for how, text in ways.items()}}
