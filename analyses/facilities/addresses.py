"""Where is a facility of which only name and address are known?

In this order: the same facility on the map or in another list; the most exact of a house number, a
street crossing, a street or the middle of its community; an online geocoder if the study has a key.
Every place comes with its radius of doubt (`data/rules/addresses.toml`); what is not found is
listed with what comes near, to be placed by hand.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.facilities.names import Name, compared, place_text, same_name
from analyses.facilities.types import facility_types
from geo.bundled import load_toml
from geo.findings import Finding
from geo.read import Located
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from geo.arrays import Flags, Objects
    from geo.read import Sheet

_WGS84 = "EPSG:4326"
_NEAR_CUTOFF = 0.5
SURE = ("", "name", "hand")
"""Ways of being placed that leave no doubt."""


@dataclass(frozen=True)
class Spot:
    """A place that was found: shape in the gazetteer's CRS, how, and the radius of doubt."""

    shape: shapely.Geometry
    how: str
    doubt_m: float


@dataclass(frozen=True, eq=False)
class Gazetteer:
    """What is known of where things are, all in one metric CRS.

    Attributes
    ----------
    facilities
        ``name, kind`` and geometry: of OSM and of lists with coordinates.
    communities
        ``name, town`` and polygons; may be empty.
    places
        Named points of OSM with ``place`` (village, neighbourhood, ...); may be empty.
    streets
        ``name`` and lines.
    numbers
        ``street, number`` and points: mapped house numbers; may be empty.
    wider
        Names of the places around: the study's, its towns.
    ask
        Told an address, returns longitude, latitude and radius of doubt, or None: the geocoder.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> nothing = gpd.GeoDataFrame(geometry=[], crs=4548)
    >>> Gazetteer(nothing, nothing, nothing, nothing, nothing, wider=("静海区",)).wider
    ('静海区',)
    """

    facilities: gpd.GeoDataFrame
    communities: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    numbers: gpd.GeoDataFrame
    wider: tuple[str, ...] = ()
    ask: Callable[[str], tuple[float, float, float] | None] | None = field(default=None)

    @cached_property
    def names(self) -> list[Name]:
        """Return the compared names of the facilities."""
        return [compared(name) if name else Name("") for name in self.facilities["name"]]

    @cached_property
    def street_lines(self) -> dict[str, shapely.Geometry]:
        """Return the street of each name, in one piece."""
        shortest = load_toml("rules/addresses.toml")["street"]["shortest"]
        named = self.streets[self.streets["name"].astype(str).str.len() >= shortest]
        groups = named.groupby(named["name"].astype(str), observed=True)
        return {str(n): shapely.union_all(g.geometry.to_numpy()) for n, g in groups}

    @cached_property
    def areas(self) -> list[tuple[str, str, shapely.Geometry, float]]:
        """Return name, town, middle and radius of each community and village."""
        found = []
        shapes = self.communities.geometry.to_numpy()
        for row, shape in zip(self.communities.itertuples(), shapes, strict=True):
            middle = shapely.point_on_surface(shape)
            corners = shapely.points(shapely.get_coordinates(shape))
            radius = float(shapely.distance(corners, middle).max())
            found.append((_community(str(row.name)), str(row.town or ""), middle, radius))
        radii = load_toml("rules/addresses.toml")["community"]["places"]
        shapes = self.places.geometry.to_numpy()
        for row, shape in zip(self.places.itertuples(), shapes, strict=True):
            if row.place in radii and row.name:
                middle = shapely.point_on_surface(shape)
                found.append((_community(str(row.name)), "", middle, float(radii[row.place])))
        return found


def locate(sheet: Sheet, missing: Flags, *, gazetteer: Gazetteer) -> Located:
    """Place the rows of a list that have no coordinates.

    Parameters
    ----------
    sheet
        Texts of the list: ``name``, ``kind`` (ids), ``address``, ``town``, ``community`` where it
        has them.
    missing
        Which rows are to be placed.
    gazetteer
        What is known of where things are.

    Returns
    -------
    Located
        ``how`` is a code of ``facilities/place_from``; a finding for each way, and one for each row
        whose place is not sure.

    Examples
    --------
    A school of a list without coordinates that OSM knows by its name:

    >>> import geopandas as gpd, numpy as np, shapely
    >>> from geo.read import Sheet
    >>> school = {"name": ["示例第一小学"], "kind": ["primary_school"]}
    >>> point = [shapely.Point(500_000, 4_310_000)]
    >>> known = gpd.GeoDataFrame(school, geometry=point, crs=4548)
    >>> nothing = gpd.GeoDataFrame({"name": [], "town": []}, geometry=[], crs=4548)
    >>> numbers = gpd.GeoDataFrame({"street": [], "number": []}, geometry=[], crs=4548)
    >>> gazetteer = Gazetteer(known, nothing, nothing, nothing, numbers)
    >>> sheet = Sheet("名单.xlsx", {"name": "校名"}, school, rows=1)
    >>> found = locate(sheet, np.array([True]), gazetteer=gazetteer)
    >>> found.how, round(found.geometry[0].x, 3)
    (['name'], 117.0)
    """
    size = sheet.rows
    geometry = np.full(size, None, dtype=object)
    doubt_m = np.zeros(size)
    how, near = [""] * size, [""] * size
    for at in np.flatnonzero(missing).tolist():
        row = {name: cells[at] or "" for name, cells in sheet.texts.items()}
        spot = _spot(row, gazetteer)
        if spot is None:
            near[at] = _nearest_name(row.get("name", ""), gazetteer)
            continue
        geometry[at], how[at], doubt_m[at] = spot.shape, spot.how, spot.doubt_m
    found = np.flatnonzero(~shapely.is_missing(geometry))
    lonlat = gpd.GeoSeries(geometry[found], crs=gazetteer.facilities.crs).to_crs(_WGS84)
    geometry[found] = lonlat.to_numpy()
    return Located(geometry, how, doubt_m, near, tuple(_findings(sheet, how, doubt_m)))


def _spot(row: Mapping[str, str], gazetteer: Gazetteer) -> Spot | None:
    """Return the surest place of one row."""
    same = _same_facility(row, gazetteer)
    if same is not None:
        return same
    address = place_text(row.get("address", ""))
    choices = [*_by_street(address, gazetteer), *_by_community(row, address, gazetteer)]
    most_m = load_toml("rules/addresses.toml")["most_m"]
    choices = [spot for spot in choices if spot.doubt_m <= most_m]
    best = min(choices, key=lambda spot: spot.doubt_m, default=None)
    usual = load_toml("rules/addresses.toml")["geocoder"]["doubt_m"]
    if gazetteer.ask is not None and address and (best is None or best.doubt_m > usual):
        answer = gazetteer.ask(address)
        if answer is not None and answer[2] <= (most_m if best is None else best.doubt_m):
            lonlat = gpd.GeoSeries([shapely.Point(answer[:2])], crs=_WGS84)
            there = lonlat.to_crs(str(gazetteer.facilities.crs)).to_numpy()[0]
            return Spot(there, "geocoder", answer[2])
    return best


def _same_facility(row: Mapping[str, str], gazetteer: Gazetteer) -> Spot | None:
    """Return where the facility of this name and kind stands, if there is one such place."""
    rule = load_toml("rules/addresses.toml")
    name = compared(row.get("name", ""))
    if not name.base:
        return None
    kind = row.get("kind", "")
    likely = [
        i for i, other in enumerate(gazetteer.names)
        if same_name(name, other) and _one_family(kind, str(gazetteer.facilities["kind"].iloc[i]))
    ]  # fmt: skip
    exact = [i for i in likely if gazetteer.names[i].base == name.base]
    around = {_short_place(place) for place in (*gazetteer.wider, row.get("town", "")) if place}
    wider = [i for i in likely if _before(name.base, gazetteer.names[i].base) in around]
    for rows, how in ((exact, "name"), (wider, "name"), (likely, "likely_name")):
        shapes = gazetteer.facilities.geometry.to_numpy()[rows]
        shapes = _of_town(shapes, row.get("town", ""), gazetteer)
        if len(shapes) and _spread_m(shapes) <= rule["spread_m"]:
            best = shapes[np.argmax(shapely.area(shapes))]
            return Spot(best, how, float(rule["doubt_m"][how]))
        if len(shapes):
            return None  # several places of one name: whoever made the list must say which
    return None


def _one_family(kind: str, other: str) -> bool:
    types = facility_types()
    if kind not in types or other not in types:
        return kind not in types
    a, b = types[kind], types[other]
    if a.id == b.id or a.id in b.serves or b.id in a.serves:
        return True
    return a.family == b.family != "" and (a.vague or b.vague)


def _before(one: str, other: str) -> str:
    """Return what stands before the shorter of two names in the longer."""
    short, long = sorted((one, other), key=len)
    return long.removesuffix(short)


def _short_place(name: str) -> str:
    """Return a place's name as it stands in compared names: 固始 of 固始县."""
    endings = load_toml("rules/addresses.toml")["wider"]["endings"]
    return compared(re.sub(f"(?:{endings})$", "", name.strip())).base


def _of_town(shapes: Objects, town: str, gazetteer: Gazetteer) -> Objects:
    """Return the shapes that lie in a town, all of them where that cannot be told."""
    towns = gazetteer.communities
    if not town or len(shapes) < 2 or "town" not in towns:  # noqa: PLR2004
        return shapes
    own = towns[[_short_place(str(t)) == _short_place(town) for t in towns["town"].fillna("")]]
    inside = shapes[shapely.intersects(shapes, own.geometry.union_all())] if len(own) else shapes
    return inside if len(inside) else shapes


def _spread_m(shapes: Objects) -> float:
    points = shapely.point_on_surface(shapes)
    return float(shapely.distance(points[:, None], points[None, :]).max())


def _by_community(row: Mapping[str, str], address: str, gazetteer: Gazetteer) -> Iterator[Spot]:
    """Yield the middle of the one community or village that the row names."""
    rule = load_toml("rules/addresses.toml")["community"]
    own = _community(row.get("community", ""))
    ending = "|".join(map(re.escape, rule["endings"]))
    hits = []
    for name, town, middle, radius in gazetteer.areas:
        if len(name) < rule["shortest"]:
            continue
        said = name == own or re.search(f"{re.escape(name)}(?:{ending})", address)
        given = _short_place(row.get("town", ""))
        elsewhere = town and given and _short_place(town) != given
        if said and not elsewhere:
            hits.append(Spot(middle, "community", radius))
    if len(hits) == 1:
        yield hits[0]


def _community(name: str) -> str:
    """Return a community's name without its ending: 柳林 of 柳林社区居委会."""
    endings = load_toml("rules/addresses.toml")["community"]["endings"]
    text = place_text(name)
    return next((text.removesuffix(e) for e in endings if text.endswith(e)), text)


def _by_street(address: str, gazetteer: Gazetteer) -> Iterator[Spot]:
    """Yield where an address lies along the streets that it names."""
    rule = load_toml("rules/addresses.toml")
    named = [street for street in gazetteer.street_lines if street in address]
    named = [s for s in named if not any(s != other and s in other for other in named)]
    named.sort(key=address.index)
    if not named:
        return
    if len(named) > 1:
        one, other = (gazetteer.street_lines[street] for street in named[:2])
        a, b = shapely.get_coordinates(shapely.shortest_line(one, other))
        if np.hypot(*(a - b)) <= rule["street"]["crossing_m"]:
            yield Spot(shapely.Point((a + b) / 2), "crossing", rule["doubt_m"]["crossing"])
    street = named[0]
    number = re.search(rule["street"]["number"], address.partition(street)[2])
    if number:
        yield from _by_number(street, int(number[1]), gazetteer)
    line = gazetteer.street_lines[street]
    middle = shapely.shortest_line(shapely.centroid(line), line).coords[1]
    ends = shapely.points(shapely.get_coordinates(line))
    radius = float(shapely.distance(ends, shapely.Point(middle)).max())
    yield Spot(shapely.Point(middle), "street", max(radius, rule["doubt_m"]["crossing"]))


def _by_number(street: str, number: int, gazetteer: Gazetteer) -> Iterator[Spot]:
    """Yield where a house number stands, or between which mapped ones of its side."""
    rule = load_toml("rules/addresses.toml")["doubt_m"]
    on_street = gazetteer.numbers[gazetteer.numbers["street"] == street]
    side = on_street[on_street["number"] % 2 == number % 2].sort_values("number")
    same = side[side["number"] == number]
    if len(same):
        point = shapely.point_on_surface(same.geometry.to_numpy()[0])
        yield Spot(point, "number", max(rule["number"], _spread_m(same.geometry.to_numpy())))
        return
    below, above = side[side["number"] < number].tail(1), side[side["number"] > number].head(1)
    if len(below) and len(above):
        a, b = (shapely.point_on_surface(s.geometry.to_numpy()[0]) for s in (below, above))
        low, high = int(below["number"].iloc[0]), int(above["number"].iloc[0])
        share = (number - low) / (high - low)
        point = shapely.Point(a.x + share * (b.x - a.x), a.y + share * (b.y - a.y))
        yield Spot(point, "number", rule["number"] + shapely.distance(a, b) / 2)


def _nearest_name(name: str, gazetteer: Gazetteer) -> str:
    """Return the name on the map that comes nearest to one that was not found."""
    known = [str(n) for n in gazetteer.facilities["name"] if n]
    close = difflib.get_close_matches(name, known, n=1, cutoff=_NEAR_CUTOFF)
    return close[0] if close else ""


def _findings(sheet: Sheet, how: Sequence[str], doubt_m: Any) -> Iterator[Finding]:  # noqa: ANN401
    """Tell how many rows were placed in which way, and each of which the place is not sure."""
    ways = texts("facilities/place_from")
    column = sheet.headers.get("address") or sheet.headers.get("name")
    for way, count in sorted(Counter(how).items()):
        if way:
            detail = {"count": count, "how": ways[way]}
            yield Finding("ADDRESS_PLACED", sheet.name, column=column, detail=detail)
    names = sheet.texts.get("name", [""] * sheet.rows)
    for at, way in enumerate(how):
        if way not in SURE:
            detail = {"name": names[at] or "-", "how": ways[way], "doubt_m": f"{doubt_m[at]:.0f}"}
            yield Finding("ADDRESS_DOUBTFUL", sheet.name, column=column, detail=detail)


def house_numbers(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the house numbers among OSM features: ``street, number`` and geometry.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> tags = [{"addr:street": "人民路", "addr:housenumber": "12"}, {"building": "yes"}]
    >>> points = shapely.points([(0, 0), (9, 9)])
    >>> features = gpd.GeoDataFrame({"tags": tags}, geometry=points, crs=4548)
    >>> house_numbers(features)[["street", "number"]].to_numpy().tolist()
    [['人民路', 12]]
    """
    street = pd.Series([tags.get("addr:street") for tags in features["tags"]], dtype=object)
    written = pd.Series([tags.get("addr:housenumber") for tags in features["tags"]], dtype=str)
    number = pd.to_numeric(written.str.extract(r"^(\d{1,6})", expand=False))
    rows = np.flatnonzero(street.notna() & number.notna())
    return gpd.GeoDataFrame(
        {"street": street.to_numpy()[rows], "number": number.to_numpy()[rows].astype(np.int64)},
        geometry=features.geometry.to_numpy()[rows],
        crs=features.crs,
    )
