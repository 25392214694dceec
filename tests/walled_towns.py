"""Small towns with walls, written as files and read as `yimi run` reads them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import osm_text
from pyproj import Transformer

from analyses.coverage import coverage
from analyses.rules import named_rule, one_test_each, standards
from analyses.run import load

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from analyses.city import City
    from geo.arrays import Floats

Place = tuple[float, float]
Way = tuple["Sequence[Place]", "Mapping[str, str]"]

_PRIMARY, _PARK = "primary_school", "park"
STREET = {"highway": "residential"}
_ORIGIN = (500_000.0, 4_310_000.0)
_TO_DEGREES = Transformer.from_crs("EPSG:4548", "EPSG:4326", always_xy=True)
_STUDY = """
[study]
name = "t"
crs = "EPSG:4548"
date = "2026-06-01"
source = "t"
[streets]
path = "streets.osm"
snap_max_m = 200
[[facilities]]
path = "places.geojson"
[buildings]
path = "streets.osm"
[routes]
on = false
"""


def degrees(place: Place) -> Place:
    """Return longitude and latitude of metres from the middle of the town."""
    lon, lat = _TO_DEGREES.transform(_ORIGIN[0] + place[0], _ORIGIN[1] + place[1])
    return round(lon, 9), round(lat, 9)


def square(middle: Place, side: float = 8.0) -> list[Place]:
    """Return the corners of a square, the first one twice."""
    x, y, half = *middle, side / 2
    turns = ((-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1))
    return [(x + half * east, y + half * north) for east, north in turns]


def town(
    folder: Path,
    *,
    ways: Sequence[Way],
    homes: Sequence[Place],
    schools: Sequence[Place] = (),
    parks: Sequence[Sequence[Place]] = (),
    nodes: Sequence[tuple[Place, Mapping[str, str]]] = (),
    gates: Sequence[tuple[Place, str]] = (),
    compounds: Sequence[Sequence[Place]] = (),
) -> City:
    """Write a study and read it; homes are squares of 8 m in the order given."""
    folder.mkdir(parents=True, exist_ok=True)
    number: dict[Place, int] = {}
    tagged = dict(nodes)
    houses: list[Way] = [
        (square(home), {"building": "house", "building:levels": "1"}) for home in homes
    ]
    drawn = [*ways, *houses]
    for line, _ in drawn:
        for place in line:
            number.setdefault(place, len(number) + 1)
    for place in tagged:
        number.setdefault(place, len(number) + 1)
    text = "".join(
        osm_text.node(n, *degrees(place), **tagged.get(place, {})) for place, n in number.items()
    )
    for n, (line, tags) in enumerate(drawn, 1):
        text += osm_text.way(n, [number[place] for place in line], tags)
    osm_text.write(folder / "streets.osm", osm_text.document(text))
    shapes = [(_PRIMARY, _point(at)) for at in schools]
    shapes += [(_PARK, _polygon(ring)) for ring in parks]
    rows = [
        ({"id": f"S{n}", "name": f"{kind} {n}", "kind": kind}, shape)
        for n, (kind, shape) in enumerate(shapes)
    ]
    _write(folder / "places.geojson", rows)
    study = _STUDY
    if gates:
        study += '[gates]\npath = "gates.geojson"\n'
        doors = [({"facility_id": of}, _point(at)) for at, of in gates]
        _write(folder / "gates.geojson", doors)
    if compounds:
        study += '[compounds]\npath = "compounds.geojson"\n'
        _write(folder / "compounds.geojson", [({}, _polygon(ring)) for ring in compounds])
    (folder / "study.toml").write_text(study, encoding="utf-8")
    return load(folder).city


def walk_m(city: City, rule: str = "PRI") -> Floats:
    """Return how far each home is from its nearest place, in the order of the homes."""
    rules = one_test_each([named_rule(rule, standards())])
    points = coverage(city, rules).tables["points"]
    return np.asarray(points[f"walk_m:{rules[0].id}"], dtype=np.float64)


def _point(place: Place) -> dict[str, object]:
    return {"type": "Point", "coordinates": degrees(place)}


def _polygon(ring: Sequence[Place]) -> dict[str, object]:
    return {"type": "Polygon", "coordinates": [[degrees(place) for place in ring]]}


def _write(path: Path, rows: Sequence[tuple[dict[str, str], dict[str, object]]]) -> None:
    features = [{"type": "Feature", "properties": own, "geometry": shape} for own, shape in rows]
    text = json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")
