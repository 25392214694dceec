"""How does a result become one HTML file that opens from disk and asks nobody for anything?

The page is made of files that ship with the packages (our ``static/`` and Leaflet) and of one
data block in base64. No string of the data passes through the template: title, names and notes
lie in the block, and the page's script writes them as text.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from geo.words import language
from maps.page.basemap import about_basemap, shifted
from maps.page.datablock import data_block

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jinja2 import Template

    from analyses.result import Shown
    from analyses.study import Basemap
    from geo.words import Lang, Text

_SCRIPTS = (
    "block", "signs", "pixels", "shapes", "places", "safety", "tell", "generic", "canvas", "tables",
    "search", "questions", "rows", "lists", "legend", "panel", "schools", "sites", "marks", "ways",
    "permalink", "compare", "basemap", "framing", "map",
)  # fmt: skip
_IMAGE = re.compile(r"url\((images/[\w.-]+)\)")
_OLD_IE = re.compile(r"behavior:\s*url\([^)]*\);")
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)


def page_html(
    shown: Sequence[Shown],
    *,
    title: Text,
    synthetic: bool,
    notes: Sequence[Text],
    attribution: str,
    crs: str,
    lang: Lang = "zh",
    basemap: Basemap | None = None,
) -> str:
    """Return a map of coverage, of ways to school or of both as one self-contained page.

    Parameters
    ----------
    shown
        What an analysis offers (roles of `analyses.result`); any of the roles may be missing.
    title
        Heading and window title.
    synthetic
        Whether the page says that its data are made up.
    notes
        Remarks that stand on the page.
    attribution
        Where the data come from, shown as written, e.g. ``© OpenStreetMap contributors, ODbL``.
    crs
        CRS of frames that do not name theirs, and of the gap list's x and y.
    lang
        Language that the page opens in; its button changes it.
    basemap
        Tiles below the map; the page may then ask their hosts for pictures, and nobody else. All
        layers are shifted with tiles in GCJ-02.

    Returns
    -------
    str
        HTML. Same input, same text.

    Examples
    --------
    >>> import yimi
    >>> from geo.words import Text
    >>> run = yimi.run(yimi.demo)
    >>> areas = [item for item in run.result.shown if item.role in ("area", "rule")]
    >>> title = Text(zh="示例县", en="Example county")
    >>> about = {"synthetic": True, "notes": [], "attribution": "", "crs": run.inputs.crs}
    >>> html = page_html(areas, title=title, lang="en", **about)
    >>> html.startswith("<!DOCTYPE html>"), "Example county" in html
    (True, False)
    """
    if basemap is not None and basemap.datum == "gcj02":
        shown, crs = shifted(shown, crs=crs), "EPSG:4326"
    block = data_block(
        shown,
        crs=crs,
        about=about(
            title=title,
            synthetic=synthetic,
            notes=notes,
            attribution=attribution,
            lang=lang,
            basemap=basemap,
        ),
    )
    return render(block, lang=lang, pictures=() if basemap is None else basemap.hosts)


def about(
    *,
    title: Text,
    synthetic: bool,
    notes: Sequence[Text],
    attribution: str,
    lang: Lang,
    basemap: Basemap | None = None,
) -> dict[str, object]:
    """Return the block's words about the page itself."""
    return {
        "title": title.in_all(),
        "synthetic": bool(synthetic),
        "notes": [note.in_all() for note in notes],
        "attribution": attribution,
        "lang": lang,
        "basemap": about_basemap(basemap),
    }


def render(
    block: str,
    *,
    lang: Lang,
    head: str = "",
    slot: str = '<div id="map"></div>',
    start: str = "yimi.start();",
    pictures: Sequence[str] = (),
) -> str:
    """Return the page around a data block.

    Parameters
    ----------
    block
        From `maps.page.datablock.data_block`.
    lang
        Language that the page opens in.
    head, slot, start
        HTML for the head, HTML that holds the map's element, and the script that starts the page:
        text of our own or of folium, never of the data. Whoever brings a head of his own may ask
        for anything: the page's security policy is then left out.
    pictures
        Hosts that pictures may come from: those of a basemap.
    """
    style, scripts = page_style(), [leaflet_script(), page_script(), start]
    return _template().render(
        lang=language(lang).html,
        policy="" if head else policy(style, scripts, pictures),
        style=Markup(style),  # noqa: S704  (files of the packages)
        head=Markup(head),  # noqa: S704  (ours or folium's)
        slot=Markup(slot),  # noqa: S704
        block=block,
        scripts=[Markup(script) for script in scripts],  # noqa: S704
    )


def policy(style: str, scripts: Sequence[str], pictures: Sequence[str] = ()) -> str:
    """Return the page's content security policy: these inline texts, and pictures of a basemap.

    Examples
    --------
    >>> policy("p {}", ["let a = 1"]).split(";")[0]
    "default-src 'none'"
    """
    allowed = " ".join(f"'{_hash(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {allowed}; style-src '{_hash(style)}';"
        f" img-src {' '.join(['data:', *pictures])}; base-uri 'none'; form-action 'none'"
    )


@cache
def page_style() -> str:
    """Return Leaflet's style (its pictures inside) and ours."""
    leaflet = _OLD_IE.sub("", _leaflet_text("leaflet.css"))
    ours = static_text("map.css")
    return _IMAGE.sub(lambda m: f"url({data_uri(m[1])})", leaflet) + "\n" + ours


@cache
def leaflet_script() -> str:
    """Return Leaflet without the comment that makes developer tools ask for its source map."""
    return _SOURCE_MAP.sub("", _leaflet_text("leaflet.js"))


@cache
def page_script() -> str:
    """Return the page's own scripts."""
    return "\n".join(static_text(f"{name}.js") for name in _SCRIPTS)


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("maps", "static"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.get_template("map.html.j2")


def static_text(name: str) -> str:
    """Return a file of ``maps/static``."""
    text = (resources.files("maps") / "static" / name).read_text("utf-8")
    return text.replace("\r\n", "\n")


def _leaflet(name: str) -> bytes:
    """Return a static file of ``django-js-lib-leaflet``: its package needs no Django for that."""
    return (resources.files("js_lib_leaflet") / "static" / "js_lib_leaflet" / name).read_bytes()


def _leaflet_text(name: str) -> str:
    """Return a text with the line ends that a browser hashes, whatever the file has."""
    return _leaflet(name).decode("utf-8").replace("\r\n", "\n")


def data_uri(name: str) -> str:
    """Return a picture of Leaflet as text."""
    return "data:image/png;base64," + base64.b64encode(_leaflet(name)).decode("ascii")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return "sha256-" + base64.b64encode(digest).decode("ascii")
