"""What of each school may be told: how its checks ended, hazards, pupils where there are many?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from analyses.publish.release import number
from analyses.publish.rounding import band, told
from analyses.schema import role, spread
from analyses.treatments import bodies, treatments
from geo.bundled import load_toml
from geo.words import languages, text

if TYPE_CHECKING:
    from analyses.publish.release import PublishedNumber
    from analyses.run import Run
    from geo.words import Lang

_CHECKS = {
    "passed": "pass", "failed": "fail", "unknown": "unknown", "not_applicable": "not_applicable",
}  # fmt: skip
_AUDIT = ("school_id", "check", "title_*", "verdict", "clause", "verified")
_WORST = ("fail", "unknown", "pass", "not_applicable")


def public_schools(run: Run, *, k: int) -> gpd.GeoDataFrame:
    """Return the schools: ``school_id`` (a running number)``, name, kind, children, passed …``.

    ``children`` are rounded, and left open below `k`; a check counts once, as at its worst gate.
    """
    rows = _shown(run, "school")
    if rows is None:
        columns = ["school_id", "name", "kind", "children", *_CHECKS]
        return gpd.GeoDataFrame(columns=columns, geometry=[], crs=run.inputs.crs)
    pupils = [told(float(n), k=k) if n == n else None for n in rows.get("children", [])]  # noqa: PLR0124
    verdicts = _worst(run)
    checks = {
        name: pd.array(
            [
                None if verdicts.empty else int(verdicts.get((school, verdict), 0))
                for school in rows["school_id"].astype(str)
            ],
            dtype="Int64",
        )
        for name, verdict in _CHECKS.items()
    }
    table = {
        "school_id": _school_ids(rows).to_numpy(), "name": rows["name"].to_numpy(object),
        "kind": rows["kind"].to_numpy(object),
        "children": pd.array(pupils or [None] * len(rows), dtype="Int64"), **checks,
    }  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=rows.geometry.to_numpy(), crs=run.inputs.crs)


def pupils_told(schools: pd.DataFrame, *, k: int) -> list[PublishedNumber]:
    """Return the pupils of the schools as numbers of a release."""
    return [
        number(frozenset({f"{id_} {name}"}), "pupils", str(kind), count=float(children), k=k)
        for id_, name, kind, children in schools[["school_id", "name", "kind", "children"]]
        .dropna(subset="children").itertuples(index=False)
    ]  # fmt: skip


def public_audit(run: Run) -> pd.DataFrame:
    """Return the checks that failed or are open, once a school, without what was measured."""
    rows, schools = _audit(run), _shown(run, "school")
    if rows is None or schools is None:
        return pd.DataFrame(columns=list(spread(_AUDIT)))
    wanted = rows[rows["verdict"].isin(_WORST[:2])].sort_values(
        ["school_id", "verdict", "check"], kind="stable"
    )
    kept = wanted[[c for c in spread(_AUDIT) if c in wanted]]
    numbers = _school_ids(schools)
    return kept.assign(school_id=kept["school_id"].astype(str).map(numbers)).reset_index(drop=True)


def _audit(run: Run) -> pd.DataFrame | None:
    """Return the audit with one row for each school and check: that of the worst gate."""
    rows = _shown(run, "audit")
    if rows is None:
        return None
    rank = rows["verdict"].map({verdict: n for n, verdict in enumerate(_WORST)})
    ranked: pd.DataFrame = rows.assign(rank=rank).sort_values("rank", kind="stable")
    return ranked.drop_duplicates(["school_id", "check"])


def _worst(run: Run) -> pd.Series:
    """Return how many checks of each school ended how: (school, verdict) -> number."""
    rows = _audit(run)
    if rows is None:
        return pd.Series(dtype="Int64")
    return rows.groupby([rows["school_id"].astype(str), "verdict"]).size()


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
    cut = named["rule"] == rules["hazards"]["cut_off"]
    if run.inputs.unit != "children":
        named, cut = named[~cut].assign(children=None), cut[~cut]
    for lang in languages():
        named.loc[cut, f"description_{lang}"] = _cut_off(named[cut], lang)
    for column, words in (("treatment", treatments()), ("body", bodies())):
        if column in named:
            named[column] = named[column].where(named[column].isin(list(words)), None)
    kept = [c for c in spread(role("hazard").public or ()) if c in named]
    found: pd.DataFrame = named[[*kept, rows.geometry.name]].reset_index(drop=True)
    return found


def _cut_off(rows: pd.DataFrame, lang: Lang) -> list[str]:
    """Say with their band how many children a barrier cuts off: the ledger has their number."""
    cut_off = text("publish/text/cut_off")
    return [cut_off.format(children=children)[lang] for children in rows["children"]]


def bands(rows: pd.DataFrame, *, k: int) -> pd.Series:
    """Return the bands that the children on crossings or hazards lie in."""
    values = [band(float(n), k=k) if n == n else None for n in rows["children"]]  # noqa: PLR0124
    return pd.Series(pd.array(values, dtype="Int64"), index=rows.index)


def _shown(run: Run, role: str) -> gpd.GeoDataFrame | None:
    """Return the rows of a role, None where there are none."""
    rows: Any = next((s.rows for s in run.result.shown if s.role == role), None)
    return None if rows is None or rows.empty else rows


def _school_ids(rows: pd.DataFrame) -> pd.Series:
    """Return running numbers for the schools, by their own id."""
    numbers = [f"S{n:04d}" for n in range(1, len(rows) + 1)]
    return pd.Series(numbers, index=rows["school_id"].astype(str))
