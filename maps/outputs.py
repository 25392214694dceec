"""Which files does a run leave, and is the folder complete?"""

from __future__ import annotations

import importlib.metadata
import platform
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from analyses import schema
from analyses.facilities import facility_types
from analyses.study import basemap_of
from geo.bundled import ROOT
from geo.output import run_folder, sha256, write_json, write_manifest
from geo.read import write_rejects
from geo.words import sections, texts, texts_in
from maps.files import in_one_language, write_csv, write_geopackage, write_workbook
from maps.page import (
    page_html,
    places_html,
    placing_html,
    quality_html,
    told,
    with_after,
    with_places,
)
from maps.reports import write_reports
from maps.safety_outputs import write_safety

if TYPE_CHECKING:
    from pathlib import Path

    from analyses.run import Run
    from analyses.schema import Table
    from geo.findings import Finding
    from geo.words import Lang

_LIBRARIES = ("geopandas", "numba", "numpy", "osmium", "pandas", "pyogrio", "pyproj", "shapely")


def write_outputs(run: Run, out: Path, *, lang: Lang | None = None) -> tuple[Finding, ...]:
    """Write the folder of a run: map, tables, layers, summary, findings, rejects, manifest.

    Parameters
    ----------
    run
        From `analyses.run.order.run_study`.
    out
        Folder; replaced as a whole if an earlier run wrote it.
    lang
        Language of headers and texts, that of the study if it is left out; the map has all.

    Returns
    -------
    tuple of Finding
        What was not written, and why; they stand in ``findings.csv`` too.

    Raises
    ------
    EnvironmentFault
        See `geo.output.run_folder`.

    Examples
    --------
    >>> import tempfile, yimi
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     skipped = yimi.write(yimi.run(yimi.demo), Path(folder, "out"))
    ...     files = {file.name for file in Path(folder, "out").iterdir()}
    >>> {"map.html", "tables.xlsx", "results.gpkg", "manifest.json"} <= files
    True
    """
    lang = lang or run.study.study.lang
    with run_folder(out) as folder:
        skipped = write_reports(run, folder, lang=lang)
        found = (*run.result.findings, *skipped)
        run = replace(run, result=replace(run.result, findings=found))
        tables = _tables(run, lang)
        page = page_html(
            with_places(with_after(run.result.shown, run.result.tables), run.result.tables),
            title=run.study.study.title,
            synthetic=run.study.study.synthetic,
            notes=run.result.notes,
            attribution=run.study.study.attribution or run.study.study.source,
            crs=run.inputs.crs,
            lang=lang,
            basemap=basemap_of(run.study.map),
        )
        (folder / "map.html").write_text(page, encoding="utf-8", newline="\n")
        (folder / "quality.html").write_text(
            _quality(run, tables, lang), encoding="utf-8", newline="\n"
        )
        _write_places(run, tables, folder, lang=lang)
        _write_to_place(run, folder, lang=lang)
        write_workbook(folder / "tables.xlsx", tables, notes=_notes(run, lang), lang=lang)
        (folder / "csv").mkdir()
        for name, table in tables.items():
            write_csv(folder / "csv" / f"{name}.csv", table, lang=lang)
        write_geopackage(folder / "results.gpkg", run.result.shown, tables=tables, lang=lang)
        write_csv(
            folder / "findings.csv", for_people(_findings(run.findings, lang), lang), lang=lang
        )
        write_safety(run, folder, lang=lang)
        _write_rejects(run, folder, lang)
        write_json(folder / "summary.json", _summary(run, lang))
        write_manifest(folder, _facts(run))
    return skipped


def _tables(run: Run, lang: Lang) -> dict[str, pd.DataFrame]:
    """Return the tables for people, in the order of the sheets; synthetic rows say so."""
    tables = {**run.result.tables, "inputs": run.inputs.accounts_table()}
    written = [one for one in schema.tables().values() if one.file and one.name in tables]
    chosen = {
        one.name: for_people(_renamed(one, _plain(tables[one.name])), lang) for one in written
    }
    if run.study.study.synthetic:
        return {name: table.assign(synthetic=True) for name, table in chosen.items()}
    return chosen


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without shapes, with words beside the ids of treatments, bodies and ages."""
    return told(pd.DataFrame(table.drop(columns="geometry", errors="ignore")))


def _renamed(declared: Table, table: pd.DataFrame) -> pd.DataFrame:
    """Return a table with columns called as people need it, without those that they do not."""
    kept = table.drop(columns=list(declared.left_out), errors="ignore")
    return kept.rename(columns=dict(declared.called))


def for_people(table: pd.DataFrame, lang: Lang) -> pd.DataFrame:
    """Return a table in one language: names for ids, no columns that only a map needs.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"kind": ["park"], "x": [500_000.0], "children": [3]})
    >>> for_people(table, "en").to_dict("records")
    [{'kind': 'Park', 'children': 3}]
    """
    table = in_one_language(table, lang).drop(columns=["x", "y"], errors="ignore")
    words = {
        "kind": {id_: t.title[lang] for id_, t in facility_types().items()},
        "weakness": texts_in("quality/weakness", lang),
        "tag": texts_in("quality/tag", lang),
        **{c: texts_in(f"tables/values/{c}", lang) for c in sections("tables/values")},
    }
    named = {
        c: pd.Series([w.get(v, v) for v in table[c].tolist()], table.index, dtype=object)
        for c, w in words.items()
        if c in table
    }
    return table.assign(**named)


def _quality(run: Run, tables: dict[str, pd.DataFrame], lang: Lang) -> str:
    """Return the page "how good are the data"."""
    codes = _findings(run.findings, lang)["code"].value_counts().sort_index()
    parts = {
        "effects": tables["quality_effects"],
        "streets": tables["quality_streets"],
        "sources": tables["quality_sources"],
        "legs": tables["quality_legs"],
        "completeness": tables["completeness"],
        "licences": tables["licences"],
        "inputs": tables["inputs"],
        "codes": codes.rename_axis("code").reset_index(),
    }
    parts = {n: t.drop(columns="synthetic", errors="ignore") for n, t in parts.items()}
    info = run.study.study
    name = info.title[lang]
    return quality_html(parts, name=name, synthetic=info.synthetic, lang=lang)


def _notes(run: Run, lang: Lang) -> list[tuple[str, str]]:
    """Return the rows of the notes sheet: study, source, date, rows, rules, assumptions."""
    say = texts("tables/notes")
    info = run.study.study
    rows = [(say["study"][lang], info.title[lang])]
    if info.synthetic:
        rows.append((say["synthetic"][lang], say["synthetic_text"][lang]))
    rows += [(say[key][lang], getattr(info, key) or "—") for key in ("source", "date")]
    rows.append((say["crs"][lang], run.inputs.crs))
    for account in run.accounts:
        text = say["rows_text"][lang]
        for key in ("rows_in", "rows_used", "rows_rejected"):
            text = text.replace("{" + key + "}", f"{getattr(account, key):,}")
        rows.append((f"{say['rows'][lang]}: {account.name}", text))
    rows += [(say["note"][lang], note[lang]) for note in run.result.notes]
    for rule in run.result.tables["rules"].to_dict("records"):
        limit = rule[f"limit_{lang}"]
        strength, verified = rule[f"strength_{lang}"], rule[f"verified_{lang}"]
        text = f"{limit}; {rule['standard']} {rule['clause']}; {strength}; {verified}"
        rows.append((f"{say['rule'][lang]} {rule['rule_id']}", text))
    return rows


def _findings(findings: tuple[Finding, ...], lang: Lang) -> pd.DataFrame:
    """Return the findings as a table, a row each."""
    columns = ["code", "outcome", "file", "row", "column", "value", "why", "fix"]
    rows = [
        (f.code, f.outcome, f.file, f.row, f.column, f.value, f.why(lang), f.fix(lang))
        for f in findings
    ]
    table = pd.DataFrame(rows, columns=columns)
    table["row"] = table["row"].astype("Int64")
    return table


def _write_places(run: Run, tables: dict[str, pd.DataFrame], folder: Path, *, lang: Lang) -> None:
    """Write ``places.html`` where the run has answers about places."""
    info = run.study.study
    name = info.title[lang]
    page = places_html(tables, name=name, synthetic=info.synthetic, lang=lang)
    if page:
        (folder / "places.html").write_text(page, encoding="utf-8", newline="\n")


def _write_to_place(run: Run, folder: Path, *, lang: Lang) -> None:
    """Write a page for each list with rows without coordinates, to place them by hand."""
    network = run.inputs.network
    streets = gpd.GeoDataFrame(
        {"name": network.edges["name"].astype(object)},
        geometry=network.tree.geometries,
        crs=network.crs,
    )
    for number, to_place in enumerate(run.inputs.to_place, 1):
        page = placing_html(
            to_place,
            streets=streets,
            facilities=run.inputs.facilities,
            name=run.study.study.title[lang],
            lang=lang,
        )
        file = "to_place.html" if number == 1 else f"to_place_{number}.html"
        (folder / file).write_text(page, encoding="utf-8", newline="\n")


def _write_rejects(run: Run, folder: Path, lang: Lang) -> None:
    """Write the rows that were not used, a file for each input that has any."""
    if run.inputs.rejects:
        (folder / "rejects").mkdir()
    for number, rejected in enumerate(run.inputs.rejects.values(), 1):
        write_rejects(folder / "rejects" / f"{number:02d}.csv", rejected, lang=lang)


def _summary(run: Run, lang: Lang) -> dict[str, Any]:
    """Return the headline numbers, each with what it was made from."""
    return {
        "study": run.study.study.name,
        "synthetic": run.study.study.synthetic,
        "indicators": [
            {
                "id": i.id,
                "name": i.title[lang],
                "value": round(i.value, 6),
                "unit": i.unit,
                "numerator": round(i.numerator, 6),
                "denominator": None if i.denominator is None else round(i.denominator, 6),
                "rule": i.rule_id,
            }
            for i in run.result.indicators
        ],
        "rows": [
            {"input": a.name, "in": a.rows_in, "used": a.rows_used, "rejected": a.rows_rejected}
            for a in run.accounts
        ],
        "findings": _findings(run.findings, lang)["code"].value_counts().sort_index().to_dict(),
        "notes": [note[lang] for note in run.result.notes],
    }


def _facts(run: Run) -> dict[str, Any]:
    """Return the manifest's facts: versions, rules, settings and inputs with their hashes."""
    rule_files = sorted(p for p in ROOT.rglob("*.toml"))
    return {
        "yimi": importlib.metadata.version("yimi"),
        "python": ".".join(platform.python_version_tuple()[:2]),
        "libraries": {name: importlib.metadata.version(name) for name in _LIBRARIES},
        "settings": run.study.model_dump(mode="json"),
        "crs": run.inputs.crs,
        "inputs": [
            {
                "name": a.name,
                "sha256": a.sha256,
                "crs_read": a.crs_read,
                "rows_in": a.rows_in,
                "rows_used": a.rows_used,
                "rows_rejected": a.rows_rejected,
            }
            for a in run.accounts
        ],
        "licences": run.result.tables["licences"].to_dict("records"),
        "data": {p.relative_to(ROOT).as_posix(): sha256(p) for p in rule_files},
    }
