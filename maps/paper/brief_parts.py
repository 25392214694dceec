"""What is a brief made of: sections of texts, tables and pictures, the same for Word and PDF?

`maps.paper.brief_sections` fills the model; `maps.paper.word` and `maps.paper.pdf`
write it.  All texts are plain: a writer shows them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from maps.paper.imprint import Imprint


@dataclass(frozen=True)
class Text:
    """A paragraph: of the text, an item of a list, or a small remark."""

    said: str
    style: Literal["text", "item", "note"] = "text"


@dataclass(frozen=True)
class Table:
    """A table with its title.

    Attributes
    ----------
    title
        Stands above it.
    head
        Words above the columns.
    rows
        Cells as they are shown, as many in each row as in `head`.
    numeric
        Which columns are numbers, to the right.
    widths
        Relative width of each column.
    """

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[bool, ...]
    widths: tuple[float, ...]


@dataclass(frozen=True)
class Picture:
    """A picture (PNG) with its title and what a reader who does not see it is told.

    Attributes
    ----------
    width, height
        In millimetres, no larger than a page.

    Examples
    --------
    >>> Picture(b"", "Towns", "Share of children by town", width=170, height=100).width
    170
    """

    png: bytes
    title: str
    alt: str
    width: float
    height: float


Block = Text | Table | Picture


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it; the first one is the summary, on a page of its own."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Brief:
    """A whole brief.

    Attributes
    ----------
    title
        Of the paper; the study's name, date, sources and marks are those of `imprint`.
    imprint
        What every page says of itself.
    sections
        In their order.
    """

    title: str
    imprint: Imprint
    sections: tuple[Section, ...]
