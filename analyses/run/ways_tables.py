"""How do ways, audits and hazards add up to rows for people: schools, crossings, streets?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.result import Indicator
from analyses.rules import in_scope, profiles
from analyses.schema import spread
from geo.sides import EdgeKind
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyses.routes import Routes
    from analyses.rules import Rule
    from analyses.streets import Scene
    from geo.arrays import Floats
    from geo.words import Text


SAFE_COVERAGE = (
    "rule_id", "profile", "town", "children", "children_covered", "children_covered_safely",
    "children_lost", "share_safely",
)  # fmt: skip
_WORDS = "safety"
_ENDS = {"": "", "_low": "_sure", "_high": "_possible"}
_KNOWN_RULES = ("gate", "mapped")
_BOUNDARY = "virtual"
_OVER = {"risk": "safest_risk", "risk_low": "safest_low", "risk_high": "safest_high"}


def school_table(
    schools: gpd.GeoDataFrame,
    gates: gpd.GeoDataFrame,
    pupils: pd.DataFrame,
    *,
    audit: pd.DataFrame,
    hazards: pd.DataFrame,
) -> gpd.GeoDataFrame:
    """Return the role ``school``: a row each, in the order of the schools."""
    rows = schools.set_index("facility_id")[["name", "kind"]].rename_axis("school_id")
    walking = pupils[pupils["school_id"].notna() & np.isfinite(pupils["safest_m"])]
    rows["children"] = pupils.groupby("school_id", observed=True)["children"].sum()
    alone_ages = [age.id for age in profiles() if not age.accompanied]
    old_enough = pupils[pupils["profile"].isin(alone_ages)]
    asked = old_enough.groupby("school_id", observed=True)["children"].sum()
    for name, of in (("alone", old_enough), ("severed", pupils)):
        for end, flag in _ENDS.items():
            whose = of[of[f"{name}{flag}"].astype(bool)]
            sums = whose.groupby("school_id", observed=True)["children"].sum()
            rows[f"children_{name}{end}"] = sums.reindex(rows.index, fill_value=0.0)
    rows["children"] = rows["children"].fillna(0.0)
    for end in _ENDS:
        rows[f"share_alone{end}"] = rows[f"children_alone{end}"] / asked
    rows["detour_median"] = _medians(walking, "detour")
    for name, column in {**_OVER, "known_share": "known_share"}.items():
        rows[name] = _means(walking, column)
    along = gates["rule"] == _BOUNDARY  # its points stand for one gate
    own = gates[~along | ~gates["facility_id"].duplicated()].groupby("facility_id")["rule"]
    rows["gates"] = own.size()
    rows["gates_assumed"] = own.agg(lambda rule: int((~rule.isin(_KNOWN_RULES)).sum()))
    summary = audit.set_index("school_id")
    for name in ("passed", "failed", "unknown", "not_applicable"):
        rows[name] = summary[name]
    for grade in "ABC":
        count = hazards[hazards["grade"] == grade].groupby("school_id").size()
        rows[f"hazards_{grade.lower()}"] = count
    whole = [str(c) for c in rows if str(c).startswith(("gates", "hazards_"))] + [
        "passed", "failed", "unknown", "not_applicable",
    ]  # fmt: skip
    rows[whole] = rows[whole].fillna(0).astype(int)
    middle = shapely.centroid(schools.geometry.to_numpy())
    return gpd.GeoDataFrame(rows.reset_index(), geometry=middle, crs=schools.crs)


def school_routes(pupils: pd.DataFrame) -> pd.DataFrame:
    """Return a row per school and age: medians of the ways, means of the risk."""
    walking = pupils[pupils["school_id"].notna() & np.isfinite(pupils["safest_m"])]
    keys = ["school_id", "profile"]
    groups = walking.groupby(keys, observed=True)
    table = groups["children"].sum().to_frame()
    for name in ("shortest_m", "safest_m", "detour"):
        table[name] = _medians(walking, name, keys)
    names = ("shortest_risk", "safest_risk", "safest_low", "safest_high", "crossings")
    for name in (*names, "known_share"):
        table[name] = _means(walking, name, keys)
    shares = []
    for end, flag in _ENDS.items():
        can = walking[walking[f"alone{flag}"].astype(bool)]
        alone = can.groupby(keys, observed=True)["children"].sum()
        shares.append(f"share_alone{end}")
        table[shares[-1]] = alone.reindex(table.index, fill_value=0.0) / table["children"]
    accompanied = [age.id for age in profiles() if age.accompanied]
    found: pd.DataFrame = table.reset_index()
    found.loc[found["profile"].isin(accompanied), shares] = np.nan
    return found


def route_lines(scene: Scene, routes: Routes) -> gpd.GeoDataFrame:
    """Return the role ``route``: what the ways to each school use, ages taken together."""
    keys = ["school_id", "profile", "choice", "edge"]
    use = routes.use.groupby(keys, observed=True, as_index=False)["children"].sum()
    edge = use["edge"].to_numpy()
    kind = scene.sides.kind[edge]
    over = np.isin(kind, (EdgeKind.CROSSING, EdgeKind.INFORMAL))
    lines = scene.sides.walk.tree.geometries[edge]
    table = use.drop(columns="edge").assign(crossing=over)
    return gpd.GeoDataFrame(table, geometry=lines, crs=scene.network.crs)


def crossing_rows(scene: Scene, risks: pd.DataFrame, walked: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the role ``crossing``: the crossings that children use, the most exposed first."""
    children = _children_on(walked, scene.sides.crossing, len(scene.crossings))
    used = scene.crossings.index[children > 0]
    facts = ["crossing_id", "street_name", "where", "facility", "facility_source", "lanes"]
    table = scene.crossings.loc[used, [*facts, "speed_kmh", "stages", "geometry"]]
    return _ranked(table.assign(children=children[used]), risks.loc[used])


def stretch_rows(scene: Scene, risks: pd.DataFrame, walked: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the role ``exposure``: street sides that children use, the most exposed first."""
    children = np.bincount(
        walked["edge"], weights=walked["children"], minlength=len(scene.sides.kind)
    )
    used = risks.index[children[risks.index] > 0]
    street = scene.sides.street[used]
    facts = ["street_id", "name", "road_class", "speed_kmh", "lanes", "lit"]
    table = scene.streets[facts].iloc[street].set_axis(used, axis=0)
    side = np.array(["left", "both", "right"], dtype=object)[scene.sides.side[used] + 1]
    table = table.assign(side=side, children=children[used])
    lines = scene.sides.walk.tree.geometries[used]
    frame = gpd.GeoDataFrame(table, geometry=lines, crs=scene.network.crs)
    return _ranked(frame, risks.loc[used])


def coverage_by_town(table: pd.DataFrame, demand: gpd.GeoDataFrame, *, rule: Rule) -> pd.DataFrame:
    """Return children within the radius, and by a way for them alone, by age and town.

    The rows without a town are the sums.  Only children to whom the rule applies are counted.
    """
    applies = in_scope(rule, demand["settlement"].to_numpy(dtype=object))
    table = table[applies[table["point"]]]
    town = demand["town"].to_numpy(dtype=object)[table["point"]]
    counts = pd.DataFrame(
        {
            "rule_id": rule.id,
            "profile": table["profile"],
            "town": town,
            "children": table["children"],
            "children_covered": table["children"].where(table["covered"], 0.0),
            "children_covered_safely": table["children"].where(table["covered_safely"], 0.0),
            "children_lost": table["children_lost"],
        }
    )
    whole = counts.assign(town=None)
    both = pd.concat([counts.dropna(subset=["town"]), whole], ignore_index=True)
    keys = ["rule_id", "profile", "town"]
    found = both.groupby(keys, observed=True, dropna=False, sort=False).sum().reset_index()
    share = found["children_covered_safely"] / found["children"]
    return pd.DataFrame(found.assign(share_safely=share))


def indicators_of(schools: pd.DataFrame, pupils: pd.DataFrame) -> tuple[Indicator, ...]:
    """Return the shares of the whole study."""
    titles = texts("safety/indicators")
    alone_ages = [age.id for age in profiles() if not age.accompanied]
    asked = float(pupils.loc[pupils["profile"].isin(alone_ages), "children"].sum())
    walking = float(pupils.loc[pupils["reason"].isna(), "children"].sum())
    amounts = {
        "alone": (float(schools["children_alone"].sum()), asked),
        "alone_sure": (float(schools["children_alone_low"].sum()), asked),
        "severed": (float(schools["children_severed"].sum()), walking),
        "severed_sure": (float(schools["children_severed_low"].sum()), walking),
    }
    return tuple(
        Indicator(f"safety.{name}", titles[name], part / whole, "share", part, whole)
        for name, (part, whole) in amounts.items()
        if whole > 0
    )  # fmt: skip


def safety_notes() -> tuple[Text, ...]:
    """Return what every page and table on ways to school must say.

    Examples
    --------
    >>> notes = safety_notes()
    >>> all(note["zh"] and note["en"] for note in notes)
    True
    """
    return tuple(texts("safety/notes").values())


def _ranked(table: gpd.GeoDataFrame, risks: pd.DataFrame) -> gpd.GeoDataFrame:
    """Add the risk and its words; sort by children x risk."""
    for name in ("risk", "risk_low", "risk_high", "plts", "grade", *spread(("why_*",))):
        table[name] = risks[name].to_numpy()
    table["known_share"] = risks["known"].to_numpy(dtype=float)
    order = np.argsort(-(table["children"] * table["risk"]).fillna(0.0), kind="stable")
    return table.iloc[order].reset_index(drop=True)


def _children_on(walked: pd.DataFrame, row_of: NDArray[np.int64], count: int) -> Floats:
    row = row_of[walked["edge"]]
    here = row >= 0
    found = np.bincount(row[here], weights=walked["children"].to_numpy()[here], minlength=count)
    return found.astype(float)


def _means(rows: pd.DataFrame, column: str, keys: Sequence[str] = ("school_id",)) -> pd.Series:
    """Return means over the children."""
    weighed = rows.assign(weighed=rows[column] * rows["children"])
    sums = weighed.groupby(list(keys), observed=True)[["weighed", "children"]].sum()
    return sums["weighed"] / sums["children"]


def _medians(rows: pd.DataFrame, column: str, keys: Sequence[str] = ("school_id",)) -> pd.Series:
    """Return medians over the children: the least value that half of them have at most."""
    ordered = rows.sort_values([*keys, column], kind="stable")
    groups = ordered.groupby(list(keys), observed=True)["children"]
    half = groups.cumsum() * 2 >= groups.transform("sum")
    return ordered[half].groupby(list(keys), observed=True)[column].first()
