"""What stands on a school's page, word for word, in one language?

The HTML page and the PDF lay out the same content: plain text, and signs that `maps.school.svg`
drew.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from geo.words import language, text, texts_in
from maps.school import svg
from maps.school.picture import grade_of, hazard_key, legend, zone_svg
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from geo.words import Lang
    from maps.school.sheet import Row, SchoolSheet

    Content = dict[str, Any]

LISTED = 5
"""Hazards that carry a number and a place for a photo."""
_HAZARD = ("grade", "place", "description", "treatment", "body", "due", "status", "children",
           "risk")  # fmt: skip
_ROUTE = ("profile", "direction", "children", "shortest_m", "safest_m", "detour", "shortest_risk",
          "safest_risk", "crossings", "share_alone", "severed", "known_share")  # fmt: skip
_TREATMENT = ("treatment", "place", "body", "horizon", "cost_class", "children", "risk_before",
              "risk_after", "outcome", "children_alone_before", "children_alone_after")  # fmt: skip
_BRIEF = ("unknown", "pass", "n.a.")
_SHARES = ("share_alone", "known_share", "detour", "detour_median")
TEXTS = ("grade", "place", "description", "treatment", "body", "status", "due", "horizon",
         "cost_class", "profile", "direction", "period", "school", "kind", "outcome")  # fmt: skip
MISSING = "—"


def content(sheet: SchoolSheet, *, lang: Lang) -> Content:
    """Return everything that stands on a school's page, as text and signs."""
    page, signs = texts_in("school_page/page", lang), texts_in("school_page/legend", lang)
    listed = sheet.hazards[:LISTED]
    name = sheet.name or page["unnamed"]
    return {
        "lang": lang,
        "words": page,
        "title": name,
        "kind": sheet.kind.get(lang, ""),
        "synthetic": page["synthetic"] if sheet.about.synthetic else "",
        "map": zone_svg(
            sheet.place,
            numbers=[str(h.get("id")) for h in listed],
            words=signs,
            lang=lang,
            alt=f"{name}: {page['map_alt']}",
        ),
        "legend": [{"sign": s, "text": t} for s, t in legend(sheet.place, signs, lang)],
        "facts": _facts(sheet.facts, lang),
        "after": any(str(key).endswith("_after") for key in sheet.facts),
        "lights": _lights(sheet, lang),
        "hazards": [_hazard(n, h, sheet=sheet, lang=lang) for n, h in enumerate(listed, 1)],
        "more": more_hazards(len(sheet.hazards) - len(listed), page),
        "routes": table(sheet.routes, _ROUTE, lang),
        "audit": _audit(sheet, lang),
        "treatments": table(_treatments(sheet), _TREATMENT, lang),
        "notes": _notes(sheet, page, lang),
    }


def more_hazards(number: int, page: Mapping[str, str]) -> str:
    """Return the sentence on the hazards that are not listed."""
    return page["hazards_more"].replace("{n}", str(number)) if number > 0 else ""


def table(rows: Iterable[Row], columns: Sequence[str], lang: Lang) -> Content:
    """Return a table for people: of the columns named, those that any row has a value for."""
    told = [{name: cell(row, name, lang) for name in columns} for row in rows]
    used = [name for name in columns if any(row[name] != MISSING for row in told)]
    header = texts_in("school_page/columns", lang)
    return {
        "head": [{"text": header[name], "number": name not in TEXTS} for name in used],
        "rows": [[{"text": row[n], "number": n not in TEXTS} for n in used] for row in told],
    }


def cell(row: Row, name: str, lang: Lang) -> str:
    """Return a value for people: in the page's language, with its interval where it has one."""
    value = row.get(f"{name}_{lang}", row.get(name))
    if name == "outcome" and value is not None:
        value = texts_in("school_page/outcome", lang).get(str(value), value)
    if value is None or name in TEXTS:
        return MISSING if value is None else str(value)
    said = number(value, name)
    stem = name.removesuffix("_risk") if name.endswith("_risk") else name
    low, high = (row.get(f"{stem}_{end}") for end in ("low", "high"))
    if low is None or high is None or low == high:
        return said
    return f"{said} [{number(low, name)}–{number(high, name)}]"


def number(value: float | str, name: str) -> str:
    """Return a number for people: shares in percent, risks with one digit, the rest whole."""
    if isinstance(value, (str, bool)):
        return str(value)
    if name in ("detour", "detour_median"):
        return f"{float(value) - 1:+.0%}"
    if name in _SHARES:
        return f"{float(value):.0%}"
    digits = 1 if ("risk" in name or name == "crossings") and abs(float(value)) < 100 else 0  # noqa: PLR2004
    return f"{float(value):,.{digits}f}"


def _facts(facts: Row, lang: Lang) -> list[dict[str, str]]:
    """Return the facts that were handed over, with the value after treatment if there is one."""
    found = []
    for name, said in texts_in("school_page/facts", lang).items():
        text = cell(facts, name, lang)
        if text != MISSING:
            after = facts.get(f"{name}_after")
            found.append({"name": said, "value": text,
                          "after": "" if after is None else number(after, name)})  # fmt: skip
    return found


@cache
def _verdicts(lang: Lang) -> dict[str, Content]:
    """Return the sign and the words of each verdict, the one to look at first first."""
    return {
        v["id"]: {"sign": svg.verdict_key(v, label=v[lang]), "text": v[lang]}
        for v in palette()["verdict"]
    }


def _gate_name(sheet: SchoolSheet, gate: object, lang: Lang) -> str:
    word = text("school_page/legend/gate")[lang]
    known = str(gate) in sheet.gates
    return f"{word}{sheet.gates.index(str(gate)) + 1}" if known else ""


def _lights(sheet: SchoolSheet, lang: Lang) -> Content:
    """Return a row of lights for each gate, and how many there are of each verdict."""
    verdicts = _verdicts(lang)
    gates: dict[str, list[Content]] = {}
    counts = dict.fromkeys(verdicts, 0)
    for row in sorted(sheet.audit, key=lambda r: str(r["check"])):
        verdict = _verdict(row)
        counts[verdict] += 1
        gate = _gate_name(sheet, row.get("gate_id"), lang)
        gates.setdefault(gate, []).append(
            {"check": str(row["check"]), "sign": verdicts[verdict]["sign"]}
        )
    return {
        "gates": [
            {"gate": gate, "lights": lights}
            for gate, lights in sorted(gates.items(), key=_school_last)
        ],
        "counts": [{**verdicts[v], "number": str(n)} for v, n in counts.items() if n],
    }


def _school_last(item: tuple[str, Any]) -> tuple[bool, str]:
    """Return the key that sorts gates; checks of the whole school belong to none of them."""
    return (not item[0], item[0])


def _verdict(row: Row) -> str:
    """Return the verdict; what is no verdict at all is unknown, never a pass."""
    verdict = str(row.get("verdict"))
    return verdict if verdict in {v["id"] for v in palette()["verdict"]} else "unknown"


def _audit(sheet: SchoolSheet, lang: Lang) -> Content:
    """Return the checks: a row for each that fails, the others briefly.

    Gates of which the same is known are told together.
    """
    found: dict[str, dict[tuple[str, str], Content]] = {v: {} for v in _verdicts(lang)}
    for row in sorted(sheet.audit, key=lambda r: str(r["check"])):
        said, check = _plain(row, "evidence", lang), str(row["check"])
        told = found[_verdict(row)].setdefault((check, said), {
            "check": check, "name": _plain(row, lang, lang), "evidence": said,
            "clause": _clause(row, lang), "verified": _plain(row, "verified", lang),
            "treatment": _plain(row, "treatment", lang), "gates": [],
        })  # fmt: skip
        gate = _gate_name(sheet, row.get("gate_id"), lang)
        if gate and gate not in told["gates"]:
            told["gates"].append(gate)
    several = len({row.get("gate_id") for row in sheet.audit} - {None}) > 1
    rows = {
        verdict: [{**t, "gates": " ".join(sorted(t["gates"]) * several)} for t in told.values()]
        for verdict, told in found.items()
    }
    columns = ("check", "name", "gates", "evidence", "clause", "treatment")
    used = [n for n in columns if any(row[n] for row in rows["fail"])]
    header = texts_in("school_page/columns", lang)
    return {
        "columns": used,
        "head": [header[name] for name in used],
        "sign": _verdicts(lang)["fail"]["sign"],
        "rows": rows["fail"],
        "brief": [{**_verdicts(lang)[v], "rows": rows[v]} for v in _BRIEF if rows[v]],
    }


def _plain(row: Row, name: str, lang: Lang) -> str:
    value = row.get(f"{name}_{lang}", row.get(name))
    return "" if value is None else str(value)


def _clause(row: Row, lang: Lang) -> str:
    """Return document, edition and wording as they were joined to the check."""
    clause, edition, strength = (_plain(row, n, lang) for n in ("clause", "edition", "strength"))
    parts = [clause, "" if edition in clause else edition, strength]
    return " · ".join(part for part in parts if part)


def _hazard(place: int, hazard: Row, *, sheet: SchoolSheet, lang: Lang) -> Content:
    drawn = sheet.place.layers.get("hazard", {}).get("id", ())
    inside = str(hazard.get("id")) in {str(id_) for id_ in drawn}
    grade = hazard.get("grade")
    told = {name: cell(hazard, name, lang) for name in _HAZARD}
    header = texts_in("school_page/columns", lang)
    return {
        "sign": hazard_key(place, grade, label=str(place)),
        "grade": grade_of(grade)[lang],
        "place": told["place"] if told["place"] != MISSING else "",
        "outside": not inside,
        "description": told["description"] if told["description"] != MISSING else "",
        "facts": [
            {"name": header[name], "value": told[name]}
            for name in _HAZARD
            if name not in ("grade", "place", "description") and told[name] != MISSING
        ],
    }


def _treatments(sheet: SchoolSheet) -> Sequence[Row]:
    """Return the treatments: as handed over, else what a trial changed, else what is asked for."""
    if sheet.treatments:
        return sheet.treatments
    tried = [
        {**hazard, "risk_before": hazard.get("risk"), "risk_after": hazard.get("risk_after")}
        for hazard in sheet.hazards
        if hazard.get("outcome") == "gone" or _changed(hazard)
    ]
    return tried or _asked_for(sheet.hazards)


def _changed(hazard: Row) -> bool:
    after = hazard.get("risk_after")
    return after is not None and after != hazard.get("risk")


def _asked_for(hazards: Sequence[Row]) -> list[Row]:
    """Return what the hazards ask for, each treatment of each body once."""
    found: dict[tuple[str, str], Row] = {}
    kept = ("treatment", "body", "horizon", "cost_class")
    for hazard in hazards:
        row = {k: v for k, v in hazard.items() if k.startswith(kept) and v is not None}
        if any(key.startswith("treatment") for key in row):
            name = str(row.get("treatment", row.get("treatment_zh")))
            found.setdefault((name, str(row.get("body", row.get("body_zh")))), row)
    return list(found.values())


def _notes(sheet: SchoolSheet, page: Mapping[str, str], lang: Lang) -> list[str]:
    about = sheet.about
    colon = language(lang).colon
    notes = [f"{page[key]}{colon}{said}" for key, said in
             (("source", about.attribution), ("date", about.date)) if said]  # fmt: skip
    if sheet.facts.get("gates_assumed"):
        notes.append(page["gate_assumed_note"])
    notes += [note[lang] for note in about.notes]
    return [*notes, page["rule"]]
