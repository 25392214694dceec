"""What was published before, and may this release stand beside it?

Two publications of the same children, each harmless, may be subtracted from each other.  The ledger
keeps every published number (nothing else: no true count), and a new release is tried against all.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyses.publish.release import PublishedNumber
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

_FORMAT = 1
_ID_CHARS = 12


@dataclass(frozen=True)
class Release:
    """One publication: its data's date, the areas' grouping and all numbers of children.

    Examples
    --------
    >>> Release(date="2026-06-01", k=10, groups={"a": "a"}, numbers=()).k
    10
    """

    date: str
    k: int
    groups: Mapping[str, str]
    numbers: tuple[PublishedNumber, ...]

    @property
    def id(self) -> str:
        """Return a name made of the content."""
        text = json.dumps(_as_json(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode("utf-8")).hexdigest()[:_ID_CHARS]


@dataclass(frozen=True)
class Clash:
    """Two numbers, or a new and an old area, that give something away together."""

    code: str
    where: str
    what: str


def read_ledger(path: Path) -> tuple[Release, ...]:
    """Return the earlier releases, the oldest first; none if there is no such file.

    Raises
    ------
    InputRefused
        ``PUBLISH_LEDGER_BAD``: what lies there is no ledger of releases, or was damaged.

    Examples
    --------
    >>> import pathlib
    >>> read_ledger(pathlib.Path("no_ledger.json"))
    ()
    """
    if not path.exists():
        return ()
    try:
        content = json.loads(path.read_text("utf-8"))
        releases = tuple(_from_json(entry) for entry in content["releases"])
        names = [entry["id"] for entry in content["releases"]]
        known = content["format"] == _FORMAT and names == [r.id for r in releases]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        known, releases = False, ()
    if not known:
        raise InputRefused(Finding("PUBLISH_LEDGER_BAD", path.name))
    return releases


def write_ledger(path: Path, releases: Sequence[Release]) -> None:
    """Write the ledger; a kill leaves the old or the new one.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> release = Release(date="2026-06-01", k=10, groups={}, numbers=())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_ledger(pathlib.Path(folder, "ledger.json"), [release])
    ...     read_ledger(pathlib.Path(folder, "ledger.json")) == (release,)
    True
    """
    once = {release.id: release for release in releases}
    content = {
        "format": _FORMAT,
        "releases": [{"id": id_, **_as_json(release)} for id_, release in once.items()],
    }
    fresh = path.with_name(f".{path.name}.new")
    with fresh.open("w", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=False, indent=1)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def earlier_numbers(releases: Sequence[Release], *, date: str) -> list[PublishedNumber]:
    """Return what was published of the same children: of data with the same date."""
    same = (r.numbers for r in releases if r.date == date)
    return list(dict.fromkeys(number for numbers in same for number in numbers))


def clashes(new: Release, releases: Sequence[Release], children: pd.Series) -> list[Clash]:
    """Return why a release cannot stand beside the earlier ones, with the cells named.

    Parameters
    ----------
    new
        The release, not yet published.
    releases
        The earlier ones.
    children
        True children of each area (index: area id), for areas that were told of with and without
        some neighbour.
    """
    old = [r for r in releases if r.id != new.id]
    found = [*_contradictions(new, old), *_rings(new, old), *_differences(new, old, children)]
    return list(dict.fromkeys(found))


def _contradictions(new: Release, old: Sequence[Release]) -> Iterator[Clash]:
    """Find the same number told twice, differently, of the same children."""
    before = {t.key: t for t in earlier_numbers(old, date=new.date)}
    for told in new.numbers:
        was = before.get(told.key)
        if was is not None and (told.low >= was.high or was.low >= told.high):
            yield Clash("PUBLISH_CONTRADICTION", _names(told.areas), f"{told.statistic} {told.of}")


def _rings(new: Release, old: Sequence[Release]) -> Iterator[Clash]:
    """Find two rules of one kind told of the same areas: their difference must stay unknown.

    Covered within 500 m and covered within 510 m: the ring between holds few children.
    """
    earlier = _covered(earlier_numbers(old, date=new.date))
    for (areas, rule), (kind, low, high) in _covered(new.numbers).items():
        for (their_areas, their_rule), (their_kind, their_low, their_high) in earlier.items():
            if areas != their_areas or kind != their_kind or rule == their_rule:
                continue
            least = max(low - their_high, their_low - high, 0.0)
            most = max(high - their_low, their_high - low)
            if least < new.k and most - least < new.k - 1:
                yield Clash("PUBLISH_RING", _names(areas), f"{rule}, {their_rule}")


def _covered(
    numbers: Sequence[PublishedNumber],
) -> dict[tuple[frozenset[str], str], tuple[str, float, float]]:
    """Return between which bounds the covered children lie: (areas, rule) -> kind, low, high.

    A side that is only told to be below k leaves the ring wide enough.
    """
    return {
        (t.areas, t.of): (t.kind, t.low, t.high)
        for t in numbers
        if t.statistic == "covered" and t.value is not None
    }


def _differences(new: Release, old: Sequence[Release], children: pd.Series) -> Iterator[Clash]:
    """Find areas told of now and before that differ by fewer than k children."""
    ours = {t.areas for t in new.numbers if t.statistic != "pupils"}
    theirs = {t.areas for r in old for t in r.numbers if t.statistic != "pupils"}
    for mine in sorted(ours, key=sorted):
        for other in sorted(theirs - ours, key=sorted):
            small, large = sorted((mine, other), key=len)
            if not small < large:
                continue
            rest = large - small
            if float(children.reindex(sorted(rest)).fillna(0.0).sum()) < new.k:
                yield Clash("PUBLISH_DIFFERENCE", _names(rest), f"{len(large)} - {len(small)}")


def _names(areas: frozenset[str]) -> str:
    return ", ".join(sorted(areas))


def _as_json(release: Release) -> dict[str, Any]:
    units = sorted({t.areas for t in release.numbers}, key=sorted)
    place = {areas: n for n, areas in enumerate(units)}
    rows = [
        [place[t.areas], t.statistic, t.of, t.kind, t.base, t.value, t.low, t.high]
        for t in release.numbers
    ]
    return {
        "date": release.date,
        "k": release.k,
        "groups": dict(sorted(release.groups.items())),
        "units": [sorted(areas) for areas in units],
        "numbers": sorted(rows, key=lambda row: row[:3]),
    }


def _from_json(entry: Mapping[str, Any]) -> Release:
    units = [frozenset(map(str, areas)) for areas in entry["units"]]
    numbers = tuple(
        PublishedNumber(
            units[unit], statistic, str(of), value, float(low), float(high), str(kind), str(base)
        )
        for unit, statistic, of, kind, base, value, low, high in entry["numbers"]
    )
    groups = {str(a): str(g) for a, g in entry["groups"].items()}
    return Release(str(entry["date"]), int(entry["k"]), groups, numbers)
