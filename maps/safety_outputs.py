"""Which files tell of the ways to school: pages of schools and district, ledger, survey form?"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from analyses.run import safety_notes
from maps.files import write_ledger, write_survey
from maps.school import About, district_html, page_name, school_html, school_pdf, sheets

if TYPE_CHECKING:
    from pathlib import Path

    import geopandas as gpd

    from analyses.run import Run
    from geo.words import Lang
    from maps.school import SchoolSheet


def write_safety(run: Run, folder: Path, *, lang: Lang = "zh") -> None:
    """Write ``district.html``, ``schools/``, the ledger and the survey form.

    With ``[routes] pdf = true`` also ``schools.pdf``.  Nothing is written where the run has no
    school.

    Parameters
    ----------
    run
        From `analyses.run.order.run_study`.
    folder
        Existing folder.
    lang
        Language of the pages.

    Raises
    ------
    EnvironmentFault
        See `maps.school.pdf.school_pdf`.

    Examples
    --------
    >>> import pathlib, tempfile, yimi
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_safety(yimi.run(yimi.demo), pathlib.Path(folder), lang="en")
    ...     files = {file.name for file in pathlib.Path(folder).iterdir()}
    >>> {"district.html", "schools", "ledger.xlsx", "survey_form.xlsx"} <= files
    True
    """
    pages = _sheets(run)
    if not pages:
        return
    info = run.study.study
    name = info.title[lang]
    (folder / "district.html").write_text(
        district_html(pages, name=name, lang=lang), encoding="utf-8", newline="\n"
    )
    (folder / "schools").mkdir()
    for page in pages:
        path = folder / "schools" / f"{page_name(page.school_id)}.html"
        path.write_text(school_html(page, lang=lang), encoding="utf-8", newline="\n")
    if run.study.routes.pdf:
        school_pdf(pages, folder / "schools.pdf", lang=lang)
    hazards = cast("gpd.GeoDataFrame", next(i.rows for i in run.result.shown if i.role == "hazard"))
    write_ledger(folder, hazards, lang=lang)
    write_survey(folder, run.result.tables["survey"], crs=run.inputs.crs, lang=lang)


def _sheets(run: Run) -> tuple[SchoolSheet, ...]:
    info = run.study.study
    about = About(
        synthetic=info.synthetic,
        attribution=info.attribution or info.source,
        date=info.date,
        notes=(*run.inputs.notes, *safety_notes()),
    )
    return sheets(run.result.shown, run.result.tables, about=about)
