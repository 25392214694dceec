"""What every analysis of a run keeps to, whoever wrote it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from analyses.result import Result
from analyses.run.inputs import Inputs, read_inputs
from analyses.run.order import ANALYSES, context_of
from analyses.run.registry import Analysis, answers
from analyses.schema import Column, column, roles, spread, tables
from analyses.study import Study, load_study
from geo.bundled import ROOT
from geo.findings import InputRefused, catalogue

SHAPES = {"point": {"Point"}, "line": {"LineString"}, "polygon": {"Polygon"},
          "any": {"Point", "LineString", "Polygon"}}  # fmt: skip
FRAMES = ("facilities", "communities", "demand")
EDIT = '[[edit]]\nkind = "treatment"\ncrossing_id = "{}"\ntreatment = "signal"\n'
AGES = ["age_0_2", "age_3_5", "age_6_11", "age_12_14", "age_15_17"]
every = pytest.mark.parametrize("name", [one.name for one in ANALYSES])


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """The demo with a trial of measures: every table that there can be."""
    folder = tmp_path_factory.mktemp("contract") / "demo"
    shutil.copytree(ROOT / "demo", folder)
    with (folder / "study.toml").open("a", encoding="utf-8") as settings:
        settings.write('\n[routes]\nbest = 1\nedits = "edits.toml"\n')
    (folder / "edits.toml").touch()
    return load_study(folder)


@pytest.fixture(scope="module")
def inputs(study: Study) -> Inputs:
    return read_inputs(study)


@pytest.fixture(scope="module")
def results(study: Study, inputs: Inputs) -> dict[str, Result]:
    """Results of all analyses; the layers that they were given are as they were."""
    before = {name: getattr(inputs, name).copy(deep=True) for name in FRAMES}
    context, _ = context_of(study, inputs)
    crossing = context.city.scene.crossings["crossing_id"].iloc[0]
    (study.folder / "edits.toml").write_text(EDIT.format(crossing), "utf-8")
    found = answers(context, ANALYSES)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, getattr(inputs, name))
    return found


def plain(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame if name != "geometry"]


def slips(frame: pd.DataFrame, declared: tuple[str, ...], optional: tuple[str, ...]) -> set[str]:
    """Return the columns that are not declared, and the declared ones that are not there."""
    wanted = set(spread(declared, frame))
    return (wanted ^ set(plain(frame))) - set(spread(optional, frame))


@every
def test_its_tables_have_exactly_their_declared_columns(
    results: dict[str, Result], name: str
) -> None:
    found = {table: slips(rows, tables()[table].columns, tables()[table].optional)
             for table, rows in results[name].tables.items()}  # fmt: skip
    assert found == {table: set() for table in found}


@every
def test_its_roles_have_their_declared_columns_and_shapes(
    results: dict[str, Result], name: str
) -> None:
    shown = {one.role: one.rows for one in results[name].shown}
    found = {role: _role_slips(role, rows) for role, rows in shown.items()}
    assert found == {role: set() for role in found}


def _role_slips(name: str, rows: pd.DataFrame) -> set[str]:
    """Return what of a role's rows is not as it was declared: columns, shapes, CRS."""
    role = roles()[name]
    missing = slips(rows, role.columns, role.optional)
    wrong = missing - set(plain(rows)) if role.open else missing
    if role.geometry is None or not isinstance(rows, gpd.GeoDataFrame):
        return wrong | (
            {"geometry"} if isinstance(rows, gpd.GeoDataFrame) or role.geometry else set()
        )
    kinds = {kind.removeprefix("Multi") for kind in set(rows.geom_type)} - SHAPES[role.geometry]
    return wrong | kinds | {a.unit_name for a in rows.crs.axis_info if a.unit_name != "metre"}


def _cells(result: Result) -> list[tuple[str, str, Column, pd.Series]]:
    """Return the known cells of each declared column: frame, column, declaration, numbers."""
    frames = {**result.tables, **{one.role: one.rows for one in result.shown}}
    called = {name: dict(table.called) for name, table in tables().items()}
    every = [(frame, c, column(called.get(frame, {}).get(c, c)), rows[c].dropna())
             for frame, rows in frames.items() for c in plain(rows)]  # fmt: skip
    return [(f, c, d, pd.to_numeric(v, errors="coerce")) for f, c, d, v in every
            if d and d.type in ("number", "whole")]  # fmt: skip


@every
def test_numbers_are_where_numbers_are_declared(results: dict[str, Result], name: str) -> None:
    cells = _cells(results[name])
    assert cells
    assert [(frame, c) for frame, c, _, values in cells if values.isna().any()] == []
    shares = [(f, c, values) for f, c, declared, values in cells if declared.unit == "share"]
    assert [(f, c) for f, c, values in shares if (values > 1 + 1e-9).any()] == []


@every
def test_what_it_says_it_says_in_every_language(results: dict[str, Result], name: str) -> None:
    result = results[name]
    frames = (*result.tables.values(), *(one.rows for one in result.shown))
    both = [(rows[c].isna(), rows[f"{c[:-2]}en"].isna())
            for rows in frames for c in plain(rows) if c.endswith("_zh")]  # fmt: skip
    said = [*result.notes, *(one.title for one in (*result.indicators, *result.shown))]
    assert all(zh.equals(en) for zh, en in both)
    assert all(text["zh"] and text["en"] and text["zh"] != text["en"] for text in said)


@every
def test_its_findings_are_catalogued(results: dict[str, Result], name: str) -> None:
    assert {finding.code for finding in results[name].findings} <= set(catalogue())


@every
def test_an_indicator_is_its_numerator_over_its_denominator(
    results: dict[str, Result], name: str
) -> None:
    told = results[name].indicators
    parts = [one.numerator / (one.denominator or 1.0) for one in told]
    assert [one.value for one in told] == pytest.approx(parts)


@every
def test_what_it_gives_is_its_own(results: dict[str, Result], inputs: Inputs, name: str) -> None:
    given = [getattr(inputs, frame) for frame in FRAMES]
    found = (*results[name].tables.values(), *(one.rows for one in results[name].shown))
    assert not any(rows is frame for rows in found for frame in given)


def answered(study: Study, inputs: Inputs) -> dict[str, Any]:
    """Return what each analysis says, without a trial: its result, or why it refuses."""
    routes = study.routes.model_copy(update={"edits": None, "best": None})
    study = study.model_copy(update={"routes": routes})
    try:
        context, _ = context_of(study, inputs)
    except InputRefused as refused:
        return {"city": refused}
    found: dict[str, Any] = {}
    for one in ANALYSES:
        now = replace(context, done={k: v for k, v in found.items() if isinstance(v, Result)})
        if one.on(now):
            found[one.name] = _answer(one, now)
    return found


def _answer(one: Analysis, context: Any) -> Result | InputRefused:
    try:
        return one.answer(context)
    except InputRefused as refused:
        return refused


@pytest.mark.parametrize("empty", FRAMES)
def test_nothing_in_gives_nothing_or_a_coded_refusal(
    study: Study, inputs: Inputs, empty: str
) -> None:
    without = replace(inputs, **{empty: getattr(inputs, empty).iloc[:0]})
    said = answered(study, without).values()
    assert said
    assert all(isinstance(one, Result) or one.findings for one in said)
    assert {finding.code for one in said for finding in one.findings} <= set(catalogue())


def test_of_children_that_are_not_known_no_share_is_told(study: Study, inputs: Inputs) -> None:
    unknown = inputs.demand.assign(**dict.fromkeys(AGES, np.nan))
    said = answered(study, replace(inputs, demand=unknown))
    covered, places = said["coverage"], said["places"]
    assert covered.tables["total"]["share_walk"].isna().all()
    assert "RULE_CHILDREN_UNKNOWN" in {finding.code for finding in covered.findings}
    assert places.tables["place_gap"]["share_placed"].isna().all()
    assert "PLACES_UNKNOWN" in {finding.code for finding in places.findings}


def test_places_that_are_not_known_are_never_none(study: Study, inputs: Inputs) -> None:
    unknown = replace(inputs, facilities=inputs.facilities.assign(capacity=np.nan))
    context, _ = context_of(study, unknown)
    places = next(one for one in ANALYSES if one.name == "places").answer(
        replace(context, dangers=())
    )
    assert places.tables["school_places"][["places", "fill", "spare"]].isna().all(axis=None)
    gap = places.tables["place_gap"]
    assert (gap["capacity_high"] >= gap["capacity_low"]).all()
    assert gap["capacity_high"].sum() > gap["capacity_low"].sum()
