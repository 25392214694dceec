"""What does a study know of where things are, for lists that have addresses only?"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import geopandas as gpd
import pandas as pd

from analyses.facilities import Gazetteer, facilities_from_osm, house_numbers, osm_wanted
from geo.bundled import load_toml
from geo.crs import project
from geo.findings import Finding
from geo.osm import features_from_osm, is_osm
from geo.walk import polylines

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from analyses.study import Study
    from geo.osm import Streets

_WGS84 = "EPSG:4326"
_FOUND = "0"
"""Status of an answer of Tianditu that holds a place."""


@dataclass(frozen=True)
class ToPlace:
    """A list whose places may have to be set by hand; arrays are aligned with its rows.

    Attributes
    ----------
    path
        The file, as the study names it.
    cells
        Its rows as they stand there.
    headers
        Canonical column -> its header.
    lon, lat
        EPSG:4326, NaN where there is none.
    how
        How each place is known: a code of ``facilities/place_from``, "" = by its coordinates or
        not at all.
    doubt_m
        About how far the true place may be.

    Examples
    --------
    >>> import numpy as np
    >>> cells = pd.DataFrame({"校名": ["示例小学"]})
    >>> nan = np.array([np.nan])
    >>> listed = ToPlace("a.csv", cells, {"name": "校名"}, nan, nan, ("",), nan)
    >>> len(listed.cells) == len(listed.lon) == len(listed.how)
    True
    """

    path: str
    cells: pd.DataFrame
    headers: Mapping[str, str]
    lon: np.ndarray
    lat: np.ndarray
    how: tuple[str, ...]
    doubt_m: np.ndarray


def gazetteer_of(
    study: Study,
    streets: Streets,
    *,
    facilities: Sequence[gpd.GeoDataFrame],
    communities: gpd.GeoDataFrame | None,
    crs: str,
    geocoder: Geocoder | None = None,
) -> Gazetteer:
    """Return what the study's own files tell of where things are.

    Parameters
    ----------
    facilities
        Of the lists that have coordinates.
    communities
        ``name, town`` and polygons, or None.
    """
    rule = load_toml("rules/addresses.toml")
    ways = polylines(streets.lonlat[streets.way_vertices], streets.way_start)
    names = streets.ways["name"].astype(object) if "name" in streets.ways else None
    roads = gpd.GeoDataFrame({"name": names}, geometry=ways, crs=_WGS84)
    nothing = gpd.GeoDataFrame({"tags": []}, geometry=[], crs=crs)
    osm = nothing.assign(layer="", name="")
    if is_osm(study.streets.path):
        wanted: dict[str, Any] = {**osm_wanted(), **rule["osm"]}
        osm = project(features_from_osm(study.file(study.streets.path), wanted), crs)
    of_places = osm[osm["layer"] == "places"]
    known = facilities_from_osm(osm[~osm["layer"].isin(list(rule["osm"]))])
    empty = gpd.GeoDataFrame({"name": [], "town": []}, geometry=[], crs=crs)
    areas = empty if communities is None else communities
    towns = [str(t) for t in areas["town"].dropna().unique()] if "town" in areas else []
    return Gazetteer(
        facilities=_joined([*facilities, known], crs),
        communities=areas,
        places=of_places.assign(place=[tags["place"] for tags in of_places["tags"]]),
        streets=project(roads[roads["name"].notna()], crs),
        numbers=house_numbers(osm[osm["layer"] == "numbers"]),
        wider=(study.study.name, *study.study.region, *towns, *_wider_names(of_places)),
        ask=None if geocoder is None else geocoder.ask,
    )


def _joined(frames: Sequence[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    parts = [frame[["name", "kind", "geometry"]] for frame in frames if len(frame)]
    if not parts:
        return gpd.GeoDataFrame({"name": [], "kind": []}, geometry=[], crs=crs)
    joined: gpd.GeoDataFrame = pd.concat(parts, ignore_index=True)
    return joined


def _wider_names(places: gpd.GeoDataFrame) -> list[str]:
    """Return the names of cities and towns on the map."""
    wide = load_toml("rules/addresses.toml")["wider"]["places"]
    named = zip(places["name"], places["tags"], strict=True)
    return [str(name) for name, tags in named if name and tags["place"] in wide]


@dataclass
class Geocoder:
    """Asks Tianditu for addresses, each once; after a fault it asks no more.

    Attributes
    ----------
    key
        The user's own key of the service.
    endpoint
        Its address.
    area
        West, south, east, north: answers outside are none.
    """

    key: str
    endpoint: str
    area: tuple[float, float, float, float]
    answers: dict[str, tuple[float, float, float] | None] = field(default_factory=dict)
    fault: str = ""

    def ask(self, address: str) -> tuple[float, float, float] | None:
        """Return longitude, latitude (EPSG:4326) and radius of doubt of an address, or None."""
        if address not in self.answers and not self.fault:
            self.answers[address] = self._answer_to(address)
        return self.answers.get(address)

    def findings(self) -> tuple[Finding, ...]:
        """Tell how often the service was asked, and what went wrong."""
        host = urlsplit(self.endpoint).hostname or "?"
        found = []
        if self.answers:
            hits = sum(answer is not None for answer in self.answers.values())
            detail = {"count": len(self.answers), "hits": hits, "host": host}
            found.append(Finding("GEOCODER_ASKED", "study.toml", detail=detail))
        if self.fault:
            detail = {"reason": self.fault}
            found.append(Finding("GEOCODER_FAILED", "study.toml", detail=detail))
        return tuple(found)

    def _answer_to(self, address: str) -> tuple[float, float, float] | None:
        import requests  # noqa: PLC0415 - only where a key is given

        query = {"ds": json.dumps({"keyWord": address}, ensure_ascii=False), "tk": self.key}
        limit_s = load_toml("rules/addresses.toml")["geocoder"]["timeout_s"]
        try:
            answer = requests.get(
                self.endpoint, params=query, timeout=limit_s, allow_redirects=False
            )
            answer.raise_for_status()
            return self._place(answer.json())
        except (requests.RequestException, ValueError) as error:
            self.fault = type(error).__name__  # its text may hold the key
            return None

    def _place(self, answer: Any) -> tuple[float, float, float] | None:  # noqa: ANN401
        """Return the place of an answer that is sure enough and lies in the area."""
        rule = load_toml("rules/addresses.toml")["geocoder"]
        place = answer.get("location") if isinstance(answer, dict) else None
        if not isinstance(place, dict) or str(answer.get("status")) != _FOUND:
            return None
        try:
            lon, lat = float(place["lon"]), float(place["lat"])
            score = float(place.get("score", 0))
        except (KeyError, TypeError, ValueError):
            return None
        west, south, east, north = self.area
        if score < rule["score_min"] or not (west <= lon <= east and south <= lat <= north):
            return None
        return lon, lat, float(rule["levels"].get(str(place.get("level")), rule["unknown_m"]))


def geocoder_of(study: Study, area: tuple[float, float, float, float]) -> Geocoder | None:
    """Return the geocoder of a study, None where it has no key: then nobody is asked."""
    section = study.geocoder
    if not section.key:
        return None
    usual = load_toml("rules/addresses.toml")["geocoder"]["endpoint"]
    return Geocoder(section.key, section.endpoint or usual, area)
