"""Which number does the value of an OSM tag mean?

Everything that is not plainly one number is None: unknown, which is never 0 and never a guess.
The words and units that are known lie in ``data/rules/tags.toml``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from geo.arrays import Flags, Floats


LIST_MARK = ";"


def numbers(tags: pd.DataFrame, tag: str, read: Callable[[str], float | None]) -> Floats:
    """Read a tag as numbers, NaN where it is absent or `read` returns None.

    Examples
    --------
    >>> numbers(pd.DataFrame({"width": ["3", None, "wide"]}), "width", lambda t: len(t))
    array([ 1., nan,  4.])
    """
    codes, values = _coded(tags, tag)
    found = [read(value) for value in values]
    table = np.array([*(np.nan if one is None else one for one in found), np.nan])
    return table[codes]


def words(tags: pd.DataFrame, tag: str, meaning: Mapping[str, int]) -> Floats:
    """Read a tag as codes: of a list (``zebra;uncontrolled``) the first part that has a meaning.

    Examples
    --------
    >>> import pandas as pd
    >>> tags = pd.DataFrame({"crossing": ["zebra;island", "unmarked", None]})
    >>> words(tags, "crossing", {"zebra": 1, "unmarked": 0}).tolist()
    [1.0, 0.0, nan]
    """

    def read(value: str) -> float | None:
        parts = (part.strip().casefold() for part in value.split(LIST_MARK))
        return next((meaning[part] for part in parts if part in meaning), None)

    return numbers(tags, tag, read)


def carries(tags: pd.DataFrame, tag: str, values: Collection[str] | None = None) -> Flags:
    """Say which carry a tag with one of some values (also within a list), or with any value.

    Examples
    --------
    >>> import pandas as pd
    >>> tags = pd.DataFrame({"crossing": ["zebra;island", "unmarked", None]})
    >>> carries(tags, "crossing", ["zebra"]).tolist(), carries(tags, "crossing").tolist()
    ([True, False, False], [True, True, False])
    """
    if values is None:
        return _coded(tags, tag)[0] >= 0
    return ~np.isnan(words(tags, tag, dict.fromkeys(values, 1)))


def has_tag(tags: pd.DataFrame, names: Sequence[str], *, no: Sequence[str]) -> Flags:
    """Say which have one of some tags, with any value but those that say no.

    >>> has_tag(pd.DataFrame({"bridge": ["yes", "no", None]}), ["bridge"], no=["no"]).tolist()
    [True, False, False]
    """
    tagged = np.zeros(len(tags), dtype=bool)
    for name in names:
        if name in tags:
            values = tags[name].astype(object)
            tagged |= (values.notna() & ~values.isin(no)).to_numpy(dtype=bool)
    return tagged


def texts(tags: pd.DataFrame, tag: str) -> NDArray[np.object_]:
    """Return a tag as text, None where it is absent.

    Examples
    --------
    >>> import pandas as pd
    >>> texts(pd.DataFrame({"name": ["Elm Road", float("nan")]}), "name").tolist()
    ['Elm Road', None]
    """
    codes, values = _coded(tags, tag)
    return np.array([*values, None], dtype=object)[codes]


def _coded(tags: pd.DataFrame, tag: str) -> tuple[NDArray[np.int64], list[str]]:
    """Return the position of each row's value in the list of values, -1 where there is none."""
    if tag not in tags.columns:
        return np.full(len(tags), -1), []
    column = tags[tag]
    if isinstance(column.dtype, pd.CategoricalDtype):
        of_each = np.asarray(column.cat.codes, dtype=np.int64)
        return of_each, [str(one) for one in column.cat.categories]
    codes, values = pd.factorize(column.to_numpy(dtype=object))
    return codes.astype(np.int64), [str(one) for one in values]


_NUMBER = re.compile(r"(\d{1,6}(?:[.,]\d{1,4})?|\.\d{1,4})\s*(.*)", re.ASCII)
_ZONE = re.compile(r"[a-z]{2}:(?:zone:?)?(\d{1,3})", re.ASCII)
_FEET_AND_INCHES = re.compile(r"(\d{1,3})\s*'\s*(\d{1,2})\s*\"", re.ASCII)
_INCHES_PER_FOOT = 12
_HALF_WIDTH = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}


def speed_kmh(text: str | None) -> float | None:
    r"""Return the speed limit of a ``maxspeed`` value in km/h, or None where it is unknown.

    Examples
    --------
    >>> [speed_kmh(text) for text in ("40", "CN:urban", "CN:30", "\uff14\uff10 km/h")]
    [40.0, 50.0, 30.0, 40.0]
    >>> round(speed_kmh("20 mph"), 3)
    32.187
    >>> speed_kmh("none") is None and speed_kmh("30;50") is None and speed_kmh("") is None
    True
    """
    rules = _rules("speed")
    plain = _plain(text)
    zone = _ZONE.fullmatch(plain)
    kmh = float(zone[1]) if zone else rules["word_kmh"].get(plain)
    if kmh is None:
        kmh = _with_unit(plain, rules["unit_kmh"])
    return _within(kmh, rules["minimum_kmh"], rules["maximum_kmh"])


def conditional_speeds_kmh(text: str | None) -> tuple[float, ...]:
    """Return the limits of a ``maxspeed:conditional`` value in km/h, without their conditions.

    Examples
    --------
    >>> conditional_speeds_kmh("30 @ (Mo-Fr 07:00-08:30; Mo-Fr 16:00-17:30); 20 mph @ wet")
    (30.0, 32.18688)
    >>> conditional_speeds_kmh("none @ (22:00-06:00)"), conditional_speeds_kmh("30")
    ((), ())
    """
    before = _plain(text).split("@")[:-1]
    limits = (speed_kmh(part.rpartition(")")[2].rpartition(";")[2]) for part in before)
    return tuple(limit for limit in limits if limit is not None)


def lanes_range(text: str | None) -> tuple[float, float] | None:
    r"""Return the least and greatest number of lanes of a ``lanes`` value, None where unknown.

    A list (``2;3``) says that the number changes along the way.

    Examples
    --------
    >>> lanes_range("2"), lanes_range("2;3"), lanes_range("\uff13; 2"), lanes_range("2;x")
    ((2.0, 2.0), (2.0, 3.0), (2.0, 3.0), None)
    """
    rules = _rules("lanes")
    parts = [_with_unit(part.strip(), {"": 1.0}) for part in _plain(text).split(";")]
    counts = [_within(part, rules["minimum"], rules["maximum"]) for part in parts]
    known = [count for count in counts if count is not None]
    return (min(known), max(known)) if len(known) == len(counts) else None


def lanes(text: str | None) -> float | None:
    r"""Return the number of lanes of a ``lanes`` value (of a list the largest), None where unknown.

    Examples
    --------
    >>> lanes("2"), lanes("\uff12"), lanes("1.5"), lanes("2;3"), lanes("")
    (2.0, 2.0, 1.5, 3.0, None)
    """
    found = lanes_range(text)
    return None if found is None else found[1]


def turn_lanes(text: str | None) -> float | None:
    """Return the number of lanes that a ``turn:lanes`` value describes, None where unknown.

    Examples
    --------
    >>> turn_lanes("left|through|through;right"), turn_lanes("||right"), turn_lanes("")
    (3.0, 3.0, None)
    """
    rules = _rules("lanes")
    plain = _plain(text)
    return _within(plain.count("|") + 1.0, rules["minimum"], rules["maximum"]) if plain else None


def sidewalk_sides(text: str | None) -> tuple[str | None, str | None]:
    """Return what a ``sidewalk`` value says of the left and the right: yes, no, separate or None.

    Examples
    --------
    >>> sidewalk_sides("left"), sidewalk_sides("separate"), sidewalk_sides("mapped")
    (('yes', 'no'), ('separate', 'separate'), (None, None))
    """
    sides = _rules("sidewalk")["sides"].get(_plain(text), (None, None))
    return (sides[0], sides[1])


def width_m(text: str | None) -> float | None:
    r"""Return the metres of a ``width`` or ``est_width`` value, or None where it is unknown.

    Examples
    --------
    >>> width_m("3.5"), width_m("3,5 m"), width_m("350 cm"), width_m("3米"), width_m("2-3")
    (3.5, 3.5, 3.5, 3.0, None)
    >>> round(width_m('12 ft'), 4), round(width_m('12\'6"'), 4)
    (3.6576, 3.81)
    """
    rules = _rules("width")
    plain = _plain(text)
    imperial = _FEET_AND_INCHES.fullmatch(plain)
    if imperial:
        metres = (float(imperial[1]) + float(imperial[2]) / _INCHES_PER_FOOT) * rules["unit_m"]["'"]
    else:
        metres = _with_unit(plain, rules["unit_m"])
    return _within(metres, rules["minimum_m"], rules["maximum_m"])


NUMBERS: Mapping[str, Callable[[str | None], float | None]] = {
    "maxspeed": speed_kmh,
    "maxspeed:forward": speed_kmh,
    "maxspeed:backward": speed_kmh,
    "lanes": lanes,
    "lanes:forward": lanes,
    "lanes:backward": lanes,
    "width": width_m,
    "est_width": width_m,
    "sidewalk:width": width_m,
    "sidewalk:both:width": width_m,
    "sidewalk:left:width": width_m,
    "sidewalk:right:width": width_m,
}
"""Tags that are read as numbers, and how."""


def _rules(tag: str) -> dict[str, Any]:
    rules: dict[str, Any] = load_toml("rules/tags.toml")[tag]
    return rules


def _plain(text: str | None) -> str:
    """Return the value in half-width characters, small letters, without blanks around it."""
    return "" if text is None else text.translate(_HALF_WIDTH).strip().casefold()


def _with_unit(plain: str, unit: Mapping[str, float]) -> float | None:
    """Return the number times its unit, or None unless the whole text is these two."""
    found = _NUMBER.fullmatch(plain)
    if found is None or found[2] not in unit:
        return None
    return float(found[1].replace(",", ".")) * unit[found[2]]


def _within(value: float | None, least: float, most: float) -> float | None:
    return value if value is not None and least <= value <= most else None
