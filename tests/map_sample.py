"""A small synthetic county town with every role a map can show, and the hostile names."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from analyses.result import Shown, Status
from geo.words import Text

CRS = "EPSG:4548"
ORIGIN = np.array([493_000.0, 4_310_000.0])
NOTES = (
    Text(
        zh="儿童按建筑面积分摊到需求点；楼层未知的建筑按一层计。",
        en="Children are shared among demand points by floor area; unknown storeys count as one.",
    ),
    Text(
        zh="国道与铁路两侧的绕行已计入路网距离。",
        en="Detours around the national road and the railway are in the network distances.",
    ),
)
ABOUT = {
    "title": Text(zh="示例县城儿童设施覆盖", en="Children's facilities of a sample town"),
    "synthetic": True,
    "notes": NOTES,
    "attribution": "© OpenStreetMap contributors, ODbL",
    "crs": CRS,
}
_KINDS = [
    ("kindergarten", "幼儿园", "Kindergarten", "#e69f00", "幼", 48),
    ("primary_school", "小学", "Primary school", "#0072b2", "小", 20),
    ("park", "公园", "Park", "#009e73", "园", 30),
    ("childrens_home", "儿童之家", "Children's home", "#cc79a7", "家", 25),
    ("library", "图书馆", "Library", "#882255", "书", 6),
]
_RULES = [
    ("GB50180-KG", "kindergarten", "幼儿园服务半径", "Kindergarten, service radius", 500),
    ("GB50180-PS", "primary_school", "小学服务半径", "Primary school, service radius", 1000),
    ("GB50180-PK", "park", "公园绿地服务半径", "Park, service radius", 500),
    ("JH-CH", "childrens_home", "儿童之家步行可达", "Children's home on foot", 1000),
    ("JH-LIB", "library", "图书馆步行可达", "Library on foot", 1500),
]
HOSTILE = [
    "<script>window.__pwned=1</script>",
    "<img src=x onerror=window.__pwned=1>",
    "<svg onload=window.__pwned=1>",
    "${window.__pwned=1}",
    "`);window.__pwned=1;(`",
    "{{cycler.__init__.__globals__.os.mkdir('__pwned')}}",
    "{% include '/etc/passwd' %}{# x",
    "</script><script>window.__pwned=1</script>",
    "javascript:window.__pwned=1",
    '"><a href=javascript:window.__pwned=1>x</a>',
    "'onmouseover='window.__pwned=1",
    "\u2028window.__pwned=1\u2029//",
    "&lt;img src=x onerror=window.__pwned=1&gt;",
    "<!--<script>",
    "]]><style>*{display:none}</style>",
    "__proto__",
]


@cache
def sample(*, size: float = 1.0, rules: int = 5, seed: int = 7) -> tuple[Shown, ...]:
    """Return a town (do not change it: kept); `size` multiplies area and counts."""
    rng = np.random.default_rng(seed)
    extent = np.array([7000.0, 5200.0]) * np.sqrt(size)
    rule_rows = [(f"{r[0]}-{n // 5}" if n >= 5 else r[0], *r[1:4], r[4] + 250 * (n // 5))
                 for n in range(rules) for r in [_RULES[n % 5]]]  # fmt: skip
    street = _streets(rng, extent)
    area = _areas(rng, extent, count=int(60 * size))
    facility = _facilities(rng, extent, size)
    demand = _demand(rng, extent, int(6000 * size))
    service, values = [], []
    inside = (
        demand.sjoin(area[["area_id", "geometry"]], predicate="within")
        .groupby(level=0)["area_id"]
        .first()
    )
    for rule_id, kind, _, _, limit in rule_rows:
        tree = cKDTree(np.column_stack(_xy(facility[facility["kind"] == kind])))
        straight, nearest = tree.query(np.column_stack(_xy(demand)))
        walk, legs = 1.28 * straight, 30 + 60 * rng.random(len(demand))
        status = (straight <= limit).astype(np.int8) + (walk <= limit) + (walk + legs <= limit)
        demand[f"status:{rule_id}"] = status.astype(np.int8)
        demand[f"walk_m:{rule_id}"] = np.where(walk > 4000, np.inf, walk + legs)
        ids = facility.loc[facility["kind"] == kind, "facility_id"].to_numpy()
        demand[f"nearest:{rule_id}"] = np.where(walk > 4000, None, ids[nearest])
        middle = shapely.get_coordinates(
            shapely.line_interpolate_point(street.geometry.to_numpy(), 0.5, normalized=True)
        )
        reach = street.loc[1.28 * tree.query(middle)[0] <= limit, ["geometry"]]
        service.append(reach.assign(rule_id=rule_id))
        values.append(_area_values(area, demand.assign(area_id=inside), rule_id))
    value = pd.concat(values, ignore_index=True)
    kind = pd.DataFrame(
        [k[:5] for k in _KINDS], columns=["kind", "title_zh", "title_en", "colour", "icon"]
    )
    area["children"] = value["children"].to_numpy()[: len(area)]
    return tuple(
        Shown(role, rows, Text(zh=zh, en=en))
        for role, rows, zh, en in (
            ("street", street, "街道", "Streets"),
            ("water", _water(extent), "水系", "Water"),
            ("green", _discs(rng, extent, radius_m=90), "绿地", "Green"),
            ("railway", _railway(extent), "铁路", "Railway"),
            ("building", _buildings(rng, demand), "建筑", "Buildings"),
            ("area", area, "社区（村）", "Communities"),
            ("area_value", value, "社区覆盖", "Coverage by community"),
            ("facility", facility, "设施", "Facilities"),
            ("entrance", _entrances(facility), "出入口", "Entrances"),
            ("demand", demand, "需求点", "Demand points"),
            ("service", pd.concat(service, ignore_index=True), "服务范围", "Service areas"),
            ("gap", _gaps(value, area, rule_rows), "缺口", "Gaps"),
            ("rule", _rule_table(rule_rows), "标准", "Rules"),
            ("kind", kind, "设施类型", "Kinds"),
        )
    )  # fmt: skip


def hostile() -> tuple[Shown, ...]:
    """Return the town with a hostile name in every text column that a map shows."""
    shown = []
    for item in sample():
        rows = item.rows.copy()
        if item.role in ("area", "facility", "gap"):
            names = np.resize(np.array(HOSTILE, dtype=object), len(rows))
            for column in {"name", "area_name", "town", "source", "settlement"} & set(rows.columns):
                rows[column] = names
        elif item.role in ("rule", "kind"):
            for column in {"title_zh", "title_en", "limit_zh", "limit_en", "standard", "clause",
                           "strength_zh", "scope", "verified_zh", "icon",
                           "colour"} & set(rows.columns):  # fmt: skip
                rows[column] = np.resize(np.array(HOSTILE, dtype=object), len(rows))
        shown.append(Shown(item.role, rows, Text(zh=HOSTILE[0], en=HOSTILE[1])))
    return tuple(shown)


def _frame(shapes: object, **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def _xy(frame: gpd.GeoDataFrame) -> tuple[np.ndarray, np.ndarray]:
    inside = frame.geometry.representative_point()
    return inside.x.to_numpy(), inside.y.to_numpy()


def _streets(rng: np.random.Generator, extent: np.ndarray) -> gpd.GeoDataFrame:
    """A wobbly grid of 160 m: every eighth line is main, every second a street, the rest paths."""
    across, up = (extent // 160).astype(int)
    place = np.stack(np.meshgrid(np.arange(across), np.arange(up), indexing="ij"), axis=-1) * 160.0
    bend = np.sin(place[..., ::-1] / 1900) * 140
    place = ORIGIN + place + bend + rng.normal(0, 9, place.shape)
    lines, kinds = [], []
    for axis, (i_to, j_to) in enumerate(((1, 0), (0, 1))):
        for i, j in np.ndindex(across - i_to, up - j_to):
            line = (i, j)[1 - axis]
            kind = "primary" if line % 8 == 3 else "residential" if line % 2 else "footway"
            if kind == "footway" and rng.random() < 0.45:
                continue
            a, b = place[i, j], place[i + i_to, j + j_to]
            middle = (a + b) / 2 + rng.normal(0, 4 if kind != "footway" else 12, 2)
            lines.append(shapely.LineString([a, middle, b]))
            kinds.append(kind)
    return _frame(lines, highway=kinds)


def _areas(rng: np.random.Generator, extent: np.ndarray, *, count: int) -> gpd.GeoDataFrame:
    """Voronoi cells of scattered seeds, dense in the middle, in a rounded outline."""
    spread = rng.normal(0, 0.30, (count * 3, 2)) + 0.5
    seeds = spread[(np.abs(spread - 0.5) < 0.49).all(axis=1)][:count] * extent + ORIGIN
    middle = ORIGIN + extent / 2
    outline = shapely.affinity.scale(
        shapely.Point(middle).buffer(1, quad_segs=24), *(extent * 0.56)
    )
    outline = outline & shapely.box(*(ORIGIN - 100), *(ORIGIN + extent - 60))
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(seeds), extend_to=outline)
    )
    cells = shapely.intersection(cells, outline)
    cells = cells[~shapely.is_empty(cells)]
    far = np.hypot(*((shapely.get_coordinates(shapely.centroid(cells)) - middle) / extent).T) > 0.36
    names = [f"示例{'村' if f else '社区'}-{n:02d}" for n, f in enumerate(far, 1)]
    return _frame(
        cells,
        area_id=[f"12011810{n:04d}" for n in range(len(cells))],
        name=names,
        town=np.where(far, "示例乡", "示例镇"),
        settlement=np.where(far, "rural", "urban"),
        children=rng.integers(120, 900, len(cells)).astype(float),
    )


def _facilities(rng: np.random.Generator, extent: np.ndarray, size: float) -> gpd.GeoDataFrame:
    frames = []
    for kind, zh, _, _, _, count in _KINDS:
        n = int(count * size)
        at = ORIGIN + extent * np.clip(rng.normal(0.5, 0.2, (n, 2)), 0.06, 0.94)
        shapes = shapely.points(at)
        if kind in ("park", "primary_school"):
            shapes = shapely.box(at[:, 0] - 60, at[:, 1] - 45, at[:, 0] + 60, at[:, 1] + 45)
        frames.append(_frame(
            shapes, facility_id=[f"{kind}-{i}" for i in range(n)], kind=kind, source="OSM",
            name=[f"示例{zh}-{i:02d}" for i in range(1, n + 1)],
            capacity=np.where(rng.random(n) < 0.3, np.nan, rng.integers(6, 40, n) * 30.0),
        ))  # fmt: skip
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=CRS)


def _demand(rng: np.random.Generator, extent: np.ndarray, count: int) -> gpd.GeoDataFrame:
    town = np.clip(rng.normal(0.5, 0.19, (count, 2)), 0.03, 0.97) * extent
    village = rng.random((count, 2))
    village = (np.round(village * 9) / 9 * 0.9 + 0.05 + rng.normal(0, 0.012, (count, 2))) * extent
    at = ORIGIN + np.where(rng.random((count, 1)) < 0.72, town, np.clip(village, 0, extent))
    return _frame(shapely.points(at), children=rng.gamma(2.0, 2.5, count))


def _area_values(area: gpd.GeoDataFrame, demand: gpd.GeoDataFrame, rule: str) -> pd.DataFrame:
    status, children = demand[f"status:{rule}"], demand["children"]
    covered = {
        "straight": children.where(status >= Status.STRAIGHT_ONLY, 0),
        "network": children.where(status >= Status.WITHOUT_LEGS, 0),
        "walk": children.where(status >= Status.COVERED, 0),
    }
    sums = pd.DataFrame({"children": children, **{f"covered_{k}": v for k, v in covered.items()}})
    sums = sums.groupby(demand["area_id"]).sum().reindex(area["area_id"]).reset_index()
    for key in covered:
        sums[f"share_{key}"] = sums[f"covered_{key}"] / sums["children"]
    return sums.fillna({"children": 0.0}).assign(rule_id=rule)


def _gaps(value: pd.DataFrame, area: gpd.GeoDataFrame, rules: list[tuple]) -> pd.DataFrame:
    at = dict(zip(area["area_id"], zip(*_xy(area), strict=True), strict=True))
    gaps = value[value["share_walk"] < 0.85].merge(area[["area_id", "name", "town"]])
    gaps["missed"] = gaps["children"] - gaps["covered_walk"]
    gaps = gaps.sort_values(["missed", "area_id"], ascending=[False, True], ignore_index=True)
    places = np.array([at[i] for i in gaps["area_id"]])
    return pd.DataFrame({
        "rank": np.arange(1, len(gaps) + 1), "area_id": gaps["area_id"], "area_name": gaps["name"],
        "town": gaps["town"], "rule_id": gaps["rule_id"],
        "kind": gaps["rule_id"].map({r[0]: r[1] for r in rules}), "children": gaps["missed"],
        "share": gaps["share_walk"], "walk_m": 400 + 2 * gaps["missed"] % 900,
        "x": places[:, 0], "y": places[:, 1],
    })  # fmt: skip


def _rule_table(rules: list[tuple]) -> pd.DataFrame:
    return pd.DataFrame([
        (rule, kind, zh, en, f"{limit} 米", f"{limit} m",
         "GB 50180-2018 城市居住区规划设计标准" if rule.startswith("GB") else "合成实施方案",
         "附录C 表C.0.1" if rule.startswith("GB") else "第七条", "宜", "urban", "待核")
        for rule, kind, zh, en, limit in rules
    ], columns=["rule_id", "kind", "title_zh", "title_en", "limit_zh", "limit_en", "standard",
                "clause", "strength_zh", "scope", "verified_zh"])  # fmt: skip


def _water(extent: np.ndarray) -> gpd.GeoDataFrame:
    x = np.linspace(-200, extent[0] + 100, 60)
    canal = shapely.LineString(
        np.column_stack([x, extent[1] * 0.34 + 260 * np.sin(x / 1700)]) + ORIGIN
    )
    ditch = shapely.LineString(ORIGIN + extent * [[0.75, 0.0], [0.72, 0.5], [0.8, 1.0]])
    return _frame(
        [canal.buffer(38), shapely.Point(ORIGIN + extent * [0.3, 0.7]).buffer(170), ditch]
    )


def _railway(extent: np.ndarray) -> gpd.GeoDataFrame:
    return _frame(
        [shapely.LineString(ORIGIN + extent * [[0.88, -0.01], [0.84, 0.4], [0.86, 1.01]])]
    )


def _discs(rng: np.random.Generator, extent: np.ndarray, *, radius_m: float) -> gpd.GeoDataFrame:
    at = ORIGIN + extent * rng.random((14, 2))
    radius = radius_m * (0.6 + rng.random(14))
    return _frame(shapely.buffer(shapely.points(at), radius, quad_segs=4))


def _buildings(rng: np.random.Generator, demand: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    x, y = _xy(demand.iloc[::3])
    w, h = rng.uniform(5, 22, (2, len(x)))
    return _frame(shapely.box(x - w, y - h, x + w, y + h))


def _entrances(facility: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    areas = facility[facility.geom_type == "Polygon"]
    corner = shapely.get_coordinates(areas.geometry.to_numpy()).reshape(-1, 5, 2)[:, 1]
    return _frame(
        shapely.points(corner), facility_id=areas["facility_id"].to_numpy(), rule="boundary"
    )
