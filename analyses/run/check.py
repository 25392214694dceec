"""What is wrong with a file, or with all inputs of a study, before anything is computed?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from analyses.facilities import kind_words
from analyses.marks import reading as mark_reading
from analyses.run.ages import with_age_groups
from analyses.run.books import options_of
from analyses.run.communities import communities_of
from analyses.run.facility_inputs import facility_reading
from analyses.run.inputs import read_inputs
from analyses.run.order import context_of
from analyses.run.tabled_children import table_join
from analyses.run.tables import join_options, table_options
from analyses.study import FacilitiesInput, LayerInput, inputs_of, load_study, tables_of
from geo.findings import Finding, InputRefused
from geo.osm import is_osm, streets_from_osm
from geo.output import run_folder, write_json, write_manifest
from geo.read import Checked, ReadOptions, checked_layer, outcome_of, report, write_rejects

if TYPE_CHECKING:
    from pathlib import Path

    from analyses.study import Study
    from geo.words import Lang

OK, WITH_REJECTS, REFUSED = 0, 1, 2


@dataclass(frozen=True)
class Checks:
    """What was found in each file."""

    files: tuple[Checked, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Return all findings, file after file."""
        return tuple(f for checked in self.files for f in checked.findings)

    @property
    def exit_code(self) -> int:
        """Return 0 clean, 1 rows rejected, 2 a file that cannot be used as it is."""
        outcomes = {checked.outcome for checked in self.files}
        if outcomes & {"confirm", "refuse"}:
            return REFUSED
        return WITH_REJECTS if "quarantine" in outcomes else OK


def check_inputs(path: Path, out: Path | None, *, lang: Lang = "zh") -> Checks:
    """Check one file, or every input of a study.

    Parameters
    ----------
    path
        A data file, a ``study.toml`` or its folder.
    out
        Folder for ``report.json`` and ``rejects.csv`` (for a study ``rejects/``); None writes
        nothing.
    lang
        Language of the columns ``why`` and ``fix``.

    Raises
    ------
    InputRefused
        The study file itself is faulty.
    EnvironmentFault
        `out` cannot be written.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> checks = check_inputs(DEMO / "schools.csv", None)
    >>> [(file.file, file.rows_in, file.outcome) for file in checks.files]
    [('schools.csv', 20, 'accept')]
    """
    is_study = path.is_dir() or path.suffix == ".toml"
    if is_study:
        study = load_study(path)
        sections = dict(inputs_of(study))
        sections |= {f"{key}.table": LayerInput(path=path) for key, path in tables_of(study)}
        files = tuple(_study_file(study, key, section) for key, section in sections.items())
        checks = _with_whole(study, Checks(files))
    elif is_osm(path.name):
        checks = Checks((_osm_file(path, name=path.name),))
    else:
        checks = Checks((_file(path),))
    if out is not None:
        _write(checks, out, lang=lang, is_study=is_study)
    return checks


def reports(checks: Checks) -> dict[str, Any]:
    """Return the report: for one file as it is, for several their sums and each file's own.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> told = reports(check_inputs(DEMO, None))
    >>> told["outcome"], told["rows_in"] == sum(file["rows_in"] for file in told["files"])
    ('accept', True)
    """
    files = [report(checked) for checked in checks.files]
    if len(files) == 1:
        return files[0]
    sums = {key: sum(f[key] for f in files) for key in ("rows_in", "rows_used", "rows_rejected")}
    codes = Counter(f.code for f in checks.findings)
    outcome = outcome_of(checks.findings)
    return {"outcome": outcome, **sums, "codes": dict(sorted(codes.items())), "files": files}


def _study_file(study: Study, key: str, section: LayerInput) -> Checked:
    """Check one input of a study with the settings that it has there."""
    if is_osm(section.path):
        return _osm_file(study.file(section.path), name=section.path)
    options = ReadOptions()
    if key.endswith(".table") or (key == "children" and study.children.method == "communities"):
        options = _joined(study, children=key == "children")
    elif isinstance(section, FacilitiesInput):
        options = replace(facility_reading(section), located=False)  # the whole study places
    if key.startswith("marks"):
        options = mark_reading()
    return checked_layer(
        section.path,
        layer=section.layer,
        crs=section.crs,
        columns=section.columns,
        options=options_of(study, section, options),
    )


def _with_whole(study: Study, checks: Checks) -> Checks:
    """Add what a run would say or refuse once it has all files: datum, kinds, children, rules."""
    if checks.exit_code == REFUSED:
        return checks
    try:
        inputs = read_inputs(study)
        whole = (*inputs.findings, *context_of(study, inputs)[1])
    except InputRefused as refused:
        whole = refused.findings
    known = {_key(finding) for finding in checks.findings}
    others = tuple(finding for finding in whole if _key(finding) not in known)
    if not others:
        return checks
    return Checks((*checks.files, Checked("study.toml", outcome_of(others), 0, 0, 0, others)))


def _key(finding: Finding) -> tuple[object, ...]:
    return finding.code, finding.file, finding.row, finding.column, finding.value


def _joined(study: Study, *, children: bool) -> ReadOptions:
    """Return how a table is read that is joined to the communities, or to facilities."""
    section = study.communities
    if section is None or not children:
        return table_options()
    layer = checked_layer(
        section.path,
        layer=section.layer,
        crs=section.crs,
        columns=section.columns,
        options=options_of(study, section, ReadOptions()),
    ).layer
    if layer is None:
        return table_options()
    return join_options(table_join(study, communities_of(layer.frame)))


def _file(path: Path) -> Checked:
    """Check a file by itself: a table of children by community needs no coordinates."""
    checked = checked_layer(path, options=ReadOptions(kinds=kind_words()))
    lacking = {finding.detail.get("name") for finding in checked.findings}
    if checked.layer is None and lacking == {"longitude", "latitude"}:
        table = checked_layer(path, options=table_options())
        if table.layer is not None:
            frame, headers = table.layer.frame, table.layer.headers
            counted = with_age_groups(frame, file=table.file, headers=headers)
            if counted.groups:
                said = Finding("TABLE_WITHOUT_PLACE", table.file)
                return replace(table, findings=(*table.findings, said, *counted.findings))
    return checked


def _osm_file(path: Path, *, name: str) -> Checked:
    """Check an OSM file: its ways count as rows, those not walked on are reported, not rejected."""
    try:
        streets = streets_from_osm(path)
    except InputRefused as refused:
        return Checked(name, outcome_of(refused.findings), 0, 0, 0, refused.findings)
    ways = len(streets.ways) - streets.ways_across
    return Checked(name, outcome_of(streets.findings), ways, ways, 0, streets.findings)


def _write(checks: Checks, out: Path, *, lang: Lang, is_study: bool) -> None:
    with run_folder(out) as folder:
        write_json(folder / "report.json", reports(checks))
        rejected = [c.layer.rejected for c in checks.files if c.layer and c.rows_rejected]
        if is_study and rejected:
            (folder / "rejects").mkdir()
        for number, rows in enumerate(rejected, 1):
            name = f"rejects/{number:02d}.csv" if is_study else "rejects.csv"
            write_rejects(folder / name, rows, lang=lang)
        write_manifest(folder, {"outcome": outcome_of(checks.findings)})
