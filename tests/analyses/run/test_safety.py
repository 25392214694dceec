"""The ways to school of the demo town, all questions together."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from analyses.rules.walkers import children_of_profile, profiles
from analyses.run.order import Run, run_study
from analyses.study.settings import load_study
from geo.bundled import ROOT
from maps.files.ledger_files import write_ledger

if TYPE_CHECKING:
    from pathlib import Path

EDIT = """
[[edit]]
kind = "treatment"
crossing_id = "{crossing}"
treatment = "signal"
"""


@cache
def demo() -> Run:
    return run_study(load_study(ROOT / "demo"))


def run_with(tmp_path: Path, routes: str) -> Run:
    """Run a copy of the demo with settings of its own in ``[routes]``."""
    for file in (ROOT / "demo").iterdir():
        shutil.copy(file, tmp_path)
    with (tmp_path / "study.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"\n[routes]\n{routes}\n")
    return run_study(load_study(tmp_path))


def test_every_child_of_school_age_is_counted_once():
    tables, demand = demo().result.tables, demo().inputs.demand
    at_schools = tables["schools"]["children"].sum()
    everyone = sum(children_of_profile(age, demand).sum() for age in profiles())
    assert 0 < at_schools <= everyone
    assert (tables["schools"]["children_alone"] <= tables["schools"]["children"] + 1e-6).all()


def test_all_schools_are_audited_with_all_checks():
    audit = demo().result.tables["audit"]
    assert set(audit["verdict"]) <= {"pass", "fail", "unknown", "n.a."}
    assert audit["check"].nunique() == 32
    assert set(audit["school_id"]) == set(demo().result.tables["schools"]["school_id"])


def test_what_has_no_layer_is_unknown():
    audit = demo().result.tables["audit"]
    assert set(audit.loc[audit["check"].isin(["G03", "G04", "G19"]), "verdict"]) == {"unknown"}


def test_a_safe_way_covers_no_more_than_any_way():
    table = demo().result.tables["safe_coverage"]
    assert (table["children_covered_safely"] <= table["children_covered"]).all()
    lost = table["children_covered"] - table["children_covered_safely"]
    assert table["children_lost"].to_numpy() == pytest.approx(lost.to_numpy())


def test_an_urban_rule_does_not_count_children_of_villages():
    table = demo().result.tables["safe_coverage"].query("rule_id == 'PRI' and town.isna()")
    demand = demo().inputs.demand
    town = demand[demand["settlement"] == "urban"]
    by_age = table.set_index("profile")["children"]
    assert by_age["grades_1_3"] == pytest.approx(town["age_6_11"].sum() / 2)


def test_risk_lies_inside_its_interval_and_nobody_is_sent_a_riskier_way():
    routes = demo().result.tables["school_routes"]
    assert (routes["safest_low"] <= routes["safest_risk"] + 1e-9).all()
    assert (routes["safest_risk"] <= routes["safest_high"] + 1e-9).all()
    assert (routes["safest_risk"] <= routes["shortest_risk"] + 1e-9).all()


@pytest.mark.parametrize("name", ["children_alone", "children_severed", "share_alone"])
def test_counts_lie_inside_what_the_unknown_leaves_open(name):
    table = demo().result.tables["schools"].dropna(subset=[name])
    assert (table[f"{name}_low"] <= table[name]).all()
    assert (table[name] <= table[f"{name}_high"]).all()


def test_a_school_has_as_many_gates_as_are_audited():
    tables = demo().result.tables
    audited = tables["audit"].groupby("school_id")["gate_id"].nunique()
    counted = tables["schools"].set_index("school_id")["gates"]
    assert counted.to_dict() == audited.reindex(counted.index).to_dict()


def test_a_better_crossing_never_costs_a_child_its_way():
    value = demo().result.tables["crossing_value"]
    assert (value["children"] >= 0).all()
    assert value["children"].is_monotonic_decreasing


def test_another_run_keeps_what_the_offices_wrote(tmp_path):
    hazards = next(s.rows for s in demo().result.shown if s.role == "hazard")
    edited = hazards.head(1).assign(status="assigned", note="等待配电")
    write_ledger(tmp_path, edited)
    again = run_with(tmp_path, 'ledger = "ledger.xlsx"')
    kept = next(s.rows for s in again.result.shown if s.role == "hazard").set_index("id")
    assert kept.loc[edited["id"].item(), "note"] == "等待配电"


def test_a_trial_of_a_signal_lets_more_children_walk_alone(tmp_path):
    best = demo().result.tables["crossing_value"].iloc[0]
    (tmp_path / "edits.toml").write_text(EDIT.format(crossing=best["crossing_id"]), "utf-8")
    tried = run_with(tmp_path, 'edits = "edits.toml"').result.tables["whatif_schools"]
    gained = tried["gained"].sum()
    assert gained == pytest.approx(best["children"], abs=1e-3)


def test_ledger_ids_are_unique_and_every_hazard_has_somebody_to_mend_it():
    hazards = next(s.rows for s in demo().result.shown if s.role == "hazard")
    assert hazards["id"].is_unique
    assert hazards["body"].notna().all()
    assert np.isfinite(hazards["children"]).all()
    assert isinstance(hazards, pd.DataFrame)
