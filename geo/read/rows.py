"""Which rows of an opened file may be used, and what is said of the others?

The order matters: personal data go first, so that nothing later can quote them; then places,
numbers, ids, names and kinds; copies last, among the rows that are still in use.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import WGS84, Declared, to_wgs84
from geo.findings import Finding, InputRefused
from geo.read import columns as cols
from geo.read.cells import as_texts
from geo.read.declared import datum_of_header, declared_crs, overridden
from geo.read.duplicates import exact_copies, near_copies
from geo.read.flags import REJECT_COLUMNS, Flag, findings_of, in_use, positions, rejects_of
from geo.read.geometry import check_geometry
from geo.read.identity import check_exponents, check_ids, check_mojibake, check_names
from geo.read.kinds import kinds_of_rows
from geo.read.measures import check_units, read_measures
from geo.read.personal import clear
from geo.read.placing import place_rows, with_placed
from geo.read.plausible import judge_columns
from geo.read.positions import Places, judge, judge_area, likely_names, middle, read_places
from geo.read.raw import Layer, Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from geo.arrays import Floats
    from geo.read.columns import Column, Mapped
    from geo.read.options import ReadRequest
    from geo.read.positions import Area
    from geo.read.raw import RawTable

    Texts = list[str | None]

_PLACE_TYPES = ("coordinate", "lonlat")
_WIDEST = 180.0
_GEOMETRY = "geometry"


def check_rows(raw: RawTable, canonical: Mapping[str, Column], request: ReadRequest) -> Layer:
    """Judge the rows of an opened file: see `geo.read.readers.read_layer`."""
    headers = [str(header) for header in raw.cells.columns]
    if request.join is not None:
        raw = replace(raw, geometry=None)
    elif raw.blank_main:
        raise InputRefused(*raw.blank_main)
    if request.meanings is not None:
        request = replace(request, columns={**request.meanings(headers), **request.columns})
    mapped = cols.map_columns(headers, canonical, file=raw.name, own=request.columns)
    canonical = {**canonical, **mapped.ages}
    _refuse_missing(raw, mapped, canonical, request=request)
    check_units(mapped, canonical, file=raw.name)
    cleared = clear(
        raw.cells,
        raw.rejected,
        mapped,
        file=raw.name,
        allow=request.allow_pii,
        also=request.personal,
        joined=request.join is not None,
    )
    raw = replace(raw, cells=cleared.cells, rejected=cleared.rejected)
    mapped = replace(
        mapped, header={c: h for c, h in mapped.header.items() if h in raw.cells.columns}
    )
    request.progress("places")
    request, named = datum_of_header(raw, mapped, request)
    declared = declared_crs(raw, request)
    raw, shape_flags = _shaped(raw, declared, request)
    places = _places(raw, mapped, request)
    notes = (
        *(*mapped.findings, *cleared.findings, *named, *overridden(raw, declared, request)),
        *_columns(raw, mapped, places, declared=declared),
    )
    flags = [*shape_flags, *places.flags, *_judged(places, declared, file=raw.name)]
    request.progress("values")
    values, said = read_measures(raw.cells, mapped, canonical, decimal_comma=places.decimal_comma)
    texts, told = _texts(raw.cells, mapped, canonical, request=request)
    texts, by_rule, more = kinds_of_rows(
        Sheet(raw.name, mapped.header, texts, len(raw.cells)),
        kinds=request.kinds,
        rule=request.kind_rule,
        required="kind" in request.required,
    )
    flags += [*said, *told, *by_rule]
    notes = (*notes, *more)
    request.progress("copies")
    spots = _located(raw, places, declared, swap_xy=request.swap_xy)
    flags += spots.flags
    if request.place_rule is not None and raw.geometry is None:
        sheet = Sheet(raw.name, mapped.header, texts, len(raw.cells))
        flags, found = place_rows(sheet, request.place_rule, x=places.x, y=places.y, flags=flags)
        spots = Spots(*with_placed(spots.geometry, spots.lon, spots.lat, located=found))
        texts |= {"place_from": list(found.how)}
        values |= {"doubt_m": found.doubt_m}
        notes = (*notes, *found.findings)
    flags += _far(raw, spots, flags, area=request.area)
    flags += _copies(raw, spots, flags, texts=texts, near="kind" in texts)
    frame = _frame(raw.cells, mapped, canonical, filled={**values, **texts})
    if request.join is not None:
        rows = positions(in_use(flags, len(frame)))
        flags += [replace(f, rows=rows[f.rows]) for f in request.join(frame.iloc[rows])]
    if cleared.children:
        flags = [_unquoted(flag) for flag in flags]
    if request.kind is not None:
        words = texts.get("kind", [None] * len(frame))
        frame = frame.assign(kind=[word or request.kind for word in words])
    layer = _layer(raw, frame, spots, flags=flags, before=notes, crs=declared)
    return replace(layer, headers=dict(mapped.header))


def _refuse_missing(
    raw: RawTable, mapped: Mapped, canonical: Mapping[str, Column], *, request: ReadRequest
) -> None:
    """Refuse a file that lacks a required column or the place."""
    by_rule = ("kind",) if request.kind_rule is not None else ()
    missing = [n for n in request.required if n not in mapped.header and n not in by_rule]
    if request.join is not None:
        _refuse_nameless(raw, mapped, canonical)
        return
    by_address = request.place_rule is not None and {"name", "address"} & mapped.header.keys()
    if raw.geometry is None and request.located and not mapped.placed and not by_address:
        missing += [name for name in ("longitude", "latitude") if name not in mapped.header]
    if missing:
        headers = [str(header) for header in raw.cells.columns]
        raise InputRefused(
            *(replace(cols.missing_column(n, headers, canonical), file=raw.name) for n in missing)
        )


def _refuse_nameless(raw: RawTable, mapped: Mapped, canonical: Mapping[str, Column]) -> None:
    """Refuse a table that nothing ties to another layer."""
    if not {"area_code", "id", "facility_id", "name", "community", "town"} & set(mapped.header):
        headers = [str(header) for header in raw.cells.columns]
        raise InputRefused(
            *(
                replace(cols.missing_column(name, headers, canonical), file=raw.name)
                for name in ("area_code", "name")
            )
        )


def _columns(
    raw: RawTable, mapped: Mapped, places: Places, *, declared: Declared | None
) -> tuple[Finding, ...]:
    """Judge the coordinate columns of a table as a whole."""
    if raw.geometry is not None or not places.headers[0]:
        return ()
    degrees = not (declared and declared.metric) and "x" not in mapped.placed
    return judge_columns(places, file=raw.name, degrees=degrees)


def _places(raw: RawTable, mapped: Mapped, request: ReadRequest) -> Places:
    """Return the positions of all rows as the file has them."""
    if raw.geometry is not None:
        places = _of_geometry(raw.geometry)
    elif request.join is not None or not mapped.placed:
        nothing = np.full(len(raw.cells), np.nan)
        return Places(nothing, nothing, (), ("", ""))
    else:
        places = read_places(raw.cells, mapped, file=raw.name, own=request.columns)
    if request.area is not None:
        places = replace(places, near=middle(request.area))
    return replace(places, x=places.y, y=places.x) if request.swap_xy else places


def _shaped(
    raw: RawTable, declared: Declared | None, request: ReadRequest
) -> tuple[RawTable, tuple[Flag, ...]]:
    """Repair the geometries of a vector layer; those that cannot be used become None."""
    if raw.geometry is None:
        return raw, ()
    metric = bool(declared and declared.metric)
    fixed, flags = check_geometry(raw.geometry, wanted=request.families, metric=metric)
    return replace(raw, geometry=fixed), flags


def _of_geometry(geometry: NDArray[np.object_]) -> Places:
    """Return the middle of each geometry, or its farthest corner where that is off the globe."""
    west, south, east, north = shapely.bounds(geometry).T
    x = np.where(np.abs(west) > np.abs(east), west, east)
    y = np.where(np.abs(south) > np.abs(north), south, north)
    x = np.where(np.abs(x) > _WIDEST, x, (west + east) / 2)
    y = np.where(np.abs(y) > _WIDEST / 2, y, (south + north) / 2)
    round_the_globe = (np.abs(x) <= _WIDEST) & (east - west > _WIDEST)
    flags = (
        Flag("OUTSIDE_AREA", positions(round_the_globe), becomes="quarantine", detail={"km": "-"}),
    )
    x[round_the_globe] = np.nan
    return Places(x, y, flags, (_GEOMETRY, _GEOMETRY))


def _judged(places: Places, declared: Declared | None, *, file: str) -> list[Flag]:
    if not places.headers[0]:
        return []
    if declared is None and places.headers[0] == _GEOMETRY:
        likely = likely_names(places, np.isfinite(places.x))
        raise InputRefused(Finding("CRS_MISSING", file, detail={"likely": likely}))
    name = declared.name if declared else None
    return judge(places, crs=name, metric=bool(declared and declared.metric), file=file)


@dataclass(frozen=True)
class Spots:
    """Geometries in EPSG:4326 and the middle of each (NaN and None where there is none)."""

    geometry: NDArray[np.object_]
    lon: Floats
    lat: Floats
    flags: tuple[Flag, ...] = ()


def _located(raw: RawTable, places: Places, declared: Declared | None, *, swap_xy: bool) -> Spots:
    """Bring all geometries to EPSG:4326."""
    finite = np.isfinite(places.x) & np.isfinite(places.y)
    lon, lat = np.full(len(finite), np.nan), np.full(len(finite), np.nan)
    lon[finite], lat[finite] = to_wgs84(places.x[finite], places.y[finite], declared or WGS84)
    lost = finite & ~(np.isfinite(lon) & np.isfinite(lat))
    lon[lost] = lat[lost] = np.nan
    value = [f"{places.x[i]:.10g}, {places.y[i]:.10g}" for i in positions(lost)]
    flag = Flag("COORD_RANGE", positions(lost), places.headers[0], value=value)
    if raw.geometry is not None:
        geometry = _turned(raw.geometry, declared, swap_xy=swap_xy)
        return Spots(geometry, lon, lat, (flag,))
    here = np.isfinite(lon)
    geometry = np.full(len(finite), None, dtype=object)
    geometry[here] = shapely.points(lon[here], lat[here])
    return Spots(geometry, lon, lat, (flag,))


def _turned(
    geometry: NDArray[np.object_], declared: Declared | None, *, swap_xy: bool
) -> NDArray[np.object_]:
    """Return vector geometries in EPSG:4326, in two dimensions."""
    flat = shapely.force_2d(geometry)
    if swap_xy:
        flat = shapely.transform(flat, lambda xy: xy[:, ::-1])
    if declared is None or declared.name in (WGS84, "EPSG:4490"):
        return np.asarray(flat, dtype=object)
    turned = shapely.transform(
        flat, lambda xy: np.column_stack(to_wgs84(xy[:, 0], xy[:, 1], declared))
    )
    return np.asarray(turned, dtype=object)


def _texts(
    cells: pd.DataFrame, mapped: Mapped, canonical: Mapping[str, Column], *, request: ReadRequest
) -> tuple[dict[str, Texts], list[Flag]]:
    """Read and test the text columns: ids, names, kinds and the rest."""
    texts: dict[str, Texts] = {}
    flags: list[Flag] = []
    for name, header in mapped.header.items():
        column = canonical.get(name)
        if column is not None and column.type not in ("text", "id", "kind"):
            continue
        found = as_texts(cells[header])
        if name in request.required and not (name == "kind" and request.kind_rule):
            empty = positions([cell is None for cell in found])
            flags.append(Flag("FIELD_MISSING", empty, header, None, {"name": header}))
        if name == "id":
            flags += check_ids(found, header=header, numbers=cells.index.to_numpy())
        elif name == "name":
            found, said = check_names(found, header=header, needed="name" in request.required)
            flags += said
        elif column is not None and column.type == "id":
            flags += check_exponents(found, header=header)
        else:
            flags += check_mojibake(found, header=header)
        texts[name] = found
    return texts, flags


def _far(raw: RawTable, spots: Spots, flags: list[Flag], *, area: Area | None) -> list[Flag]:
    """Test which of the rows still in use lie far away."""
    rows = positions(np.isfinite(spots.lon) & in_use(flags, len(raw.cells)))
    return judge_area(spots.lon, spots.lat, area=area, rows=rows, file=raw.name)


def _copies(
    raw: RawTable, spots: Spots, flags: list[Flag], *, texts: Mapping[str, Texts], near: bool
) -> list[Flag]:
    """Find copies among the rows still in use; near ones only among places of a kind."""
    rows = positions(in_use(flags, len(raw.cells)))
    shapes = None if raw.geometry is None else shapely.to_wkb(raw.geometry[rows], hex=True).tolist()
    names = texts.get("name")
    labels = texts.get("id") or names
    found = exact_copies(raw.cells, rows, shapes, labels=labels)
    used = in_use([*flags, *found], len(raw.cells))
    rows = positions(used & np.isfinite(spots.lon))
    lines = np.isin(shapely.get_type_id(spots.geometry[rows]), (1, 2, 5))
    if near and names is not None and not lines.any():
        table = (raw.cells.index.to_numpy(), labels)
        found += near_copies(names, spots.lon, spots.lat, rows=rows, table=table)
    return found


def _unquoted(flag: Flag) -> Flag:
    """Return a flag that quotes no cell: the rows are single children."""
    hidden = ["-"] * len(flag.rows)
    return replace(flag, value=[None] * len(flag.rows), each=dict.fromkeys(flag.each, hidden))


def _frame(
    cells: pd.DataFrame,
    mapped: Mapped,
    canonical: Mapping[str, Column],
    *,
    filled: Mapping[str, Floats | Texts],
) -> pd.DataFrame:
    """Return the cells with canonical columns read and named; places are left to the geometry."""
    meaning = {header: name for name, header in mapped.header.items()}
    taken = set(meaning.values())
    data: dict[str, object] = {}
    for header in cells.columns:
        name = meaning.get(header)
        if name is None:
            data[cols.free_name(str(header), {*taken, *data, "geometry"})] = cells[header]
        elif name in filled:
            found = filled[name]
            kind = object if isinstance(found, list) else np.float64
            data[name] = pd.Series(found, index=cells.index, dtype=kind)
        elif name not in canonical or canonical[name].type not in _PLACE_TYPES:
            data[name] = cells[header]
    for name in sorted(filled.keys() - data.keys()):  # what a rule found and no column has
        kind = object if isinstance(filled[name], list) else np.float64
        data[name] = pd.Series(filled[name], index=cells.index, dtype=kind)
    return pd.DataFrame(data, index=cells.index)


def _layer(
    raw: RawTable,
    frame: pd.DataFrame,
    spots: Spots,
    *,
    flags: list[Flag],
    before: tuple[Finding, ...],
    crs: Declared | None,
) -> Layer:
    """Part the rows into used and rejected, and count them."""
    rejected = rejects_of(flags, raw.cells, file=raw.name)
    if len(raw.rejected):
        rejected = pd.concat([raw.rejected, rejected]).sort_index(kind="stable")
        last = [
            c for c in rejected.columns if c.rstrip("_") in REJECT_COLUMNS and c not in raw.cells
        ]
        rejected = rejected[[c for c in rejected.columns if c not in last] + last]
    keep = positions(in_use(flags, len(frame)))
    used = gpd.GeoDataFrame(frame.iloc[keep], geometry=spots.geometry[keep], crs=WGS84)
    findings = (*raw.findings, *before, *findings_of(flags, raw.cells, file=raw.name))
    if raw.rows_in != len(used) + len(rejected):
        message = f"{raw.rows_in} rows in, {len(used)} used, {len(rejected)} rejected"
        raise AssertionError(message)
    return Layer(raw.name, used, rejected, raw.rows_in, findings, crs.name if crs else WGS84)
