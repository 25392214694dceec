"""Made-up ways to school over the sample town: every role that `analyses.result` lists for them."""
# ruff: noqa: E501 - tables of made-up values

from __future__ import annotations

from functools import cache

import geopandas as gpd
import map_sample
import numpy as np
import pandas as pd
import shapely

from analyses.result import Shown
from geo.words import Text

CRS = map_sample.CRS
HOSTILE = [*map_sample.HOSTILE, '#eval("panic()")', '#read("/etc/passwd")', "$x^2$ *b* _i_ @x", "]"]
_SERVED = ("kindergarten", "primary_school")
_CHECKS = [
    ("G01", "校门位置已知", "Gate is known"), ("G02", "限速 ≤30 公里/小时", "Limit of 30 km/h or less"),
    ("G03", "区域入口有限速标志", "Area signs at each entry"), ("G04", "注意儿童标志", "Children sign"),
    ("G05", "50 米内有过街设施", "Crossing within 50 m"), ("G06", "人行横道宽 ≥6 米", "Zebra at least 6 m wide"),
    ("G07", "多车道处有信号灯", "Signal where there are lanes"), ("G08", "路口有信号灯", "Signals at junctions"),
    ("G09", "校门不在路口", "Gate not in a junction"), ("G10", "校门不临主干路", "Gate not on an arterial"),
    ("G11", "校门退让 >12 米", "Set back more than 12 m"), ("G12", "不少于两个校门", "Two gates or more"),
    *((f"G{n}", f"检查项 {n}", f"Check {n}") for n in range(13, 33)),
]  # fmt: skip
_ROADS = ["人民路", "解放路", "育才街", "建设大街", "和平里", "胜利桥路"]


@cache
def safe(*, size: float = 1.0, seed: int = 11) -> tuple[Shown, ...]:
    """Return the town's background, its schools and all roles of safe ways (do not change it)."""
    rng = np.random.default_rng(seed)
    town = {item.role: item for item in map_sample.sample(size=size)}
    street = town["street"].rows
    facility = town["facility"].rows
    schools = facility[facility["kind"].isin(_SERVED)].reset_index(drop=True)
    at = np.column_stack(map_sample._xy(schools))
    gates = _gates(schools, at)
    lines = street.geometry.to_numpy()
    tree = shapely.STRtree(lines)
    owner, line = tree.query(shapely.points(at), predicate="dwithin", distance=420)
    made = {
        "school": _schools(rng, schools, at),
        "entrance": gates,
        "zone": gpd.GeoDataFrame(
            {"school_id": gates["facility_id"], "gate_id": gates["facility_id"] + "#1",
             "assumed": gates["rule"] != "gate"},
            geometry=gates.buffer(150), crs=CRS,
        ),
        "route": _routes(rng, schools, lines, owner, line),
        "exposure": _exposure(rng, street, np.unique(line)),
        "crossing": _crossings(rng, lines[np.unique(line)]),
        "hazard": _hazards(rng, schools, at),
        "audit": _audit(rng, schools),
    }  # fmt: skip
    kept = [
        town[r] for r in ("street", "water", "green", "railway", "building", "facility", "kind")
    ]
    return (
        *kept,
        *(
            Shown(role, rows, Text(zh=f"示例{role}", en=f"Sample {role}"))
            for role, rows in made.items()
        ),
    )


def tables() -> dict[str, pd.DataFrame]:
    """Return the tables that pages take besides the roles."""
    ids = next(s.rows for s in safe() if s.role == "school")["school_id"]
    routes = pd.DataFrame([
        {"school_id": i, "profile": p, "children": 120.4, "shortest_m": 612.3, "safest_m": 655.0,
         "detour": 1.07, "shortest_risk": 31.2, "safest_risk": 14.5, "safest_low": 9.0,
         "safest_high": 22.0, "crossings": 1.6, "share_alone": 0.62, "known_share": 0.41}
        for i in ids for p in ("grades_1_3", "grades_4_6")
    ])  # fmt: skip
    treatments = pd.DataFrame([
        {"school_id": i, "treatment_zh": zh, "treatment_en": en, "place": "人民路", "body_zh": "交警",
         "body_en": "Traffic police", "children": 88.0, "risk_before": 41.0,
         "risk_after": 12.5}
        for i in ids for zh, en in (("增设信号灯", "Signal"), ("安全岛", "Refuge"))
    ])  # fmt: skip
    return {"school_routes": routes, "school_treatments": treatments}


def hostile() -> tuple[Shown, ...]:
    """Return the same with a hostile text in every text column, ids apart."""
    shown = []
    for item in safe():
        rows = item.rows.copy()
        for column in rows.columns:
            fixed = str(column).endswith(("_id", "id")) or column in (
                "geometry", "verdict", "kind", "choice", "profile", "rule", "check", "highway",
                "colour", "grade",
            )  # fmt: skip
            if not fixed and rows[column].dtype.kind in "OU":
                rows[column] = np.resize(np.array(HOSTILE, dtype=object), len(rows))
        shown.append(Shown(item.role, rows, Text(zh=HOSTILE[0], en=HOSTILE[1])))
    return tuple(shown)


def _schools(
    rng: np.random.Generator, schools: gpd.GeoDataFrame, at: np.ndarray
) -> gpd.GeoDataFrame:
    n = len(schools)
    children = rng.integers(80, 900, n).astype(float)
    share = rng.uniform(0.2, 0.9, n)
    risk = rng.gamma(2, 9, n)
    return gpd.GeoDataFrame({
        "school_id": schools["facility_id"], "name": schools["name"], "kind": schools["kind"],
        "children": children, "children_alone": children * share, "share_alone": share,
        "children_severed": np.round(children * 0.1), "detour_median": 1.08, "risk": risk,
        "risk_low": risk * 0.6, "risk_high": risk * 1.7, "known_share": rng.uniform(0.2, 0.8, n),
        "gates": 1, "gates_assumed": np.arange(n) % 2, "passed": 9, "failed": 8, "unknown": 12,
        "not_applicable": 3, "hazards_a": 1, "hazards_b": 3, "hazards_c": 4,
        "risk_after": risk * 0.5,
    }, geometry=shapely.points(at), crs=CRS)  # fmt: skip


def _gates(schools: gpd.GeoDataFrame, at: np.ndarray) -> gpd.GeoDataFrame:
    rules = np.where(np.arange(len(schools)) % 2, "virtual", "gate")
    return gpd.GeoDataFrame(
        {"facility_id": schools["facility_id"], "rule": rules},
        geometry=shapely.points(at + np.array([55, -30])),
        crs=CRS,
    )


def _routes(rng, schools, lines, owner, line) -> gpd.GeoDataFrame:
    ids = schools["facility_id"].to_numpy()
    frames = []
    for profile in ("grades_1_3", "grades_4_6"):
        for choice, share in (("shortest", 0.35), ("safest", 0.5)):
            taken = rng.random(len(owner)) < share
            frames.append(gpd.GeoDataFrame({
                "school_id": ids[owner[taken]], "profile": profile, "choice": choice,
                "children": rng.gamma(1, 60, taken.sum()), "risk": rng.gamma(1, 2, taken.sum()),
                "crossing": False,
            }, geometry=lines[line[taken]], crs=CRS))  # fmt: skip
    return gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), crs=CRS)


def _exposure(
    rng: np.random.Generator, street: gpd.GeoDataFrame, used: np.ndarray
) -> gpd.GeoDataFrame:
    n = len(used)
    risk = rng.gamma(0.8, 2.5, n)
    return gpd.GeoDataFrame({
        "street_id": [f"way-{i}" for i in used], "name": [_ROADS[i % 6] if i % 3 else None for i in used],
        "children": rng.gamma(1, 90, n), "risk": risk, "risk_low": risk * 0.7, "risk_high": risk * 1.6,
        "known_share": rng.uniform(0, 1, n), "plts": rng.integers(1, 5, n).astype(float),
        "why_zh": "无人行道；限速推定 50", "why_en": "no sidewalk; limit assumed 50",
    }, geometry=street.geometry.to_numpy()[used], crs=CRS)  # fmt: skip


def _crossings(rng: np.random.Generator, lines: np.ndarray) -> gpd.GeoDataFrame:
    ends = shapely.get_point(lines, 0)
    n = len(ends)
    risk = np.where(rng.random(n) < 0.05, np.nan, rng.gamma(0.7, 40, n))
    return gpd.GeoDataFrame({
        "crossing_id": [f"x-{i}" for i in range(n)], "street_name": [_ROADS[i % 6] for i in range(n)],
        "facility": "marked", "facility_source": "tag", "children": rng.gamma(1, 50, n), "risk": risk,
        "risk_low": risk * 0.5, "risk_high": risk * 2, "known_share": rng.uniform(0.2, 1, n),
        "plts": rng.integers(1, 5, n).astype(float), "why_zh": "四车道无信号", "why_en": "four lanes, no signal",
    }, geometry=ends, crs=CRS)  # fmt: skip


def _hazards(
    rng: np.random.Generator, schools: gpd.GeoDataFrame, at: np.ndarray
) -> gpd.GeoDataFrame:
    n = 8 * len(schools)
    risk = rng.gamma(1, 40, n)
    return gpd.GeoDataFrame({
        "id": [f"H{i:05d}" for i in range(n)], "school_id": np.repeat(schools["facility_id"].to_numpy(), 8),
        "place": [f"{_ROADS[i % 6]}与{_ROADS[(i + 1) % 6]}路口东侧" for i in range(n)], "category": "crossing",
        "description_zh": "无信号的四车道过街，停放车辆遮挡视线", "description_en": "Unsignalised crossing of four lanes, parked cars hide the view",
        "grade": np.resize(np.array(["A", "B", "C", "B", "C", None, "C", "B"], dtype=object), n),
        "treatment": np.resize(["signal", "zebra", "sidewalk"], n), "body": np.resize(["police", "transport"], n),
        "due": "short", "status": "to_check", "children": rng.gamma(1, 80, n),
        "risk": risk, "risk_low": risk * 0.6, "risk_high": risk * 1.8,
    }, geometry=shapely.points(np.repeat(at, 8, axis=0) + rng.normal(0, 70, (n, 2))), crs=CRS)  # fmt: skip


def _audit(rng: np.random.Generator, schools: gpd.GeoDataFrame) -> pd.DataFrame:
    n = len(schools)
    rows = pd.DataFrame(_CHECKS, columns=["check", "title_zh", "title_en"])
    table = pd.concat([rows] * n, ignore_index=True)
    ids = np.repeat(schools["facility_id"].to_numpy(), len(rows))
    verdict = rng.choice(["pass", "fail", "unknown", "n.a."], len(table), p=[0.3, 0.2, 0.4, 0.1])
    return table.assign(
        school_id=ids, gate_id=ids + "#1", verdict=verdict, evidence_zh="标签 maxspeed=50，距校门 42 米",
        evidence_en="tag maxspeed=50, 42 m from the gate", limit=30.0, clause="GA/T 1215 5.2",
        edition="2014", strength="must", verified="memory", treatment="speed_30",
    )  # fmt: skip
