"""How does a study, or a frame of one's own, become the city that questions are put to?"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd

from analyses.facilities import facilities_from_layer, merge_facilities, required_kind
from analyses.rules import age_groups
from analyses.run.ages import with_age_groups
from analyses.run.communities import communities_of
from analyses.run.inputs import read_inputs
from analyses.run.order import city_of, run_study
from analyses.study import load_study
from geo.bundled import DEMO, load_toml
from geo.crs import metric_crs, project
from geo.findings import Finding, InputRefused, refuse_if_any
from geo.people import demand_in_zones
from geo.read import Layer

if TYPE_CHECKING:
    from analyses.city import City
    from analyses.run.inputs import Inputs
    from analyses.run.order import Run
    from analyses.study import Study
    from geo.walk import WalkNetwork


@dataclass(frozen=True, eq=False)
class OpenStudy:
    """A study that has been opened: its settings, and its layers once they are wanted.

    Attributes
    ----------
    settings
        As ``study.toml`` says.
    """

    settings: Study

    def __repr__(self) -> str:
        """Return what `settings` says of itself."""
        return f"{self.settings!r}; `.city` reads its layers"

    @cached_property
    def inputs(self) -> Inputs:
        """All layers, read and checked, with the account of rows of each file."""
        return read_inputs(self.settings)

    @cached_property
    def city(self) -> City:
        """Streets, facilities, children and communities, checked and put on the streets."""
        return city_of(self.settings, self.inputs)


def load(path: str | Path) -> OpenStudy:
    """Open a study: a folder with ``study.toml``, or the file itself.

    Raises
    ------
    InputRefused
        All that is wrong with the settings, with line and key.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> load(DEMO).settings.study.synthetic
    True
    """
    return _demo() if Path(path) == DEMO else OpenStudy(load_study(Path(path)))


@cache
def _demo() -> OpenStudy:
    """Open the bundled demo study, which never changes, once."""
    return OpenStudy(load_study(DEMO))


def run(study: OpenStudy | Study | str | Path) -> Run:
    """Read all layers of a study and answer all its questions.

    Parameters
    ----------
    study
        From `load`, or the path that `load` takes.

    Examples
    --------
    >>> import yimi
    >>> run = yimi.run(yimi.demo)
    >>> total = run.result.tables["total"].set_index("rule_id").loc["KG"]
    >>> bool(0 < total["covered_walk"] < total["children"])
    True
    """
    if isinstance(study, (str, Path)):
        study = load(study)
    return run_study(study.settings if isinstance(study, OpenStudy) else study)


def facilities(
    layer: Layer | gpd.GeoDataFrame, kind: str | None = None, *, crs: str = "auto"
) -> gpd.GeoDataFrame:
    """Return facilities as a `City` takes them.

    Parameters
    ----------
    layer
        From `read`, or a frame of points or polygons in any CRS; canonical columns (``name, kind,
        capacity, id``) as far as it has them.
    kind
        Kind of the rows that name none: an id or a word (``学校``, ``park``).
    crs
        Metric CRS; ``auto`` takes the one that fits.

    Returns
    -------
    GeoDataFrame
        ``facility_id, name, kind, capacity, source, area_m2``, each place once.

    Raises
    ------
    InputRefused
        ``TYPE_UNKNOWN`` for each row whose kind nobody knows: none is dropped without a word.

    Examples
    --------
    >>> import shapely
    >>> frame = gpd.GeoDataFrame({"name": ["一园"]}, geometry=[shapely.Point(117, 39)], crs=4326)
    >>> facilities(frame, "幼儿园")[["name", "kind"]].values.tolist()
    [['一园', 'kindergarten']]
    """
    frame, name = _frame(layer, "facilities")
    given = None if kind is None else required_kind(kind)
    rows = facilities_from_layer(frame, kind=given, source=name)
    merged, findings = merge_facilities([project(rows, _metric(frame, crs))])
    unknown = [finding for finding in findings if finding.code == "TYPE_UNKNOWN"]
    if unknown:
        raise InputRefused(*unknown)
    return merged


def communities(layer: Layer | gpd.GeoDataFrame, *, crs: str = "auto") -> gpd.GeoDataFrame:
    """Return communities as a `City` takes them: ``area_id, name, town, settlement`` and ages.

    Columns of any ages (``0岁``, ``3-6岁``, boys and girls apart) become those of the age groups.

    Examples
    --------
    >>> import shapely
    >>> zone = shapely.box(117.0, 38.9, 117.01, 38.91)
    >>> frame = gpd.GeoDataFrame({"name": ["东村"], "age_3_5": [30.0]}, geometry=[zone], crs=4326)
    >>> communities(frame)[["name", "settlement", "age_3_5"]].to_numpy().tolist()
    [['东村', 'unknown', 30.0]]
    """
    frame, name = _frame(layer, "communities")
    headers = layer.headers if isinstance(layer, Layer) else {}
    found = communities_of(project(frame, _metric(frame, crs)))
    counted = with_age_groups(found, file=name, headers=headers)
    refuse_if_any(counted.findings)
    return counted.frame


def demand(
    communities: gpd.GeoDataFrame,
    *,
    buildings: gpd.GeoDataFrame | None = None,
    streets: WalkNetwork | None = None,
) -> gpd.GeoDataFrame:
    """Spread the children of communities over their homes, else along their streets.

    Parameters
    ----------
    communities
        From `communities`: ``area_id`` and a column for each age group.
    buildings
        Homes in the same CRS, with ``storeys`` where known.
    streets
        Used where a community has no building.

    Returns
    -------
    GeoDataFrame
        Points; the children of each community sum up to what it has.

    Examples
    --------
    >>> import shapely
    >>> zone = shapely.box(500_000, 4_200_000, 501_000, 4_201_000)
    >>> frame = gpd.GeoDataFrame({"area_id": ["a"], "age_3_5": [30.0]}, geometry=[zone], crs=4548)
    >>> demand(frame)["age_3_5"].sum().item()
    30.0
    """
    lines = None
    if streets is not None:
        lines = gpd.GeoDataFrame(geometry=streets.tree.geometries, crs=streets.crs)
    columns = [group for group in age_groups() if group in communities]
    if not columns:
        detail = {"near": ", ".join(age_groups())}
        raise InputRefused(Finding("CHILDREN_NO_COLUMN", "communities", detail=detail))
    usual = load_toml("study_defaults.toml")["children"]["spacing_m"]["default"]
    whole = demand_in_zones(
        communities, value_columns=columns, buildings=buildings, lines=lines, spacing_m=usual
    )
    return whole.points


def _frame(layer: Layer | gpd.GeoDataFrame, name: str) -> tuple[gpd.GeoDataFrame, str]:
    """Return the frame of a layer, and how messages call it."""
    frame, name = (layer.frame, layer.name) if isinstance(layer, Layer) else (layer, name)
    if frame.crs is None:
        raise InputRefused(Finding("FRAME_NO_CRS", name))
    return frame, name


def _metric(frame: gpd.GeoDataFrame, crs: str) -> str:
    if crs != "auto":
        return crs
    west, south, east, north = frame.to_crs(4326).total_bounds
    return metric_crs((west, south, east, north))
