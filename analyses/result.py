"""What does an analysis hand over?

Maps and files know roles and nothing of the analysis behind them: which roles there are, with which
columns, stands in ``data/schema/roles.toml`` (`analyses.schema`).  Every frame with shapes is a
GeoDataFrame in the study's metric CRS.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from analyses.schema import role

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import pandas as pd

    from geo.findings import Finding


class Status(IntEnum):
    """How a demand point stands towards one rule; the higher, the better."""

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
    zh, en
        Title in both languages: the role's own unless another is given.

    Raises
    ------
    ValueError
        Nobody declared the role.
    """

    role: str
    rows: gpd.GeoDataFrame | pd.DataFrame
    zh: str = ""
    en: str = ""

    def __post_init__(self) -> None:
        """Check the role and take its title."""
        title = role(self.role).title
        object.__setattr__(self, "zh", self.zh or title["zh"])
        object.__setattr__(self, "en", self.en or title["en"])


@dataclass(frozen=True)
class Indicator:
    """One number with where it comes from.

    Attributes
    ----------
    id
        Stable, e.g. ``coverage.KG.walk.children``.
    value
        ``numerator / denominator``, or the numerator alone where there is no denominator.
    rule_id
        Row of ``data/standards`` that it was tested against, or None.
    """

    id: str
    zh: str
    en: str
    value: float
    unit: str
    numerator: float
    denominator: float | None
    rule_id: str | None = None


@dataclass(frozen=True)
class Result:
    """What an analysis found."""

    name: str
    tables: Mapping[str, pd.DataFrame]
    indicators: tuple[Indicator, ...] = ()
    findings: tuple[Finding, ...] = ()
    shown: tuple[Shown, ...] = ()
    notes: tuple[tuple[str, str], ...] = field(default=())
    """Remarks that every output must carry, each in (zh, en)."""
