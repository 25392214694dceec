"""How does a notebook get the same map as a ``folium.Map`` that it may add layers to?

The only file that imports folium. Folium's templates run what they find in ``{{...}}``, so
nothing of the page passes through them: the data block, the scripts and the styles are put
around folium's own text by `maps.page.page.render`, and the map saved from a notebook is the page
of a run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import folium
import geopandas as gpd
from branca.element import Figure

from geo.words import text
from maps.page.datablock import data_block
from maps.page.page import about, data_uri, render

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyses.result import Shown
    from geo.words import Lang, Text

_HEIGHT = "720px"
_PICTURES = {
    "iconUrl": "images/marker-icon.png",
    "iconRetinaUrl": "images/marker-icon-2x.png",
    "shadowUrl": "images/marker-shadow.png",
}


def folium_map(
    shown: Sequence[Shown],
    *,
    title: Text | None = None,
    synthetic: bool = False,
    notes: Sequence[Text] = (),
    attribution: str = "",
    crs: str | None = None,
    lang: Lang = "zh",
) -> folium.Map:
    """Return the coverage map for a notebook; ``save`` writes the page of `page_html`.

    Folium's links to other hosts are gone, Leaflet is inside: neither the notebook's frame nor the
    saved file asks for anything. Layers added later (``folium.CircleMarker(...).add_to(map)``) lie
    above ours. What you add is folium's: its texts run as script, so give it no names from
    data, and its plugins that need jQuery or Bootstrap find them missing. If an addition brings
    elements for the head, the page's security policy is left out.

    Parameters
    ----------
    shown
        ``Result.shown``.
    title
        Heading; a plain one if left out.
    synthetic, notes, attribution, lang
        As in `maps.page.page.page_html`; ``Result.notes`` belong here.
    crs
        CRS of frames that name none, and of the gap list; the first frame's if left out.

    Returns
    -------
    folium.Map
        With a fixed id, so that the same input gives the same file.
    """
    named = (item.rows.crs for item in shown if isinstance(item.rows, gpd.GeoDataFrame))
    block = data_block(
        shown,
        crs=crs or str(next((c for c in named if c is not None), "EPSG:4326")),
        about=about(
            title=title or text("map/ui/title"),
            synthetic=synthetic,
            notes=notes,
            attribution=attribution,
            lang=lang,
        ),
    )
    chart = folium.Map(
        tiles=None, zoom_control=False, attribution_control=False, prefer_canvas=True
    )
    chart._id = "yimi"  # noqa: SLF001  (random otherwise: not the same bytes)
    # On the instance: the lists of the class serve everybody's maps.
    chart.default_js, chart.default_css = [], []
    _Page(block, lang=lang).add_child(chart)
    return chart


class _Page(Figure):
    """Folium's outermost element, drawn with our page instead of folium's."""

    def __init__(self, block: str, *, lang: Lang) -> None:
        super().__init__(height=_HEIGHT)
        self._block = block
        self._lang: Lang = lang
        self.header._children.clear()  # noqa: SLF001  (the page has its own)

    def render(self, **kwargs: object) -> str:
        """Return the page: our template, and in it what folium and the notebook added."""
        for child in self._children.values():
            child.render(**kwargs)
        chart = next(c for c in self._children.values() if isinstance(c, folium.Map))
        # Folium's head for a map: a viewport that cannot be zoomed, and styles of a bare page.
        self.header._children.pop(chart.get_name(), None)  # noqa: SLF001
        script = f"{_icons()}\n{self.script.render(**kwargs)}\nyimi.start({chart.get_name()});"
        return render(
            self._block,
            lang=self._lang,
            head=self.header.render(**kwargs).strip(),
            slot=self.html.render(**kwargs),
            start=script,
        )


def _icons() -> str:
    """Return the script that lets folium's plain markers find their pictures inside the page."""
    options = ",".join(f'{key}:"{data_uri(name)}"' for key, name in _PICTURES.items())
    return f'L.Icon.Default.imagePath="";L.Icon.Default.mergeOptions({{{options}}});'
