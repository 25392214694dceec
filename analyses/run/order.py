"""In which order are the answers worked out, from a study to its results?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd

from analyses.city import City
from analyses.coverage import coverage
from analyses.facilities import entrances, kinds_serving
from analyses.marks import Model, participation
from analyses.places import safe_pairs_of, walk_distances
from analyses.result import Result, Shown
from analyses.risk import dangers
from analyses.routes import RouteOptions, school_city
from analyses.run.asked_rules import standards_of
from analyses.run.inputs import Inputs, read_inputs
from analyses.run.places_and_sites import places_of
from analyses.run.quality import access_legs, effects, facility_sources, street_tags
from analyses.run.registry import Analysis, Context, answers, together
from analyses.run.roads import joined
from analyses.run.safety_inputs import study_date
from analyses.run.ways_to_school import Safety, SafetyOptions, compared, safety
from analyses.study import licences_of
from analyses.treatments import edited_gates, edited_scene, read_edits, without_effect
from geo.findings import Finding
from geo.words import Text, text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

    from analyses.rules import Rule
    from analyses.run.books import Account
    from analyses.streets import Scene
    from analyses.study import Study


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

    Examples
    --------
    Every row is used or rejected:

    >>> import yimi
    >>> run = yimi.run(yimi.demo)
    >>> all(a.rows_in == a.rows_used + a.rows_rejected for a in run.accounts)
    True
    """

    study: Study
    result: Result
    inputs: Inputs

    def __repr__(self) -> str:
        """Return what was run and what came out, in a few lines."""
        rows = sum(account.rows_in for account in self.accounts)
        rejected = sum(account.rows_rejected for account in self.accounts)
        return (
            f"Run of {self.study.study.name}: {len(self.accounts)} inputs, {rows:,} rows, "
            f"{rejected:,} rejected, {len(self.findings)} findings\n{self.result!r}"
        )

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Return rows in, used and rejected of each input."""
        return self.inputs.accounts

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return the findings of the inputs, then those of the analysis."""
        return (*self.inputs.findings, *self.result.findings)


def run_study(
    study: Study,
    *,
    progress: Callable[[str], None] = lambda _: None,
    analyses: Sequence[Analysis] | None = None,
) -> Run:
    """Read the inputs of a study and work out its answers.

    Parameters
    ----------
    study
        From `analyses.study.settings.load_study`.
    progress
        Called with the name of each part of the work as it begins.
    analyses
        The questions to be answered, in this order; `ANALYSES` unless others are given.

    Raises
    ------
    InputRefused
        An input cannot be used; the findings say which and why.

    Examples
    --------
    >>> import yimi
    >>> run = run_study(yimi.load(yimi.demo).settings, analyses=[])
    >>> list(run.result.tables), len(run.accounts) > 5
    ([], True)
    """
    inputs = read_inputs(study, progress=progress)
    context, left_out = context_of(study, inputs, progress=progress)
    done = answers(context, ANALYSES if analyses is None else analyses)
    found = together("run", done.values())
    found = replace(
        found,
        shown=(*_background(inputs), *found.shown),
        notes=(*inputs.notes, *licence_notes(study), *found.notes),
        findings=(*left_out, *found.findings),
    )
    return Run(study, found, inputs)


def context_of(
    study: Study, inputs: Inputs, *, progress: Callable[[str], None] = lambda _: None
) -> tuple[Context, tuple[Finding, ...]]:
    """Return what the analyses of a run are handed, and which rules have no data."""
    rules, left_out = _rules(study, inputs)
    city = city_of(study, inputs)
    schools = school_city(city)
    ways = study.routes.on and not schools.facilities.empty
    context = Context(
        study,
        inputs,
        city,
        schools,
        dangers=dangers(city.scene) if ways else (),
        rules=rules,
        done={},
        progress=progress,
    )
    return context, left_out


def _coverage(of: Context) -> Result:
    """Answer who is covered under which rule."""
    return coverage(of.city, of.rules, walking_speed_m_s=of.study.walking.speed_m_s)


def _participation(of: Context) -> Result:
    """Lay what children and parents marked beside what the model says."""
    safe = of.done.get("safety")
    model = None if safe is None else _model(of.city.scene, safe)
    if of.inputs.marks is None:
        return Result("participation", {})
    return participation(of.inputs.marks, of.inputs.communities, model)


def _places(of: Context) -> Result:
    """Answer who lacks a place and what would help."""
    safe = safe_pairs_of(of.city, of.dangers) if of.dangers else None
    parts = places_of(of.city, of.study, of.inputs, rules=of.rules, safe=safe)
    return together("places", parts)


def licence_notes(study: Study) -> tuple[Text, ...]:
    """Return the sentence that names the public data of a study and their licences."""
    rows = licences_of(study).to_dict("records")
    if not rows:
        return ()
    named = [
        text("coverage/licences/one").format(
            title=Text(zh=str(row["title_zh"]), en=str(row["title_en"])),
            licence=row["licence"],
            attribution=row["attribution"],
        )
        for row in rows
    ]
    between = text("coverage/licences/between")
    return (text("coverage/licences/all").format(list=Text.join(named, between)),)


def _quality(of: Context) -> Result:
    """Return the tables that say how good the data are."""
    homes, demand = of.city.on_streets.demand, of.inputs.demand
    points = of.done["coverage"].tables["points"]
    speed = of.study.walking.speed_m_s
    apart = _covered_apart(of)
    weak = effects(
        points,
        demand,
        of.rules,
        entrances=of.city.entrances,
        homes=homes,
        complete=of.inputs.complete,
        apart=apart,
    )
    tables = {
        "quality_effects": weak,
        "licences": licences_of(of.study),
        "completeness": of.inputs.complete,
        "quality_streets": street_tags(of.inputs.network),
        "quality_sources": facility_sources(of.inputs.facilities, of.city.entrances),
        "quality_legs": access_legs(homes),
        "walk_distances": walk_distances(points, demand, of.rules, walking_speed_m_s=speed),
    }
    return together("quality", [Result("quality", tables), joined(of.inputs.roads)])


def _covered_apart(of: Context) -> pd.DataFrame | None:
    """Return who is covered if crossings of unknown level do not meet; None where all are known."""
    apart = of.inputs.roads.apart
    if apart is None:
        return None
    city = city_of(of.study, replace(of.inputs, network=apart))
    return coverage(city, of.rules, walking_speed_m_s=of.study.walking.speed_m_s).tables["points"]


def _safety(of: Context) -> Result:
    """Answer the questions about ways to school, and what a trial of measures would change."""
    options, edits_file = safety_options(of.study, of.inputs), of.study.routes.edits
    before = safety(of.schools, of.dangers, options, rules=of.rules)
    if edits_file is None:
        return before.result
    of.progress("what_if")
    edits = read_edits(edits_file, of.study.folder)
    scene = edited_scene(of.schools.scene, edits, build=of.schools.scene_of)
    gates = edited_gates(of.schools.entrances, edits)
    after: Safety = safety(
        of.schools.changed(scene=scene, entrances=gates), dangers(scene), options
    )
    return replace(
        before.result,
        tables={**before.result.tables, **compared(before, after)},
        findings=(*before.result.findings, *without_effect(of.schools.scene, edits)),
    )


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
        walls=inputs.surroundings.walls,
        inner=inputs.surroundings.inner,
        compounds=inputs.surroundings.compounds,
        snap_max_m=study.streets.snap_max_m,
    )


def safety_options(study: Study, inputs: Inputs) -> SafetyOptions:
    """Return what a study sets about the ways to school."""
    return SafetyOptions(
        routes=RouteOptions(
            detour_cap=study.routes.detour_cap, catchments=inputs.safety.catchments
        ),
        study_date=study_date(study.study.date),
        previous=inputs.safety.ledger,
        best=study.routes.best,
    )


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


def _has_marks(of: Context) -> bool:
    return of.inputs.marks is not None and len(of.inputs.marks.rows) > 0


ANALYSES = (
    Analysis("coverage", _coverage, stage="coverage"),
    Analysis("safety", _safety, on=lambda of: bool(of.dangers), stage="safety"),
    Analysis("participation", _participation, on=_has_marks, stage="participation"),
    Analysis("places", _places, on=lambda of: of.study.sites.on, stage="places"),
    Analysis("quality", _quality, on=lambda of: "coverage" in of.done),
)
"""What a run answers, in this order; a new analysis is a row here and its tables in data/schema."""
