"""How is a picture made and written, so that the same input gives the same bytes anywhere?

All drawing is done with Matplotlib's objects inside `drawing`: no global figure, no setting of the
reader's own that changes what comes out, and none of ours that stays behind.
"""

from __future__ import annotations

import contextlib
import io
from typing import TYPE_CHECKING, Any

import numpy as np

from maps.paper.fonts import LATIN_PICTURE, has_chinese, picture_font
from maps.style import palette

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.figure import Figure

MM_PER_INCH, POINTS_PER_INCH = 25.4, 72.0
_PNG_DPI = 200
_RASTER_DPI = 250
"""Of large data inside an SVG."""
_OWN = ("backend", "backend_fallback", "interactive", "toolbar", "webagg", "macosx", "tk.")
_NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}


@contextlib.contextmanager
def drawing() -> Iterator[str]:
    """Draw with Matplotlib's own defaults, a Chinese font if there is one, and fixed ids.

    Yields
    ------
    str
        The font.

    Examples
    --------
    >>> import matplotlib as mpl
    >>> with drawing() as family:
    ...     family in mpl.rcParams["font.family"]
    True
    """
    import matplotlib as mpl  # noqa: PLC0415  (only those who draw need it)

    family = picture_font() or LATIN_PICTURE
    ink = palette()["plain"]["ink"]
    settings: dict[Any, Any] = {
        k: v for k, v in mpl.rcParamsDefault.items() if not k.startswith(_OWN)
    }
    settings |= {
        "font.family": [family],
        "font.size": 8.0,
        "text.parse_math": False,
        "text.color": ink,
        "axes.edgecolor": "#9aa3ab",
        "axes.labelcolor": ink,
        "axes.linewidth": 0.6,
        "axes.titlesize": 8.0,
        "axes.unicode_minus": False,
        "xtick.color": ink,
        "ytick.color": ink,
        "xtick.labelsize": 7.0,
        "ytick.labelsize": 7.0,
        "xtick.major.width": 0.5,
        "ytick.major.width": 0.5,
        "hatch.linewidth": 0.5,
        "legend.frameon": False,
        "svg.hashsalt": "yimi",
        "svg.fonttype": "path",
    }
    with mpl.rc_context(settings):
        yield family


def figure(width_mm: float, height_mm: float) -> Figure:
    """Return an empty figure of a size on paper; call it inside `drawing`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    made = Figure(figsize=(width_mm / MM_PER_INCH, height_mm / MM_PER_INCH), facecolor="white")
    FigureCanvasAgg(made)
    return made


def png(made: Figure, *, dpi: int = _PNG_DPI) -> bytes:
    """Return a figure as PNG, without date, program or path.

    Examples
    --------
    >>> png(figure(90, 50), dpi=20)[1:4]
    b'PNG'
    """
    from PIL import Image  # noqa: PLC0415

    canvas: Any = made.canvas
    made.set_dpi(dpi)
    canvas.draw()
    drawn = Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3])
    out = io.BytesIO()
    # Levels above 4 take twice as long for a tenth of the size.
    drawn.save(out, format="png", compress_level=4)
    return out.getvalue()


def svg(made: Figure) -> str:
    """Return a figure as SVG: texts as outlines (no font is needed), no date, program or path.

    Examples
    --------
    >>> "<svg" in svg(figure(90, 50))
    True
    """
    out = io.StringIO()
    made.savefig(out, format="svg", dpi=_RASTER_DPI, metadata=_NO_METADATA)
    return out.getvalue()


def texts(made: Figure) -> list[str]:
    """Return what is written in a figure."""
    from matplotlib.text import Text  # noqa: PLC0415

    found: list[Any] = made.findobj(Text)
    return [text.get_text() for text in found if text.get_visible()]


def lacks_font(made: Figure, family: str) -> bool:
    """Say whether a figure has Chinese that its font cannot write: it would turn into boxes.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> made = Figure()
    >>> _ = made.suptitle("学校")
    >>> lacks_font(made, "DejaVu Sans")
    True
    """
    return family == LATIN_PICTURE and any(has_chinese(text) for text in texts(made))
