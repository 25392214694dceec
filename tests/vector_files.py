"""Small vector files for the tests, and what a reader makes of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pytest
import shapely

from geo.findings import InputRefused
from geo.read.vectors import read_vector

if TYPE_CHECKING:
    from geo.read.raw import RawTable

NAMES = ["静海区实验小学", "第六小学", "瑞和道幼儿园"]
XY = [(116.90, 38.95), (116.91, 38.96), (116.92, 38.97)]
ENTITY = '<!DOCTYPE k [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def frame(**columns: list[Any]) -> gpd.GeoDataFrame:
    points = [shapely.Point(xy) for xy in XY]
    return gpd.GeoDataFrame(
        {"名称": NAMES, "学位": [12, 0, 7], **columns}, geometry=points, crs=4326
    )


def refused(path: Path | str, **options: Any) -> list[str]:
    with pytest.raises(InputRefused) as error:
        read_vector(path, **options)
    return [finding.code for finding in error.value.findings]


def codes(table: RawTable) -> list[str]:
    return [finding.code for finding in table.findings]
