"""What does the page hold on which a list's facilities are placed by hand?"""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from jinja2 import Environment, PackageLoader, StrictUndefined

from geo.bundled import load_toml
from geo.crs import project
from geo.text import formula_safe, printable
from geo.words import language, text, texts
from maps.page.page import policy, static_text

if TYPE_CHECKING:
    import geopandas as gpd

    from analyses.run import ToPlace
    from geo.words import Lang

_WGS84 = "EPSG:4326"
_DIGITS = 6
_UNSAFE = "<>&\u2028\u2029"  # as they stand, they could end the script


def placing_html(
    to_place: ToPlace,
    *,
    streets: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    name: str,
    lang: Lang = "zh",
) -> str:
    """Return one self-contained page: the list left, the study's own streets right.

    What it saves is the list as a CSV with longitude, latitude (EPSG:4326) and how each row was
    placed; only rows with coordinates of their own or placed by hand have any.

    Parameters
    ----------
    to_place
        A list of which rows have no coordinates.
    streets
        Lines with ``name``.
    facilities
        Facilities that are known, with ``name``; shown to find one's way.
    name
        Name of the study.
    lang
        Language.

    Examples
    --------
    >>> import geopandas as gpd, numpy as np, pandas as pd, shapely
    >>> from analyses.run import ToPlace
    >>> nan, cells = np.array([np.nan]), pd.DataFrame({"name": ["Elm School"]})
    >>> zero = np.array([0.0])
    >>> listed = ToPlace("a.csv", cells, {"name": "name"}, nan, nan, ("",), zero)
    >>> lines = [shapely.LineString([(117, 39), (117.01, 39)])]
    >>> streets = gpd.GeoDataFrame({"name": ["Elm Road"]}, geometry=lines, crs=4326)
    >>> layers = {"streets": streets, "facilities": streets[:0]}
    >>> html = placing_html(listed, **layers, name="County", lang="en")
    >>> "Elm School" in html
    True
    """
    words = texts("placing_page")
    style, script = static_text("to_place.css"), static_text("to_place.js")
    about = {
        "nowhere": words["nowhere"][lang],
        "given": words["given"][lang],
        "by": {code: title[lang] for code, title in texts("facilities/place_from").items()},
    }
    data = {**_table(to_place), **_ground(streets, facilities), "words": about}
    written = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in _UNSAFE:
        written = written.replace(sign, f"\\u{ord(sign):04x}")
    environment = Environment(
        loader=PackageLoader("maps", "static"), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("to_place.html.j2").render(
        html_lang=language(lang).html,
        heading=f"{text('placing_page/title')[lang]} · {printable(to_place.path)} · {name}",
        policy=policy(style, [script]),
        words={key: word[lang] for key, word in words.items()},
        style=style,
        script=script,
        data=written,
    )


def _table(to_place: ToPlace) -> dict[str, Any]:
    """Return headers and rows; cells are safe to open in a spreadsheet."""
    cells, headers = to_place.cells, [str(header) for header in to_place.cells]
    by = load_toml("columns.toml")["column"]["place_from"]["zh"]
    lon, lat = to_place.headers.get("longitude"), to_place.headers.get("latitude")
    wanted = [lon or _title("longitude"), lat or _title("latitude"), by]
    headers += [header for header in wanted if header not in headers]
    name, address = to_place.headers.get("name"), to_place.headers.get("address")
    rows = [
        {
            "cells": [_cell(cell) for cell in row] + [""] * (len(headers) - cells.shape[1]),
            "name": _cell(cells[name].iloc[at]) if name else f"#{cells.index[at]}",
            "address": _cell(cells[address].iloc[at]) if address else "",
            "at": _at(to_place.lon[at], to_place.lat[at]),
            "how": to_place.how[at],
            "doubt": float(to_place.doubt_m[at]),
        }
        for at, row in enumerate(cells.to_numpy(dtype=object))
    ]
    positions = dict(zip(("lon", "lat", "by"), map(headers.index, wanted), strict=True))
    file = PurePath(to_place.path.partition("#")[0]).stem + ".csv"
    return {"headers": list(map(formula_safe, headers)), "rows": rows, "file": file, **positions}


def _title(column: str) -> str:
    return str(load_toml("columns.toml")["column"][column]["zh"])


def _cell(cell: object) -> str:
    missing = cell is None or cell != cell  # noqa: PLR0124 - NaN alone differs from itself
    return "" if missing else formula_safe(str(cell))


def _at(lon: float, lat: float) -> list[float] | None:
    return [round(float(lon), 7), round(float(lat), 7)] if np.isfinite(lon) else None


def _ground(streets: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return streets, known facilities and their bounds in degrees."""
    lines = project(streets, _WGS84)
    named = project(facilities[facilities["name"] != ""], _WGS84)
    points = shapely.point_on_surface(named.geometry.to_numpy())
    known = [
        [str(name), round(float(x), _DIGITS), round(float(y), _DIGITS)]
        for name, x, y in zip(
            named["name"], shapely.get_x(points), shapely.get_y(points), strict=True
        )
    ]
    west, south, east, north = map(float, lines.total_bounds)
    drawn = [
        {
            "name": _name(name),
            "line": np.round(shapely.get_coordinates(shape), _DIGITS).ravel().tolist(),
        }
        for name, shape in zip(lines["name"], lines.geometry, strict=True)
    ]
    middle = [(west + east) / 2, (south + north) / 2]
    bounds = [west, south, east, north]
    return {"streets": drawn, "known": known, "bounds": bounds, "middle": middle}


def _name(value: object) -> str:
    return value if isinstance(value, str) else ""
