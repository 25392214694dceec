"""Who lives where in the synthetic town: communities that tile it, children, places to go?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from town.drawing import Site, bent, degrees, dm
from town.parcels import kind_count, site_name
from town.streets import shifted_grid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from town.drawing import Point, Sheet
    from town.parcels import Parcel
    from town.streets import Grid
    from town.villages import Village

_SHAKE = 0.42
"""Share of a cell by which its corners move: below a half, so that no two change places."""


class Community(NamedTuple):
    """A 社区 or 村: its code, name, town, 城乡分类 and what kind of place it is."""

    code: str
    name: str
    town: str
    settlement: str
    is_urban: bool


@dataclass(frozen=True)
class People:
    """The communities of one town, aligned: shapes in degrees, children (n, age groups)."""

    communities: tuple[Community, ...]
    shapes: NDArray[Any]
    children: NDArray[np.int64]
    sites: tuple[Site, ...]


def settle(
    sheet: Sheet,
    rng: np.random.Generator,
    grid: Grid,
    *,
    villages: Sequence[Village],
    parcels: Sequence[Parcel],
    origin_m: tuple[float, float],
) -> People:
    """Share the ground out, count the children and place what people go to.

    Parameters
    ----------
    parcels
        Parcels with shops, where the offices of the town are.
    origin_m
        Where the middle of this town lies in the plane of the study.
    """
    owner, rings = _cells(sheet, rng, grid, villages=villages)
    lonlat = to_degrees(rings.reshape(-1, 2), sheet.plan, origin_m=origin_m)
    cells = np.asarray(shapely.polygons(lonlat.reshape(rings.shape)))
    communities, order = _communities(sheet, grid, villages=villages)
    shapes = np.array([shapely.coverage_union_all(cells[owner == k]) for k in order])
    spots = np.array([(home.x, home.y) for home in sheet.homes], dtype=np.int64)
    points = np.asarray(shapely.points(to_degrees(spots, sheet.plan, origin_m=origin_m)))
    home, area = shapely.STRtree(shapes).query(points, predicate="intersects")
    of_home = np.full(len(points), -1)
    of_home[home[::-1]] = area[::-1]
    children = _children(sheet, rng, of_home, areas=len(shapes))
    last = len(order) - sheet.plan["counts"]["villages_without_anything"]
    bare = [k for k, drawn in enumerate(order) if drawn >= last]
    _place_homes(sheet, rng, of_home, bare=bare)
    _place_urban(sheet, rng, parcels, of_home=of_home, communities=communities)
    _place_rural(sheet, rng, of_home, communities=communities, bare=bare)
    return People(communities, shapes, children, tuple(sheet.sites))


def to_degrees(
    points: NDArray[np.int64], plan: Mapping[str, Any], *, origin_m: tuple[float, float]
) -> NDArray[np.float64]:
    """Return longitude and latitude of points of one town's plane (decimetres)."""
    metres = np.asarray(points, dtype=float) / dm(1) + np.array(origin_m)
    return degrees(bent(metres, plan["place"]), plan["place"])


def _cells(
    sheet: Sheet, rng: np.random.Generator, grid: Grid, *, villages: Sequence[Village]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cut the tile into small cells that share their corners exactly.

    Corners are shaken outside the town, so that the bounds of the villages are as uneven as real
    ones; those of the rim stay, so that towns side by side fit together.

    Returns
    -------
    tuple
        For each cell the community (in the order of the drawing), and its ring (n, 5, 2).
    """
    xs, ys = _cuts(sheet, grid)
    x, y = (part.astype(np.int64) for part in np.meshgrid(xs, ys))
    rim_xs, rim_ys = _cuts(sheet, shifted_grid(None, sheet.plan["streets"]))
    x[(0, -1), :], y[:, (0, -1)] = rim_xs, rim_ys[:, None]
    inside = (x >= grid.columns[0].x) & (x <= grid.columns[-1].x)
    inside &= (y >= grid.trunk_y) & (y <= grid.rows[-1].y)
    rim = (abs(x) == x.max()) | (abs(y) == y.max())
    reach = np.where(inside | rim, 0, 1)
    room = [int(np.diff(cuts).min() * _SHAKE) for cuts in (xs, ys)]
    shaken = [rng.integers(-most, most + 1, x.shape) * reach for most in room]
    corners = np.stack([x + shaken[0], y + shaken[1]], axis=-1)
    around = (corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1])
    rings = np.stack([*around, around[0]], axis=2).reshape(-1, 5, 2)
    owner = _owners(sheet, rng, grid, middles=rings[:, :4].mean(axis=1), villages=villages)
    return owner, rings


def _cuts(sheet: Sheet, grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lines between cells: those of the town, and even ones outside it."""
    end = dm(sheet.plan["place"]["tile_m"]) // 2
    columns = [c.x for c in grid.columns if not c.oneway and abs(c.x - grid.canal_x) > dm(100)]
    columns += [dm(sheet.plan["streets"]["arterial_x_m"]), grid.canal_x]
    rows = [grid.trunk_y, grid.rail_y, *(row.y for row in grid.rows)]
    cuts = []
    for inner in (sorted(columns), sorted(rows)):
        low = np.linspace(-end, inner[0], 11).astype(np.int64)
        high = np.linspace(inner[-1], end, 11).astype(np.int64)
        cuts.append(np.concatenate([low[:-1], inner, high[1:]]))
    return cuts[0], cuts[1]


def _owners(
    sheet: Sheet,
    rng: np.random.Generator,
    grid: Grid,
    *,
    middles: NDArray[np.float64],
    villages: Sequence[Village],
) -> NDArray[np.int64]:
    """Give cells of the town to its communities, the others to the nearest village."""
    counts = sheet.plan["counts"]
    xs, ys = _cuts(sheet, grid)
    x, y = middles.T
    town = (x > grid.columns[0].x) & (x < grid.columns[-1].x)
    town &= (y > grid.trunk_y) & (y < grid.rows[-1].y)
    column = np.searchsorted(xs, x) - np.searchsorted(xs, grid.columns[0].x) - 1
    row = np.searchsorted(ys, y) - np.searchsorted(ys, grid.trunk_y) - 1
    southern = int((np.array([r.y for r in grid.rows]) <= grid.rail_y).sum()) + 1
    total = len(grid.rows) + 1
    owner = np.empty(len(middles), dtype=np.int64)
    for group in range(counts["urban_columns"]):
        below = int(rng.choice(counts["urban_rows_south"]))
        starts = sorted(rng.permutation(np.arange(1, southern))[: below - 1].tolist())
        above = counts["urban_rows"] - below
        starts += [southern, *range(southern + 1, total)][:above]
        here = town & (column * counts["urban_columns"] // _blocks_across(grid) == group)
        part = np.searchsorted(np.array(starts), row, side="right")
        owner[here] = group * counts["urban_rows"] + part[here]
    spots = np.array([v.middle for v in villages], dtype=float)
    gap = middles[~town][:, None, :] - spots[None, :, :]
    first = counts["urban_columns"] * counts["urban_rows"]
    owner[~town] = first + np.hypot(gap[..., 0], gap[..., 1]).argmin(axis=1)
    return owner


def _blocks_across(grid: Grid) -> int:
    """Return the number of cells across the town: the arterial and the canal are one cut each."""
    return len(grid.columns) - 3


def _communities(
    sheet: Sheet, grid: Grid, *, villages: Sequence[Village]
) -> tuple[tuple[Community, ...], list[int]]:
    """Return the communities by code, and for each its number in the drawing."""
    counts, codes = sheet.plan["counts"], sheet.plan["codes"]
    rows = counts["urban_rows"]
    found: list[tuple[str, str, str, bool, int]] = []
    for k in range(counts["urban_columns"] * rows):
        group, row = divmod(k, rows)
        low, high = codes["core_rows"]
        core = low <= row < high and 0 < group < counts["urban_columns"] - 1
        settlement = codes["urban"]["core" if core else "rim"]
        found.append(("street_town", str((group + 2) // 2), settlement, True, k))
    first = len(found)
    for n, village in enumerate(villages):
        town, settlement = _rural_kind(sheet, grid, village, villages=villages)
        found.append((*town, settlement, village.is_seat, first + n))
    found.sort(key=lambda row: (row[0] != "street_town", row[0], row[1], not row[3], row[4]))
    return _numbered(sheet, found), [row[4] for row in found]


def _rural_kind(
    sheet: Sheet, grid: Grid, village: Village, *, villages: Sequence[Village]
) -> tuple[tuple[str, str], str]:
    """Return the town of a village, and its 城乡分类."""
    codes, (x, y) = sheet.plan["codes"], village.middle
    seats = [v for v in villages if v.is_seat]
    gaps = [np.hypot(x - s.middle[0], y - s.middle[1]) for s in seats]
    nearest = int(np.argmin(gaps))
    xiang = y < grid.trunk_y and x < dm(-500)
    town = ("rural_town", "1") if xiang else ("market_town", str(nearest + 1))
    if village.is_seat:
        return ("market_town", str(seats.index(village) + 1)), codes["seat"]
    if xiang and village is _xiang_seat(grid, villages):
        return town, codes["xiang_seat"]
    if gaps[nearest] <= dm(codes["near_seat_m"]):
        return town, codes["near_seat"]
    across = max(grid.columns[0].x - x, x - grid.columns[-1].x)
    along = max(grid.trunk_y - y, y - grid.rows[-1].y)
    near_town = max(across, along) <= dm(codes["near_town_m"])
    return town, codes["near_town"] if near_town else codes["village"]


def _xiang_seat(grid: Grid, villages: Sequence[Village]) -> Village:
    """Return the village where the office of the 乡 is: the first one in its ground."""
    return next(
        v for v in villages
        if not v.is_seat and v.middle[1] < grid.trunk_y and v.middle[0] < dm(-500)
    )  # fmt: skip


def _numbered(
    sheet: Sheet, rows: Sequence[tuple[str, str, str, bool, int]]
) -> tuple[Community, ...]:
    """Give names and 12-digit codes: county, town, then 社区 from 001 and 村 from 200."""
    plan, counts = sheet.plan, sheet.plan["counts"]
    county = plan["codes"]["first_county"] + sheet.tile
    series = {"street_town": 0, "market_town": 100, "rural_town": 200}
    per_tile = {"street_town": 3, "market_town": 2, "rural_town": 1}
    used: dict[tuple[str, str, bool], int] = {}
    seen = {True: 0, False: 0}
    found = []
    for town, number, settlement, is_urban, _ in rows:
        nth = used[town, number, is_urban] = used.get((town, number, is_urban), 0) + 1
        code = f"{county}{series[town] + int(number):03d}{nth if is_urban else 199 + nth:03d}"
        seen[is_urban] += 1
        key = "community" if is_urban else "village"
        before = counts["communities" if is_urban else "villages"] * sheet.tile
        name = plan["words"][key].format(number=f"{before + seen[is_urban]:02d}")
        town_number = sheet.tile * per_tile[town] + int(number)
        town_name = plan["words"][town].format(number=town_number)
        found.append(Community(code, name, town_name, settlement, is_urban))
    return tuple(found)


def _children(
    sheet: Sheet, rng: np.random.Generator, of_home: NDArray[np.int64], *, areas: int
) -> NDArray[np.int64]:
    """Share the children of each age out by floor area; the totals of the recipe hold exactly."""
    people = sheet.plan["people"]
    weight = np.array([people["weight"][h.kind] * h.floor_m2 for h in sheet.homes])
    inside = of_home >= 0
    floors = np.bincount(of_home[inside], weights=weight[inside], minlength=areas)
    floors = floors * (1 + people["spread"] * rng.uniform(-1, 1, areas))
    columns = []
    for total in sheet.plan["counts"]["children"].values():
        share = floors * (1 + people["age_spread"] * rng.uniform(-1, 1, areas))
        columns.append(apportioned(share, total))
    return np.column_stack(columns)


def apportioned(weights: NDArray[np.float64], total: int) -> NDArray[np.int64]:
    """Share a total out in whole numbers by the largest remainders (ties: the first)."""
    exact = weights / weights.sum() * total
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    order = np.argsort(whole - exact, kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


def _place_homes(
    sheet: Sheet, rng: np.random.Generator, of_home: NDArray[np.int64], *, bare: Sequence[int]
) -> None:
    """Put a 儿童之家 into most communities, in one of their buildings."""
    settled = [int(k) for k in np.unique(of_home) if k >= 0 and k not in bare]
    wanted = kind_count(sheet.plan, "children_home")
    for n in sorted(rng.permutation(len(settled))[:wanted].tolist()):
        _place(sheet, "children_home", _some_home(sheet, rng, of_home == settled[n]))


def _place_urban(
    sheet: Sheet,
    rng: np.random.Generator,
    parcels: Sequence[Parcel],
    *,
    of_home: NDArray[np.int64],
    communities: Sequence[Community],
) -> None:
    """Put the offices of the town on parcels with shops, what is near home into homes."""
    urban = [k for k, c in enumerate(communities) if c.is_urban and (of_home == k).any()]
    free = [parcels[int(k)].rect.middle for k in rng.permutation(len(parcels))]
    for kind, count in sheet.plan["counts"]["urban_places"].items():
        near_home = kind in ("childcare", "community_station", "playground", "sport")
        areas = rng.permutation(urban)
        for n in range(count):
            if near_home or not free:
                area = int(areas[n % len(areas)])
                _place(sheet, kind, _some_home(sheet, rng, of_home == area))
            else:
                _place(sheet, kind, free.pop())


def _place_rural(
    sheet: Sheet,
    rng: np.random.Generator,
    of_home: NDArray[np.int64],
    *,
    communities: Sequence[Community],
    bare: Sequence[int],
) -> None:
    """Put a few places into villages, but none into those that have nothing."""
    without = set(bare)
    rural = [
        k for k, c in enumerate(communities)
        if not c.is_urban and k not in without and (of_home == k).any()
    ]  # fmt: skip
    for kind, count in sheet.plan["counts"]["village_places"].items():
        areas = rng.permutation(rural)
        for n in range(count):
            area = int(areas[n % len(areas)])
            _place(sheet, kind, _some_home(sheet, rng, of_home == area), rural=True)


def _some_home(sheet: Sheet, rng: np.random.Generator, where: NDArray[np.bool_]) -> Point:
    """Return the middle of one of the homes in which there is nothing yet."""
    taken = {site.point for site in sheet.sites}
    free = [k for k in np.flatnonzero(where) if sheet.homes[k][:2] not in taken]
    choice = free or np.flatnonzero(where)
    home = sheet.homes[int(choice[int(rng.integers(len(choice)))])]
    return home.x, home.y


def _place(sheet: Sheet, kind: str, point: Point, *, rural: bool = False) -> None:
    sheet.sites.append(Site(kind, site_name(sheet, kind), point, rural=rural))
