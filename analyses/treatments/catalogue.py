"""What may be done about a hazard, by whom, how soon, and what does it change in the street scene?

The treatments are rows of ``data/rules/treatments.toml``, the offices rows of ``bodies.toml``.
A treatment only improves: what is better already stays as it is, so that none can raise a risk.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import pandas as pd

from geo.bundled import load_toml
from geo.words import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from analyses.streets import Scene
    from geo.arrays import Ints

    Value = str | float

Frame = TypeVar("Frame", bound=pd.DataFrame)

_OBSERVED = "official"
"""A treatment is carried out by an office: its value is as good as an official one."""


@dataclass(frozen=True)
class Treatment:
    """One row of ``data/rules/treatments.toml``; the file's head explains the fields."""

    id: str
    zh: str
    en: str
    body: str
    horizon: str
    cost_class: int
    applies_to: tuple[str, ...]
    street: Mapping[str, Value]
    crossing: Mapping[str, Value]

    @property
    def title(self) -> Text:
        """Return what it is called."""
        return Text.of(vars(self))

    @property
    def cost(self) -> float:
        """Return the cost of its class: beside the others, no price."""
        return float(_rules()["cost_class"][str(self.cost_class)]["cost"])

    @property
    def months(self) -> int:
        """Return the months within which it can be had."""
        return int(horizons()[self.horizon]["months"])


@cache
def treatments() -> dict[str, Treatment]:
    """Return all treatments by id, in the order of the file.

    Examples
    --------
    >>> "signal" in treatments()
    True
    """
    return {row["id"]: _treatment(row) for row in _rules()["treatment"]}


@cache
def bodies() -> dict[str, Mapping[str, str]]:
    """Return the responsible offices by id: ``zh, en, source, status``.

    Examples
    --------
    >>> bodies()["police"]["zh"]
    '公安机关（交管）'
    """
    return {row["id"]: row for row in load_toml("rules/bodies.toml")["body"]}


def horizons() -> Mapping[str, Mapping[str, Any]]:
    """Return how soon a treatment may be had, by id: ``zh, en, months``.

    Examples
    --------
    >>> months = [row["months"] for row in horizons().values()]
    >>> sorted(months) == months
    True
    """
    found: Mapping[str, Mapping[str, Any]] = _rules()["horizon"]
    return found


def adequate() -> str:
    """Return the treatment that makes any crossing usable for a child alone.

    Examples
    --------
    >>> adequate() in treatments()
    True
    """
    return str(_rules()["what_if"]["adequate"]["value"])


def treated(
    scene: Scene,
    treatment: Treatment,
    *,
    streets: Ints | None = None,
    crossings: Ints | None = None,
) -> Scene:
    """Return the scene with a treatment carried out; the given one is not changed.

    Parameters
    ----------
    scene
        Streets and crossings with what is known of them.
    treatment
        What is done.
    streets
        Ints of ``scene.streets``; what holds for a street holds for its crossings too
        (``[shared]`` of the rules).
    crossings
        Ints of ``scene.crossings``; all stages of a crossing are treated together.

    Examples
    --------
    >>> import numpy as np, yimi
    >>> scene = yimi.load(yimi.demo).city.scene
    >>> after = treated(scene, treatments()[adequate()], crossings=np.array([0]))
    >>> after.crossings["facility"].iloc[0]
    'signal'
    """
    return with_values(
        scene,
        streets=(streets, treatment.street),
        crossings=(crossings, treatment.crossing),
        only_better=True,
    )


def with_values(
    scene: Scene,
    *,
    streets: tuple[Ints | None, Mapping[str, Value]],
    crossings: tuple[Ints | None, Mapping[str, Value]] = (None, {}),
    only_better: bool,
) -> Scene:
    """Return the scene with values set on some streets and crossings: see `treated`.

    Parameters
    ----------
    scene
        Streets and crossings with what is known of them.
    streets, crossings
        The rows, and attribute -> value.
    only_better
        Keep what is better than the value already; otherwise the value holds exactly.
    """
    street_rows, street_values = streets
    crossing_rows, crossing_values = crossings
    street_frame, crossing_frame = scene.streets, scene.crossings
    if street_rows is not None and len(street_rows):
        street_frame = _with(street_frame, street_rows, street_values, only_better=only_better)
        shared = {k: v for k, v in street_values.items() if k in _rules()["shared"]["attributes"]}
        over = np.flatnonzero(np.isin(crossing_frame["street"].to_numpy(), street_rows))
        crossing_frame = _with(crossing_frame, over, shared, only_better=only_better)
    if crossing_rows is not None and len(crossing_rows):
        stages = _all_stages(crossing_frame, crossing_rows)
        crossing_frame = _with(crossing_frame, stages, crossing_values, only_better=only_better)
    return replace(scene, streets=street_frame, crossings=crossing_frame)


def _with(frame: Frame, rows: Ints, values: Mapping[str, Value], *, only_better: bool) -> Frame:
    """Return the frame (with or without geometry) with values set in the rows."""
    new: dict[str, pd.Series[Any]] = {}
    for attribute, value in values.items():
        for column in (attribute, f"{attribute}_low", f"{attribute}_high"):
            if column in frame:
                new[column] = _set(frame[column], rows, value, only_better=only_better)
        source = f"{attribute}_source"
        if attribute in new and source in frame:
            same = _same(frame[attribute], new[attribute])
            new[source] = frame[source].astype(object).where(same, _OBSERVED)
        if attribute == "facility" and "forbidden" in frame:
            new["forbidden"] = frame["forbidden"] & new["facility"].eq("forbidden")
    return frame.assign(
        **{n: cells for n, cells in new.items() if not _same(frame[n], cells).all()}
    )


def _set(column: pd.Series[Any], rows: Ints, value: Value, *, only_better: bool) -> pd.Series[Any]:
    """Return a column with a value in the rows."""
    attribute = str(column.name).removesuffix("_low").removesuffix("_high")
    cells = column.copy() if pd.api.types.is_numeric_dtype(column) else column.astype(object)
    cells.iloc[rows] = _better(cells.iloc[rows], value, attribute) if only_better else value
    return cells


def _same(before: pd.Series[Any], after: pd.Series[Any]) -> pd.Series[bool]:
    """Say where nothing has changed."""
    return before.eq(after) | (before.isna() & after.isna())


def _better(old: pd.Series[Any], value: Value, attribute: str) -> pd.Series[Any]:
    """Return the safer of the old values and the new one; unknown is the worst."""
    order: str | Sequence[str] = _rules()["better"][attribute]
    if isinstance(order, str):
        safer = np.fmin if order == "lower" else np.fmax
        numbers = safer(old.to_numpy(dtype=np.float64), float(value))
        return pd.Series(numbers, index=old.index)
    rank = {word: place for place, word in enumerate(order)}
    limit = rank[str(value)]
    keep = [rank.get(word, len(rank)) <= limit for word in old]
    return old.astype(object).where(pd.Series(keep, index=old.index, dtype=bool), value)


def _all_stages(crossings: pd.DataFrame, rows: Ints) -> Ints:
    """Return the rows of all stages of the crossings that the rows belong to."""
    if "group" not in crossings:
        return rows
    group = crossings["group"].to_numpy()
    return np.flatnonzero(np.isin(group, group[rows]))


def _treatment(row: Mapping[str, Any]) -> Treatment:
    plain = {key: value for key, value in row.items() if key not in ("sets", "applies_to")}
    sets = row.get("sets", {})
    return Treatment(
        **plain,
        applies_to=tuple(row["applies_to"]),
        street=sets.get("street", {}),
        crossing=sets.get("crossing", {}),
    )


def _rules() -> dict[str, Any]:
    return load_toml("rules/treatments.toml")
