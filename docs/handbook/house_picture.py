"""How is the house drawn: rooms in floors, arrows down, as SVG that a page's style colours?"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from geo.words import Lang
    from handbook.rooms import House

_WIDTH, _LEFT, _RIGHT = 1000, 96, 16
_BOX_H, _FLOOR_H, _STOREY_PAD = 34, 66, 30
_MOST = 6
"""Rooms side by side on one floor; more stand in two rows."""
_GAP = 12
_LETTER = 7.6
_TITLES: Mapping[str, Mapping[str, str]] = {
    "maps": {"zh": "人看到什么", "en": "what people see"},
    "analyses": {"zh": "意味着什么", "en": "what it means"},
    "geo": {"zh": "东西在哪里", "en": "where things are"},
}
_BETWEEN = {"zh": "{n} 处引用", "en": "{n} imports"}


def drawn(house: House, questions: Mapping[str, str], lang: Lang) -> str:
    """Return the house as one ``<svg>``; pointing at a room shows its question and its arrows."""
    parts, top, storeys = [], 8.0, list(house.floors)
    for number, storey in enumerate(storeys):
        places, bottom = _placed(house.floors[storey], top + _STOREY_PAD)
        parts.append(_storey(storey, top, bottom, lang=lang))
        parts += _rooms(places, house.arrows, questions)
        top = bottom + 8
        if number + 1 < len(storeys):
            count = house.between[storey, storeys[number + 1]]
            parts.append(_stairs(top, _BETWEEN[lang].replace("{n}", str(count))))
            top += 34
    head = f'<svg class="house" viewBox="0 0 {_WIDTH} {top:.0f}" role="img"'
    return f"{head} xmlns='http://www.w3.org/2000/svg'>{''.join(parts)}</svg>"


def _placed(
    floors: tuple[tuple[str, ...], ...], top: float
) -> tuple[dict[str, tuple[float, float, float]], float]:
    """Return room -> middle, top and width of its box; and where the storey ends."""
    places: dict[str, tuple[float, float, float]] = {}
    for row in _rows(floors):
        widths = [len(room.partition(".")[2]) * _LETTER + 26 for room in row]
        free = _WIDTH - _LEFT - _RIGHT - sum(widths)
        gap = free / (len(row) + 1)
        left = _LEFT + gap
        for room, width in zip(row, widths, strict=True):
            places[room] = (left + width / 2, top, width)
            left += width + gap
        top += _FLOOR_H
    return places, top - _FLOOR_H + _BOX_H + _GAP


def _rows(floors: tuple[tuple[str, ...], ...]) -> Iterator[tuple[str, ...]]:
    for floor in floors:
        rows = -(-len(floor) // _MOST)
        size = -(-len(floor) // rows)
        yield from (floor[start : start + size] for start in range(0, len(floor), size))


def _rooms(
    places: Mapping[str, tuple[float, float, float]],
    arrows: frozenset[tuple[str, str]],
    questions: Mapping[str, str],
) -> Iterator[str]:
    """Yield the rooms from above: the boxes of lower floors cover arrows that pass behind them."""
    for room, (middle, top, width) in places.items():
        ways = "".join(
            _arrow((middle, top + _BOX_H), places[below][:2])
            for above, below in sorted(arrows)
            if above == room
        )
        name = escape(room.partition(".")[2])
        yield (
            f'<g class="room" tabindex="0"><title>{escape(questions[room])}</title>{ways}'
            f'<rect x="{middle - width / 2:.1f}" y="{top:.1f}" width="{width:.1f}"'
            f' height="{_BOX_H}" rx="6"/>'
            f'<text x="{middle:.1f}" y="{top + 22:.1f}">{name}</text></g>'
        )


def _arrow(start: tuple[float, float], end: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = start, (end[0], end[1] - 3)
    bend = max(16.0, (y2 - y1) / 2)
    return (
        f'<path d="M{x1:.1f} {y1:.1f}C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f}'
        f' {x2:.1f} {y2:.1f}m-4 -6l4 6l4 -6"/>'
    )


def _storey(storey: str, top: float, bottom: float, *, lang: Lang) -> str:
    return (
        f'<rect class="storey {storey}" x="4" y="{top:.1f}" width="{_WIDTH - 8}"'
        f' height="{bottom - top:.1f}" rx="12"/>'
        f'<text class="storey" x="18" y="{top + 26:.1f}">{storey}/</text>'
        f'<text class="about" x="18" y="{top + 46:.1f}">{escape(_TITLES[storey][lang])}</text>'
    )


def _stairs(top: float, text: str) -> str:
    x = _WIDTH / 2
    return (
        f'<path class="stairs" d="M{x} {top}v22m-7 -9l7 9l7 -9"/>'
        f'<text class="about" x="{x + 16}" y="{top + 16}">{escape(text)}</text>'
    )
