"""The sample town with the roles of places and proposals: gaps, short groups, sites, links."""

from __future__ import annotations

import geopandas as gpd
import map_sample
import numpy as np
import pandas as pd
import shapely

from analyses.result import Shown
from geo.words import Text

STAGES = ("kindergarten", "primary_school")
RULES = ("GB50180-KG", "GB50180-PS")


def places() -> tuple[Shown, ...]:
    """Return the town of `map_sample` and what is known of its places."""
    town = map_sample.sample()
    area = next(s.rows for s in town if s.role == "area")
    facility = next(s.rows for s in town if s.role == "facility")
    rows = {
        "place_gap": pd.concat([_gap(area, stage) for stage in STAGES], ignore_index=True),
        "school_places": pd.concat([_fill(facility, stage) for stage in STAGES]),
        "short_group": _groups(area),
        "site": _sites(area),
        "link": _links(area),
        "co_use": _shared(facility),
    }
    return (*town, *(Shown(role, frame, Text(zh=role, en=role)) for role, frame in rows.items()))  # type: ignore[arg-type]


def _gap(area: gpd.GeoDataFrame, stage: str) -> pd.DataFrame:
    """Of 100 children of community n: n lack a school in reach, 10 a place, the rest have one."""
    n = np.minimum(np.arange(len(area), dtype=float), 80.0)
    table = pd.DataFrame({
        "stage": stage, "area_id": area["area_id"], "children": 100.0, "distance": n,
        "safety": 0.0, "capacity_low": 10.0, "capacity_high": 10.0 + n % 2, "placed": 90.0 - n,
        "out_of_scope": 0.0,
    })  # fmt: skip
    total = table.drop(columns=["stage", "area_id"]).sum().to_frame().T.assign(stage=stage)
    both = pd.concat([table, total], ignore_index=True)
    return both.assign(share_placed=both["placed"] / both["children"])


def _fill(facility: gpd.GeoDataFrame, stage: str) -> pd.DataFrame:
    own = facility[facility["kind"] == stage]
    places = own["capacity"].to_numpy()
    fill = np.where(np.arange(len(own)) % 3 == 0, 1.0, 0.5)
    return pd.DataFrame({
        "facility_id": own["facility_id"], "stage": stage, "places": places,
        "assigned": np.nan_to_num(places * fill), "fill": fill + 0 * places,
        "spare": places * (1 - fill),
    })  # fmt: skip


def _groups(area: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Communities 0, 1, 2 lack 40 places together, 7 and 8 lack 15."""
    own = area.iloc[[0, 1, 2, 7, 8]][["area_id", "name", "geometry"]]
    return own.assign(
        stage="kindergarten", group=[1, 1, 1, 2, 2], short=[40.0] * 3 + [15.0] * 2
    ).reset_index(drop=True)


def _sites(area: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Twelve candidates: three are chosen under the first rule, two fail."""
    n = np.arange(12)
    chosen = n < 3
    points = shapely.point_on_surface(area.geometry.to_numpy()[n + 12])
    return gpd.GeoDataFrame({
        "candidate_id": [f"C{i:02d}" for i in n],
        "name": [f"备选地块-{i:02d}" for i in n],
        "kind": "kindergarten",
        "verdict": np.where(chosen, "chosen", np.where(n > 9, "fails", "possible")),
        "rank": pd.array(np.where(chosen, n + 1, 0), dtype="Int64"),
        "children": np.where(chosen, 200.0 - 50 * n, np.nan),
        "share": np.where(chosen, 0.6 + 0.1 * n, np.nan),
        "rule_id": np.where(chosen, RULES[0], None),
        "communities": "示例社区-01、示例社区-02",
        "why_zh": np.where(n > 9, "距铁路不足 50 米", None),
        "why_en": np.where(n > 9, "less than 50 m from a railway", None),
    }, geometry=points, crs=map_sample.CRS)  # fmt: skip


def _links(area: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    at = shapely.get_coordinates(shapely.point_on_surface(area.geometry.to_numpy()[20:23]))
    lines = shapely.linestrings(np.stack([at, at + np.array([60.0, 0.0])], axis=1))
    return gpd.GeoDataFrame({
        "rule_id": RULES[0], "rank": [1, 2, 3], "kind": ["gate", "footpath", "footbridge"],
        "length_m": 60.0, "children": [30.0, 20.0, 10.0], "share": [0.03, 0.02, 0.01],
        "walk_saved_m": 250.0, "reason_zh": "开一道门", "reason_en": "Open a gate",
    }, geometry=lines, crs=map_sample.CRS)  # fmt: skip


def _shared(facility: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    host = facility[facility["kind"] == "library"].iloc[:2]
    return gpd.GeoDataFrame({
        "rule_id": RULES[0], "rank": [1, 2], "facility_id": host["facility_id"].to_numpy(),
        "name": host["name"].to_numpy(), "kind": "library", "children": [120.0, 60.0],
        "share_before": [0.5, 0.6], "share_after": [0.6, 0.65], "area_known": [True, False],
    }, geometry=shapely.point_on_surface(host.geometry.to_numpy()), crs=map_sample.CRS)  # fmt: skip
