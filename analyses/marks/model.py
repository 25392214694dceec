"""Does the model know the places that children and parents marked as dangerous?

``agree``: a hazard of the ledger lies beside the place; ``missed``: a hazard that nobody marked
though somebody near was asked, which does not mean safe; ``felt_only``: marked but no hazard of the
model, which becomes a task of the survey.  Rules and distances: ``[beside]`` of
``data/rules/participation.toml``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.hazards import COLUMNS as SURVEY_COLUMNS
from analyses.hazards import FELT
from analyses.streets import SOURCES
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from analyses.streets import Scene
    from geo.arrays import Objects


CELL = "cell"
"""Kind of place of marks that belong to no crossing and no street."""


@dataclass(frozen=True, eq=False)
class Model:
    """What the model knows: streets with their crossings, and the hazards that it lists.

    Attributes
    ----------
    scene
        Streets and crossings.
    hazards
        Ledger (`analyses.hazards.ledger_rows`): ``rule, object_id, grade``.
    survey
        Tasks of the survey (`analyses.hazards.survey_rows`), to which places that are felt only are
        added.

    Examples
    --------
    >>> import pandas as pd, yimi
    >>> tables = yimi.run(yimi.demo).result.tables
    >>> city = yimi.load(yimi.demo).city
    >>> model = Model(city.scene, yimi.hazards(city).tables["hazards"], tables["survey"])
    >>> {"rule", "object_id", "grade"} <= set(model.hazards)
    True
    """

    scene: Scene
    hazards: pd.DataFrame
    survey: pd.DataFrame


def beside_model(
    groups: gpd.GeoDataFrame, placed: gpd.GeoDataFrame, model: Model
) -> gpd.GeoDataFrame:
    """Say of each place of danger whether a hazard lies beside it, and add unmarked hazards."""
    rules = load_toml("rules/participation.toml")["beside"]
    distance_m = rules["distance_m"]["value"]
    at = _shapes(model.scene)
    listed = model.hazards[model.hazards["rule"].isin(rules["rules"])]
    known = listed[listed["object_id"].isin(list(at))]
    # The grades are letters: the worst comes first.  None (it may be several) comes last.
    worst = known.sort_values("grade", na_position="last", kind="stable")
    hazards = worst.drop_duplicates("object_id").reset_index(drop=True)
    shapes = np.array([at[i] for i in hazards["object_id"]], dtype=object)
    danger = placed[placed["danger"]]
    own = nearest(danger.geometry.to_numpy(), shapes, within_m=distance_m)
    keys = ["mark", "place_kind", "object_id"]
    grades = hazards["grade"].to_numpy(dtype=object)
    of_mark = pd.Series([grades[n] if n >= 0 else None for n in own], danger.index, dtype=object)
    beside = danger.assign(beside=own >= 0, grade=of_mark).groupby(keys)[["beside", "grade"]]
    found = beside.agg({"beside": "any", "grade": "first"}).reset_index()
    rows = groups.merge(found, on=keys, how="left")
    rows["agreement"] = rows["beside"].map({True: "agree", False: "felt_only"}).astype(object)
    points = np.array(
        [
            _middle(at[thing]) if kind != CELL else shape
            for thing, kind, shape in zip(
                rows["object_id"], rows["place_kind"], rows.geometry, strict=True
            )
        ],
        dtype=object,
    )
    rows = rows.drop(columns="beside").set_geometry(gpd.GeoSeries(points, crs=groups.crs))
    quiet = _missed(hazards, shapes, placed=placed, model=model)
    return gpd.GeoDataFrame(pd.concat([rows, quiet], ignore_index=True), crs=groups.crs)


def with_tasks(survey: pd.DataFrame, groups: gpd.GeoDataFrame) -> pd.DataFrame:
    """Put a task for each place that is felt only, the most people first, before the others.

    They are few, and what the model does not know at all has no worth in points.
    """
    felt = groups[groups["agreement"] == "felt_only"]
    at = felt.drop_duplicates("object_id")
    people = felt.groupby("object_id")["people"].max()
    xy = shapely.get_coordinates(at.geometry.to_numpy()).reshape(-1, 2)
    nothing = pd.Series([None] * len(at), dtype=object)
    tasks = pd.DataFrame(
        {
            "rank": 0,
            "school_id": nothing,
            "kind": at["place_kind"].to_list(),
            "object_id": at["object_id"].to_list(),
            "place": at["place"].to_list(),
            "x": xy[:, 0],
            "y": xy[:, 1],
            "attribute": FELT,
            "assumed": nothing,
            "source": SOURCES[-1],
            "children": people.reindex(at["object_id"]).to_numpy(dtype=np.float64),
            **dict.fromkeys(("low", "high", "width", "worth"), np.nan),
        }
    )
    parts: Sequence[pd.DataFrame] = [p for p in (tasks, survey) if len(p)] or [survey]
    every = pd.concat(parts, ignore_index=True)
    return every.assign(rank=np.arange(1, len(every) + 1))[list(SURVEY_COLUMNS)]


def parts_of(scene: Scene, *, informal: bool = False) -> list[tuple[str, Objects, pd.DataFrame]]:
    """Return crossings and streets: shapes, and a table of ``object_id, place``.

    Quiet streets are crossed anywhere: those places are left out unless `informal` asks for them.
    """
    crossings = scene.crossings[scene.crossings["where"].ne("informal") | informal]
    named = crossings.rename(columns={"crossing_id": "object_id", "street_name": "place"})
    streets = scene.streets.rename(columns={"street_id": "object_id", "name": "place"})
    columns = ["object_id", "place"]
    return [
        ("crossing", crossings.geometry.to_numpy(), pd.DataFrame(named[columns])),
        ("street", np.asarray(scene.network.tree.geometries), streets[columns]),
    ]


def nearest(points: Objects, shapes: Objects, *, within_m: float) -> NDArray[np.int64]:
    """Return the nearest shape of each point, -1 where there is none so near."""
    found = np.full(len(points), -1, dtype=np.int64)
    if len(points) and len(shapes):
        tree = shapely.STRtree(shapes)
        # `all_matches` and the lowest row: of several at one place always the same.
        own, near = tree.query_nearest(points, max_distance=within_m, all_matches=True)
        order = np.lexsort((near, own))[::-1]
        found[own[order]] = near[order]
    return found


def _missed(
    hazards: pd.DataFrame, shapes: Objects, *, placed: gpd.GeoDataFrame, model: Model
) -> gpd.GeoDataFrame:
    """Return the grave hazards that nobody marked though somebody near was asked."""
    rules = load_toml("rules/participation.toml")["beside"]
    danger = placed.geometry[placed["danger"]].to_numpy()
    marked = _within(shapes, danger, rules["distance_m"]["value"])
    asked = _within(shapes, placed.geometry.to_numpy(), rules["asked_m"]["value"])
    rows = np.flatnonzero(~marked & asked & hazards["grade"].isin(rules["grades"]).to_numpy())
    kind_of = {"crossing": "crossing", "stretch": "street"}
    tables = [table for _, _, table in parts_of(model.scene, informal=True)]
    places = {thing: place for table in tables for thing, place in table.itertuples(index=False)}
    things = hazards["object_id"].iloc[rows]
    table = {
        "mark": pd.Series([None] * len(rows), dtype=object),
        "place_kind": [kind_of[rule] for rule in hazards["rule"].iloc[rows]],
        "object_id": things.to_list(),
        "place": pd.Series([places.get(thing) for thing in things], dtype=object),
        "marks": 0,
        "people": 0,
        "grade": hazards["grade"].iloc[rows].to_list(),
        "agreement": "missed",
    }
    middles = [_middle(shape) for shape in shapes[rows]]
    return gpd.GeoDataFrame(table, geometry=middles, crs=placed.crs)


def _shapes(scene: Scene) -> dict[str, shapely.Geometry]:
    """Return the shape of every crossing and street by its id."""
    return {
        thing: shape
        for _, shapes, table in parts_of(scene, informal=True)
        for thing, shape in zip(table["object_id"], shapes, strict=True)
    }


def _middle(shape: shapely.Geometry) -> shapely.Point:
    """Return a crossing's point, the middle of a street."""
    if isinstance(shape, shapely.LineString):
        return shapely.line_interpolate_point(shape, 0.5, normalized=True)
    return shapely.centroid(shape)


def _within(shapes: Objects, points: Objects, distance_m: float) -> NDArray[np.bool_]:
    """Say beside which shapes there is a point."""
    found = np.zeros(len(shapes), dtype=bool)
    if len(shapes) and len(points):
        own, _ = shapely.STRtree(points).query(shapes, predicate="dwithin", distance=distance_m)
        found[own] = True
    return found
