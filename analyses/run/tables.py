"""How do the rows of a table without geometry come to the polygons or places they speak of?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.study import LayerInput
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused, enumerated
from geo.people import join_table, name_parts, nearest
from geo.read import Flag, ReadOptions, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import geopandas as gpd

    from analyses.study import JoinedInput
    from geo.arrays import Ints
    from geo.people import Joined
    from geo.read import Layer

_RULES = "rules/tables.toml"
_KEYS = ("area_code", "id", "facility_id", "name", "community", "town", "kind")


@dataclass(frozen=True, eq=False)
class JoinedTable:
    """The rows of a table that belong to zones.

    Attributes
    ----------
    rows
        Rows with a zone of their own; the index is the position of the zone.
    areas
        Rows of whole towns or districts; ``members`` are the positions of their zones.
    members
        Aligned with `areas`.
    headers
        Canonical column -> header of the file.
    findings
        How the rows were joined, and which zones have none.
    """

    rows: pd.DataFrame
    areas: pd.DataFrame
    members: tuple[Ints, ...]
    headers: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class Extended:
    """A layer with the columns of a table, the table's headers, and what is said of it."""

    frame: gpd.GeoDataFrame
    headers: Mapping[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, eq=False)
class TableJoin:
    """The layer that a table is joined to.

    Attributes
    ----------
    zones
        ``area_id, name, town`` of each zone, a plain range as index.
    layer
        What the layer is called in findings.
    district
        Name of the whole, for a row of its totals.
    areas
        Whether a row may speak of a whole town.
    parts
        Splits a name into the name proper and its class.
    """

    zones: pd.DataFrame
    layer: str
    district: str = ""
    areas: bool = True
    parts: Callable[[str], tuple[str, str]] = name_parts

    def of(self, rows: pd.DataFrame) -> Joined:
        """Join the rows of a table."""
        return join_table(rows, self.zones, parts=self.parts, district=self.district)

    @property
    def names(self) -> list[str]:
        """What each zone is called: its name, else its id."""
        zones = self.zones
        names = zones["name"] if "name" in zones else zones["area_id"]
        return names.where(names.notna(), zones["area_id"]).astype(str).tolist()

    def flags(self, rows: pd.DataFrame) -> list[Flag]:
        """Return a flag for each row that is not joined, with the nearest candidate."""
        joined, names, said = self.of(rows), self.names, _names(rows)
        by_row: dict[str, list[tuple[int, str]]] = {}
        left: int = load_toml(_RULES)["near"]["rows"]
        for row in range(len(rows)):
            claims, fits = joined.claims[row], joined.fits[row]
            if claims:
                others = enumerated(int(rows.index[other]) for other in claims)
                by_row.setdefault("JOIN_DOUBLE", []).append((row, others))
            elif joined.zone[row] >= 0 or (joined.members[row] and self.areas):
                continue
            elif fits:
                several = enumerated(names[zone] for zone in fits)
                by_row.setdefault("JOIN_SEVERAL", []).append((row, several))
            else:
                near = nearest(said[row], names, parts=self.parts) if left > 0 else ""
                left -= 1
                by_row.setdefault("JOIN_UNMATCHED", []).append((row, near or "-"))
        return [_flag(code, found, said) for code, found in by_row.items()]


def read_joined(
    read: Callable[[LayerInput, ReadOptions], Layer], section: LayerInput, to: TableJoin
) -> JoinedTable:
    """Read a table and join its rows.

    Parameters
    ----------
    read
        Reads a layer of the study.
    section
        Names the table.
    to
        The layer that its rows speak of.

    Raises
    ------
    InputRefused
        What the reader refuses; where no row joins, that nothing of the file is used.
    """
    layer = read(section, join_options(to))
    frame = layer.frame.drop(columns="geometry")
    joined = to.of(frame)
    rows = frame.iloc[joined.used].set_axis(joined.zone[joined.used], axis=0)
    areas = frame.iloc[joined.areas]
    members = tuple(np.array(joined.members[row], np.int64) for row in joined.areas)
    lost = [str(name) for name in _lost(layer)]
    findings = (*_how(joined, frame, layer.name), *_empty(joined, to, lost, file=layer.name))
    return JoinedTable(rows, areas, members, layer.headers, findings)


def with_table(
    read: Callable[[LayerInput, ReadOptions], Layer],
    section: JoinedInput,
    frame: gpd.GeoDataFrame,
    *,
    to: TableJoin,
    only: Sequence[str] | None = None,
) -> Extended:
    """Give a layer the columns of the table that its section names.

    Parameters
    ----------
    read, to
        As for `read_joined`; the zones are aligned with `frame`.
    section
        Its ``table`` is read.
    frame
        The layer.
    only
        Columns that the layer can use; None: all.

    Raises
    ------
    InputRefused
        What `read_joined` refuses; ``NOTHING_USED`` where the table has no column of use.
    """
    table = read_joined(read, LayerInput(path=section.table or "-"), to)
    filled = [c for c in table.rows if c not in _KEYS and table.rows[c].notna().any()]
    columns = [c for c in filled if only is None or c in only]
    if not columns:
        detail = {"rows": len(table.rows)}
        raise InputRefused(Finding("NOTHING_USED", section.table or "-", detail=detail))
    changed = 0
    taken: dict[str, pd.Series] = {}
    for column in columns:
        new = table.rows[column].astype(object).reindex(range(len(frame))).set_axis(frame.index)
        old = frame[column].astype(object) if column in frame else new.where(new.isna(), None)
        changed += int((new.notna() & old.notna() & (new != old)).sum())
        value = new.where(new.notna(), old)
        number = pd.api.types.is_numeric_dtype(table.rows[column])
        taken[str(column)] = value.astype(np.float64) if number else value
    names = enumerated(table.headers.get(str(column), str(column)) for column in columns)
    said = Finding(
        "JOIN_COLUMNS",
        section.table or "-",
        detail={"columns": names, "changed": changed},
    )
    return Extended(frame.assign(**taken), table.headers, (*table.findings, said))


def join_options(to: TableJoin) -> ReadOptions:
    """Return how a table that is joined to a layer is read."""
    return ReadOptions(located=False, join=to.flags, meanings=_meanings)


def table_options() -> ReadOptions:
    """Return how a table is read whose layer is not known."""
    return ReadOptions(located=False, join=lambda _: (), meanings=_meanings)


def _meanings(headers: Sequence[str]) -> dict[str, str]:
    """Return the headers of tables about communities that no other layer has."""
    columns = load_toml("columns.toml")["column"]
    found: dict[str, str] = {}
    for name, words in load_toml(_RULES)["headers"].items():
        usual = [name, *(["community"] if name == "name" else [])]
        known = {plain(word) for one in usual for word in columns[one]["synonyms"]}
        own = {plain(word) for word in words}
        if not any(plain(header) in known for header in headers):
            mine = [header for header in headers if plain(header) in own]
            found |= dict.fromkeys([name], mine[0]) if mine else {}
    return found


def _flag(code: str, found: Sequence[tuple[int, str]], said: Sequence[str]) -> Flag:
    rows = [row for row, _ in found]
    return Flag(
        code,
        np.array(rows, np.int64),
        each={"other": [other for _, other in found]},
        value=[said[row] for row in rows],
    )


def _names(rows: pd.DataFrame) -> list[str]:
    """Return what each row calls its zone: name, community, town or code, the first that it has."""
    names = [""] * len(rows)
    for column in ("name", "community", "town", "area_code", "id", "facility_id"):
        if column in rows:
            cells = rows[column].astype(object).where(rows[column].notna(), "").tolist()
            names = [name or str(cell).strip() for name, cell in zip(names, cells, strict=True)]
    return names


def _lost(layer: Layer) -> list[object]:
    """Return the names of the rows that were set aside."""
    headers = [layer.headers[c] for c in ("name", "community", "area_code") if c in layer.headers]
    held = next((h for h in headers if h in layer.rejected), None)
    return [] if held is None else layer.rejected[held].dropna().tolist()


def _how(joined: Joined, rows: pd.DataFrame, file: str) -> list[Finding]:
    """Say how many rows were joined by what, and where a code and a name do not agree."""
    alone = [h for h, claims in zip(joined.how, joined.claims, strict=True) if not claims]
    detail = {how: alone.count(how) for how in ("code", "name", "area")}
    findings = [Finding("JOIN_ROWS", file, detail=detail)]
    if joined.differ:
        numbers = enumerated(int(rows.index[row]) for row in joined.differ[:10])
        differ = {"count": len(joined.differ), "rows": numbers}
        findings.append(Finding("JOIN_DIFFER", file, detail=differ))
    return findings


def _empty(joined: Joined, to: TableJoin, lost: Sequence[str], *, file: str) -> list[Finding]:
    """Name the zones that no row speaks of, each with the most like row that was set aside."""
    covered = {int(zone) for members in joined.members for zone in members}
    empty = [int(z) for z in joined.without_row(len(to.zones)) if int(z) not in covered]
    if not empty:
        return []
    most: int = load_toml("rules/limits.toml")["findings"]["per_code"]
    names = to.names
    near = [nearest(names[zone], lost) for zone in empty[:most]]
    shown = [f"{names[z]} ({n})" if n else names[z] for z, n in zip(empty, near, strict=False)]
    zones = enumerated(shown) + ("…" if len(empty) > most else "")
    return [Finding("JOIN_ZONES", to.layer, detail={"count": len(empty), "zones": zones,
                                                    "table": file})]  # fmt: skip
