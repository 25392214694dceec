"""What have children and parents marked on a map, and which marks are one mark set twice?

A mark says "I like it here", "I am afraid", "I cannot cross".  Kinds, headers and the words under
which they come (own tables, exports of Kobo and ODK) lie in ``data/rules/participation.toml``.
Nothing but kind, place and whether two marks are of one person is kept: no name, no text, no time.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.bundled import ROOT, load_toml
from geo.findings import Finding
from geo.read import ReadOptions, plain
from geo.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_RULES = "rules/participation.toml"
_NUMBERS = re.compile(r"\d{1,4}", re.ASCII)
_DAY, _WHOLE = 3, 6
NOBODY = -1
"""The person of a mark of whom nothing is known."""


@dataclass(frozen=True, eq=False)
class Marks:
    """Marks, each of them once.

    Attributes
    ----------
    rows
        Points in a metric CRS: ``mark`` (id of the kind), ``person`` (a running number, `NOBODY` =
        not known).
    accounts
        A row a file: ``file, marks_in`` (read)``, same_id`` (sent twice)``, again`` (set again by
        the same person at the same place)``, marks`` (left)``, people, nobody`` (marks without a
        person).  ``marks_in == same_id + again + marks``.
    findings
        What the reader should know.

    Examples
    --------
    >>> import yimi
    >>> marks = yimi.load(yimi.demo).inputs.marks
    >>> told = marks.accounts.iloc[0]
    >>> bool(told["marks_in"] == told["same_id"] + told["again"] + told["marks"])
    True
    """

    rows: gpd.GeoDataFrame
    accounts: pd.DataFrame
    findings: tuple[Finding, ...]


def kinds() -> Mapping[str, Mapping[str, Any]]:
    """Return the kinds of marks: id -> ``zh, en, danger, words``.

    Examples
    --------
    >>> kinds()["afraid"]["danger"], kinds()["like"]["danger"]
    (True, False)
    """
    found: Mapping[str, Mapping[str, Any]] = load_toml(_RULES)["kind"]
    return found


def reading() -> ReadOptions:
    """Return the options with which `geo.read.read_layer` reads a file of marks.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> from geo.read import read_layer
    >>> marks = read_layer(DEMO / "marks.csv", options=reading())
    >>> marks.frame["kind"].value_counts().head(2).to_dict()
    {'cannot_cross': 58, 'afraid': 48}
    """
    words = {
        word: kind
        for kind, row in kinds().items()
        for word in (kind, *Text.of(row).values(), *row["words"])
    }
    return ReadOptions(
        kinds=words,
        required=("kind",),
        wanted="point",
        own_columns=ROOT / _RULES,
        personal=tuple(load_toml(_RULES)["personal"]["headers"]),
        meanings=meanings,
    )


def meanings(headers: Sequence[str]) -> dict[str, str]:
    """Say which headers of an export of Kobo or ODK carry what: canonical name -> header.

    A question stands there behind its group (``street/kind``), a geopoint in columns of its own
    (``street/_location_latitude``) or in one.

    Examples
    --------
    >>> meanings(["_uuid", "_submission_time", "walk/feeling", "_gps_latitude", "_gps_longitude"])
    {'kind': 'walk/feeling', 'longitude': '_gps_longitude', 'latitude': '_gps_latitude'}
    """
    rules = load_toml(_RULES)
    questions = {header: plain(header.rpartition("/")[2]) for header in headers}
    found: dict[str, str] = {}
    for name, column in rules["column"].items():
        words = [plain(word) for word in column["synonyms"]]
        if not {plain(header) for header in headers} & set(words):
            behind = next((h for h in headers if "/" in h and questions[h] in words), None)
            found |= {} if behind is None else {name: behind}
    return found | _geopoint(headers, questions, rules["geopoint"])


def _geopoint(
    headers: Sequence[str], questions: Mapping[str, str], rules: Mapping[str, Any]
) -> dict[str, str]:
    """Find the place: two columns with the endings of an export, else one with both."""
    pair = {
        name: [h for h in headers if h.lower().endswith(rules[name])]
        for name in ("longitude", "latitude")
    }
    if all(pair.values()):
        return {name: found[0] for name, found in pair.items()}
    exported = {plain(header) for header in rules["exported"]} <= {plain(h) for h in headers}
    names = [plain(word) for word in rules["questions"]]
    one = [h for h in headers if questions[h] in names]
    return {"lonlat": one[0]} if exported and one else {}


def marks_of(layers: Mapping[str, gpd.GeoDataFrame]) -> Marks:
    """Keep each mark once, and of each mark only what may be kept.

    Parameters
    ----------
    layers
        File -> checked layer (`reading`) in one metric CRS: ``kind`` and, where there are any,
        ``id, person, time``.

    Returns
    -------
    Marks
        One mark for all with the same id, kind and place, and one for all of a person and kind that
        lie within ``[again]`` of each other in place and time.  Marks of nobody known are never
        taken for one.

    Examples
    --------
    The same person marks the same spot twice; another person once:

    >>> import shapely
    >>> points = shapely.points([(0, 0), (1, 0), (2, 0)])
    >>> rows = {"kind": "like", "person": ["p", "p", "q"]}
    >>> marks = marks_of({"marks.csv": gpd.GeoDataFrame(rows, geometry=points, crs=4548)})
    >>> len(marks.rows), int(marks.accounts["again"].iloc[0])
    (2, 1)
    """
    every = pd.concat(
        [_plain(frame, file=file) for file, frame in layers.items()], ignore_index=True
    )
    every["person"] = pd.factorize(every["person"])[0]  # None becomes NOBODY
    # Numbers of two tables may be the same by chance: the place must be the same as well.
    spot = every.assign(x=every["x"].round(), y=every["y"].round())
    same_id = every["id"].notna() & spot.duplicated(["id", "mark", "x", "y"])
    again = pd.Series(data=False, index=every.index)
    again[~same_id] = _again(every[~same_id])
    every = every.assign(same_id=same_id, again=again)
    left = every[~same_id & ~again].reset_index(drop=True)
    crs = next(iter(layers.values())).crs
    points = shapely.points(left[["x", "y"]].to_numpy(dtype=np.float64))
    rows = gpd.GeoDataFrame(left[["mark", "person"]], geometry=points, crs=crs)
    accounts = _accounts(every)
    return Marks(rows, accounts, tuple(_remarks(accounts)))


def _plain(frame: gpd.GeoDataFrame, *, file: str) -> pd.DataFrame:
    """Return ``file, mark, id, person, time, x, y`` of a layer; whatever else it holds is left."""
    nothing = pd.Series([None] * len(frame), index=frame.index, dtype=object)
    xy = shapely.get_coordinates(frame.geometry.to_numpy()).reshape(-1, 2)
    cells = {name: frame.get(name, nothing).astype(object) for name in ("id", "person", "time")}
    return pd.DataFrame(
        {
            "file": file,
            "mark": frame["kind"].astype(object),
            **{name: cell.where(cell.notna(), None) for name, cell in cells.items()},
            "x": xy[:, 0],
            "y": xy[:, 1],
        }
    )


def _again(rows: pd.DataFrame) -> pd.Series[bool]:
    """Say which marks a person has set again: near an earlier one of the same kind."""
    rules = load_toml(_RULES)["again"]
    within_m, within_h = rules["distance_m"]["value"], rules["hours"]["value"]
    found = pd.Series(data=False, index=rows.index)
    hours = pd.Series([_hours(text) for text in rows["time"]], index=rows.index, dtype=np.float64)
    known = rows[rows["person"] != NOBODY]
    ordered = known.assign(hours=hours).sort_values("hours", kind="stable", na_position="last")
    for _, own in ordered.groupby(["person", "mark"], sort=True):
        at, when = own[["x", "y"]].to_numpy(), own["hours"].to_numpy()
        kept: list[int] = []
        for n in range(len(own)):
            near = np.hypot(*(at[kept] - at[n]).reshape(-1, 2).T) <= within_m
            # A time that is not known makes no difference (NaN is not larger).
            soon = ~(np.abs(when[kept] - when[n]) > within_h)
            if (near & soon).any():
                found[own.index[n]] = True
            else:
                kept.append(n)
    return found


def _hours(text: object) -> float:
    """Return a date and time as hours, NaN where there is none (the zone is left out of account).

    >>> _hours("2026-05-03T10:30:00") - _hours("2026/5/2 10:30")
    24.0
    """
    numbers = [int(n) for n in _NUMBERS.findall(str(text))[:_WHOLE]]
    if text is None or len(numbers) < _DAY:
        return float("nan")
    try:
        when = dt.datetime(*numbers)  # type: ignore[arg-type] # noqa: DTZ001
    except (ValueError, TypeError):
        return float("nan")
    return (when - dt.datetime(2000, 1, 1)) / dt.timedelta(hours=1)  # noqa: DTZ001


def _accounts(every: pd.DataFrame) -> pd.DataFrame:
    """Count for each file what became of its marks."""
    rows = []
    for file, own in every.groupby("file", sort=False):
        left = own[~own["same_id"] & ~own["again"]]
        people = left["person"][left["person"] != NOBODY]
        rows.append(
            {
                "file": file,
                "marks_in": len(own),
                "same_id": int(own["same_id"].sum()),
                "again": int(own["again"].sum()),
                "marks": len(left),
                "people": people.nunique(),
                "nobody": len(left) - len(people),
            }
        )
    return pd.DataFrame(rows)


def _remarks(accounts: pd.DataFrame) -> list[Finding]:
    """Tell how many marks were put together, and of how many nobody is known."""
    found = []
    for row in accounts.to_dict("records"):
        detail = {str(key): value for key, value in row.items() if key != "file"}
        if row["same_id"] or row["again"]:
            found.append(Finding("MARKS_MERGED", row["file"], detail=detail))
        if row["nobody"]:
            found.append(Finding("MARKS_NOBODY", row["file"], detail=detail))
    return found
