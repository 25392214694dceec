"""How does the OSM data of a place or a box come from a server to a file?

Overpass answers in XML, which is checked and then put in its place as one file; an answer that is
late, cut off, refused or incomplete leaves no file. Places are looked up by OSMnx (Nominatim).
"""

from __future__ import annotations

import contextlib
import errno
import math
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3

from geo.bundled import load_toml
from geo.findings import EnvironmentFault, Finding, InputRefused
from geo.osm.file import open_osm
from geo.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

Box = tuple[float, float, float, float]
"""West, south, east, north in degrees (EPSG:4326)."""

FILE = "download.osm"
_BUSY = {429, 502, 503, 504}
_OK = 200
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_WRITABLE = {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST}
_CHUNK = 1 << 16
_TAIL = 256
_M_PER_DEGREE = 111_320.0


def download_bbox(
    box: Box, folder: Path, *, endpoint: str | None = None, timeout_s: float | None = None
) -> Path:
    """Fetch the OSM data of a box.

    Parameters
    ----------
    box
        West, south, east, north in degrees.
    folder
        Where the file goes; it is made if need be. An earlier download there is replaced.
    endpoint
        Address of an Overpass server; its ``/interpreter`` may be left out.
    timeout_s
        Time that the whole answer may take.

    Returns
    -------
    Path
        An ``.osm`` file for `geo.osm.reading`.

    Raises
    ------
    InputRefused
        ``DOWNLOAD_BOX``, ``DOWNLOAD_ENDPOINT``.
    EnvironmentFault
        ``DOWNLOAD_TIMEOUT, _BUSY, _STATUS, _UNREACHABLE, _TRUNCATED, _REMARK, _BROKEN,
        _TOO_LARGE``.

    Examples
    --------
    A box that is none is refused before anything is asked of a server:

    >>> from geo.findings import InputRefused
    >>> try:
    ...     download_bbox((117.1, 39.0, 117.0, 39.1), Path("osm"))
    ... except InputRefused as refused:
    ...     print(refused.findings[0].code)
    DOWNLOAD_BOX
    """
    rule = load_toml("rules/download.toml")
    address = _address(endpoint or rule["server"]["overpass"])
    if not address.endswith("/interpreter"):
        address += "/interpreter"
    limit_s = float(timeout_s or rule["server"]["timeout_s"])
    _check_box(box)
    west, south, east, north = (f"{degree:.7f}" for degree in box)
    query = (
        f"[out:xml][timeout:{math.ceil(limit_s)}][bbox:{south},{west},{north},{east}];"
        f"({';'.join(rule['query']['things'])};);(._;>;);out body;"
    )
    with _replacing(Path(folder) / FILE) as fresh:
        with fresh.open("wb") as file:
            _fetch(address, query, file=file, limit_s=limit_s)
            file.flush()
            os.fsync(file.fileno())
        _check_answer(fresh, host=_host(address))
    return Path(folder) / FILE


def download_place(
    place: str,
    folder: Path,
    *,
    endpoint: str | None = None,
    nominatim: str | None = None,
    timeout_s: float | None = None,
) -> Path:
    """Fetch the OSM data of a place and a margin around it.

    Parameters
    ----------
    place
        Name of an administrative area, e.g. 天津市静海区.
    nominatim
        Address of the Nominatim server that knows the place.
    folder, endpoint, timeout_s
        See `download_bbox`.

    Raises
    ------
    InputRefused
        ``DOWNLOAD_PLACE`` if no area is called so, and as `download_bbox`.
    EnvironmentFault
        As `download_bbox`.

    Examples
    --------
    Only servers behind ``http`` and ``https`` are asked:

    >>> from geo.findings import InputRefused
    >>> try:
    ...     download_place("Utrecht", Path("osm"), nominatim="ftp://example.org")
    ... except InputRefused as refused:
    ...     print(refused.findings[0].code)
    DOWNLOAD_ENDPOINT
    """
    rule = load_toml("rules/download.toml")
    west, south, east, north = place_box(place, nominatim=nominatim, timeout_s=timeout_s)
    margin = rule["area"]["margin_m"] / _M_PER_DEGREE
    wide = margin / max(math.cos(math.radians((south + north) / 2)), 0.01)
    box = (west - wide, south - margin, east + wide, north + margin)
    return download_bbox(box, folder, endpoint=endpoint, timeout_s=timeout_s)


def place_box(place: str, *, nominatim: str | None = None, timeout_s: float | None = None) -> Box:
    """Return the box around the area that a geocoder knows under a name.

    Raises
    ------
    InputRefused, EnvironmentFault
        As `download_place`.
    """
    import osmnx  # noqa: PLC0415  (slow to import, and only needed with a network)

    server = load_toml("rules/download.toml")["server"]
    address = _address(nominatim or server["nominatim"])
    limit_s = float(timeout_s or server["timeout_s"])
    settings = {
        "nominatim_url": address,
        "requests_timeout": limit_s,
        "requests_kwargs": {"allow_redirects": False, "hooks": {"response": _refuse_no_list}},
        "http_user_agent": server["user_agent"],
        "http_accept_language": server["languages"],
        "doh_url_template": None,
        "use_cache": False,
    }
    unknown = InputRefused(Finding("DOWNLOAD_PLACE", _host(address), value=place))
    if not place.strip():
        raise unknown
    with _http_faults(_host(address), limit_s=limit_s), _osmnx_settings(settings):
        try:
            found = osmnx.geocode_to_gdf(place)
        except (TypeError, ValueError, KeyError) as error:  # OSMnx: nothing found, or no area
            raise unknown from error
    west, south, east, north = (float(degree) for degree in found.total_bounds)
    return west, south, east, north


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """Give a file to write into; when the block ends well it takes the place of `path`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=path.parent) as aside:
            fresh = Path(aside, path.name)
            yield fresh
            fresh.replace(path)
    except EnvironmentFault:
        raise
    except OSError as error:
        if error.errno in _FULL:
            raise EnvironmentFault(Finding("DISK_FULL", path.name)) from error
        if error.errno in _NOT_WRITABLE:
            raise EnvironmentFault(Finding("NOT_WRITABLE", path.parent.name)) from error
        raise


@contextlib.contextmanager
def _osmnx_settings(changes: dict[str, Any]) -> Iterator[None]:
    """Lend OSMnx other settings; it keeps them in its module, so put all of them back."""
    import osmnx  # noqa: PLC0415  (see above)

    module = osmnx.settings
    before = {name: getattr(module, name) for name in changes}
    try:
        for name, value in changes.items():
            setattr(module, name, value)
        yield
    finally:
        for name, value in before.items():
            setattr(module, name, value)


@contextlib.contextmanager
def _http_faults(host: str, *, limit_s: float) -> Iterator[None]:
    """Turn what can happen to a request into findings."""
    try:
        yield
    except (requests.Timeout, urllib3.exceptions.TimeoutError) as error:
        raise _fault("DOWNLOAD_TIMEOUT", host, timeout_s=f"{limit_s:g}") from error
    except (requests.exceptions.ChunkedEncodingError, urllib3.exceptions.HTTPError) as error:
        raise _fault("DOWNLOAD_TRUNCATED", host) from error
    except requests.RequestException as error:
        reason = printable(type(error).__name__)
        raise _fault("DOWNLOAD_UNREACHABLE", host, reason=reason) from error


def _fetch(address: str, query: str, *, file: BinaryIO, limit_s: float) -> None:
    """Write the answer to `file`; a server that dribbles is cut off too."""
    server = load_toml("rules/download.toml")["server"]
    host, until = _host(address), time.monotonic() + limit_s
    with (
        _http_faults(host, limit_s=limit_s),
        requests.post(
            address,
            data={"data": query},
            headers={"User-Agent": server["user_agent"]},
            timeout=(min(server["connect_timeout_s"], limit_s), limit_s),
            stream=True,
            allow_redirects=False,
        ) as answer,
    ):
        _refuse_status(answer)
        size = 0
        while chunk := answer.raw.read1(_CHUNK, decode_content=True):
            size += file.write(chunk)
            if time.monotonic() > until:
                raise _fault("DOWNLOAD_TIMEOUT", host, timeout_s=f"{limit_s:g}")
            if size > server["max_bytes"]:
                raise _fault("DOWNLOAD_TOO_LARGE", host, max_mb=server["max_bytes"] // 10**6)


def _refuse_status(answer: requests.Response, *_: object, **__: object) -> None:
    """Stop at anything but a good answer; OSMnx would wait a minute and ask again, for ever."""
    status = answer.status_code
    if status != _OK:
        answer.close()
        code = "DOWNLOAD_BUSY" if status in _BUSY else "DOWNLOAD_STATUS"
        raise _fault(code, _host(answer.url), status=status)


def _refuse_no_list(answer: requests.Response, *_: object, **__: object) -> None:
    """Stop at an answer of a geocoder that is no list of places."""
    _refuse_status(answer)
    try:
        places = answer.json()
    except requests.JSONDecodeError as error:
        raise _fault("DOWNLOAD_BROKEN", _host(answer.url), reason="no JSON") from error
    if not isinstance(places, list):
        raise _fault("DOWNLOAD_BROKEN", _host(answer.url), reason="no list")


def _check_answer(path: Path, *, host: str) -> None:
    """Refuse an answer that is no OSM data or not all of it."""
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - _TAIL, 0))
        ending = file.read().rstrip()
    try:
        answer = open_osm(path)
    except InputRefused as error:
        code = error.findings[0].code
        if code in ("EMPTY", "TRUNCATED"):
            raise _fault("DOWNLOAD_TRUNCATED", host) from error
        raise _fault("DOWNLOAD_BROKEN", host, reason=code) from error
    if answer.remark is not None:
        finding = Finding("DOWNLOAD_REMARK", host, column="remark", value=answer.remark)
        raise EnvironmentFault(finding)
    if not ending.endswith((b"</osm>", b"/>")):
        raise _fault("DOWNLOAD_TRUNCATED", host)


def _check_box(box: Box) -> None:
    area = load_toml("rules/download.toml")["area"]
    west, south, east, north = box
    middle = math.cos(math.radians((south + north) / 2)) if all(map(math.isfinite, box)) else 0
    km2 = (east - west) * (north - south) * middle * (_M_PER_DEGREE / 1000) ** 2
    on_earth = -180 <= west < east <= 180 and -90 <= south < north <= 90  # noqa: PLR2004
    if not on_earth or not 0 < km2 <= area["max_km2"]:
        text = ",".join(f"{degree:g}" for degree in box)
        detail = {"area_km2": f"{km2:.0f}", "max_km2": area["max_km2"]}
        raise InputRefused(Finding("DOWNLOAD_BOX", text, value=text, detail=detail))


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputRefused(Finding("DOWNLOAD_ENDPOINT", "endpoint", value=text))
    return text.rstrip("/")


def _host(address: str | None) -> str:
    """Return the server's name: an address may hold a password."""
    return urlsplit(address or "").hostname or "?"


def _fault(code: str, host: str, **detail: object) -> EnvironmentFault:
    return EnvironmentFault(Finding(code, host, detail=detail))
