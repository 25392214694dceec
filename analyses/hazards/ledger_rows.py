"""Which hazards are there around the schools, how grave, and who should do what: 隐患台账.

One row a hazard of a school.  Its id depends only on the school, the rule and the object (or the
place), so that what an office writes beside it survives every later run
(`analyses.hazards.merging`).
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from analyses.facilities import facility_types
from analyses.hazards import evidence as hazards
from analyses.schema import spread
from analyses.treatments import bodies, horizons, treatments
from geo.bundled import load_toml
from geo.crs import to_wgs84
from geo.words import Text, in_columns, text, texts, texts_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from analyses.streets import Scene
    from geo.arrays import Floats, Objects
    from geo.words import Lang

COLUMNS = (
    "id", "school_id", "school", "stage", "rule", "object_id", "place_*", "x", "y", "category",
    "description_*", "clause", "verified", "evidence_*", "data_state", "children", "risk",
    "risk_low", "risk_high", "grade", "rank_exposure", "rank_single", "treatment", "body", "due",
    "status", "found_date", "closed_date", "review_date", "risk_before", "risk_after", "photo",
    "note", "change",
)  # fmt: skip
_ID_CHARS = 12
_OWN_ID = re.compile(rf"H[0-9a-f]{{{_ID_CHARS}}}")
_ROUND_M = 10
_DECIMALS = 2
"""Of children: no dust of adding shares."""
Choice = Literal["shortest", "safest"]


@dataclass(frozen=True, eq=False, kw_only=True)
class Evidence:
    """What hazards are read from.

    Attributes
    ----------
    audit
        Gate audit, see `analyses.hazards.evidence.failed_checks`.
    crossings, streets
        `analyses.risk.crossing_table` and `analyses.risk.along_table` of the most vulnerable
        children who walk.
    use, pupils
        Of `analyses.routes.Routes`: the children on each edge, and what each child meets.

    Examples
    --------
    >>> import pandas as pd
    >>> nothing = pd.DataFrame()
    >>> names = ("audit", "crossings", "streets", "use", "pupils")
    >>> Evidence(**dict.fromkeys(names, nothing)).audit.empty
    True
    """

    audit: pd.DataFrame
    crossings: pd.DataFrame
    streets: pd.DataFrame
    use: pd.DataFrame
    pupils: pd.DataFrame


def ledger(
    schools: gpd.GeoDataFrame,
    scene: Scene,
    evidence: Evidence,
    *,
    choice: Choice = "shortest",
    study_date: dt.date | None = None,
) -> gpd.GeoDataFrame:
    """Return the ledger of hazards.

    Parameters
    ----------
    schools
        ``facility_id, name, kind``; points or polygons in the scene's CRS.
    scene
        Streets, crossings and what is known of them.
    evidence
        Audit, risks, and the children's ways.
    choice
        Whose children count: ``shortest``, the ways that are taken as long as nobody recommends
        others, or ``safest``, the recommended ones.
    study_date
        Day on which the data were looked at.  With it hazards have a date, and treatments one by
        which they are due; without it ``due`` is a horizon
        (`analyses.treatments.catalogue.horizons`).

    Returns
    -------
    GeoDataFrame
        `COLUMNS` and the place as a point, in the scene's CRS; in the order of ``rank_exposure``.

        ``id``; ``school_id, school, stage`` (kind of school); ``rule`` (a check of the audit,
        ``crossing``, ``stretch`` or ``severed``); ``object_id`` (crossing_id or street_id);
        ``place_…``; ``x, y`` (degrees, WGS 84); ``category`` (reason code);
        ``description_…, clause, verified`` (code)``, evidence_…``; ``data_state`` (observed |
        assumed | unknown); ``children``; ``risk, risk_low, risk_high`` (points, NaN where a rule
        has none); ``grade`` (A | B | C, None = the interval lies in several); ``rank_exposure``
        (by children x risk) and ``rank_single`` (by the risk of the place alone); ``treatment,
        body`` (ids); ``due``; ``status`` (code of `statuses`); ``found_date, closed_date,
        review_date`` (ISO text or None); ``risk_before, risk_after, photo, note``; ``change``
        (code, see `vocabularies`).

    Examples
    --------
    >>> import yimi
    >>> from analyses.gates import gate_audit
    >>> from analyses.risk import along_table, crossing_table, dangers
    >>> from analyses.routes import RouteOptions, safe_routes, school_city
    >>> city = school_city(yimi.load(yimi.demo).city)
    >>> known = dangers(city.scene)
    >>> ways = safe_routes(city, known, RouteOptions())
    >>> evidence = Evidence(
    ...     audit=gate_audit(city.scene, city.facilities, city.entrances),
    ...     crossings=crossing_table(city.scene, known[0].profile),
    ...     streets=along_table(city.scene, known[0].profile),
    ...     use=ways.use,
    ...     pupils=ways.pupils,
    ... )
    >>> found = ledger(city.facilities, city.scene, evidence)
    >>> found["id"].is_unique, set(found["status"])
    (True, {'to_check'})
    """
    walked = hazards.walked_edges(evidence.use, choice=choice)
    found = _stacked(
        hazards.failed_checks(evidence.audit, evidence.pupils),
        hazards.dangerous_crossings(scene, evidence.crossings, walked),
        hazards.stretches_without_sidewalk(scene, evidence.streets, walked),
        hazards.severances(evidence.pupils),
    )
    rows = found[found["school_id"].isin(schools["facility_id"])].reset_index(drop=True)
    crs = str(schools.crs)
    of = pd.Index(schools["facility_id"]).get_indexer(pd.Index(rows["school_id"]))
    rows["school"] = schools["name"].to_numpy(dtype=object)[of]
    rows["stage"] = schools["kind"].to_numpy(dtype=object)[of]
    rows = _placed(rows, shapely.centroid(schools.geometry.to_numpy()[of]), crs=crs)
    rows["id"] = [
        hazard_id(school, rule, thing if isinstance(thing, str) else cell(x, y))
        for school, rule, thing, x, y in rows[
            ["school_id", "rule", "object_id", "x", "y"]
        ].itertuples(index=False)
    ]
    rows = _assigned(rows.drop_duplicates("id"), study_date=study_date)
    ranked = ranked_rows(rows)
    points = gpd.points_from_xy(ranked["metric_x"], ranked["metric_y"])
    return gpd.GeoDataFrame(ranked[list(spread(COLUMNS))], geometry=points, crs=crs)


def hazard_id(school_id: str, rule: str, thing: str) -> str:
    """Return the id of a hazard: the same in every run, whatever stands around it.

    It begins with a letter, so that no spreadsheet takes it for a number.

    Examples
    --------
    >>> hazard_id("S1", "crossing", "n12.0") == hazard_id("S1", "crossing", "n12.0")
    True
    >>> hazard_id("S1", "crossing", "n12.0") == hazard_id("S1", "cross", "ing.n12.0")
    False
    """
    text = f"{school_id}\x1f{rule}\x1f{thing}"
    return "H" + hashlib.sha256(text.encode()).hexdigest()[:_ID_CHARS]


def is_hazard_id(text: str) -> bool:
    """Say whether an id is one of `hazard_id`: the rows of an office have ids of their own."""
    return _OWN_ID.fullmatch(text) is not None


def cell(lon: float, lat: float) -> str:
    """Return the cell of about 10 m in which a place lies: the same in every working CRS."""
    size: float = load_toml("rules/ledger.toml")["identity"]["cell_degrees"]
    return f"{round(lon / size)}:{round(lat / size)}"


def statuses() -> dict[str, dict[str, bool]]:
    """Return the chain of the status in its order: code -> ``fixed``.

    Examples
    --------
    >>> list(statuses())
    ['to_check', 'confirmed', 'assigned', 'under_way', 'closed', 'to_review', 'reviewed']
    """
    chain: dict[str, dict[str, bool]] = load_toml("ledger.toml")["status"]
    return chain


@cache
def vocabularies() -> Mapping[str, Mapping[str, Text]]:
    """Return the words of the ledger's codes: column -> code -> word.

    Codes stand in every table of a run; the files that offices work in have words.

    Examples
    --------
    >>> vocabularies()["data_state"]["unknown"]["en"]
    'unknown'
    """
    return {
        "treatment": {key: t.title for key, t in treatments().items()},
        "stage": {key: t.title for key, t in facility_types().items()},
        "body": {key: Text.of(row) for key, row in bodies().items()},
        "due": {key: Text.of(row) for key, row in horizons().items()},
        "verified": texts("audit/verified"),
        "data_state": texts("ledger/data_state"),
        "status": texts("ledger/status"),
        "status_before": texts("ledger/status"),
        "change": texts("ledger/change"),
    }


def ranked_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows with both ranks (1 = worst), in the order of ``rank_exposure``.

    What has no points comes after what has; ties go by grade, children and id.
    """
    grade = rows["grade"].fillna("~").astype(str)
    order = rows.assign(
        exposure=-(rows["children"] * rows["risk"]), single=-rows["risk"], most=-rows["children"]
    ).assign(letter=grade)
    ties = ["letter", "most", "id"]
    ranked = rows.copy()
    for name, by in (("rank_exposure", "exposure"), ("rank_single", "single")):
        at = order.sort_values([by, *ties], kind="stable", na_position="last").index
        ranked[name] = pd.Series(np.arange(1, len(rows) + 1), index=at)
    return ranked.sort_values("rank_exposure", kind="stable").reset_index(drop=True)


def _stacked(*tables: pd.DataFrame) -> pd.DataFrame:
    """Put the hazards of all kinds together."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return tables[0].copy()
    rows = pd.concat(filled, ignore_index=True)
    words = rows.select_dtypes(object).columns
    return rows.assign(**{name: rows[name].where(rows[name].notna(), None) for name in words})


def _placed(rows: pd.DataFrame, schools: Objects, *, crs: str) -> pd.DataFrame:
    """Fill in the place: degrees, and words that tell where it is from the school."""
    at_school = shapely.get_coordinates(schools).reshape(-1, 2)
    xy = rows[["x", "y"]].to_numpy(dtype=np.float64)
    xy = np.where(np.isfinite(xy), xy, at_school)
    lon, lat = to_wgs84(xy[:, 0], xy[:, 1], crs)
    step = xy - at_school
    return rows.assign(
        x=np.round(lon, 7),
        y=np.round(lat, 7),
        metric_x=xy[:, 0],
        metric_y=xy[:, 1],
        **in_columns("place", lambda lang: _places(rows["street"], step, lang)),
    )


def _places(streets: pd.Series[Any], step: Floats, lang: Lang) -> list[str]:
    """Say where hazards are: street, distance and direction from the school (`step`, (n, 2))."""
    names = list(texts_in("ledger/bearing", lang).values())
    far, on_street = text("ledger/text/place")[lang], text("ledger/text/place_on")[lang]
    metres = np.hypot(step[:, 0], step[:, 1])
    eighth = np.rint(np.arctan2(step[:, 0], step[:, 1]) / (np.pi / 4)).astype(np.int64) % len(names)
    named = [on_street.format(street=s) if isinstance(s, str) else "" for s in streets]
    places = [
        far.format(bearing=names[e], metres=f"{round(m / _ROUND_M) * _ROUND_M:g}")
        for e, m in zip(eighth, metres, strict=True)
    ]
    here = text("ledger/text/at_school")[lang]
    return [
        on + (place if m >= _ROUND_M else here)
        for on, place, m in zip(named, places, metres, strict=True)
    ]


def _assigned(rows: pd.DataFrame, *, study_date: dt.date | None) -> pd.DataFrame:
    """Fill in who does what until when, and where the work stands."""
    known = treatments()
    chosen = [known.get(str(name)) for name in rows["treatment"]]
    nothing = pd.Series([None] * len(rows), index=rows.index, dtype=object)
    due: Any = [None if t is None else t.horizon for t in chosen]
    if study_date is not None:
        due = [None if t is None else _later(study_date, months=t.months) for t in chosen]
    day = None if study_date is None else study_date.isoformat()
    body: Any = [None if t is None else t.body for t in chosen]
    return rows.assign(
        body=body,
        due=due,
        children=rows["children"].round(_DECIMALS),
        status=next(iter(statuses())),
        found_date=pd.Series([day] * len(rows), index=rows.index, dtype=object),
        closed_date=nothing,
        review_date=nothing,
        risk_before=rows["risk"],
        risk_after=np.nan,
        photo=nothing,
        note=nothing,
        change=next(iter(texts("ledger/change"))),
    )


def _later(day: dt.date, *, months: int) -> str:
    """Return the last day of the month that is so many months later."""
    month = day.year * 12 + day.month + months
    return (dt.date(month // 12, month % 12 + 1, 1) - dt.timedelta(days=1)).isoformat()
