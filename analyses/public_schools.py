"""What of each school may be told: how its checks ended, hazards near it, pupils where there are many?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from analyses.privacy.release import number
from analyses.privacy.rounding import band, told
from analyses.treatments import bodies, treatments
from geo.bundled import load_toml

if TYPE_CHECKING:
    from analyses.privacy.release import Told
    from analyses.run import Run

_CHECKS = ("passed", "failed", "unknown", "not_applicable")
_AUDIT = ("school_id", "check", "zh", "en", "verdict", "clause", "verified", "verified_en")


def public_schools(run: Run, *, k: int) -> gpd.GeoDataFrame:
    """Return the schools: ``school_id`` (a running number)``, name, kind, children, passed …``.

    ``children`` are rounded, and left open below `k`; the checks are those of its gates.
    """
    rows = _shown(run, "school")
    if rows is None:
        columns = ["school_id", "name", "kind", "children", *_CHECKS]
        return gpd.GeoDataFrame(columns=columns, geometry=[], crs=run.inputs.crs)
    pupils = [told(float(n), k=k) if n == n else None for n in rows.get("children", [])]  # noqa: PLR0124
    checks = {c: pd.array(rows[c], dtype="Int64") for c in _CHECKS if c in rows}
    table = {
        "school_id": _school_ids(rows).to_numpy(), "name": rows["name"].to_numpy(object),
        "kind": rows["kind"].to_numpy(object),
        "children": pd.array(pupils or [None] * len(rows), dtype="Int64"), **checks,
    }  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=rows.geometry.to_numpy(), crs=run.inputs.crs)


def pupils_told(schools: pd.DataFrame, *, k: int) -> list[Told]:
    """Return the pupils of the schools as numbers of a release."""
    return [
        number(frozenset({f"{row.school_id} {row.name}"}), "pupils", str(row.kind),
               count=float(row.children), k=k)
        for row in schools[["school_id", "name", "kind", "children"]].itertuples(
            index=False, name="School"
        )
        if row.children is not pd.NA
    ]  # fmt: skip


def public_audit(run: Run) -> pd.DataFrame:
    """Return the checks that failed or are open, once a school, without what was measured."""
    rows = _shown(run, "audit")
    schools = _shown(run, "school")
    if rows is None or schools is None:
        return pd.DataFrame(columns=list(_AUDIT))
    wanted = rows[rows["verdict"].isin(["fail", "unknown"])].sort_values(
        ["school_id", "verdict", "check"], kind="stable"
    )
    kept = wanted[[c for c in _AUDIT if c in wanted]].drop_duplicates()
    numbers = _school_ids(schools)
    return kept.assign(school_id=kept["school_id"].astype(str).map(numbers)).reset_index(drop=True)


def public_hazards(run: Run, *, k: int) -> pd.DataFrame:
    """Return the hazards that this run found: what is written by hand is left out."""
    rules = load_toml("rules/publish.toml")
    rows, schools = _shown(run, "hazard"), _shown(run, "school")
    if rows is None or schools is None:
        return pd.DataFrame(columns=["school_id", "grade", "children"])
    if "change" in rows:
        rows = rows[rows["change"].isin(rules["hazards"]["changes"])]
    named = rows.assign(
        school_id=rows["school_id"].astype(str).map(_school_ids(schools)), children=bands(rows, k=k)
    )
    # Where children walk is told only where enough do; how a gate is, always.
    of_gate = ~named["rule"].isin(rules["hazards"]["of_ways"])
    named = named[of_gate | named["children"].notna()]
    for lang in ("zh", "en"):
        cut = named["rule"] == rules["hazards"]["cut_off"]
        named.loc[cut, f"description_{lang}"] = _cut_off(named[cut], lang)
    for column, words in (("treatment", treatments()), ("body", bodies())):
        if column in named:
            named[column] = named[column].where(named[column].isin(list(words)), None)
    kept = [c for c in rules["layers"]["hazard"] if c in named]
    return named[[*kept, rows.geometry.name]].reset_index(drop=True)


def _cut_off(rows: pd.DataFrame, lang: str) -> list[str]:
    """Say with their band how many children a barrier cuts off."""
    words = load_toml("words/ledger.toml")
    barriers = words["barrier"]
    return [
        words["text"]["severed"][lang].format(
            children=f"≥{children}", barrier=barriers.get(kind, barriers["other"])[lang]
        )
        for kind, children in zip(rows["object_id"], rows["children"], strict=True)
    ]


def bands(rows: pd.DataFrame, *, k: int) -> pd.Series:
    """Return the bands that the children on crossings or hazards lie in."""
    values = [band(float(n), k=k) if n == n else None for n in rows["children"]]  # noqa: PLR0124
    return pd.Series(pd.array(values, dtype="Int64"), index=rows.index)


def _shown(run: Run, role: str) -> gpd.GeoDataFrame | None:
    """Return the rows of a role, None where there are none."""
    rows = next((s.rows for s in run.result.shown if s.role == role), None)
    return None if rows is None or rows.empty else rows  # type: ignore[return-value]


def _school_ids(rows: pd.DataFrame) -> pd.Series:
    """Return running numbers for the schools, by their own id."""
    numbers = [f"S{n:04d}" for n in range(1, len(rows) + 1)]
    return pd.Series(numbers, index=rows["school_id"].astype(str))
