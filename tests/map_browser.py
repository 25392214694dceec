"""What tests of pages in a browser share: the browser itself is a fixture of tests/maps."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Any

import pytest

CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
             "--host-resolver-rules=MAP * ~NOTFOUND"]  # fmt: skip
needs_browser = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine"),
]
Open = Callable[..., Any]


CLICK = """([layer, row]) => {
  const { point } = yimi.data.layers[layer];
  const at = [point.lat[row], point.lon[row]];
  yimi.map.setView(at, 17, { animate: false });
  yimi.map.fire("click", { latlng: L.latLng(at) });
}"""
PRESSABLE = "button, input, select, [role=button]"
NAMELESS = """(all) => all.filter((e) => !(e.textContent.trim() || e.getAttribute("aria-label")
  || (e.labels && e.labels.length))).map((e) => e.outerHTML)"""
LIVE = "script, img, svg, iframe, style, a[href^=javascript], [onerror], [onload]"


def paint(tab: Any) -> str:
    """Return the canvas as it stands after the next frame."""
    return str(tab.evaluate(
        "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame("
        "() => done(document.querySelector('#slot canvas').toDataURL()))))"
    ))  # fmt: skip


def click_row(tab: Any, layer: str, row: int) -> None:
    tab.evaluate(CLICK, [layer, row])
