"""How do columns and shapes become a few bytes that a page reads back quickly?

Every number column is stored as whole multiples of a step, as differences from row to row
(zigzag, so that small negative differences stay small), as planes of bytes: first the lowest byte
of all rows, then the next. High planes are left out where they are all zero, and what is left
compresses well. The page's ``block.js`` is the other half of this module.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Spec = dict[str, Any]
    ToLonLat = Callable[[NDArray[np.float64]], NDArray[np.float64]]

DEGREE_STEP = 1e-6
_LARGEST = 2**30
_LEVEL = 6
_ESCAPES = {ord(c): f"\\u{ord(c):04x}" for c in "<>&\u2028\u2029"}


def number(out: bytearray, values: ArrayLike, *, step: float = 1.0) -> Spec:
    """Append a number column; a value that is not finite comes back as NaN.

    Parameters
    ----------
    out
        Grows by the column's bytes.
    values
        Numbers.
    step
        Values are rounded to multiples of it; made larger where the largest value asks for it.
    """
    wanted = np.asarray(values, dtype=np.float64)
    known = np.isfinite(wanted)
    largest = float(np.abs(wanted[known]).max(initial=0.0))
    step = max(step, largest / _LARGEST)
    whole = np.zeros(len(wanted), dtype=np.int64)
    whole[known] = np.rint(wanted[known] / step)
    spec: Spec = {"at": len(out), "n": len(wanted), "step": step}
    if not known.all():
        # Next to the largest value, so that the differences stay small.
        spec["missing"] = int(whole.max(initial=0)) + 1
        whole[~known] = spec["missing"]
    difference = np.diff(whole, prepend=0)
    zigzag = (difference << 1) ^ (difference >> 63)
    spec["planes"] = (int(zigzag.max(initial=0)).bit_length() + 7) // 8
    out += zigzag.astype("<u4").view(np.uint8).reshape(-1, 4)[:, : spec["planes"]].T.tobytes()
    return spec


def text(out: bytearray, values: pd.Series) -> Spec:
    """Append a text column as positions in the list of its different words (0 = no value)."""
    codes, different = pd.factorize(values.astype(object), use_na_sentinel=True)
    return {"words": [None, *map(str, different)], "codes": number(out, codes + 1)}


def points(out: bytearray, lonlat: NDArray[np.float64]) -> Spec:
    """Append one place a row, EPSG:4326; a place with NaN has no point."""
    return {
        "x": number(out, lonlat[:, 0], step=DEGREE_STEP),
        "y": number(out, lonlat[:, 1], step=DEGREE_STEP),
    }


def paths(out: bytearray, shapes: NDArray[np.object_], *, to_lonlat: ToLonLat) -> Spec:
    """Append lines, or the rings of polygons (to be filled even-odd), one or more paths a row.

    Parameters
    ----------
    out
        Grows by the shapes' bytes.
    shapes
        Only lines or only polygons, single or multi, two dimensions.
    to_lonlat
        Turns an (n, 2) array of their coordinates into longitude and latitude.
    """
    parts, part_row = shapely.get_parts(shapes, return_index=True)
    closed = len(parts) > 0 and bool(shapely.get_dimensions(parts[0]) > 1)
    if closed:
        parts, ring_part = shapely.get_rings(parts, return_index=True)
        part_row = part_row[ring_part]
    return {
        "closed": closed,
        "paths": number(out, np.bincount(part_row, minlength=len(shapes))),
        "vertices": number(out, shapely.get_num_coordinates(parts)),
        **points(out, to_lonlat(shapely.get_coordinates(parts))),
    }


def pack(header: Spec, out: bytearray) -> str:
    """Return header and columns as one compressed text of the base64 alphabet.

    The header is JSON in ASCII without ``<``, ``>`` and ``&``: nothing in it can end a script or
    open a tag, even if somebody unpacks it into a page.
    """
    head = json.dumps(header, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    raw = head.translate(_ESCAPES).encode("ascii")
    packed = zlib.compress(struct.pack("<I", len(raw)) + raw + bytes(out), _LEVEL)
    return base64.b64encode(packed).decode("ascii")
