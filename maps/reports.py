"""Which files for paper and other programs does a run leave: brief, pictures, exchange files?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.facilities import facility_types
from geo.findings import EnvironmentFault, Finding
from maps.files import write_exports
from maps.paper import (
    MM_PER_INCH,
    Material,
    Picture,
    Scene,
    atlas_pdf,
    brief,
    brief_docx,
    brief_pdf,
    distances,
    drawing,
    imprint_of,
    lacks_font,
    lorenz,
    overview,
    paper_maps,
    png,
    svg,
    towns,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from analyses.run import Run
    from geo.words import Lang
    from maps.paper import Drawn, Paper

_IN_BRIEF = ("overview", "towns", "distances", "lorenz", "hazards", "sites")
_CHARTS = ("overview", "towns", "distances", "lorenz")


def write_reports(run: Run, folder: Path, *, lang: Lang = "zh") -> tuple[Finding, ...]:
    """Write what ``[report]`` asks for: ``brief.docx``, ``brief.pdf``, ``pictures/``, ``exports/``.

    Parameters
    ----------
    run
        From `analyses.run.order.run_study`.
    folder
        Existing folder.
    lang
        Language of all of it.

    Returns
    -------
    tuple of Finding
        What was not written, and why: a missing font or package never stops a run.

    Examples
    --------
    >>> import dataclasses, pathlib, tempfile, yimi
    >>> run = yimi.run(yimi.demo)
    >>> report = run.study.report.model_copy(update={"pictures": False, "brief": False})
    >>> run = dataclasses.replace(run, study=run.study.model_copy(update={"report": report}))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_reports(run, pathlib.Path(folder)), list(pathlib.Path(folder).iterdir())
    ((), [])
    """
    settings = run.study.report
    made_of = Material(
        imprint=imprint_of(run.study, crs=run.inputs.crs, lang=lang),
        shown=run.result.shown,
        tables={**run.result.tables, "inputs": run.inputs.accounts_table()},
        indicators=run.result.indicators,
        notes=run.result.notes,
        findings=run.findings,
        unit=run.inputs.unit,
        gaps=settings.gaps,
        hazards=settings.hazards,
    )
    findings: list[Finding] = []
    pictures: dict[str, Picture] = {}
    if settings.pictures:
        (folder / "pictures").mkdir()
        pictures, skipped = write_pictures(made_of, folder / "pictures", paper=settings.paper)
        findings += skipped
    if settings.brief:
        findings += write_brief(made_of, folder, pictures=pictures)
    if settings.formats:
        (folder / "exports").mkdir()
        findings += write_exports(
            made_of.shown, folder / "exports", formats=settings.formats, lang=lang
        )
    return tuple(findings)


def write_brief(
    made_of: Material, folder: Path, *, pictures: Mapping[str, Picture]
) -> list[Finding]:
    """Write ``brief.docx`` and ``brief.pdf``.

    Parameters
    ----------
    made_of
        What the brief tells; a public edition hands over its own, allow-listed rows.
    folder
        Existing folder.
    pictures
        From `write_pictures`; may be empty.

    Returns
    -------
    list of Finding
        That there is no PDF where it needs a Chinese font that is not installed.

    Examples
    --------
    >>> import pathlib, tempfile, yimi
    >>> study = yimi.load(yimi.demo).settings
    >>> made_of = Material(imprint_of(study, crs="EPSG:4548", lang="en"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     findings = write_brief(made_of, pathlib.Path(folder), pictures={})
    ...     pathlib.Path(folder, "brief.docx").is_file()
    True
    """
    told = brief(made_of, pictures)
    (folder / "brief.docx").write_bytes(brief_docx(told))
    try:
        (folder / "brief.pdf").write_bytes(brief_pdf(told))
    except EnvironmentFault:
        return [Finding("REPORT_NO_FONT", "brief.pdf")]
    return []


def write_pictures(
    made_of: Material, folder: Path, *, paper: Paper
) -> tuple[dict[str, Picture], list[Finding]]:
    """Write every map and chart as PNG and SVG, and the maps as one ``atlas.pdf`` to print.

    Parameters
    ----------
    made_of
        Whose maps.
    folder
        Existing folder.
    paper
        Size of the maps' sheets.

    Returns
    -------
    pictures
        Those of the brief, by name.
    findings
        That pictures with Chinese were left out where no font for it is installed.

    Examples
    --------
    Of nothing there are no pictures:

    >>> import pathlib, tempfile, yimi
    >>> study = yimi.load(yimi.demo).settings
    >>> made_of = Material(imprint_of(study, crs="EPSG:4548", lang="en"))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pictures(made_of, pathlib.Path(folder), paper="a4")
    ({}, [])
    """
    kept: dict[str, Picture] = {}
    atlas: list[tuple[str, str, float, float]] = []
    left_out: list[str] = []
    with drawing() as family:
        scene = Scene(made_of.shown, made_of.tables, made_of.imprint, paper, family)
        for drawn in _drawn(scene, made_of):
            if lacks_font(drawn.figure, drawn.family):
                left_out.append(f"{drawn.name}.png")
                continue
            outlines = svg(drawn.figure)
            (folder / f"{drawn.name}.svg").write_text(outlines, encoding="utf-8", newline="\n")
            dots = png(drawn.figure)
            (folder / f"{drawn.name}.png").write_bytes(dots)
            width, height = (inch * MM_PER_INCH for inch in drawn.figure.get_size_inches())
            if drawn.name in _IN_BRIEF:
                kept[drawn.name] = Picture(dots, drawn.title, drawn.title, width, height)
            if drawn.name not in _CHARTS:
                atlas.append((drawn.title, outlines, width, height))
    findings = []
    if left_out:
        detail = {"count": len(left_out)}
        findings.append(Finding("PICTURES_NO_FONT", "pictures", value=left_out[0], detail=detail))
    if atlas:
        try:
            (folder / "atlas.pdf").write_bytes(atlas_pdf(atlas, made_of.imprint))
        except EnvironmentFault:
            findings.append(Finding("REPORT_NO_FONT", "pictures/atlas.pdf"))
    return kept, findings


def _drawn(scene: Scene, made_of: Material) -> Iterator[Drawn]:
    """Yield all pictures that there are rows for, one after the other."""
    stages = {id_: t.title[made_of.lang] for id_, t in facility_types().items()}
    for chart in (overview(scene), towns(scene), distances(scene), lorenz(scene, stages)):
        if chart is not None:
            yield chart
    yield from paper_maps(scene, hazards=made_of.hazards)
