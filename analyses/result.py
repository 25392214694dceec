"""What does an analysis hand over, and which roles may a map show?

Maps know the roles below and nothing of the analysis behind them.  Every frame is a
GeoDataFrame in the study's metric CRS unless it says "table".

==============  ============================================================================
role            rows (columns besides geometry)
==============  ============================================================================
``street``      lines: ``highway``
``water`` ``green`` ``railway`` ``building``
                areas or lines for the background, no columns needed
``area``        polygons: ``area_id, name, town, settlement, children``
``area_value``  table, long: ``area_id, rule_id, children, covered_straight, covered_network,
                covered_walk`` (children), ``share_straight, share_network, share_walk`` (0-1, NaN
                where no child is concerned); the row with no ``area_id`` is the total
``facility``    points or polygons: ``facility_id, name, kind, capacity, source``
``entrance``    points: ``facility_id, rule``
``demand``      points: ``children`` and for each rule two columns ``status:<rule_id>`` (int8, see
                `Status`) and ``walk_m:<rule_id>`` (float, inf = nothing reached)
``service``     lines reached within the limit of a rule: ``rule_id``
``gap``         table, ranked: ``rank, area_id, area_name, town, rule_id, kind, children, share,
                walk_m, x, y`` (x, y: where to fly to, metric CRS)
``rule``        table: ``rule_id, kind, zh, en, limit_zh, limit_en, standard, clause, strength,
                scope, verified`` (verified: text shown as it is, e.g. 待核)
``kind``        table: ``kind, zh, en, colour, icon``
``school``      points, one per school and kindergarten: ``school_id, name, kind, children,
                children_alone, children_severed, share_alone`` (each also ``_low`` and
                ``_high``)``, detour_median, risk, risk_low, risk_high, known_share, gates,
                gates_assumed, passed, failed, unknown, not_applicable, hazards_a, hazards_b,
                hazards_c``
``route``       lines, the streets and crossings that the ways to one school use: ``school_id,
                profile, choice`` (shortest | safest)``, children, risk, crossing`` (bool)
``crossing``    points: ``crossing_id, street_name, facility, facility_source, children, risk,
                risk_low, risk_high, known_share, plts, why_zh, why_en``
``exposure``    lines, streets with children on them: ``street_id, name, children, risk, risk_low,
                risk_high`` (points per 100 m)``, known_share, plts, why_zh, why_en``
``hazard``      points: the ledger's columns, see `analyses.hazards.rows`
``audit``       table: see `analyses.gates.audit`
``zone``        polygons, what is audited around each gate: ``school_id, gate_id, assumed``
``site``        points, candidate sites: ``candidate_id, name, kind`` (what would be built)``,
                verdict`` (chosen | possible | fails)``, rank, children`` (who gain)``, share``
                (of all children covered, up to this rank)``, rule_id, communities`` (who gain)``,
                why_zh, why_en`` (requirements that it fails or that nobody has looked at)
``short_group`` polygons, communities jointly short of places: ``area_id, name, stage, group,
                short`` (places that the whole group lacks)
``link``        lines, gates, footpaths and footbridges that are missing: ``rule_id, rank, kind``
                (gate | footpath | footbridge)``, length_m, children`` (who come within reach)``,
                share, walk_saved_m, reason_zh, reason_en``
``co_use``      points, places of other kinds to be opened at weekends: ``rule_id, rank,
                facility_id, name, kind`` (of the host)``, children`` (who gain)``, share_before,
                share_after, area_known`` (bool)
``place_gap``   table, long: ``stage, area_id, children, distance, safety, capacity_low,
                capacity_high, placed, share_placed, out_of_scope``; the row with no ``area_id``
                is the total
``school_places`` table: ``facility_id, stage, places, assigned, fill, spare``
``mark``        points, places that children and parents marked (crossings, middles of streets and
                of squares, never a single mark): ``mark`` (id of the kind, None = nobody)``,
                mark_zh, mark_en, place_kind`` (crossing | street | cell)``, object_id, place, area,
                town, marks, people, grade`` (of the hazard beside it)``, agreement`` (agree |
                missed | felt_only | None)``, agreement_zh, agreement_en``
``school_zone`` polygons, communities with the school that they would belong to: ``area_id, name,
                stage, facility_id, school, from_school`` (today)``, children`` (of the stage)``,
                change`` (stays | moves)``, why_zh, why_en``
==============  ============================================================================
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geo.findings import Finding

Role = Literal[
    "street", "water", "green", "railway", "building", "area", "area_value", "facility",
    "entrance", "demand", "service", "gap", "rule", "kind",
    "school", "route", "crossing", "exposure", "hazard", "audit", "zone",
    "site", "short_group", "link", "co_use", "school_zone",
    "place_gap", "school_places", "mark",
]  # fmt: skip


class Status(IntEnum):
    """How a demand point stands towards one rule; the higher, the better."""

    NOT_APPLICABLE = -1
    UNCOVERED = 0
    STRAIGHT_ONLY = 1
    WITHOUT_LEGS = 2
    COVERED = 3


@dataclass(frozen=True)
class Shown:
    """Something that may be shown.

    Attributes
    ----------
    role
        One of the roles of the module's docstring.
    rows
        The frame that the role asks for.
    zh, en
        Title in both languages.
    value, unit
        Column that carries the value, and its unit, or None.
    """

    role: Role
    rows: gpd.GeoDataFrame | pd.DataFrame
    zh: str
    en: str
    value: str | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Indicator:
    """One number with where it comes from.

    Attributes
    ----------
    id
        Stable, e.g. ``coverage.KG.walk.children``.
    value
        ``numerator / denominator``, or the numerator alone where there is no denominator.
    rule_id
        Row of ``data/standards`` that it was tested against, or None.
    """

    id: str
    zh: str
    en: str
    value: float
    unit: str
    numerator: float
    denominator: float | None
    rule_id: str | None = None


@dataclass(frozen=True)
class Result:
    """What an analysis found."""

    name: str
    tables: Mapping[str, pd.DataFrame]
    indicators: tuple[Indicator, ...] = ()
    findings: tuple[Finding, ...] = ()
    shown: tuple[Shown, ...] = ()
    notes: tuple[tuple[str, str], ...] = field(default=())
    """Remarks that every output must carry, each in (zh, en)."""
