"""Which tiles may lie below the map, and are their settings complete?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from analyses.study.section import Section
from geo.bundled import load_toml
from geo.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator


_ADDRESS = re.compile(r"(https?://[A-Za-z0-9.-]+(?::\d{1,5})?)(?:/[^\s\"'<>\\`;,]*)?")
_KEY = re.compile(r"[A-Za-z0-9_-]{1,100}")


@dataclass(frozen=True)
class Basemap:
    """Tiles of others.

    Attributes
    ----------
    urls
        Addresses with ``{x}, {y}, {z}``, drawn one above the other.
    hosts
        Scheme and host of each: what the page may ask.
    attribution
        Who made them, shown as written.
    datum
        ``wgs84`` or ``gcj02``.
    zoom
        The closest zoom that has tiles.

    Examples
    --------
    >>> host = "https://example.org"
    >>> Basemap((f"{host}/{{z}}/{{x}}/{{y}}",), (host,), "Example", "wgs84", 18).zoom
    18
    """

    urls: tuple[str, ...]
    hosts: tuple[str, ...]
    attribution: str
    datum: str
    zoom: int


def basemap_of(wanted: MapInput) -> Basemap | None:
    """Return the tiles of a study's ``[map]``, None where it wants none (the default).

    Examples
    --------
    The demo asks no other host:

    >>> import yimi
    >>> basemap_of(yimi.load(yimi.demo).settings.map) is None
    True
    """
    if wanted.basemap == "none":
        return None
    row: dict[str, Any] = load_toml("basemaps.toml")[wanted.basemap]
    urls = tuple(_filled(url, wanted) for url in row["urls"])
    return Basemap(
        urls=urls,
        hosts=tuple(dict.fromkeys(_host(url) for url in urls)),
        attribution=wanted.attribution or row["attribution"],
        datum=wanted.datum or row["datum"],
        zoom=row["zoom"],
    )


def basemap_slips(wanted: MapInput) -> Iterator[Finding]:
    """Yield what is missing or cannot be used in ``[map]``."""
    if wanted.basemap == "none":
        return
    if wanted.basemap == "xyz":
        missing = [name for name in ("url", "attribution") if not getattr(wanted, name)]
        for name in missing:
            yield _slip("CONFIG_MISSING", name, None)
        if wanted.url and not _usable(wanted.url):
            yield _slip("BASEMAP_URL", "url", wanted.url)
    if load_toml("basemaps.toml")[wanted.basemap]["key"] and not wanted.key:
        yield _slip("CONFIG_MISSING", "key", None)
    if wanted.key and not _KEY.fullmatch(wanted.key):
        yield _slip("BASEMAP_KEY", "key", None)  # the key itself is nobody's business


def _usable(url: str) -> bool:
    places = all(place in url for place in ("{x}", "{y}", "{z}"))
    others = re.findall(r"\{(?!x\}|y\}|z\}|key\})", url)
    return places and not others and _ADDRESS.fullmatch(url) is not None


def _filled(url: str, wanted: MapInput) -> str:
    return url.replace("{url}", wanted.url).replace("{key}", wanted.key)


def _host(url: str) -> str:
    found = _ADDRESS.match(url)
    return found[1] if found else ""


def _slip(code: str, name: str, value: str | None) -> Finding:
    key = f"map.{name}"
    return Finding(code, "", column=key, value=value, detail={"key": key})


class MapInput(Section):
    """``[map]``: tiles of others below the map (`analyses.study.basemap`); none by default."""

    basemap: Literal["none", "osm", "tianditu", "amap", "xyz"] = "none"
    key: str = Field(default="", exclude=True, repr=False)
    """The provider's key; readable in the page, and kept out of the manifest."""
    url: str = ""
    attribution: str = ""
    datum: Literal["", "wgs84", "gcj02"] = ""
