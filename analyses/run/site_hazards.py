"""What must a new site keep away from, as far as the study knows it?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.bundled import load_toml

if TYPE_CHECKING:
    from analyses.run.inputs import Inputs

_RULES = "rules/siting.toml"


def hazards_of(inputs: Inputs) -> dict[str, gpd.GeoDataFrame]:
    """Put the layers together that `analyses.sites.candidates.parcel_checks` asks for.

    A layer that only the map could show, and of which the map shows nothing, is not known: nobody
    has looked.  Main roads are those of the street network.

    Parameters
    ----------
    inputs
        Of the study.

    Returns
    -------
    dict
        Name of the layer in ``data/rules/siting.toml`` -> its shapes in the study's CRS.
    """
    drawn: dict[str, gpd.GeoDataFrame] = {str(k): v for k, v in inputs.background.items()}
    drawn |= inputs.safety.layers
    found: dict[str, gpd.GeoDataFrame] = {}
    for name, row in load_toml(_RULES)["hazard"].items():
        parts = []
        if row.get("layer") in drawn:
            parts.append(_wanted(drawn[row["layer"]], row.get("only", {})))
        if "osm" in row and inputs.safety.obstacles is not None:
            obstacles = inputs.safety.obstacles
            parts.append(obstacles[obstacles["layer"] == name])
        if "highway" in row:
            on = np.flatnonzero(inputs.network.edges["highway"].isin(row["highway"]).to_numpy())
            parts.append(gpd.GeoDataFrame(geometry=inputs.network.tree.geometries[on]))
        shapes = [part.geometry.to_numpy() for part in parts]
        rows = np.concatenate(shapes) if shapes else np.zeros(0, dtype=object)
        if len(rows) or row["known_without_any"]:
            found[name] = gpd.GeoDataFrame(geometry=rows, crs=inputs.crs)
    return found


def _wanted(layer: gpd.GeoDataFrame, only: dict[str, list[str]]) -> gpd.GeoDataFrame:
    """Return the rows that have one of the values in each of the columns."""
    keep = pd.Series(data=True, index=layer.index)
    for column, values in only.items():
        keep &= layer[column].isin(values)
    return layer[keep]
