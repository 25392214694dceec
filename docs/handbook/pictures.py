"""Which pictures do the pages show: the demo's own pages, as they are on a screen?

The demo is run in both languages; the system's Chromium opens what it wrote.  Where there is no
Chromium, the demo's own drawn maps stand in, and a note on the pictures says so.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from playwright.sync_api import Browser

_ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking",
              "--host-resolver-rules=MAP * ~NOTFOUND"]  # fmt: skip
_DRAWN = {
    "zh": "本次构建没有浏览器：此处应为 {name} 的截图",
    "en": "Built without a browser: {name}",
}
_FONTS = ["Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "DejaVu Sans"]


@dataclass(frozen=True)
class Shot:
    """A picture: which page, what to do on it first, which part of it."""

    name: str
    page: str
    click: tuple[str, ...] = ()
    width: int = 1366
    height: int = 768
    part: str = ""


SHOTS = (
    Shot("map", "map.html"),
    Shot("map_phone", "map.html", width=390, height=780),
    Shot("school", "schools/*.html", width=1100, height=1200),
)


def draw(docs: Path, *, work: Path) -> None:
    """Write ``pictures/`` beside the pages of each language; what is still right is kept."""
    mark = _fingerprint(docs.parent)
    stamp = work / "pictures.stamp"
    if stamp.is_file() and stamp.read_text("utf-8") == mark:
        return
    work.mkdir(parents=True, exist_ok=True)
    for lang in ("zh", "en"):
        demo = work / "demo" / lang
        _run(["demo", "--out", str(demo), "--lang", lang, "--quiet"])
        folder = docs / lang / "pictures"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        _pictures(demo, folder, lang)
    stamp.write_text(mark, encoding="utf-8", newline="\n")


def chromium() -> str | None:
    """Return the system's Chromium."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def _run(arguments: list[str]) -> None:
    """Run a command of yimi; rows set aside are no fault."""
    yimi = Path(sys.executable).with_name("yimi")
    done = subprocess.run([str(yimi), *arguments], check=False)  # noqa: S603 - our own command
    if done.returncode > 1:
        raise SystemExit(done.returncode)


def _pictures(demo: Path, folder: Path, lang: str) -> None:
    browser = chromium()
    if browser is None:
        for shot in SHOTS:
            _stand_in(folder / f"{shot.name}.png", _DRAWN[lang].replace("{name}", shot.page))
        return
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where Chromium is

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser, args=_ARGUMENTS)
        for shot in SHOTS:
            _shoot(launched, demo, shot, file=folder / f"{shot.name}.png")
        launched.close()


def _shoot(browser: Browser, demo: Path, shot: Shot, *, file: Path) -> None:
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height}, reduced_motion="reduce"
    )
    tab = context.new_page()
    tab.goto(next(demo.glob(shot.page)).resolve().as_uri())
    tab.wait_for_timeout(1500)
    for selector in shot.click:
        tab.locator(selector).first.click()
        tab.wait_for_timeout(700)
    (tab.locator(shot.part).first if shot.part else tab).screenshot(path=str(file))
    context.close()


def _stand_in(file: Path, text: str) -> None:
    """Draw a card that says which picture is missing."""
    with mpl.rc_context({"font.family": _FONTS}):
        figure = Figure(figsize=(8, 2))
        figure.text(0.5, 0.5, text, ha="center", va="center", fontsize=14)
        figure.savefig(file, dpi=100)


def _fingerprint(root: Path) -> str:
    """Return a mark of all that the pictures depend on."""
    mark = hashlib.sha256()
    for file in _sources(root):
        mark.update(str(file.relative_to(root)).encode())
        mark.update(file.read_bytes())
    return mark.hexdigest()


def _sources(root: Path) -> Iterator[Path]:
    folders: Iterable[Path] = (root / name for name in ("geo", "analyses", "maps", "data"))
    for folder in folders:
        yield from sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pyc")
    yield Path(__file__)
