"""What on the way to a school, and at its gate, is a hazard?

Four kinds: a clause of the gate audit that is not met, a dangerous crossing with children on it, a
stretch where children walk in the carriageway, and a barrier that cuts children off.  What is
unknown is no hazard: it is a task of the survey (`analyses.hazards.survey_rows`).  Thresholds,
categories and proposed treatments stand in ``data/rules/ledger.toml``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from analyses.hazards.words import (
    OBSERVED_SOURCES,
    crossing_text,
    evidence,
    severed_text,
    stretch_text,
    titles,
)
from analyses.risk import grade
from analyses.schema import spread
from analyses.streets import SOURCES
from geo.bundled import load_toml
from geo.words import in_columns

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from analyses.streets import Scene


OBSERVED, ASSUMED, UNKNOWN = "observed", "assumed", "unknown"
"""States of the data: codes of ``[data_state]`` in the words of the ledger."""
COLUMNS = (
    "school_id", "rule", "object_id", "street", "x", "y", "category", "description_*",
    "clause", "verified", "evidence_*", "data_state", "children", "risk", "risk_low", "risk_high",
    "grade", "treatment",
)  # fmt: skip
_MM_PER_100_M = 100_000.0
_CROSSING_ATTRIBUTES = ("facility", "lanes", "speed_kmh", "traffic_day")
_STRETCH_ATTRIBUTES = ("sidewalk_left", "sidewalk_right", "speed_kmh", "traffic_day")
_WITHOUT_SIDEWALK = "no"


def failed_checks(audit: pd.DataFrame, pupils: pd.DataFrame) -> pd.DataFrame:
    """Return a hazard for each clause that a gate does not meet.

    Parameters
    ----------
    audit
        `analyses.gates.audit.gate_audit`.
    pupils
        ``school_id, children``: how many children a hazard at the gate concerns.

    Returns
    -------
    DataFrame
        `COLUMNS`; risk is NaN: a clause is met or not, it has no points.
    """
    rules = _rules()
    wanted = audit["verdict"].eq("fail") & ~audit["check"].isin(rules["checks"]["elsewhere"])
    rows = audit[wanted].reset_index(drop=True)
    strengths = rules["grade"]["strength"]
    enrolled = pupils.groupby("school_id")["children"].sum()
    children = rows["children"].astype(float).fillna(rows["school_id"].map(enrolled)).fillna(0.0)
    category = rules["category"]
    return _frame(
        rows,
        rule=rows["check"],
        category=[category.get(check, category["other"]) for check in rows["check"]],
        **in_columns("description", lambda lang: titles(rows, lang)),
        data_state=np.where(rows["assumed"].astype(bool), ASSUMED, OBSERVED),
        children=children,
        grade=[strengths.get(word, strengths["other"]) for word in rows["strength"]],
    )


def dangerous_crossings(scene: Scene, risks: pd.DataFrame, walked: pd.DataFrame) -> pd.DataFrame:
    """Return a hazard for each school and crossing that its children cross at a risk.

    Parameters
    ----------
    scene
        Streets and crossings.
    risks
        `analyses.risk.edges.crossing_table` of all crossings.
    walked
        ``school_id, edge, children``: how many of a school's children use an edge of the streets
        with sides, see `walked_edges`.

    Returns
    -------
    DataFrame
        `COLUMNS`.  The stages of one crossing are one hazard: their points are added up.  What is
        forbidden to the age of `risks` is a hazard whatever its points.
    """
    whole = _whole_crossings(scene, risks)
    on = scene.sides.crossing[walked["edge"].to_numpy(dtype=np.int64)]
    used = walked[on >= 0].assign(group=scene.crossings["group"].to_numpy()[on[on >= 0]])
    counted = used.groupby(["school_id", "group"])["children"].max().reset_index()
    rows = counted.merge(whole, on="group", how="inner")
    listed = _rules()["listed"]
    grave = (rows["risk"] >= listed["crossing_points_min"]["value"]) | rows["forbidden"]
    rows = rows[grave & _enough(rows)].reset_index(drop=True)
    facts = scene.crossings.iloc[rows["row"].to_numpy(dtype=np.int64)].reset_index(drop=True)
    place = shapely.get_coordinates(facts.geometry.to_numpy()).reshape(-1, 2)
    graded = grade(rows["risk_low"].to_numpy(), rows["risk_high"].to_numpy(), model="crossing")
    return _frame(
        rows,
        rule="crossing",
        object_id=facts["crossing_id"],
        street=facts["street_name"],
        x=place[:, 0],
        y=place[:, 1],
        category=_crossing_category(facts),
        **in_columns("description", lambda lang: crossing_text(facts, graded.tolist(), lang)),
        **in_columns("evidence", lambda lang: evidence(facts, _CROSSING_ATTRIBUTES, lang)),
        data_state=_states(facts, _CROSSING_ATTRIBUTES),
        grade=graded,
        treatment=_crossing_treatment(facts),
    )


def stretches_without_sidewalk(
    scene: Scene, risks: pd.DataFrame, walked: pd.DataFrame
) -> pd.DataFrame:
    """Return a hazard for each school and stretch where its children walk in the carriageway.

    Parameters
    ----------
    scene
        Streets and crossings.
    risks
        `analyses.risk.edges.along_table`; of the two sides of a stretch the worse one counts.
    walked
        As for `dangerous_crossings`.

    Returns
    -------
    DataFrame
        `COLUMNS`.  Only sides without a sidewalk count; where none is known of, the survey asks.
        The grade follows the points per 100 m; ``risk`` is that of the whole stretch, so that it
        can be compared with a crossing's.
    """
    bare = risks[_without_sidewalk(scene, risks)]
    used = walked.merge(bare, left_on="edge", right_index=True, how="inner")
    worst = used.sort_values(["school_id", "street", "risk"], ascending=[True, True, False])
    rows = worst.drop_duplicates(["school_id", "street"]).reset_index(drop=True)
    by_side = used.groupby(["school_id", "street", "side"])["children"].max()
    rows["children"] = by_side.groupby(level=[0, 1]).sum().to_numpy()
    listed = rows["risk"] >= _rules()["listed"]["stretch_points_min"]["value"]
    rows = rows[listed & _enough(rows)].reset_index(drop=True)
    graded = grade(rows["risk_low"].to_numpy(), rows["risk_high"].to_numpy(), model="along")
    street = rows["street"].to_numpy(dtype=np.int64)
    length = scene.network.edge_length_mm[street] / _MM_PER_100_M
    for column in ("risk", "risk_low", "risk_high"):
        rows[column] = rows[column] * length
    facts = scene.streets.iloc[street].reset_index(drop=True)
    lines = scene.network.tree.geometries[street]
    place = shapely.get_coordinates(shapely.line_interpolate_point(lines, 0.5, normalized=True))
    return _frame(
        rows,
        rule="stretch",
        object_id=facts["street_id"],
        street=facts["name"],
        x=place.reshape(-1, 2)[:, 0],
        y=place.reshape(-1, 2)[:, 1],
        category=_rules()["category"]["stretch"],
        **in_columns("description", lambda lang: stretch_text(facts, lang)),
        **in_columns("evidence", lambda lang: evidence(facts, _STRETCH_ATTRIBUTES, lang)),
        data_state=_states(facts, _STRETCH_ATTRIBUTES),
        grade=graded,
        treatment=_rules()["treatment"]["stretch"],
    )


def walked_edges(use: pd.DataFrame, *, choice: str) -> pd.DataFrame:
    """Return ``school_id, edge, children``: the children of all ages on each edge.

    Parameters
    ----------
    use
        ``school_id, profile, choice, edge, children`` of `analyses.routes.analysis.Routes`.
    choice
        ``shortest`` or ``safest``.

    Examples
    --------
    >>> import pandas as pd
    >>> use = pd.DataFrame(
    ...     {"school_id": "s", "profile": ["young", "old"], "choice": "shortest", "edge": 7,
    ...      "children": [2.0, 3.0]}
    ... )
    >>> walked_edges(use, choice="shortest").values.tolist()
    [['s', 7, 5.0]]
    """
    chosen = use[use["choice"] == choice]
    return chosen.groupby(["school_id", "edge"], observed=True)["children"].sum().reset_index()


def severances(pupils: pd.DataFrame) -> pd.DataFrame:
    """Return a hazard for each school and kind of barrier that cuts children off from it.

    Parameters
    ----------
    pupils
        ``school_id, children, severed, severed_sure, barrier``, see `analyses.routes.analysis`.

    Returns
    -------
    DataFrame
        `COLUMNS`; the place is left open: the homes behind the barrier are no one's to see.  It
        has a grade where enough children are cut off whatever the unknown turns out to be, and
        counts as observed only where all of them are.
    """
    rules = _rules()
    cut = pupils[pupils["severed"].astype(bool)]
    barrier = cut["barrier"].astype(object).where(cut["barrier"].notna(), "other")
    counted = cut.assign(
        object_id=barrier, sure=cut["children"].where(cut["severed_sure"].astype(bool), 0.0)
    )
    table = counted.groupby(["school_id", "object_id"])[["children", "sure"]].sum().reset_index()
    table = table[_enough(table)].reset_index(drop=True)
    all_sure = table["sure"] >= table["children"]
    graded = table["sure"] >= rules["listed"]["children_min"]["value"]
    usual = rules["treatment"]["severed"]
    return _frame(
        table,
        rule="severed",
        category=rules["category"]["severed"],
        **in_columns("description", lambda lang: severed_text(table, lang)),
        data_state=np.where(all_sure, OBSERVED, ASSUMED),
        grade=[rules["grade"]["severed"]["grade"] if enough else None for enough in graded],
        treatment=[rules["treatment"].get(f"severed_{b}", usual) for b in table["object_id"]],
    )


def _enough(rows: pd.DataFrame) -> pd.Series[bool]:
    """Say where there are children enough for a hazard."""
    enough: pd.Series[bool] = rows["children"] >= _rules()["listed"]["children_min"]["value"]
    return enough


def _whole_crossings(scene: Scene, risks: pd.DataFrame) -> pd.DataFrame:
    """Add up the stages of each crossing; ``row`` is the stage whose id comes first."""
    stages = risks.assign(row=risks.index, crossing_id=scene.crossings["crossing_id"][risks.index])
    ordered = stages.sort_values(["group", "crossing_id"], kind="stable").groupby("group")
    sums = dict.fromkeys(("risk", "risk_low", "risk_high"), "sum")
    return ordered.agg({**sums, "row": "first", "forbidden": "any"}).reset_index()


def _without_sidewalk(scene: Scene, risks: pd.DataFrame) -> NDArray[np.bool_]:
    """Say which edges along a street lie on a side that has no sidewalk."""
    streets = scene.streets.iloc[risks["street"].to_numpy(dtype=np.int64)]
    left, right = (
        streets[f"sidewalk_{side}"].eq(_WITHOUT_SIDEWALK).to_numpy() for side in ("left", "right")
    )
    side = risks["side"].to_numpy()
    return np.where(side < 0, left, np.where(side > 0, right, False))  # noqa: FBT003


def _crossing_category(facts: pd.DataFrame) -> list[int]:
    codes = _rules()["category"]
    hidden = facts["sight_met"].eq("no").to_numpy()
    open_ = facts["facility"].isin(["marked", "unmarked", "forbidden"]).to_numpy()
    code = np.where(open_, codes["crossing"], codes["crossing_other"])
    return [int(c) for c in np.where(hidden, codes["crossing_sight"], code)]


def _crossing_treatment(facts: pd.DataFrame) -> list[str]:
    rows: Sequence[Mapping[str, Any]] = _rules()["crossing_treatment"]

    def first(facility: str, lanes: float) -> str:
        return next(
            str(row["treatment"])
            for row in rows
            if facility in row.get("facility", [facility]) and lanes >= row.get("lanes_min", 0)
        )

    lanes = facts["lanes"].fillna(0.0)
    return [first(f, n) for f, n in zip(facts["facility"], lanes, strict=True)]


def _states(facts: pd.DataFrame, attributes: Sequence[str]) -> list[str]:
    """Return whether all that decides the risk is observed, or assumed, or some of it unknown."""
    sources = facts[[f"{name}_source" for name in attributes]].to_numpy(dtype=object)
    unknown = (sources == SOURCES[-1]).any(axis=1)
    observed = np.isin(sources.astype(str), OBSERVED_SOURCES).all(axis=1)
    state = np.where(unknown, UNKNOWN, np.where(observed, OBSERVED, ASSUMED))
    return [str(s) for s in state]


def _frame(rows: pd.DataFrame, **filled: object) -> pd.DataFrame:
    """Return the `COLUMNS`: filled ones, those of the rows, and NaN or None for the others."""
    numbers = {"x", "y", "children", "risk", "risk_low", "risk_high"}
    made: dict[str, pd.Series[Any]] = {}
    for name in spread(COLUMNS):
        value: Any = filled.get(name, rows.get(name, np.nan if name in numbers else None))
        kind = np.float64 if name in numbers else object
        if isinstance(value, pd.Series):
            value = value.to_numpy()
        made[name] = pd.Series(value, index=rows.index, dtype=kind)
    return pd.DataFrame(made)


def _rules() -> dict[str, Any]:
    return load_toml("rules/ledger.toml")
