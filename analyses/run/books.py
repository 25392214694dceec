"""How is every file of a study read through the one door, and accounted for?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import shapely

from geo.datum import detect_datum
from geo.findings import Finding, InputRefused, refuse_if_any
from geo.output import sha256
from geo.read import ReadOptions, read_layer
from geo.walk import polylines

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from analyses.study import LayerInput, Study
    from geo.osm import Streets
    from geo.read import Layer

_WGS84 = "EPSG:4326"
_REASONS = 5


@dataclass(frozen=True)
class Account:
    """What became of the rows of one input: ``rows_in == rows_used + rows_rejected``."""

    name: str
    rows_in: int
    rows_used: int
    rows_rejected: int
    crs_read: str
    sha256: str


class Books:
    """Keeps the account of every file that is read, and what was said about it."""

    def __init__(self, study: Study) -> None:
        self.study = study
        self.accounts: list[Account] = []
        self.rejects: dict[str, pd.DataFrame] = {}
        self.findings: list[Finding] = []
        self.roads: gpd.GeoDataFrame | None = None
        """The road layer, where the streets are no OSM file."""
        self.complete: list[pd.DataFrame] = []
        """How complete layers are, see `analyses.run.completeness`."""
        self.bounds: tuple[float, float, float, float] | None = None
        """West, south, east, north of the streets, once they are read."""

    def read(
        self,
        section: LayerInput,
        options: ReadOptions = ReadOptions(),  # noqa: B008 - frozen
    ) -> Layer:
        """Read a layer of the study through the one door and enter it."""
        path = self.study.file(section.path)
        layer = read_layer(
            section.path,
            layer=section.layer,
            crs=section.crs,
            columns=section.columns,
            options=replace(options_of(self.study, section, options), area=self.bounds),
        )
        counts = (layer.rows_in, len(layer.frame), len(layer.rejected))
        self.accounts.append(Account(layer.name, *counts, layer.crs_read, sha256(path)))
        if len(layer.rejected):
            self.rejects[layer.name] = layer.rejected
        self.findings += layer.findings
        refuse_if_any(layer.findings)
        if layer.rows_in and layer.frame.empty and options.place_rule is None:
            reasons = [f for f in layer.findings if f.outcome == "quarantine"]
            unused = Finding("NOTHING_USED", layer.name, detail={"rows": layer.rows_in})
            raise InputRefused(unused, *reasons[:_REASONS])
        return layer

    def forget(self, layer: Layer) -> None:
        """Take a layer out of the books again, because it is read anew."""
        del self.accounts[-1]
        self.rejects.pop(layer.name, None)
        self.findings = [f for f in self.findings if f not in layer.findings]

    def enter(self, section: LayerInput, rows: int, what: str) -> None:
        """Enter what was taken from an OSM file."""
        digest = sha256(self.study.file(section.path))
        name = f"{section.path}#{what}"
        self.accounts.append(Account(name, rows, rows, 0, _WGS84, digest))


def options_of(study: Study, section: LayerInput, options: ReadOptions) -> ReadOptions:
    """Return the options of a layer with what the study says about its files."""
    return replace(
        options,
        base=study.folder,
        own_columns=options.own_columns or study.headers,
        swap_xy=section.swap_xy,
        allow_pii=study.study.allow_pii,
    )


def datum_checked(
    books: Books,
    layer: Layer,
    *,
    section: LayerInput,
    streets: Streets,
    options: ReadOptions,
) -> Layer:
    """Ask whether an undeclared layer lies where GCJ-02 or BD-09 would put it."""
    points = layer.frame.geometry[layer.frame.geom_type == "Point"]
    lonlat = shapely.get_coordinates(points.to_numpy())
    lines = polylines(streets.lonlat[streets.way_vertices], streets.way_start)
    suspect = detect_datum(lonlat, lines).finding(file=layer.name)
    if suspect is None:
        return layer
    if books.study.study.datum != "auto":
        raise InputRefused(suspect)
    books.forget(layer)
    books.findings.append(replace(suspect, code="DATUM_APPLIED"))
    declared = section.model_copy(update={"crs": suspect.detail["datum"]})
    return books.read(declared, options)
