"""Which country, province or district does a code name, and does one lie in another?

Codes are those of ISO 3166 (``CN``, ``CN-12``, ``GB-ENG``, ``FR-75``) or Chinese division codes of
2 to 12 digits (``120118``), whose first digits name what they lie in.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from geo.bundled import load_toml
from geo.words import Text, languages, text

if TYPE_CHECKING:
    from collections.abc import Iterable


_ISO = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")
_LEVELS = (2, 4, 6, 9, 12)
"""Digits of province, city, county, town and village."""
_CHINA = "CN"
_VILLAGE = re.compile(r"[1-9]\d{11}")


def is_region(code: str) -> bool:
    """Say whether a code is one of ISO 3166 or of a Chinese division.

    Examples
    --------
    >>> [is_region(code) for code in ("CN-12", "120118", "GB-ENG", "Tianjin", "12011")]
    [True, True, True, False, False]
    """
    if code.isascii() and code.isdigit():
        return len(code) in _LEVELS and code[:2] in _provinces()
    return _ISO.fullmatch(_alias(code)) is not None


def lies_in(region: str, wider: str) -> bool:
    """Say whether a region is another or a part of it, as far as the codes tell.

    Examples
    --------
    >>> lies_in("120118", "CN-12"), lies_in("CN-12", "120118"), lies_in("CN-TJ", "CN")
    (True, False, True)
    >>> lies_in("GB-ENG", "GB"), lies_in("GB-ENG", "GB-SCT")
    (True, False)
    """
    (country, part), (wide_country, wide_part) = _parts(region), _parts(wider)
    if country != wide_country:
        return False
    divided = country == _CHINA and wide_part.isdigit()
    return not wide_part or part == wide_part or (divided and part.startswith(wide_part))


def common_region(codes: Iterable[object]) -> str | None:
    """Return the smallest division in which all villages and communities lie.

    Parameters
    ----------
    codes
        12-digit division codes; None where any is something else.

    Examples
    --------
    >>> common_region(["120118100201", "120118101001"])
    '120118'
    >>> common_region(["120118100201", "130921100201"]), common_region(["120118100201", "S1"])
    ('CN', None)
    """
    texts = [str(code) for code in codes]
    if not texts or not all(_VILLAGE.fullmatch(t) and t[:2] in _provinces() for t in texts):
        return None
    shared = [n for n in _LEVELS[:3] if len({text[:n] for text in texts}) == 1]
    return texts[0][: shared[-1]] if shared else _CHINA


def region_name(code: str) -> Text:
    """Return a region in words with its code, the code alone where it has no words here.

    Examples
    --------
    >>> region_name("120118")["en"], region_name("ES-B")["en"]
    ('Tianjin (120118)', 'ES-B')
    """
    country, part = _parts(code)
    names: dict[str, dict[str, str]] = load_toml("rules/regions.toml")["name"]
    short = part[:2] if country == _CHINA else part
    named = names.get(f"{country}-{short}" if short else country)
    if named is None:
        return Text(**dict.fromkeys(languages(), code))
    return text("rules/text/region").format(name=Text.of(named), code=code)


def _parts(code: str) -> tuple[str, str]:
    """Return country and part; of a Chinese division its digits without those of no meaning."""
    code = _alias(code)
    if not code.isdigit():
        country, _, part = code.partition("-")
        return country, part
    used = next(n for n in _LEVELS if not code[n:].strip("0"))
    return _CHINA, code[:used]


def _alias(code: str) -> str:
    """Return the code for another way to write it: ``UK``, ``CN-TJ``."""
    aliases: dict[str, str] = load_toml("rules/regions.toml")["alias"]
    return aliases.get(code, code)


@cache
def _provinces() -> frozenset[str]:
    names: dict[str, Any] = load_toml("rules/regions.toml")["name"]
    return frozenset(name[3:] for name in names if name.startswith(f"{_CHINA}-"))
