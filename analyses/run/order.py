"""In which order are the answers worked out, from a study to its results?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd

from analyses.city import City
from analyses.coverage import coverage
from analyses.facilities import entrances, kinds_serving
from analyses.marks import Model, participation
from analyses.places import safe_pairs_of, walk_distances
from analyses.result import Result, Shown
from analyses.routes import Setting, schools_of
from analyses.run.asked_rules import standards_of
from analyses.run.inputs import Inputs, read_inputs
from analyses.run.places_and_sites import places_of
from analyses.run.quality import access_legs, effects, facility_sources, street_tags
from analyses.run.safety_inputs import study_date
from analyses.run.ways_to_school import Safety, compared, safety
from analyses.streets import Scene, settlement_of_edges, street_scene
from analyses.treatments import edited_gates, edited_scene, read_edits
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from analyses.rules import Rule
    from analyses.run.inputs import Account
    from analyses.study import Study
    from geo.walk import WalkNetwork


@dataclass(frozen=True)
class Run:
    """What a run found, and what it was made from.

    Attributes
    ----------
    study
        The settings.
    result
        Tables, indicators, and everything that may be shown (with the background layers).
    inputs
        The layers as they were used, with the account of rows of each file.
    """

    study: Study
    result: Result
    inputs: Inputs

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Return rows in, used and rejected of each input."""
        return self.inputs.accounts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of the inputs, then those of the analysis."""
        return (*self.inputs.findings, *self.result.findings)


def run_study(study: Study, *, progress: Callable[[str], None] = lambda _: None) -> Run:
    """Read the inputs of a study and work out its coverage.

    Parameters
    ----------
    study
        From `analyses.study.settings.load_study`.
    progress
        Called with the name of each part of the work as it begins.

    Raises
    ------
    InputRefused
        An input cannot be used; the findings say which and why.
    """
    inputs = read_inputs(study, progress=progress)
    progress("coverage")
    rules, left_out = _rules(study, inputs)
    city = city_of(study, inputs)
    doors = city.entrances
    covered = coverage(city, rules, walking_speed_m_s=study.walking.speed_m_s)
    setting = setting_of(study, inputs, doors)
    ways = study.routes.on and not setting.schools.empty
    scene = city.scene if ways else None
    parts = [covered]
    if scene is not None:
        parts.append(_safety(study, inputs, setting, scene=scene, rules=rules, progress=progress))
    if inputs.marks is not None and len(inputs.marks.rows):
        progress("participation")
        model = None if scene is None else _model(scene, parts[-1])
        parts.append(participation(inputs.marks, inputs.communities, model))
    if study.sites.on:
        progress("places")
        safe = None if scene is None else safe_pairs_of(scene, setting)
        parts += places_of(city, study, inputs, rules=rules, safe=safe)
    points = covered.tables["points"]
    quality = _quality(study, inputs, doors, points=points, rules=rules)
    quality["walk_distances"] = walk_distances(
        points, inputs.demand, rules, walking_speed_m_s=study.walking.speed_m_s
    )
    found = replace(
        covered,
        tables={name: table for part in parts for name, table in part.tables.items()} | quality,
        shown=(*_background(inputs), *(one for part in parts for one in part.shown)),
        notes=(*inputs.notes, *(note for part in parts for note in part.notes)),
        indicators=tuple(one for part in parts for one in part.indicators),
        findings=(*left_out, *(one for part in parts for one in part.findings)),
    )
    return Run(study, found, inputs)


def _quality(
    study: Study,
    inputs: Inputs,
    doors: gpd.GeoDataFrame,
    *,
    points: pd.DataFrame,
    rules: Sequence[Rule],
) -> dict[str, pd.DataFrame]:
    """Return the tables that say how good the data are."""
    snap_max_m = study.streets.snap_max_m
    weak = effects(points, inputs.demand, rules, entrances=doors, snap_max_m=snap_max_m)
    return {
        "quality_effects": weak,
        "quality_streets": street_tags(inputs.network),
        "quality_sources": facility_sources(inputs.facilities, doors),
        "quality_legs": access_legs(points, snap_max_m=snap_max_m),
    }


def _safety(
    study: Study,
    inputs: Inputs,
    setting: Setting,
    *,
    scene: Scene,
    rules: Sequence[Rule],
    progress: Callable[[str], None],
) -> Result:
    """Answer the questions about ways to school, and what a trial of measures would change."""
    progress("safety")
    before = safety(scene, setting, rules=rules)
    if study.routes.edits is None:
        return before.result
    progress("what_if")
    edits = read_edits(study.routes.edits, study.folder)
    tried = edited_scene(scene, edits, build=partial(scene_of, inputs))
    after: Safety = safety(tried, replace(setting, gates=edited_gates(setting.gates, edits)))
    return replace(before.result, tables={**before.result.tables, **compared(before, after)})


def _model(scene: Scene, safe: Result) -> Model:
    """Return what the marks are laid beside."""
    hazards = next(one.rows for one in safe.shown if one.role == "hazard")
    return Model(scene, hazards, survey=safe.tables["survey"])


def city_of(study: Study, inputs: Inputs) -> City:
    """Return the layers of a study as a city."""
    return City(
        inputs.network,
        inputs.facilities,
        inputs.demand,
        inputs.communities,
        entrances=_doors(inputs),
        layers=inputs.safety.layers,
        snap_max_m=study.streets.snap_max_m,
    )


def setting_of(study: Study, inputs: Inputs, doors: gpd.GeoDataFrame | None = None) -> Setting:
    """Return what the questions about ways to school take; doors of `entrances`."""
    schools = schools_of(inputs.facilities)
    if doors is None:
        doors = _doors(inputs)
    return Setting(
        schools=schools,
        gates=doors[doors["facility_id"].isin(schools["facility_id"])].reset_index(drop=True),
        demand=inputs.demand,
        snap_max_m=study.streets.snap_max_m,
        detour_cap=study.routes.detour_cap,
        catchments=inputs.safety.catchments,
        study_date=study_date(study.study.date),
        previous=inputs.safety.ledger,
        best=study.routes.best,
    )


def scene_of(inputs: Inputs, network: WalkNetwork | None = None) -> Scene:
    """Put together what is known of the streets, or of a network with other paths."""
    streets = inputs.network if network is None else network
    settlement = settlement_of_edges(streets, inputs.communities)
    return street_scene(streets, settlement=settlement, layers=inputs.safety.layers)


def _doors(inputs: Inputs) -> gpd.GeoDataFrame:
    """Return the entrances of all facilities."""
    return entrances(
        inputs.facilities, inputs.network, gates=inputs.gates, mapped=inputs.mapped_entrances
    )


def _rules(study: Study, inputs: Inputs) -> tuple[tuple[Rule, ...], tuple[Finding, ...]]:
    """Return the rules to be tested, and which ones have no data to be tested with.

    One in every community cannot be tested where the communities are not known.  Without a single
    facility of its kinds it is not known whether a place has none or the layer is missing; such a
    rule is tested only where the study names it.
    """
    rules, said = standards_of(study, inputs.communities)
    whole = [r for r in rules if "containment" in r.tests] if study.communities is None else []
    findings = [*said]
    findings += [Finding("RULE_NO_COMMUNITIES", "study.toml", value=r.id) for r in whole]
    rules = tuple(r for r in rules if r not in whole)
    if study.standards.use:
        return rules, tuple(findings)
    given = set(inputs.facilities["kind"])
    kinds = {r.id: frozenset[str]().union(*(kinds_serving(k) for k in r.kinds)) for r in rules}
    missing = [r for r in rules if r.computable and not kinds[r.id] & given]
    findings += [Finding("RULE_NO_LAYER", "study.toml", value=r.id) for r in missing]
    return tuple(r for r in rules if r not in missing), tuple(findings)


def _background(inputs: Inputs) -> tuple[Shown, ...]:
    """Return the study's own basemap: its streets, water, green and railways."""
    streets = gpd.GeoDataFrame(
        {"highway": inputs.network.edges["highway"].to_numpy()},
        geometry=inputs.network.tree.geometries,
        crs=inputs.crs,
    )
    rows: dict[str, gpd.GeoDataFrame] = {**inputs.background, "street": streets}
    return tuple(
        Shown(role, frame[["geometry", *({"highway"} & set(frame.columns))]])
        for role, frame in rows.items()
    )
