"""What does an analysis hand over?

Maps and files know roles and nothing of the analysis behind them: which roles there are, with which
columns, stands in ``data/schema/roles.toml`` (`analyses.schema`).  Every frame with shapes is a
GeoDataFrame in the study's metric CRS.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from analyses.schema import role
from geo.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import ModuleType

    import folium
    import geopandas as gpd
    import pandas as pd
    from matplotlib.axes import Axes

    from geo.findings import Finding
    from geo.words import Lang

_UNTITLED = Text(en="")


class Status(IntEnum):
    """How a demand point stands towards one rule; the higher, the better.

    Examples
    --------
    >>> [status.name for status in Status]
    ['NOT_APPLICABLE', 'UNCOVERED', 'STRAIGHT_ONLY', 'WITHOUT_LEGS', 'COVERED']
    >>> max(Status).name
    'COVERED'
    """

    NOT_APPLICABLE = -1
    UNCOVERED = 0
    STRAIGHT_ONLY = 1
    WITHOUT_LEGS = 2
    COVERED = 3


@dataclass(frozen=True)
class Shown:
    """Something that may be shown.

    Attributes
    ----------
    role
        One of `analyses.schema.roles`.
    rows
        The frame that the role asks for.
    title
        What it is called: as the role unless another is given.

    Raises
    ------
    ValueError
        Nobody declared the role.

    Examples
    --------
    >>> import pandas as pd
    >>> Shown("kind", pd.DataFrame()).role
    'kind'
    >>> try:
    ...     Shown("nobody", pd.DataFrame())
    ... except ValueError as error:
    ...     print("not declared")
    not declared
    """

    role: str
    rows: gpd.GeoDataFrame | pd.DataFrame
    title: Text = _UNTITLED

    def __post_init__(self) -> None:
        """Check the role and take its title."""
        declared = role(self.role)
        if self.title == _UNTITLED:
            object.__setattr__(self, "title", declared.title)


@dataclass(frozen=True)
class Indicator:
    """One number with where it comes from.

    Attributes
    ----------
    id
        Stable, e.g. ``coverage.KG.walk.children``.
    title
        What it counts.
    value
        ``numerator / denominator``, or the numerator alone where there is no denominator.
    rule_id
        Row of ``data/standards`` that it was tested against, or None.

    Examples
    --------
    >>> import yimi
    >>> shares = yimi.coverage(yimi.load(yimi.demo).city, ["KG"]).indicators
    >>> share = next(i for i in shares if i.denominator)
    >>> share.value == share.numerator / share.denominator, share.rule_id
    (True, 'KG')
    """

    id: str
    title: Text
    value: float
    unit: str
    numerator: float
    denominator: float | None
    rule_id: str | None = None


@dataclass(frozen=True)
class Result:
    """What an analysis found.

    Examples
    --------
    >>> import pandas as pd
    >>> result = Result("mine", {"counts": pd.DataFrame({"children": [30, 20]})})
    >>> print(str(result).splitlines()[1].strip())
    tables: counts (2)
    """

    name: str
    tables: Mapping[str, pd.DataFrame]
    indicators: tuple[Indicator, ...] = ()
    findings: tuple[Finding, ...] = ()
    shown: tuple[Shown, ...] = ()
    notes: tuple[Text, ...] = ()
    """Remarks that every output must carry."""

    def __repr__(self) -> str:
        """Return what the result holds, in a few lines."""
        tables = ", ".join(f"{name} ({len(rows):,})" for name, rows in self.tables.items())
        layers = ", ".join(dict.fromkeys(item.role for item in self.shown))
        return (
            f"Result {self.name!r}: {len(self.indicators)} indicators, "
            f"{len(self.findings)} findings, {len(self.notes)} notes\n"
            f"  tables: {_shortened(tables)}\n  layers: {_shortened(layers)}"
        )

    def _repr_html_(self) -> str:
        """Return the result as a notebook shows it."""
        text: str = _views().as_html(self)
        return text

    def explore(self, *, lang: Lang = "zh") -> folium.Map:
        """Return the result as an interactive map (folium); it asks no other host."""
        chart: folium.Map = _views().explore(self, lang=lang)
        return chart

    def plot(self, role: str | None = None, *, ax: Axes | None = None) -> Axes:
        """Draw a layer with matplotlib: the first that has shapes, or the one of a role."""
        axes: Axes = _views().plot(self, role, ax=ax)
        return axes

    def to_excel(self, path: str | Path, *, lang: Lang = "zh") -> Path:
        """Write all tables as one workbook, the notes first; returns the file."""
        file: Path = _views().to_excel(self, path, lang=lang)
        return file

    def to_gpkg(self, path: str | Path, *, lang: Lang = "zh") -> Path:
        """Write all layers and tables as one GeoPackage with styles for QGIS; returns the file."""
        file: Path = _views().to_gpkg(self, path, lang=lang)
        return file


def _views() -> ModuleType:
    """Return what draws a result.  Only maps draws: it is looked up when somebody wants to see."""
    return importlib.import_module("maps.page.views")


def _shortened(text: str, width: int = 160) -> str:
    return text if len(text) <= width else f"{text[:width]}..."
