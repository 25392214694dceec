"""Which formats may GDAL open in this process?

GDAL looks at a file's content, not at its name: a VRT saved as ``x.geojson`` reads any other file
of the machine, and several drivers fetch web addresses.  GDAL learns which drivers it must not
load from the environment, once, when its library is first loaded.  So this module is imported
first by ``geo/__init__.py`` and sets the variables right there: the one piece of work that happens
at import in this project, because any later moment would be too late.

What a user has put into these variables is kept.  The readers do not rely on it alone: they also
look at the first bytes of a file and name the driver (`geo.read.vectors`).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableMapping

FORBIDDEN = (
    # Files that point to other files, services or programs.
    "OGR_VRT", "VRT", "GDALG", "GTI", "DERIVED", "STACIT", "STACTA", "GPSBabel", "ADBC",
    # Services.
    "HTTP", "WFS", "OAPIF", "OGCAPI", "CSW", "WMS", "WMTS", "WCS", "EEDA", "EEDAI", "Elasticsearch",
    "Carto", "AmigoCloud", "PLSCENES", "PLMosaic", "DAAS", "NGW",
    # Vector formats that no reader of ours opens.
    "PDS4", "VICAR", "PDF", "MBTiles", "MapInfo File", "LVBAG", "S57", "DGN", "CSV", "GPX",
    "GeoJSONSeq", "ESRIJSON", "TopoJSON", "JSONFG", "OGR_GMT", "SQLite", "WAsP", "OpenFileGDB",
    "GeoRSS", "VFK", "PGDUMP", "OSM", "OGR_PDS", "EDIGEO", "Idrisi", "ODS", "XLSX", "SXF",
    "Selafin", "JML", "VDV", "MVT", "MapML", "GTFS", "PMTiles", "MiraMonVector", "AVCBin",
    "AVCE00", "AIVector", "KML",
)  # fmt: skip

_SETTINGS = {
    # No address, no archive: even where a driver would follow one.
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "GDAL_HTTP_MAX_RETRY": "0",
    "GML_DOWNLOAD_SCHEMA": "NO",
    "GML_SKIP_RESOLVE_ELEMS": "ALL",
    "LIBKML_RESOLVE_STYLE": "NO",
    "PROJ_NETWORK": "OFF",
}


def forbid(environ: MutableMapping[str, str]) -> None:
    """Add the forbidden drivers and the settings to an environment; what is set already stays.

    Examples
    --------
    >>> environ = {}
    >>> forbid(environ)
    >>> "HTTP" in environ["GDAL_SKIP"].split(",")
    True
    """
    own = [name.strip() for name in environ.get("GDAL_SKIP", "").split(",") if name.strip()]
    environ["GDAL_SKIP"] = ",".join([*own, *(name for name in FORBIDDEN if name not in own)])
    for name, value in _SETTINGS.items():
        environ.setdefault(name, value)


forbid(os.environ)
