"""What does the whole district look like: what to fix first, who is to do it, every school?"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from analyses.schema import spread
from geo.words import language, text, texts_in
from maps.page import in_words, policy
from maps.school import svg
from maps.school.page import page_of, page_style
from maps.school.picture import grade_of
from maps.school.sheet import About, page_name, rows_of, weight
from maps.school.text import MISSING, TEXTS, cell, number
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd

    from geo.words import Lang
    from maps.school.sheet import Row, SchoolSheet

_FIRST = 20
_PRIORITY = ("grade", "school", "place", "description", "treatment", "body", "children", "risk")
_SCHOOL = ("school", "kind", "children", "share_alone", "children_severed", "risk", "hazards_a",
           "hazards_b", "hazards_c", "failed", "unknown", "passed", "known_share")  # fmt: skip
_BODY = ("body", "period", "found", "fixed", "open", "hazards_a", "hazards_b", "hazards_c")
_COUNTED = {"A": "hazards_a", "B": "hazards_b", "C": "hazards_c"}


def district_html(
    sheets: Sequence[SchoolSheet],
    *,
    name: str = "",
    totals: pd.DataFrame | None = None,
    cheap_class: int = 2,
    folder: str = "schools",
    lang: Lang = "zh",
) -> str:
    """Return the page of the whole district.

    Parameters
    ----------
    sheets
        From `maps.school.sheet.sheets`; their hazards are ranked here.
    name
        Name of the study, for the heading.
    totals
        Found and fixed for each responsible body and period: ``body_zh, body_en, period, found,
        fixed, open``; counted from the hazards at hand if it is left out.
    cheap_class
        Highest ``cost_class`` (``data/rules/treatments.toml``) of a treatment that counts as cheap.
    folder
        Where the pages of the schools lie, seen from this page; each is called
        `maps.school.sheet.page_name` ``.html``.
    lang
        Language of the page.

    Examples
    --------
    >>> import yimi
    >>> from maps.school import sheets
    >>> pages = sheets(yimi.run(yimi.demo).result.shown)
    >>> "Example county" in district_html(pages, name="Example county", lang="en")
    True
    """
    said, about = texts_in("school_page/district", lang), sheets[0].about if sheets else About()
    hazards = _hazards(sheets, folder, lang)
    by_weight = sorted(hazards, key=lambda h: (-weight(h), str(h.get("id"))))
    by_risk = sorted(hazards, key=lambda h: (-(h.get("risk") or 0.0), str(h.get("id"))))
    quick = [h for h in by_weight if (h.get("cost_class") or cheap_class + 1) <= cheap_class]
    urgent = [h for h in by_weight if h.get("grade") == palette()["grade"][0]["id"]]
    urgent.sort(key=lambda h: -(h.get("children") or 0.0))
    parts = [
        *([_part("urgent", said, _table(urgent[:_FIRST], _PRIORITY, lang))] if urgent else []),
        _part("by_exposure", said, _table(by_weight[:_FIRST], _PRIORITY, lang)),
        _part("by_risk", said, _table(by_risk[:_FIRST], _PRIORITY, lang)),
        *([_part("cheap", said, _table(quick[:_FIRST], _PRIORITY, lang))] if quick else []),
        _part("bodies", said, _table(_bodies(hazards, totals), _BODY, lang)),
        _part("schools", said, _table(_schools(sheets, folder, lang), _SCHOOL, lang)),
    ]
    return page_of("district.html.j2").render(
        html_lang=language(lang).html,
        policy=policy(page_style(), ()),
        style=Markup(page_style()),  # noqa: S704  (a file of the package)
        heading=f"{said['title']} · {name}" if name else said["title"],
        synthetic=text("school_page/page/synthetic")[lang] if about.synthetic else "",
        figures=_figures(sheets, hazards, said),
        parts=parts,
        nothing=said["no_priorities"],
        notes=_notes(about, lang),
    )


def _hazards(sheets: Sequence[SchoolSheet], folder: str, lang: Lang) -> list[Row]:
    """Return the hazards of all schools, once each, with the school and its page."""
    found: dict[str, Row] = {}
    for sheet in sheets:
        link = f"{folder}/{page_name(sheet.school_id)}.html"
        for hazard in sheet.hazards:
            row = {
                **hazard,
                "school": sheet.name or text("school_page/page/unnamed")[lang],
                "href": link,
            }
            found.setdefault(str(hazard.get("id")), row)
    return list(found.values())


def _schools(sheets: Sequence[SchoolSheet], folder: str, lang: Lang) -> list[Row]:
    return [
        {
            **sheet.facts,
            "school": sheet.name or text("school_page/page/unnamed")[lang],
            "href": f"{folder}/{page_name(sheet.school_id)}.html",
            "kind": sheet.kind.get(lang),
        }
        for sheet in sheets
    ]


def _bodies(hazards: Iterable[Row], totals: pd.DataFrame | None) -> list[Row]:
    """Return the totals handed over, or else how many hazards of each grade a body has."""
    if totals is not None:
        return [in_words(row) for row in rows_of(totals)]
    columns = spread(("body_*",))
    counts: dict[tuple[Any, ...], Counter[str]] = {}
    for hazard in hazards:
        body = tuple(hazard.get(name, hazard.get("body")) for name in columns)
        counted = counts.setdefault(body, Counter())
        counted["found"] += 1
        if hazard.get("grade") in _COUNTED:
            counted[_COUNTED[str(hazard["grade"])]] += 1
    rows = [dict(zip(columns, body, strict=True)) | count for body, count in counts.items()]
    return sorted(rows, key=lambda r: (-int(r["found"]), str(r[columns[0]])))


def _table(rows: Sequence[Row], columns: Sequence[str], lang: Lang) -> dict[str, Any]:
    """Return a table with links to schools and signs of grades; empty columns are left out."""
    told = [[_cell(row, name, lang) for name in columns] for row in rows]
    used = [n for n in range(len(columns)) if any(row[n]["text"] != MISSING for row in told)]
    header = texts_in("school_page/columns", lang)
    return {
        "head": [{"text": header[columns[n]], "number": columns[n] not in TEXTS} for n in used],
        "rows": [[row[n] for n in used] for row in told],
    }


def _cell(row: Row, name: str, lang: Lang) -> dict[str, Any]:
    sign, text = "", cell(row, name, lang)
    if name == "grade":
        text = str(grade_of(row.get("grade"))[lang])
        sign = svg.key(svg.circle((0, 0), 16, fill=grade_of(row.get("grade"))["colour"]))
    return {
        "text": text, "number": name not in TEXTS, "sign": sign,
        "href": row["href"] if name == "school" else "",
    }  # fmt: skip


def _part(name: str, said: Mapping[str, str], table: dict[str, Any]) -> dict[str, Any]:
    return {"title": said[name], "hint": said.get(f"{name}_hint", ""), "table": table}


def _figures(
    sheets: Sequence[SchoolSheet], hazards: Sequence[Row], said: Mapping[str, str]
) -> list[dict[str, str]]:
    """Return the district's few numbers: counts of what the pages list."""
    sums = {
        name: sum(float(sheet.facts.get(name) or 0) for sheet in sheets)
        for name in ("children", "unknown")
    }
    top = palette()["grade"][0]["id"]
    values = {
        "summary_schools": len(sheets),
        "summary_children": sums["children"],
        "summary_hazards": len(hazards),
        "summary_a": sum(h.get("grade") == top for h in hazards),
        "summary_unknown": sums["unknown"],
    }
    return [{"name": said[name], "value": number(value, name)} for name, value in values.items()]


def _notes(about: About, lang: Lang) -> list[str]:
    page, colon = texts_in("school_page/page", lang), language(lang).colon
    given = [("source", about.attribution), ("date", about.date)]
    notes = [f"{page[key]}{colon}{text}" for key, text in given if text]
    return [*notes, *(note[lang] for note in about.notes), page["rule"]]
