"""Where do the children of a study live: at which points, how many of each age, how is it known?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np

from analyses.rules import age_groups
from analyses.run.ages import Counted, with_age_groups
from analyses.run.rasters import rasters_of
from analyses.run.tabled_children import children_of_communities
from geo.crs import project
from geo.findings import Finding, InputRefused, refuse_if_any
from geo.people import (
    Demand,
    demand_along_streets,
    demand_from_points,
    demand_from_rasters,
    demand_in_zones,
    weights_of,
)
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from analyses.study import Study
    from geo.read import Layer
    from geo.walk import WalkNetwork
    from geo.words import Text


@dataclass(frozen=True)
class People:
    """Demand points, what they count, and what must be said about them.

    Attributes
    ----------
    points
        See `geo.people.zones.Demand`: ``area_id, town, settlement``, a column for each age group,
        ``dwellings, residential_m2, method``.
    unit
        ``children``, or ``homes`` where no count of children is known.
    findings, notes
        Remarks; sentences for every output.
    rasters
        The rasters that were read.
    """

    points: gpd.GeoDataFrame
    unit: str
    findings: tuple[Finding, ...]
    notes: tuple[Text, ...]
    rasters: tuple[Path, ...] = ()


def demand_of(
    study: Study,
    read: Callable[..., Layer],
    *,
    communities: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None,
    network: WalkNetwork,
    headers: Mapping[str, str],
) -> People:
    """Return the demand points of a study.

    Parameters
    ----------
    study
        Its ``[children]`` says how children are known.
    read
        Reads a layer of the study.
    communities, buildings
        Metric CRS; buildings may be None.
    network
        Streets, for zones without buildings.
    headers
        Column of the communities -> header of their file.

    Raises
    ------
    InputRefused
        ``CHILDREN_NO_COLUMN`` where counts are asked for but no column has any, and what
        `geo.people.demand` refuses.
    """
    method = study.children.method
    groups = list(age_groups())
    counted = Counted(communities, ())
    if method == "raster":
        return _from_rasters(study, communities=communities, buildings=buildings)
    if method == "points":
        demand, counted = _from_points(study, read, communities=communities, network=network)
    else:
        counted = children_of_communities(
            study,
            read,
            communities=communities,
            headers=headers,
            buildings=buildings,
            network=network,
        )
        refuse_if_any(counted.findings)
        if not counted.groups:
            people = _equal(study, communities=communities, buildings=buildings, network=network)
            return replace(people, findings=(*counted.findings, *people.findings))
        lines = _lines(network)
        demand = demand_in_zones(
            _with_groups(counted.frame),
            value_columns=groups,
            buildings=buildings,
            lines=lines,
            spacing_m=study.children.spacing_m,
            name=study.communities.path if study.communities else "communities",
        )
    findings = (*counted.findings, *demand.findings)
    return People(demand.points, "children", findings, counted.notes)


def _from_points(
    study: Study,
    read: Callable[..., Layer],
    *,
    communities: gpd.GeoDataFrame,
    network: WalkNetwork,
) -> tuple[Demand, Counted]:
    """Take counts per building, address or cell from a layer."""
    section = study.children
    if section.path is None:
        raise _needs("children.path")
    layer = read(section)
    frame = project(layer.frame, network.crs)
    counted = with_age_groups(
        frame, file=section.path, structure=section.structure, headers=layer.headers
    )
    refuse_if_any(counted.findings)
    if not counted.groups:
        detail = {"near": ", ".join(age_groups())}
        finding = Finding("CHILDREN_NO_COLUMN", section.path, detail=detail)
        raise InputRefused(finding, *counted.findings)
    demand = demand_from_points(
        _with_groups(counted.frame),
        value_columns=list(age_groups()),
        zones=communities,
        name=section.path,
    )
    return demand, counted


def _from_rasters(
    study: Study, *, communities: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame | None
) -> People:
    """Take the children from population rasters to the homes inside their cells."""
    rasters = rasters_of(study)
    demand = demand_from_rasters(rasters.parts, communities, homes=buildings)
    points = demand.points.assign(**dict.fromkeys(rasters.unknown, np.nan))
    files = tuple(dict.fromkeys(part.path for part in rasters.parts))
    return People(points, "children", (*rasters.findings, *demand.findings), rasters.notes, files)


def _equal(
    study: Study,
    *,
    communities: gpd.GeoDataFrame,
    buildings: gpd.GeoDataFrame | None,
    network: WalkNetwork,
) -> People:
    """Count homes by their floor, or stretches of street: nothing is known about children."""
    groups = list(age_groups())
    if buildings is not None and len(buildings):
        weights = weights_of(buildings)
        frame = buildings.assign(**dict.fromkeys(groups, weights.homes))
        demand = demand_from_points(
            frame, value_columns=groups, zones=communities, method=weights.method, name="buildings"
        )
        note = text("coverage/demand/equal_homes")
    else:
        demand = demand_along_streets(
            communities.assign(**dict.fromkeys(groups, 1.0)),
            _lines(network),
            value_columns=groups,
            spacing_m=study.children.spacing_m,
            name="streets",
        )
        # Each zone was given 1 in all; counting its points makes every stretch count about 1.
        stretches = demand.points.groupby("area_id")["method"].transform("size")
        counted = {g: demand.points[g] * stretches for g in groups}
        demand = replace(demand, points=demand.points.assign(**counted))
        note = text("coverage/demand/equal_streets")
    finding = Finding("CHILDREN_UNKNOWN", "study.toml")
    return People(demand.points, "homes", (finding, *demand.findings), (note,))


def _lines(network: WalkNetwork) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=network.tree.geometries, crs=network.crs)


def _with_groups(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give a frame a column for each age group; one that is not there is unknown."""
    return frame.assign(**{g: np.nan for g in age_groups() if g not in frame.columns})


def _needs(key: str) -> InputRefused:
    return InputRefused(Finding("CONFIG_MISSING", "study.toml", detail={"key": key}))
