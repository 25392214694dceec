"""Where things are: reading and checking layers, CRS, OSM, the walking network, searches."""

from geo import gdal_guard  # noqa: F401  first of all: GDAL reads its environment only once
