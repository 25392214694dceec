"""What does one school's page tell, taken from the roles and tables of a result?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pandas as pd

from geo.words import Text, languages
from maps.page import in_words, is_fixed, with_after
from maps.school.surroundings import Place, places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.result import Shown

Row = dict[str, Any]
_ROUTES, _TREATMENTS = "school_routes", "school_treatments"
_FILE_CHARACTERS = 40
_UNFIT = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True)
class About:
    """What all pages of a run say of themselves.

    Attributes
    ----------
    synthetic
        Whether the pages say that their data are made up.
    attribution, date
        Where the data come from and of when they are, shown as written.
    notes
        Remarks that every page carries: ``Result.notes``.

    Examples
    --------
    >>> About(synthetic=True, date="2026-06-01").date
    '2026-06-01'
    """

    synthetic: bool = False
    attribution: str = ""
    date: str = ""
    notes: Sequence[Text] = ()


@dataclass(frozen=True, eq=False)
class SchoolSheet:
    """What one school's page shows; a column that was not handed over is not shown.

    Attributes
    ----------
    school_id, name
        As in the role ``school``.
    kind
        Words for its kind, language -> text.
    facts
        The row of the role ``school``; ``<name>_after`` is the value after treatment.
    audit
        Rows of the role ``audit``, a row for each gate and check.
    hazards
        Rows of the role ``hazard`` that are not closed, the first to be dealt with first.
    routes
        Rows of the table ``school_routes``: ``profile, children, shortest_m, safest_m, detour …``.
    treatments
        Rows of the table ``school_treatments``: ``treatment_zh, treatment_en, place, children,
        risk_before, risk_after …``.
    gates
        Ids of the gates in the order in which they are numbered.
    place
        What lies around it.
    about
        What all pages say.

    Examples
    --------
    >>> import yimi
    >>> sheet = sheets(yimi.run(yimi.demo).result.shown)[0]
    >>> audited = {row["gate_id"] for row in sheet.audit} - {None}
    >>> isinstance(sheet, SchoolSheet), audited <= set(sheet.gates)
    (True, True)
    """

    school_id: str
    name: str
    kind: Mapping[str, str]
    facts: Row
    audit: tuple[Row, ...]
    hazards: tuple[Row, ...]
    routes: tuple[Row, ...]
    treatments: tuple[Row, ...]
    gates: tuple[str, ...]
    place: Place
    about: About = field(default_factory=About)


def sheets(
    shown: Sequence[Shown],
    tables: Mapping[str, pd.DataFrame] | None = None,
    *,
    about: About | None = None,
) -> tuple[SchoolSheet, ...]:
    """Return the page of each school.

    Parameters
    ----------
    shown
        ``Result.shown``, frames in the study's metric CRS; of the roles only ``school`` must be
        there.
    tables
        ``Result.tables``; of use are ``school_routes`` and ``school_treatments``, each with a
        column ``school_id``, and the trial's ``whatif_schools, whatif_hazards``.
    about
        What all pages say of themselves.

    Returns
    -------
    tuple
        In the order of the role's rows; empty without the role.

    Examples
    --------
    >>> import yimi
    >>> shown = yimi.run(yimi.demo).result.shown
    >>> schools = next(item.rows for item in shown if item.role == "school")
    >>> [sheet.school_id for sheet in sheets(shown)] == schools["school_id"].tolist()
    True
    """
    shown = with_after(shown, tables)
    rows = {item.role: item.rows for item in shown if len(item.rows)}
    if "school" not in rows:
        return ()
    around = places(shown)
    given = {name: tables[name] for name in (_ROUTES, _TREATMENTS) if tables and name in tables}
    of_roles: dict[str, pd.DataFrame] = {
        role: rows[role] for role in ("audit", "hazard") if role in rows
    }
    own = {name: _by_school(table) for name, table in {**of_roles, **given}.items()}
    kinds = _kind_words(rows.get("kind"))
    found = []
    for facts in rows_of(rows["school"]):
        id_ = str(facts["school_id"])
        mine = {name: of_school.get(id_, ()) for name, of_school in own.items()}
        audit = mine.get("audit", ())
        found.append(
            SchoolSheet(
                school_id=id_,
                name=str(facts.get("name") or ""),
                kind=kinds.get(str(facts.get("kind")), {}),
                facts=facts,
                audit=audit,
                hazards=_open(mine.get("hazard", ())),
                routes=mine.get(_ROUTES, ()),
                treatments=mine.get(_TREATMENTS, ()),
                gates=_gates(id_, audit, around[id_]),
                place=around[id_],
                about=about or About(),
            )
        )
    return tuple(found)


def _open(hazards: Sequence[Row]) -> tuple[Row, ...]:
    left = [hazard for hazard in hazards if not is_fixed(hazard.get("status"))]
    return tuple(sorted(left, key=first_to_deal_with))


def first_to_deal_with(hazard: Row) -> tuple[str, float, str]:
    """Return the key that sorts hazards: by grade, then by children times risk, then by id."""
    return (str(hazard.get("grade") or "~"), -weight(hazard), str(hazard.get("id")))


def weight(hazard: Row) -> float:
    """Return children times risk of a hazard, 0 where either is not known."""
    children, risk = (hazard.get(name) for name in ("children", "risk"))
    return 0.0 if children is None or risk is None else float(children) * float(risk)


def page_name(school_id: str) -> str:
    """Return the name of a school's file: letters of its id, and a mark that keeps ids apart.

    Examples
    --------
    >>> page_name("way/123")
    'way-123-d4827702'
    """
    mark = sha256(school_id.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    plain = _UNFIT.sub("-", school_id).strip("-")[:_FILE_CHARACTERS]
    return f"{plain}-{mark}" if plain else mark


def rows_of(frame: pd.DataFrame) -> list[Row]:
    """Return the rows as dictionaries; what is not known is None.

    Examples
    --------
    >>> import pandas as pd
    >>> rows_of(pd.DataFrame({"children": [3.0, float("nan")]}))
    [{'children': 3.0}, {'children': None}]
    """
    table = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    known = table.notna().to_numpy()
    return [
        {str(n): v if k else None for (n, v), k in zip(row.items(), ks, strict=True)}
        for row, ks in zip(table.to_dict("records"), known.tolist(), strict=True)
    ]


def _by_school(frame: pd.DataFrame) -> dict[str, tuple[Row, ...]]:
    found: dict[str, list[Row]] = {}
    for row in rows_of(frame):
        found.setdefault(str(row["school_id"]), []).append(in_words(row))
    return {id_: tuple(rows) for id_, rows in found.items()}


def _kind_words(kinds: pd.DataFrame | None) -> Mapping[str, Text]:
    if kinds is None:
        return {}
    return {
        str(k["kind"]): Text(**{lang: str(k[f"title_{lang}"]) for lang in languages()})
        for k in rows_of(kinds)
    }


def _gates(school_id: str, audit: Sequence[Row], place: Place) -> tuple[str, ...]:
    """Return the ids of the gates: those drawn, as they are numbered, then those of the audit."""
    drawn = len(place.layers.get("entrance", {}).get("geometry", ()))
    ids = [f"{school_id}#{number}" for number in range(1, drawn + 1)]
    audited = [str(row["gate_id"]) for row in audit if row.get("gate_id") is not None]
    return tuple(dict.fromkeys([*ids, *audited]))
