"""How does one get a study to try everything on: a synthetic county town and all its files?

Nothing in it is real, and every object says so.  The same size and seed give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import math
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geo.bundled import load_toml
from town.blocks import draw_blocks
from town.candidates import candidates
from town.drawing import Sheet, Way, dm, joined
from town.houses import draw_villages
from town.marks import mark_rows
from town.people import settle, to_degrees
from town.streets import draw_streets, shifted_grid

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from town.candidates import Candidate
    from town.drawing import Point, Site, Tags
    from town.people import People

_SCHOOLS = ("primary_school", "junior_school", "nine_year_school")
_MADE = datetime(2026, 6, 1, tzinfo=UTC).replace(tzinfo=None)
_MARK = {"synthetic": "true"}


def recipe() -> dict[str, Any]:
    """Return all numbers and words of the town."""
    return tomllib.loads(Path(__file__).with_name("town.toml").read_text("utf-8"))


class Town(NamedTuple):
    """One town as drawn: ways and tagged points in decimetres around `origin_m`."""

    origin_m: tuple[float, float]
    ways: list[Way]
    nodes: dict[Point, Tags]
    people: People
    candidates: list[Candidate]


def write_demo(folder: Path | str, *, size: int = 1, seed: int = 20260601) -> None:
    """Write a synthetic study: ``study.toml`` and the files that it names.

    Parameters
    ----------
    folder
        Where to write; made if it does not exist, files of the same names are replaced.
    size
        Number of towns, side by side: counts, children and area grow with it.  One town has 60
        communities and villages, 20 schools, 40 kindergartens, 30 parks and 30,000 children on
        10 km x 10 km.
    seed
        Of the random numbers.

    Raises
    ------
    ValueError
        If `size` is less than 1.
    """
    if size < 1:
        raise ValueError(f"size is {size}, but a study has at least 1 town")
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    plan = recipe()
    towns = [_town(plan, tile, size=size, seed=seed) for tile in range(size)]
    for name in ("study", "readme"):
        text = plan["files"][name].lstrip("\n")
        if name == "study":
            text = text.replace("{seed}", str(seed)).replace("{size}", str(size))
        target = {"study": "study.toml", "readme": "README.md"}[name]
        _write_text(folder / target, text)
    _write_communities(folder / "communities.geojson", plan, towns)
    _write_facilities(folder, plan, towns, seed=seed)
    _write_candidates(folder / "candidates.geojson", plan, towns)
    _write_csv(folder / "marks.csv", mark_rows(plan, towns, seed=seed))
    _write_osm(folder / "streets.osm.pbf", plan, towns)


def _town(plan: dict[str, Any], tile: int, *, size: int, seed: int) -> Town:
    """Draw one town of a study of several."""
    across = math.ceil(math.sqrt(size))
    down = math.ceil(size / across)
    row, column = divmod(tile, across)
    length = plan["place"]["tile_m"]
    origin = ((column - (across - 1) / 2) * length, (row - (down - 1) / 2) * length)
    rng = np.random.default_rng([seed, tile])
    sheet = Sheet(plan, tile)
    grid = shifted_grid(rng, plan["streets"])
    draw_streets(sheet, rng, grid)
    parcels = draw_blocks(sheet, rng, grid)
    villages = draw_villages(sheet, rng, grid)
    people = settle(sheet, rng, grid, villages=villages, parcels=parcels, origin_m=origin)
    every = dm(plan["place"]["vertex_every_m"])
    stops = [*sheet.stops, *sheet.nodes]
    ways = [*joined(sheet.lines, stops=stops, every=every), *sheet.ways]
    return Town(origin, ways, sheet.nodes, people, candidates(sheet, parcels, villages))


def _sites(towns: Iterable[Town], kinds: Sequence[str]) -> list[tuple[Town, Site]]:
    """Return the facilities of some kinds, kind after kind in each town."""
    return [
        (town, site)
        for town in towns
        for kind in kinds
        for site in town.people.sites
        if site.kind == kind
    ]


def _write_facilities(
    folder: Path, plan: dict[str, Any], towns: Sequence[Town], *, seed: int
) -> None:
    """Write the lists of schools, their gates, kindergartens, other places, and the parks."""
    others = [k for k in plan["kind"] if k not in (*_SCHOOLS, "kindergarten", "park")]
    heads = plan["words"]["headers"]
    rng = np.random.default_rng([seed, len(towns), 1])
    schools = _rows(plan, _sites(towns, _SCHOOLS), rng=rng)
    _write_csv(folder / "schools.csv", schools)
    gates = _gate_rows(plan, _sites(towns, _SCHOOLS))
    _write_csv(folder / "gates.csv", gates)
    kindergartens = _rows(plan, _sites(towns, ("kindergarten",)), rng=rng)
    owners = rng.choice(plan["words"]["ownership"], len(kindergartens))
    for row, owner in zip(kindergartens, owners, strict=True):
        row[heads["ownership"]] = str(owner)
        row[heads["synthetic"]] = row.pop(heads["synthetic"])
    _write_xlsx(folder / "kindergartens.xlsx", plan, kindergartens)
    _write_csv(folder / "places.csv", _rows(plan, _sites(towns, others), rng=rng))
    _write_parks(folder / "parks.geojson", plan, _sites(towns, ("park",)))


def _rows(
    plan: dict[str, Any], sites: Sequence[tuple[Town, Site]], *, rng: np.random.Generator
) -> list[dict[str, object]]:
    """Return the rows of a list of facilities, as an office would write them."""
    heads, types = plan["words"]["headers"], _kind_words()
    rows = []
    for number, (town, site) in enumerate(sites, 1):
        longitude, latitude = _lonlat(plan, town, site.point)
        rows.append(
            {
                heads["number"]: _number(plan, site.kind, number),
                heads["name"]: site.name,
                heads["kind"]: types[site.kind],
                heads["longitude"]: longitude,
                heads["latitude"]: latitude,
                heads["capacity"]: _capacity(plan, site, rng=rng),
                heads["synthetic"]: plan["words"]["yes"],
            }
        )
    return rows


def _gate_rows(plan: dict[str, Any], sites: Sequence[tuple[Town, Site]]) -> list[dict[str, object]]:
    """Return a row for each school gate; nobody has listed those of the last schools."""
    heads = plan["words"]["headers"]
    rows: list[dict[str, object]] = []
    unlisted = plan["counts"]["gateless_schools"]
    for number, (town, site) in enumerate(sites, 1):
        if number > len(sites) - unlisted:
            break
        for gate, label in zip(site.gates, plan["words"]["gate"], strict=False):
            longitude, latitude = _lonlat(plan, town, gate)
            rows.append(
                {
                    heads["facility"]: _number(plan, site.kind, number),
                    heads["name"]: f"{site.name}{label}",
                    heads["longitude"]: longitude,
                    heads["latitude"]: latitude,
                    heads["synthetic"]: plan["words"]["yes"],
                }
            )
    return rows


def _kind_words() -> dict[str, str]:
    """Return the Chinese word of every kind: those that the readers know."""
    return {row["id"]: row["zh"] for row in load_toml("facility_types.toml")["facility_type"]}


def _number(plan: Mapping[str, Any], kind: str, number: int) -> str:
    return f"{plan['kind'][kind]['letter']}{number:03d}"


def _capacity(plan: dict[str, Any], site: Site, *, rng: np.random.Generator) -> int | str:
    """Return places in whole classes; empty where unknown or where the kind has none."""
    people = plan["people"]
    if site.kind not in people["capacity"]:
        return ""
    low, high = people["capacity"][site.kind]
    drawn, known = rng.uniform(low, high), rng.random() < people["capacity_known_share"]
    step = people["capacity_step"][site.kind]
    share = people["village_capacity_share"] if site.rural else 1.0
    return max(step, round(drawn * share / step) * step) if known else ""


def _lonlat(plan: dict[str, Any], town: Town, point: Point) -> tuple[float, float]:
    at = to_degrees(np.array([point]), plan, origin_m=town.origin_m)[0]
    return float(at[0]), float(at[1])


def _write_text(path: Path, text: str, *, encoding: str = "utf-8") -> None:
    path.write_bytes(text.encode(encoding))


def _write_csv(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write a table with a BOM, which is what makes Excel read Chinese."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    _write_text(path, text.getvalue(), encoding="utf-8-sig")


def _write_xlsx(path: Path, plan: dict[str, Any], rows: Sequence[dict[str, object]]) -> None:
    """Write a sheet as offices do: a title over all columns, then the header."""
    import xlsxwriter  # noqa: PLC0415  (only this file needs it)

    words = plan["words"]
    book = xlsxwriter.Workbook(path)
    book.set_properties({"created": _MADE, "title": words["kindergarten_title"]})
    sheet = book.add_worksheet(words["kindergarten_sheet"])
    title = book.add_format({"bold": True, "align": "center", "font_size": 14})
    head = book.add_format({"bold": True, "border": 1, "align": "center"})
    names = list(rows[0])
    sheet.merge_range(0, 0, 0, len(names) - 1, words["kindergarten_title"], title)
    sheet.write_row(1, 0, names, head)
    for number, row in enumerate(rows, 2):
        sheet.write_row(number, 0, list(row.values()))
    sheet.set_column(0, len(names) - 1, 14)
    sheet.freeze_panes(2, 0)
    book.close()


def _write_parks(path: Path, plan: dict[str, Any], sites: Sequence[tuple[Town, Site]]) -> None:
    heads = plan["words"]["headers"]
    features = []
    for number, (town, site) in enumerate(sites, 1):
        ring = to_degrees(np.asarray(site.ring), plan, origin_m=town.origin_m)
        properties = {
            heads["number"]: _number(plan, site.kind, number),
            heads["name"]: site.name,
            "synthetic": True,
        }
        features.append((shapely.Polygon(ring), properties))
    _write_geojson(path, plan, features)


def _write_candidates(path: Path, plan: dict[str, Any], towns: Sequence[Town]) -> None:
    """Write the parcels that could be built on, as a planning office would list them."""
    heads, words = plan["words"]["headers"], plan["words"]
    features = []
    every = [(town, parcel) for town in towns for parcel in town.candidates]
    for number, (town, parcel) in enumerate(every, 1):
        ring = to_degrees(np.asarray(parcel.ring), plan, origin_m=town.origin_m)
        properties = {
            heads["number"]: f"{words['candidate_letter']}{number:03d}",
            heads["name"]: words["candidate"].format(number=f"{number:02d}"),
            heads["kind_built"]: parcel.kind,
            heads["capacity"]: parcel.places,
            heads["cost"]: parcel.cost,
            heads["own"]: words["own"] if parcel.own else "",
            "synthetic": True,
        }
        features.append((shapely.Polygon(ring), properties))
    _write_geojson(path, plan, features)


def _write_communities(path: Path, plan: dict[str, Any], towns: Iterable[Town]) -> None:
    heads = plan["words"]["headers"]
    features = []
    for town in towns:
        people = town.people
        for community, shape, children in zip(
            people.communities, people.shapes, people.children.tolist(), strict=True
        ):
            properties = {
                heads["code"]: community.code,
                heads["name"]: community.name,
                heads["town"]: community.town,
                heads["settlement"]: community.settlement,
                **dict(zip(heads["ages"].values(), children, strict=True)),
                "synthetic": True,
            }
            features.append((shape, properties))
    _write_geojson(path, plan, features)


def _write_geojson(
    path: Path, plan: Mapping[str, Any], features: Sequence[tuple[Any, dict[str, object]]]
) -> None:
    """Write a feature a line, so that a change of one shows as one line."""
    lines = [
        json.dumps(
            {
                "type": "Feature",
                "properties": properties,
                "geometry": shapely.geometry.mapping(shape.normalize()),
            },
            ensure_ascii=False,
            separators=(",", ":"),
        )
        for shape, properties in features
    ]
    note = json.dumps(plan["words"]["data_kind"], ensure_ascii=False)
    head = f'{{"type":"FeatureCollection","synthetic":true,"note":{note},"features":[\n'
    _write_text(path, head + ",\n".join(lines) + "\n]}\n")


def _write_osm(path: Path, plan: dict[str, Any], towns: Sequence[Town]) -> None:
    """Write the ways of all towns: nodes, then ways, numbered from 1 as they are met."""
    import osmium.io  # noqa: PLC0415  (only this file needs it)
    import osmium.osm.mutable  # noqa: PLC0415

    node_of, places, tags = _nodes(plan, towns)
    header = osmium.io.Header()
    header.set("generator", "yimi synthetic demo data")
    with osmium.SimpleWriter(str(path), header=header, overwrite=True) as writer:
        for number, place in enumerate(places.tolist(), 1):
            more = tags.get(number)
            node = osmium.osm.mutable.Node(
                id=number, location=place, tags={**more, **_MARK} if more else None
            )
            writer.add_node(node)
        start, number = 0, 0
        for town in towns:
            for way in town.ways:
                number += 1
                end = start + len(way.points)
                nodes = node_of[start:end].tolist()
                writer.add_way(
                    osmium.osm.mutable.Way(id=number, nodes=nodes, tags={**way.tags, **_MARK})
                )
                start = end


def _nodes(
    plan: dict[str, Any], towns: Sequence[Town]
) -> tuple[NDArray[np.int64], NDArray[np.float64], dict[int, Tags]]:
    """Give the same number to vertices at the same place of the plane.

    Returns
    -------
    tuple
        The number of each vertex of each way, the place (lon, lat) of each number from 1, and
        the tags of those that have some.
    """
    here = []
    for town in towns:
        shift = np.array([dm(part) for part in town.origin_m])
        here.append(np.concatenate([way.points for way in town.ways]) + shift)
    keys = np.concatenate([_packed(points) for points in here])
    unique, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    rank = np.empty(len(unique), dtype=np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(1, len(unique) + 1)
    points = np.concatenate(here)[np.sort(first)]
    tags: dict[int, Tags] = {}
    for town in towns:
        shift = np.array([dm(part) for part in town.origin_m])
        wanted = _packed(np.array(list(town.nodes), dtype=np.int64) + shift)
        at = np.minimum(np.searchsorted(unique, wanted), len(unique) - 1)
        found = unique[at] == wanted
        for position, hit, more in zip(at, found, town.nodes.values(), strict=True):
            if hit:
                tags[int(rank[position])] = more
    return rank[inverse], to_degrees(points, plan, origin_m=(0.0, 0.0)), tags


def _packed(points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return one integer for each point."""
    return (points[:, 0] << 32) + points[:, 1]
