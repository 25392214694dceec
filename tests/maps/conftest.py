"""A browser that opens pages from disk and notes whatever they ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from map_browser import ARGUMENTS, CHROMIUM, Open


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def show(browser: Any, tmp_path: Path) -> Iterator[Open]:
    """Open HTML from disk; at the end, nothing was asked for and nothing complained."""
    faults: list[str] = []
    contexts = []

    def opened(html: str, *, width: int = 1440, before: str = "", ready: bool = True) -> Any:
        file = tmp_path / "地图 一.html"
        file.write_text(html, encoding="utf-8", newline="\n")
        context = browser.new_context(
            viewport={"width": width, "height": 900}, reduced_motion="reduce"
        )
        contexts.append(context)
        if before:
            context.add_init_script(before)
        tab = context.new_page()
        tab.on("request", lambda r: None if r.url == file.as_uri() else faults.append(r.url[:200]))
        tab.on("console", lambda m: faults.append(m.text))
        tab.on("pageerror", lambda e: faults.append(str(e)))
        tab.goto(file.as_uri())
        if ready:
            tab.wait_for_selector("html[data-ready]", timeout=20_000)
        return tab

    yield opened
    for context in contexts:
        context.close()
    assert faults == []
