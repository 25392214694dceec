"""How does a run become a public edition: a folder that may be put on any server or on a stick?

Nothing is swapped in before the gate, the attacker and the search for traces have passed.
"""

from __future__ import annotations

import importlib.metadata
from typing import TYPE_CHECKING

from analyses.publish import (
    edition_checks,
    gate,
    public_edition,
    read_ledger,
    refuse_failed,
    write_ledger,
)
from analyses.study import inputs_of
from geo.output import run_folder, write_manifest
from geo.words import Text, languages, text, texts_in
from maps.page import page_html
from maps.public.markup import Site, folder_of, public_html
from maps.public.pages import notes, pages
from maps.public.scan import refuse_traces, traces_of
from maps.public.tables import downloads, write_downloads

if TYPE_CHECKING:
    from pathlib import Path

    from analyses.publish import Check, Edition, Release
    from analyses.run import Run
    from analyses.study import Study
    from geo.words import Lang

_LEDGER = "release_ledger.json"


def write_site(run: Run, out: Path, *, lang: Lang | None = None) -> tuple[Check, ...]:
    """Write the public edition of a run: pages, map and downloads in every language.

    Parameters
    ----------
    run
        From `analyses.run.order.run_study`.
    out
        Folder; replaced as a whole if an earlier edition lies there.
    lang
        Language of the pages in the folder itself, that of the study if it is left out; the others
        lie in a folder of theirs.

    Returns
    -------
    tuple
        The compliance sheet.

    Raises
    ------
    InputRefused
        What `gate` or `public_edition` refuse; ``PUBLISH_TRACE``.
    EnvironmentFault
        See `geo.output.run_folder`.

    Examples
    --------
    >>> import tempfile, yimi
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     checks = yimi.publish(yimi.run(yimi.demo), Path(folder, "site"))
    ...     files = {file.name for file in Path(folder, "site").iterdir()}
    >>> "index.html" in files, all(check.finding is None for check in checks)
    (True, True)
    """
    study, lang = run.study, lang or run.study.study.lang
    stated = gate(study)
    refuse_failed(stated)
    path = ledger_path(study)
    earlier = () if path is None else read_ledger(path)
    edition = public_edition(run, earlier)
    known = None if path is None else len(earlier)
    checks = (*stated, *edition_checks(edition, study, releases=known))
    with run_folder(out) as folder:
        for one in languages():
            _write_language(folder, run, edition, checks=checks, lang=one, main=lang)
        needles = traces_of(study.folder, [s.path for _, s in inputs_of(study)])
        refuse_traces(folder, needles)
        write_manifest(folder, _facts(study, edition))
        if path is not None and edition.release is not None:
            # Before the swap: a release that is entered and not made does no harm.
            write_ledger(path, [*earlier, edition.release])
    return checks


def ledger_path(study: Study) -> Path | None:
    """Return where the releases of a study are kept: beside it, unless it says otherwise.

    Synthetic children have nothing to lose: their studies keep none unless they name one.
    """
    named = study.publish.ledger
    if named is None and study.study.synthetic:
        return None
    return study.folder / (named or _LEDGER)


def _write_language(
    folder: Path, run: Run, edition: Edition, *, checks: tuple[Check, ...], lang: Lang, main: Lang
) -> None:
    """Write the pages, the map and the downloads of one language."""
    study, sheet_title = run.study, text("publish/title/compliance")[lang]
    info, k = study.study, study.publish.k
    name = info.title[lang]
    stated = _stated(study, lang)
    site = Site(name, lang, main, stated[0], stated[1])
    place = folder / folder_of(lang, main)
    for page in pages(edition, checks, k=k, downloads=downloads(), lang=lang):
        path = place / page.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(public_html(page, site), encoding="utf-8", newline="\n")
    said = notes(edition, k=k, lang=lang)
    html = page_html(
        edition.shown,
        title=info.title,
        synthetic=info.synthetic,
        notes=_map_notes(study, edition, k),
        attribution=info.attribution or info.source,
        crs=run.inputs.crs,
        lang=lang,
    )
    (place / "map.html").write_text(html, encoding="utf-8", newline="\n")
    sheet = [(name, ""), *(("", line) for line in (*stated[0], *stated[1], *said))]
    sheet += [(sheet_title, "")]
    sheet += [(check.name(lang), check.result(lang)) for check in checks]
    write_downloads(place, edition, notes=sheet, lang=lang)


def _map_notes(study: Study, edition: Edition, k: int) -> list[Text]:
    """Return what the map says below: what every page does, and how to read it."""
    lines = {}
    for lang in languages():
        top, foot = _stated(study, lang)
        lines[lang] = [*top, *foot[1:], *notes(edition, k=k, lang=lang)]
    return [
        Text(**dict(zip(lines, line, strict=True))) for line in zip(*lines.values(), strict=True)
    ]


def _stated(study: Study, lang: Lang) -> tuple[list[str], list[str]]:
    """Return what every page says at its top and at its foot."""
    say = texts_in("publish/page", lang)
    info, publish = study.study, study.publish
    if publish.approval:
        top = [say["approval"].replace("{approval}", publish.approval)]
    else:
        top = [say["sketch"]]
    if info.synthetic:
        top = [say["synthetic"], *top]
    source = info.source
    if info.attribution and info.attribution not in source:
        source = f"{source} {info.attribution}".strip()
    foot = [
        say["source"].replace("{source}", source),
        say["date"].replace("{date}", info.date),
        say["maker"].replace("{maker}", publish.maker),
        say["contact"].replace("{contact}", publish.contact),
    ]
    return top, foot


def _facts(study: Study, edition: Edition) -> dict[str, object]:
    """Return what the manifest says: no setting, no path, no input."""
    release: Release | None = edition.release
    return {
        "yimi": importlib.metadata.version("yimi"),
        "study": study.study.name,
        "synthetic": study.study.synthetic,
        "date": study.study.date,
        "k": study.publish.k,
        "release": None if release is None else release.id,
    }
