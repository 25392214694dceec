"""What does the brief tell, taken from the roles and tables of a result?

A section whose rows are missing is left out, so that a public edition with few tables gets a
shorter brief by the same functions.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from analyses.facilities import facility_types
from geo.bundled import load_toml
from geo.text import one_line
from geo.words import text, texts, texts_in
from maps.files import header, ledger_table
from maps.paper.brief_cells import (
    MEASURES,
    as_number,
    as_percent,
    as_text,
    in_language,
    part_of,
    records,
    three_shares,
)
from maps.paper.brief_parts import Block, Brief, Picture, Section, Table, Text
from maps.paper.imprint import word

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from analyses.result import Indicator, Shown
    from geo.findings import Finding
    from geo.words import Lang
    from geo.words import Text as Words
    from maps.paper.imprint import Imprint

_HAZARD_COLUMNS = (
    "school", "place", "description", "grade", "children", "treatment", "body", "due",
)  # fmt: skip
_HAZARD_WIDTHS = (1.6, 2.2, 3.2, 1.0, 0.9, 1.9, 1.5, 1.2)


@dataclass(frozen=True)
class Material:
    """What a brief is made from; anything but the imprint may be missing.

    Attributes
    ----------
    imprint
        Name, language, date, sources, marks.
    shown, tables, indicators, notes
        Of the result (`analyses.result`), or the allow-listed ones of a public edition.
    findings
        Of the run.
    unit
        ``children``, or ``homes`` where these stand in for children.
    gaps, hazards
        Rows of the two lists.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper.imprint import imprint_of
    >>> study = yimi.load(yimi.demo).settings
    >>> Material(imprint_of(study, crs="EPSG:4548", lang="en")).gaps
    20
    """

    imprint: Imprint
    shown: Sequence[Shown] = ()
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    indicators: Sequence[Indicator] = ()
    notes: Sequence[Words] = ()
    findings: Sequence[Finding] = ()
    unit: str = "children"
    gaps: int = 20
    hazards: int = 20

    @property
    def lang(self) -> Lang:
        """Return the language of the brief."""
        return self.imprint.lang

    def role(self, name: str) -> pd.DataFrame:
        """Return the rows of a role, an empty frame where it is missing."""
        rows = next((item.rows for item in self.shown if item.role == name), None)
        return pd.DataFrame() if rows is None else pd.DataFrame(rows)

    def table(self, name: str) -> pd.DataFrame:
        """Return a table, an empty one where it is missing."""
        return self.tables.get(name, pd.DataFrame())

    def say(self, key: str, **slots: object) -> str:
        """Return a text of the brief."""
        return word(f"report/brief/{key}", self.lang, **slots)


def brief(made_of: Material, pictures: Mapping[str, Picture]) -> Brief:
    """Return the brief.

    Parameters
    ----------
    made_of
        The result.
    pictures
        Name (``overview, towns, distances, lorenz, hazards, sites``) -> picture; those that are
        missing are left out.

    Examples
    --------
    >>> import yimi
    >>> from maps.paper.imprint import imprint_of
    >>> study = yimi.load(yimi.demo).settings
    >>> told = brief(Material(imprint_of(study, crs="EPSG:4548", lang="en")), {})
    >>> told.title
    'Child-friendly space: assessment brief'
    """
    parts: list[tuple[str, Iterable[Block]]] = [
        ("summary", _summary(made_of)),
        ("method", _method(made_of)),
        ("towns", [*_towns(made_of), *_pictures(pictures, "towns")]),
        ("maps", _maps(made_of, pictures)),
        ("gaps", _gaps(made_of, made_of.gaps)),
        ("hazards", [*_hazards(made_of, made_of.hazards), *_pictures(pictures, "hazards")]),
        ("sites", [*_sites(made_of), *_pictures(pictures, "sites")]),
        ("quality", _quality(made_of)),
        ("notes", [Text(_one(made_of, note), "item") for note in made_of.notes]),
        ("sources", _sources(made_of)),
    ]
    filled = [(key, tuple(blocks)) for key, blocks in parts]
    numerals = texts_in("report/numerals", made_of.lang).values()
    between = text("report/brief_numeral/between")[made_of.lang]
    sections = tuple(
        Section(numeral + between + made_of.say(key), blocks)
        for numeral, (key, blocks) in zip(numerals, [f for f in filled if f[1]], strict=False)
    )
    return Brief(made_of.say("title"), made_of.imprint, _counted(sections, made_of))


def _counted(sections: tuple[Section, ...], of: Material) -> tuple[Section, ...]:
    """Give each picture its number."""
    counted = itertools.count(1)
    return tuple(
        replace(s, blocks=tuple(
            replace(b, title=f"{of.say('picture', number=next(counted))}  {b.title}")
            if isinstance(b, Picture) else b
            for b in s.blocks
        )) for s in sections
    )  # fmt: skip


# ---- summary and method --------------------------------------------------------------------------


def _summary(of: Material) -> Iterator[Block]:
    """Yield what stands on the first page."""
    rules, rows = records(of.role("rule")), _settings()["summary_rows"]
    unit = of.say(f"unit_{of.unit}")
    facilities, homes = (f"{len(of.role(name)):,}" for name in ("facility", "demand"))
    if len(of.role("facility")) and len(of.role("demand")):
        yield Text(of.say("lead", rules=len(rules), facilities=facilities, homes=homes, unit=unit))
    totals = {r["rule_id"]: r for r in records(of.table("total"))}
    if totals:
        yield Table(
            of.say("headline"),
            (*(of.say(k) for k in ("rule", *MEASURES)), of.say(f"covered_{of.unit}"),
             of.say("verified")),
            tuple(
                (
                    f"{r[f'title_{of.lang}']} [{r['rule_id']}]",
                    *(as_percent(total.get(f"share_{m}")) for m in MEASURES),
                    part_of(total.get("covered_walk"), total["children"]),
                    in_language(r, "verified", of.lang),
                )
                for r in rules if (total := totals.get(r["rule_id"])) is not None
            ),
            (False, True, True, True, True, False),
            (4.6, 1.0, 1.0, 1.2, 1.9, 1.1),
        )  # fmt: skip
    yield from _further(of)
    if len(of.role("gap")):
        yield from _gap_table(of, rows, title=of.say("first_gaps"))
    if len(of.role("hazard")):
        title = of.say("first_hazards")
        yield from _hazard_table(of, rows, columns=_HAZARD_COLUMNS[:5], title=title)


def _further(of: Material) -> Iterator[Block]:
    """Yield the indicators besides coverage: safety, places."""
    settings = _settings()
    begin, end = tuple(settings["indicators_begin"]), tuple(settings["indicators_end"])
    chosen = [i for i in of.indicators if i.id.startswith(begin) or i.id.endswith(end)]
    chosen = [i for i in chosen if not math.isnan(i.value)]
    if chosen:
        rows = tuple(
            (
                i.title[of.lang],
                as_percent(i.value),
                part_of(i.numerator, i.denominator),
            )
            for i in chosen
        )
        head = (of.say("indicator"), of.say("value"), of.say("of"))
        yield Table(of.say("also"), head, rows, (False, True, True), (5.0, 1.0, 1.8))


def _method(of: Material) -> Iterator[Block]:
    rules = records(of.role("rule"))
    if not rules:
        return
    yield Text(of.say("measures_note"))
    yield Text(of.say("strength_note"))
    rows = tuple(
        (
            str(r["rule_id"]), str(r[f"title_{of.lang}"]), str(r[f"limit_{of.lang}"]),
            f"{r['standard']} {r['clause']}", in_language(r, "strength", of.lang),
            in_language(r, "verified", of.lang),
        )
        for r in rules
    )  # fmt: skip
    head = ("", *(of.say(k) for k in ("rule", "limit", "clause", "strength", "verified")))
    yield Table(of.say("rules"), head, rows, (False,) * 6, (1.7, 2.6, 2.7, 2.6, 1.3, 1.1))


# ---- towns and lists -----------------------------------------------------------------------------


def _towns(of: Material) -> Iterator[Block]:
    """Yield tables of towns, a few rules each."""
    table = of.table("by_town")
    if table.empty or not table["town"].map(as_text).any():
        return
    shares = {(r["rule_id"], r["town"]): r for r in records(table)}
    names = list(dict.fromkeys(table["town"].astype(str)))
    rules = [r for r in records(of.role("rule")) if r["rule_id"] in set(table["rule_id"])]
    step = _settings()["rules_per_table"]
    for start in range(0, len(rules), step):
        part = rules[start : start + step]
        head = (of.say("town"), *(f"{r[f'title_{of.lang}']} [{r['rule_id']}]" for r in part))
        rows = tuple(
            (name, *(three_shares(shares.get((r["rule_id"], name), {})) for r in part))
            for name in names
        )
        numeric, widths = (False, *(True for _ in part)), (1.5, *(1.7 for _ in part))
        yield Table(of.say("towns_table"), head, rows, numeric, widths)


def _gaps(of: Material, most: int) -> Iterator[Block]:
    rows = of.role("gap")
    if "rank" not in rows:
        return
    if rows.empty:
        yield Text(of.say("none_gaps"))
        return
    title = of.say("gaps_table", number=min(most, len(rows)), all=f"{len(rows):,}")
    yield from _gap_table(of, most, title=title)


def _gap_table(of: Material, most: int, *, title: str) -> Iterator[Block]:
    names = {r["rule_id"]: r for r in records(of.role("rule"))}
    rows = tuple(
        (
            f"{r['rank']}", as_text(r["area_name"]), as_text(r["town"]),
            f"{names.get(r['rule_id'], {}).get(of.lang, '')} [{r['rule_id']}]",
            as_number(r["children"]), as_percent(r["share"]), as_number(r["walk_m"]),
            as_text(r.get(f"verdict_{of.lang}")),
        )
        for r in records(of.role("gap").head(most))
    )  # fmt: skip
    head = (
        of.say("rank"), of.say("community"), of.say("town"), of.say("rule"),
        of.say(f"whom_{of.unit}"), of.say("share"), of.say("nearest"), of.say("verdict"),
    )  # fmt: skip
    numeric = (True, False, False, False, True, True, True, False)
    yield Table(title, head, rows, numeric, (0.6, 1.8, 1.5, 3.4, 1.0, 0.9, 1.1, 1.5))


def _hazards(of: Material, most: int) -> Iterator[Block]:
    rows = of.role("hazard")
    if rows.empty:
        return
    title = of.say("hazards_table", number=min(most, len(rows)), all=f"{len(rows):,}")
    yield from _hazard_table(of, most, columns=_HAZARD_COLUMNS, title=title)
    yield Text(of.say("hazards_note"), "note")


def _hazard_table(
    of: Material, most: int, *, columns: tuple[str, ...], title: str
) -> Iterator[Block]:
    words = texts("ledger/column")
    told: Any = ledger_table(of.role("hazard").head(most), of.lang)
    heads = [str(words[name][of.lang]) for name in columns]
    rows = tuple(
        (str(number), *(as_text(row[head]) if head in row else "" for head in heads))
        for number, row in enumerate(records(told), 1)
    )
    numeric = (True, *(name == "children" for name in columns))
    widths = (0.6, *_HAZARD_WIDTHS[: len(columns)])
    yield Table(title, (of.say("rank"), *heads), rows, numeric, widths)


def _sites(of: Material) -> Iterator[Block]:
    """Yield the sites to be built, in their order."""
    sites = of.role("site")
    if "rank" not in sites:
        return
    chosen = sites[sites["rank"].notna()].sort_values("rank", kind="stable")
    types = facility_types()
    rows = tuple(
        (
            as_number(r["rank"]), as_text(r["name"]),
            types[r["kind"]].title[of.lang] if r["kind"] in types else as_text(r["kind"]),
            as_number(r["children"]), as_percent(r["share"]),
        )
        for r in records(chosen)
    )  # fmt: skip
    head = tuple(of.say(key) for key in ("rank", "site", "kind", "gain", "share"))
    if rows:
        numeric = (True, False, False, True, True)
        yield Table(of.say("sites_table"), head, rows, numeric, (0.6, 3.0, 2.0, 1.4, 1.0))


# ---- quality, notes, sources ---------------------------------------------------------------------


def _quality(of: Material) -> Iterator[Block]:
    yield from _inputs(of)
    legs = of.table("quality_legs")
    if len(legs):
        row = records(legs)[0]
        yield Text(
            of.say("legs", median=as_number(row["median_m"]), p95=as_number(row["p95_m"]),
                   off=as_number(row["not_joined"]))
        )  # fmt: skip
    yield from _effects(of)
    yield from _findings(of)


def _inputs(of: Material) -> Iterator[Block]:
    inputs = of.table("inputs")
    if len(inputs):
        columns = ("name", "rows_in", "rows_used", "rows_rejected", "crs_read")
        rows = tuple(
            (as_text(r["name"]), *(as_number(r[c]) for c in columns[1:4]), as_text(r["crs_read"]))
            for r in records(inputs)
        )
        head = tuple(header(c, of.lang) for c in columns)
        numeric = (False, True, True, True, False)
        yield Table(of.say("inputs_table"), head, rows, numeric, (4.0, 1.0, 1.0, 1.0, 1.4))


def _effects(of: Material) -> Iterator[Block]:
    effects = of.table("quality_effects")
    if effects.empty:
        return
    most = _settings()["weaknesses"]
    words = texts("quality/weakness")
    wide = (effects["share_low"] - effects["share_high"]).argsort(kind="stable")
    names = {r["rule_id"]: r[f"title_{of.lang}"] for r in records(of.role("rule"))}
    rows = tuple(
        (
            f"{names.get(r['rule_id'], '')} [{r['rule_id']}]", str(words[r["weakness"]][of.lang]),
            as_number(r["children"]), as_percent(r["share"]),
            f"{as_percent(r['share_low'])} – {as_percent(r['share_high'])}",
        )
        for r in records(effects.iloc[wide.to_numpy()[:most]])
    )  # fmt: skip
    head = (of.say("rule"), of.say("weakness"), of.say(f"whom_{of.unit}"), of.say("share"),
            of.say("interval"))  # fmt: skip
    title = of.say("effects_table", number=len(rows))
    yield Table(title, head, rows, (False, False, True, True, True), (3.0, 3.0, 1.0, 1.0, 1.7))


def _findings(of: Material) -> Iterator[Block]:
    if not of.findings:
        return
    counts = Counter(finding.code for finding in of.findings)
    first: dict[str, Finding] = {}
    for finding in of.findings:
        first.setdefault(finding.code, finding)
    rows = tuple(
        (code, f"{number:,}", first[code].why(of.lang)) for code, number in sorted(counts.items())
    )
    head = (of.say("code"), of.say("count"), of.say("example"))
    yield Table(of.say("findings_table"), head, rows, (False, True, False), (2.6, 0.7, 5.5))


def _sources(of: Material) -> Iterator[Block]:
    version = importlib.metadata.version("yimi")
    lines = [of.imprint.map_number, *of.imprint.lines, of.say("made_with", version=version)]
    for line in lines:
        yield Text(one_line(line), "item")


def _maps(of: Material, pictures: Mapping[str, Picture]) -> list[Block]:
    """Return the pictures of the whole study, or how to get them."""
    found = _pictures(pictures, "overview", "distances", "lorenz")
    return found or [Text(of.say("no_pictures"), "note")]


def _pictures(pictures: Mapping[str, Picture], *names: str) -> list[Block]:
    return [pictures[name] for name in names if name in pictures]


def _settings() -> dict[str, Any]:
    settings: dict[str, Any] = load_toml("report.toml")["brief"]
    return settings


def _one(of: Material, note: Words) -> str:
    return one_line(note[of.lang])
