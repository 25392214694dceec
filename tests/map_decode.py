"""The page's block.js once more in Python: reads a data block back."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from typing import Any

import numpy as np


def unpack(block: str) -> tuple[dict[str, Any], bytes]:
    """Return header and columns of a block."""
    raw = zlib.decompress(base64.b64decode(block, validate=True))
    (length,) = struct.unpack_from("<I", raw)
    return json.loads(raw[4 : 4 + length]), raw[4 + length :]


def number(spec: dict[str, Any], body: bytes) -> np.ndarray:
    n, planes = spec["n"], spec["planes"]
    read = np.frombuffer(body, np.uint8, n * planes, spec["at"]).reshape(planes, n).astype(np.int64)
    zigzag = sum((read[p] << (8 * p) for p in range(planes)), np.zeros(n, np.int64))
    whole = np.cumsum((zigzag >> 1) ^ -(zigzag & 1))
    return np.where(whole == spec.get("missing"), np.nan, whole * spec["step"])


def text(spec: dict[str, Any], body: bytes) -> list[str | None]:
    return [spec["words"][int(code)] for code in number(spec["codes"], body)]


def lonlat(spec: dict[str, Any], body: bytes) -> np.ndarray:
    return np.column_stack([number(spec["x"], body), number(spec["y"], body)])
