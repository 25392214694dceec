"""What does each page of the public edition say: start, district, towns, schools, compliance?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from analyses.facilities import facility_types
from analyses.publish import rounding_base
from geo.words import text, texts
from maps.page import in_words
from maps.public.markup import Cell, Page, Section
from maps.public.picture import areas_svg
from maps.school import grade_of, rows_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from analyses.publish import Check, Edition
    from geo.words import Lang

Row = dict[str, Any]
MISSING = "—"
_LEAST, _MOST = 1, 99


@dataclass(frozen=True)
class _Book:
    """An edition by unit and by school, read once."""

    edition: Edition
    units: Sequence[Row]
    told: Mapping[str, Mapping[str, Row]]
    rules: Mapping[str, Row]
    audit: Mapping[str, Sequence[Row]]
    hazards: Mapping[str, Sequence[Row]]


def pages(
    edition: Edition, checks: Sequence[Check], *, k: int, downloads: Mapping[str, str], lang: Lang
) -> list[Page]:
    """Return all pages in one language.

    Parameters
    ----------
    edition
        From `analyses.publish.edition.public_edition`.
    checks
        The compliance sheet.
    k
        Smallest group of children.
    downloads
        Path -> key of ``data/words/publish.toml``, ``[file]``.
    lang
        Language.
    """
    say, book = _words(lang), _book(edition)
    towns = [unit for unit in book.units if unit["level"] == "town"]
    schools = rows_of(edition.schools)
    found = [
        _start(book, towns, schools, k=k, downloads=downloads, lang=lang),
        _district(book, towns, lang=lang),
        *(_town(book, town, lang=lang) for town in towns),
        *(_school(book, school, k=k, lang=lang) for school in schools),
    ]
    sheet = Section(
        say("publish/title/compliance"),
        head=[_head(c, lang) for c in ("check", "description", "result")],
        rows=[
            [Cell(c.name(lang)), Cell(c.result(lang)),
             Cell(f"✗ {say('publish/value/no')}" if c.finding else f"✓ {say('publish/value/yes')}")]
            for c in checks
        ],
    )  # fmt: skip
    return [*found, Page("compliance.html", say("publish/page/compliance"), sections=[sheet])]


def notes(edition: Edition, *, k: int, lang: Lang) -> list[str]:
    """Return what a reader must know of the numbers."""
    say = _words(lang)
    if edition.release is None:
        lines = [say("publish/text/no_children")]
    else:
        facts = {"k": str(k), "base": str(rounding_base())}
        lines = [_filled(say("publish/text/privacy"), facts), say("publish/text/merged"),
                 say("publish/text/share_hint"), say("publish/text/middle")]  # fmt: skip
        if edition.left_out:
            rules = {"rules": ", ".join(edition.left_out)}
            lines.append(_filled(say("publish/text/left_out"), rules))
    return [
        *lines,
        *map(say, ("publish/text/unknown", "publish/text/unverified", "publish/text/safe")),
    ]


def share_text(low: object, high: object, lang: Lang) -> str:
    """Return a share of which bounds are told in words.

    Examples
    --------
    >>> [share_text(*bounds, "en") for bounds in ((45, 45), (44, 46), (1, 12), (88, 99))]
    ['45%', '44–46%', 'at most 12%', 'at least 88%']
    """
    say = _words(lang)
    if low is None or high is None:
        return MISSING
    if low == _LEAST:
        return _filled(say("publish/value/at_most"), {"n": str(high)})
    if high == _MOST:
        return _filled(say("publish/value/at_least"), {"n": str(low)})
    if low == high:
        return _filled(say("publish/value/one"), {"n": str(low)})
    return _filled(say("publish/value/range"), {"low": str(low), "high": str(high)})


def span_text(low: object, high: object) -> str:
    """Return a count of which bounds are told.

    Examples
    --------
    >>> span_text(1200, 1200), span_text(150, 180), span_text(None, None)
    ('1,200', '150–180', '—')
    """
    if low is None or high is None:
        return MISSING
    return f"{low:,}" if low == high else f"{low:,}–{high:,}"


def kind_text(kind: object, lang: Lang) -> str:
    """Return the words for a kind of facility."""
    types = facility_types()
    return types[str(kind)].title[lang] if str(kind) in types else str(kind)


def _start(
    book: _Book,
    towns: Sequence[Row],
    schools: Sequence[Row],
    *,
    k: int,
    downloads: Mapping[str, str],
    lang: Lang,
) -> Page:
    say = _words(lang)
    sections = [
        Section(say("publish/title/caveats"), notes(book.edition, k=k, lang=lang)),
        _shares(book, "district", lang=lang),
        Section(say("publish/title/towns"), items=[_town_link(town) for town in towns]),
        Section(
            say("publish/title/schools"),
            items=[Cell(str(s["name"]), href=f"schools/{s['school_id']}.html") for s in schools],
        ),
        Section(
            say("publish/title/downloads"),
            items=[
                Cell(
                    f"{texts('publish/file')[key][lang]} · {path.rpartition('.')[2].upper()}",
                    href=path,
                )
                for path, key in downloads.items()
            ],
        ),
    ]
    filled = [s for s in sections if s.items or s.rows or (s.texts and not s.head)]
    return Page("index.html", say("publish/page/index"), [say("publish/text/about")], filled)


def _district(book: _Book, towns: Sequence[Row], *, lang: Lang) -> Page:
    say = _words(lang)
    known = _known_rules(book)
    rule = max(known, key=known.__getitem__) if known else None
    by_town = [_of_unit(book, town["unit_id"]) for town in towns]
    rows = [
        [_town_link(town), Cell(_children(town), number=True),
         *(Cell(_share(of.get(r), lang), number=True) for r in _rules(book))]
        for town, of in zip(towns, by_town, strict=True)
    ]  # fmt: skip
    head = [_head("town", lang), _head("children", lang, number=True),
            *(Cell(_rule_name(book, r, lang), number=True) for r in _rules(book))]  # fmt: skip
    sections = [
        _shares(book, "district", lang=lang),
        _picture(book, rule, book.edition.areas["area_id"], lang=lang),
        Section(say("publish/title/towns"), head=head, rows=rows),
    ]
    filled = [s for s in sections if s.rows or s.picture]
    return Page("district.html", say("publish/page/district"), _only_places(book, lang), filled)


def _town(book: _Book, town: Row, *, lang: Lang) -> Page:
    say = _words(lang)
    areas = [u for u in book.units if u["level"] == "area" and u["town"] == town["town"]]
    of_area = {area["unit_id"]: _of_unit(book, area["unit_id"]) for area in areas}
    rules = [r for r in _rules(book) if any(_is_published(of.get(r)) for of in of_area.values())]
    known = {r: sum(_is_published(of.get(r)) for of in of_area.values()) for r in rules}
    rows = [
        [Cell(_name(area)), Cell(_children(area), number=True),
         *(Cell(_share(of_area[area["unit_id"]].get(r), lang), number=True) for r in rules)]
        for area in areas
    ]  # fmt: skip
    head = [_head("area", lang), _head("children", lang, number=True),
            *(Cell(_rule_name(book, r, lang), number=True) for r in rules)]  # fmt: skip
    rule = max(known, key=known.__getitem__) if known else None
    sections = [
        _shares(book, town["unit_id"], lang=lang),
        _picture(book, rule, pd.Series([a["unit_id"] for a in areas]), lang=lang),
        Section(say("publish/title/areas"), head=head, rows=rows),
    ]
    return Page(
        _town_path(town), _name(town), sections=[s for s in sections if s.rows or s.picture]
    )


def _school(book: _Book, school: Row, *, k: int, lang: Lang) -> Page:
    say = _words(lang)
    pupils = school.get("children")
    lead = [
        kind_text(school["kind"], lang),
        _filled(say("publish/text/pupils"), {"children": f"{pupils:,}"})
        if pupils is not None
        else _filled(say("publish/text/pupils_few"), {"k": str(k)}),
    ]
    counts = ("passed", "failed", "unknown", "not_applicable")
    audit = book.audit.get(str(school["school_id"]), ())
    checked = Section(
        say("publish/title/checks"),
        [say("publish/text/unknown"), say("publish/text/unverified")],
        head=[_head(c, lang, number=True) for c in counts],
        rows=[[Cell(_number(school.get(c)), number=True) for c in counts]],
    )
    sections = [checked] if school.get("passed") is not None else []
    for verdict, title in (("fail", "publish/title/failed"), ("unknown", "publish/title/unknown")):
        rows = [_check(row, lang) for row in audit if row["verdict"] == verdict]
        if rows:
            head = [_head("check", lang), _head("clause", lang)]
            sections.append(Section(say(title), head=head, rows=rows))
    hazards = book.hazards.get(str(school["school_id"]), ())
    counted = (
        say("publish/text/hazards") if book.edition.release else say("publish/text/hazards_plain")
    )
    sections.append(_hazards(hazards, _filled(counted, {"k": str(k)}), lang))
    sections.append(Section(say("publish/title/caveats"), [say("publish/text/safe")]))
    return Page(f"schools/{school['school_id']}.html", str(school["name"]), lead, sections)


def _check(row: Row, lang: Lang) -> list[Cell]:
    verified = in_words(row).get(f"verified_{lang}")
    clause = " · ".join(str(part) for part in (row.get("clause"), verified) if part)
    return [Cell(f"{row['check']} {row[f'title_{lang}']}"), Cell(clause or MISSING)]


def _hazards(hazards: Sequence[Row], hint: str, lang: Lang) -> Section:
    say = _words(lang)
    columns = ("description", "grade", "children", "treatment", "body")
    rows = []
    for row in map(in_words, hazards):
        band = row.get("children")
        rows.append([
            Cell(str(row.get(f"description_{lang}") or MISSING)),
            Cell(str(grade_of(row.get("grade"))[lang])),
            Cell(MISSING if band is None else _filled(say("publish/value/band"), {"n": str(band)}),
                 number=True),
            Cell(str(row.get(f"treatment_{lang}") or MISSING)),
            Cell(str(row.get(f"body_{lang}") or MISSING)),
        ])  # fmt: skip
    head = [_head(c, lang, number=c == "children") for c in columns]
    if not rows:
        return Section(say("publish/title/hazards"), [hint, say("publish/text/none")])
    return Section(say("publish/title/hazards"), [hint], head=head, rows=rows)


def _shares(book: _Book, unit: str, *, lang: Lang) -> Section:
    """Return the table of all rules for one unit."""
    say, rules = _words(lang), book.rules
    rows = [
        [
            Cell(_rule_name(book, rule, lang)),
            Cell(str(rules.get(rule, {}).get(f"limit_{lang}") or MISSING)),
            Cell(span_text(row.get("children_low"), row.get("children_high")), number=True),
            Cell(span_text(row.get("covered_low"), row.get("covered_high")), number=True),
            Cell(_share(row, lang), number=True),
        ]
        for rule in _rules(book)
        for row in [_of_unit(book, unit).get(rule, {})]
        if row.get("children_high") is not None
    ]
    columns = ("rule", "limit", "concerned", "covered", "share")
    head = [_head(c, lang, number=n > 1) for n, c in enumerate(columns)]
    return Section(
        say("publish/title/shares"), [say("publish/text/share_hint")], head=head, rows=rows
    )


def _picture(book: _Book, rule: str | None, ids: Iterable[str], *, lang: Lang) -> Section:
    """Return the sketch of some areas, coloured by one rule where it is told."""
    say = _words(lang)
    areas = book.edition.areas[book.edition.areas["area_id"].isin(list(ids))]
    labels: dict[str, tuple[float | None, str]] = {}
    title = say("publish/title/sketch_plain")
    if rule is not None:
        title = _filled(say("publish/title/sketch"), {"rule": _rule_name(book, rule, lang)})
        towns = {u["town"]: u["unit_id"] for u in book.units if u["level"] == "town"}
        for area, town in zip(areas["area_id"], areas["town"], strict=True):
            own, whole = (_of_unit(book, u).get(rule, {}) for u in (area, towns.get(town, "")))
            if _is_published(own):
                labels[area] = (_middle(own), _share(own, lang))
            elif _is_published(whole) and own.get("children_high") is not None:
                labels[area] = (_middle(whole), "")
    lines = [say("publish/text/picture")] if labels else []
    return Section(title, lines, picture=areas_svg(areas, labels, title=title))


def _middle(row: Row) -> float:
    return float(row["share_low"] + row["share_high"]) / 200


def _only_places(book: _Book, lang: Lang) -> list[str]:
    return [text("publish/text/no_children")[lang]] if book.edition.release is None else []


def _book(edition: Edition) -> _Book:
    """Sort the rows of an edition by what a page asks for."""
    values: dict[str, dict[str, Row]] = {}
    for row in rows_of(edition.shares):
        values.setdefault(row["unit_id"], {})[row["rule_id"]] = row
    rules = next((s.rows for s in edition.shown if s.role == "rule"), pd.DataFrame())
    return _Book(
        edition=edition,
        units=rows_of(edition.units),
        told=values,
        rules={row["rule_id"]: row for row in rows_of(rules)},
        audit=_by_school(edition.audit),
        hazards=_by_school(edition.hazards),
    )


def _by_school(table: pd.DataFrame) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows_of(table):
        found.setdefault(str(row["school_id"]), []).append(row)
    return found


def _of_unit(book: _Book, unit: str) -> Mapping[str, Row]:
    """Return rule -> what is told of a unit."""
    return book.told.get(unit, {})


def _is_published(row: Row | None) -> bool:
    return row is not None and row.get("share_low") is not None


def _known_rules(book: _Book) -> dict[str, int]:
    """Return of how many areas each rule is told, in the order of the rules."""
    areas = book.edition.areas["area_id"]
    counted = {r: sum(_is_published(_of_unit(book, a).get(r)) for a in areas) for r in _rules(book)}
    return {rule: number for rule, number in counted.items() if number}


def _rules(book: _Book) -> list[str]:
    return [rule for rule in book.rules if rule in book.told.get("district", {})]


def _rule_name(book: _Book, rule: str, lang: Lang) -> str:
    return str(book.rules.get(rule, {}).get(lang) or rule)


def _share(row: Row | None, lang: Lang) -> str:
    return MISSING if row is None else share_text(row.get("share_low"), row.get("share_high"), lang)


def _children(unit: Row) -> str:
    return span_text(unit.get("children_low"), unit.get("children_high"))


def _name(unit: Row) -> str:
    return str(unit["name"] or unit["unit_id"])


def _town_path(town: Row) -> str:
    return f"towns/{town['unit_id']}.html"


def _town_link(town: Row) -> Cell:
    return Cell(_name(town), href=_town_path(town))


def _head(column: str, lang: Lang, *, number: bool = False) -> Cell:
    return Cell(texts("publish/column")[column][lang], number=number)


def _number(value: object) -> str:
    return MISSING if value is None else str(value)


def _filled(shape: str, facts: Mapping[str, str]) -> str:
    for key, value in facts.items():
        shape = shape.replace("{" + key + "}", value)
    return shape


def _words(lang: Lang) -> Callable[[str], str]:
    """Return the reader of the texts in one language."""
    return lambda key: text(key)[lang]
