"""Where do children and parents say that they are afraid, and does the model say so too?

Marks are counted by people at crossings, streets and squares of a fixed grid; no single mark is
shown to anyone.  Places that were marked as dangerous stand beside the hazards of the ledger
(`analyses.marks.model`).  Kinds, rules and distances are in ``data/rules/participation.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.marks.mark_layers import NOBODY, kinds
from analyses.marks.model import CELL, beside_model, nearest, parts_of, with_tasks
from analyses.result import Indicator, Result, Shown
from analyses.schema import spread
from geo.bundled import load_toml
from geo.words import Text, languages, text, texts

if TYPE_CHECKING:
    from analyses.marks.mark_layers import Marks
    from analyses.marks.model import Model
    from analyses.streets import Scene
    from geo.arrays import Objects


COLUMNS = (
    "mark", "mark_*", "place_kind", "object_id", "place", "area", "town", "marks", "people",
    "grade", "agreement", "agreement_*",
)  # fmt: skip


def participation(marks: Marks, communities: gpd.GeoDataFrame, model: Model | None) -> Result:
    """Count marks by place and kind, and lay those of danger beside the model.

    Parameters
    ----------
    marks
        From `analyses.marks.mark_layers.marks_of`, metric CRS.
    communities
        ``area_id, name, town`` and polygons in the same CRS.
    model
        None where the ways to school were left out: nothing is compared then.

    Returns
    -------
    Result
        Tables ``marks`` (`COLUMNS`: ``marks`` and ``people`` at a place; ``people`` counts those
        who are known, each once; ``grade`` of the hazard beside it; of places that nobody marked
        ``mark`` is None and ``people`` 0), ``marks_read`` (`analyses.marks.Marks`)
        and, with a model, ``survey`` with the further tasks; role ``mark``.

    Examples
    --------
    >>> import yimi
    >>> study = yimi.load(yimi.demo)
    >>> marks = study.inputs.marks
    >>> table = participation(marks, study.city.communities, None).tables["marks"]
    >>> bool(table["people"].max() <= marks.accounts["people"].sum())
    True
    """
    placed = _placed(marks.rows, None if model is None else model.scene)
    groups = _grouped(placed)
    if model is not None:
        groups = beside_model(groups, placed, model)
    groups = _named(groups, communities)
    tables = {
        "marks": pd.DataFrame(groups.drop(columns="geometry")),
        "marks_read": marks.accounts,
    }
    if model is not None:
        tables["survey"] = with_tasks(model.survey, groups)
    return Result(
        "participation",
        tables,
        _indicators(groups),
        shown=(Shown("mark", groups),),
        notes=tuple(texts("marks/notes").values()),
    )


def _placed(rows: gpd.GeoDataFrame, scene: Scene | None) -> gpd.GeoDataFrame:
    """Give each mark its place: of danger a crossing or else a street, of others a square."""
    rules = load_toml("rules/participation.toml")["place"]
    points = rows.geometry.to_numpy()
    cell = np.floor(shapely.get_coordinates(points).reshape(-1, 2) / rules["cell_m"]["value"])
    placed = rows.assign(
        place_kind=CELL,
        object_id=[f"{x:.0f}/{y:.0f}" for x, y in cell],
        danger=[bool(kinds()[mark]["danger"]) for mark in rows["mark"]],
        place=pd.Series([None] * len(rows), index=rows.index, dtype=object),
    )
    if scene is None:
        return placed
    for part, shapes, table in parts_of(scene)[::-1]:  # crossings last: they come before streets
        near = nearest(points, shapes, within_m=rules[f"{part}_m"]["value"])
        here = (near >= 0) & placed["danger"].to_numpy()
        ids, names = (table[c].to_numpy(dtype=object)[near[here]] for c in ("object_id", "place"))
        placed.loc[here, ["place_kind", "object_id", "place"]] = np.column_stack(
            [np.full(here.sum(), part, dtype=object), ids, names]
        )
    return placed


def _grouped(placed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Count marks and people at each place."""
    keys = ["mark", "place_kind", "object_id"]
    known = placed[placed["person"] != NOBODY]
    counts = placed.groupby(keys).agg(marks=("mark", "size"), place=("place", "first"))
    people = known.groupby(keys)["person"].nunique().reindex(counts.index).fillna(0)
    groups = counts.assign(people=people.astype(np.int64)).reset_index()
    groups["place"] = groups["place"].astype(object).where(groups["place"].notna(), None)
    return gpd.GeoDataFrame(groups, geometry=_middles(groups), crs=placed.crs)


def _middles(groups: pd.DataFrame) -> Objects:
    """Return the middle of each square; `beside_model` knows those of crossings and streets."""
    side = load_toml("rules/participation.toml")["place"]["cell_m"]["value"]
    square = groups["place_kind"].eq(CELL).to_numpy()
    shapes = np.full(len(groups), shapely.Point(), dtype=object)
    corners = [list(map(float, place.split("/"))) for place in groups["object_id"][square]]
    if corners:
        shapes[square] = shapely.points((np.array(corners) + 0.5) * side)
    return shapes


def _named(groups: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the words and the community, and put the most people first."""
    kind_titles = {mark: Text.of(row) for mark, row in kinds().items()}
    agreements = texts("marks/agreement")
    inside = in_communities(groups, communities)
    area = np.full(len(groups), -1)
    area[inside["row"]] = inside["area"]
    rows = groups.copy()
    for name in ("grade", "agreement"):
        cells = rows[name] if name in rows else pd.Series([None] * len(rows), dtype=object)
        rows[name] = cells.astype(object).where(cells.notna(), None)
    for column, source in (("area", "name"), ("town", "town")):
        names = communities[source].to_numpy(dtype=object)
        rows[column] = pd.Series([names[n] if n >= 0 else None for n in area], dtype=object)
    for lang in languages():
        rows[f"mark_{lang}"] = [kind_titles[m][lang] if m else None for m in rows["mark"]]
        rows[f"agreement_{lang}"] = [agreements[a][lang] if a else None for a in rows["agreement"]]
    by = ["people", "marks", "mark", "object_id"]
    rows = rows.sort_values(by, ascending=[False, False, True, True], na_position="last")
    return rows[[*spread(COLUMNS), "geometry"]].reset_index(drop=True)


def in_communities(rows: gpd.GeoDataFrame, communities: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the rows that lie in a community, with its position as ``area`` and their own.

    Examples
    --------
    >>> import shapely
    >>> square = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs=4548)
    >>> points = shapely.points([(0.5, 0.5), (9, 9)])
    >>> marks = gpd.GeoDataFrame({"mark": ["like", "afraid"]}, geometry=points, crs=4548)
    >>> in_communities(marks, square)[["area", "mark"]].values.tolist()
    [[0, 'like']]
    """
    tree = shapely.STRtree(communities.geometry.to_numpy())
    own, area = tree.query(rows.geometry.to_numpy(), predicate="intersects")
    first = pd.DataFrame({"row": own, "area": area}).sort_values(["row", "area"])
    first = first.drop_duplicates("row")
    plain = pd.DataFrame(rows.drop(columns=["geometry", "area"], errors="ignore"))
    return plain.iloc[first["row"]].assign(area=first["area"].to_numpy(), row=first["row"].array)


def _indicators(groups: pd.DataFrame) -> tuple[Indicator, ...]:
    """Return the share of places marked as dangerous that the model lists too."""
    marked = groups["agreement"].isin(["agree", "felt_only"])
    places = groups[marked].drop_duplicates("object_id")
    if places.empty:
        return ()
    both = float(places["agreement"].eq("agree").sum())
    title = text("marks/indicators/agree")
    whole = float(len(places))
    return (Indicator("participation.agree", title, value=both / whole, unit="1",
                      numerator=both, denominator=whole),)  # fmt: skip
