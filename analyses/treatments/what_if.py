"""What would change if a crossing were made safe, a street slowed down, a path or a gate built?

Edits stand in a small TOML file.  Treatments, speeds and guards change what is known of streets and
crossings; paths, bridges and gates change the map, and the scene is built anew from it.  Nothing
that was given is changed.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pydantic import ConfigDict, Field

from analyses.treatments.catalogue import treated, treatments, with_values
from geo.bundled import load_toml
from geo.crs import project
from geo.findings import Finding, InputRefused
from geo.userfiles import inside, read_rows
from geo.walk import add_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from analyses.streets import Scene
    from geo.arrays import Ints
    from geo.walk import WalkNetwork


Kind = Literal["treatment", "speed", "guard", "footpath", "bridge", "gate"]
LonLat = tuple[Annotated[float, Field(ge=-180, le=180)], Annotated[float, Field(ge=-90, le=90)]]
Speed = Annotated[float, Field(ge=5, le=120)]
_NEEDS: dict[str, tuple[frozenset[str], ...]] = {
    "treatment": tuple(
        frozenset({"treatment", target}) for target in ("crossing_id", "street_id", "street")
    ),
    "speed": (frozenset({"speed_kmh", "street_id"}), frozenset({"speed_kmh", "street"})),
    "guard": (frozenset({"crossing_id"}),),
    "footpath": (frozenset({"line"}),),
    "bridge": (frozenset({"line"}), frozenset({"crossing_id"})),
    "gate": (frozenset({"school_id", "point"}),),
}
"""Settings that a kind of edit must have, exactly one of the sets; there may be no others."""
_TAGS = {
    "footpath": {"highway": "footway"},
    "bridge": {"highway": "footway", "bridge": "yes", "layer": "1"},
}
_SAME_PLACE_M = 1.0


@dataclass(frozen=True, kw_only=True)
class Edit:
    """One ``[[edit]]`` of an edits file.

    Attributes
    ----------
    kind
        ``treatment`` (a row of ``data/rules/treatments.toml``), ``speed``, ``guard``,
        ``footpath``, ``bridge`` or ``gate``.
    name
        How tables and messages call it.
    crossing_id, street_id, street
        What is changed: a crossing, a stretch, or all stretches of a street by its name.
    line, point
        Where something is built: degrees, WGS 84.
    cost
        Instead of the cost of the treatment's class.

    Examples
    --------
    >>> import yimi
    >>> yimi.Edit(kind="treatment", crossing_id="n1:w2:1", treatment="signal").treatment
    'signal'
    >>> yimi.Edit(kind="gate", school_id="S001", point=(117.02, 38.01)).point
    (117.02, 38.01)
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    kind: Kind
    name: str = ""
    treatment: str | None = None
    crossing_id: str | None = None
    street_id: str | None = None
    street: str | None = None
    school_id: str | None = None
    speed_kmh: Speed | None = None
    line: Annotated[tuple[LonLat, ...], Field(min_length=2)] | None = None
    point: LonLat | None = None
    cost: Annotated[float, Field(ge=0)] | None = None

    @property
    def drawn(self) -> bool:
        """Say whether the edit changes the map, not only what is known of it."""
        return self.line is not None or self.point is not None

    @property
    def price(self) -> float:
        """Return what it costs beside the others: its own cost, or that of its treatment."""
        usual = {"speed": "speed_30", "guard": "guard", "bridge": "bridge", "footpath": "sidewalk"}
        name = self.treatment or usual.get(self.kind, "second_gate")
        return self.cost if self.cost is not None else treatments()[name].cost


def read_edits(path: str, base: Path) -> tuple[Edit, ...]:
    """Read a file of ``[[edit]]`` rows.

    Raises
    ------
    InputRefused
        What `geo.userfiles.read_rows` refuses; ``EDIT_NEEDS`` where settings are missing or
        do not fit, ``EDIT_TARGET`` for an unknown treatment.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     text = 'edit = [{kind = "treatment", crossing_id = "n1:w2:1", treatment = "signal"}]'
    ...     size = pathlib.Path(folder, "trial.toml").write_text(text, encoding="utf-8")
    ...     read_edits("trial.toml", pathlib.Path(folder))[0].treatment
    'signal'
    """
    file = inside(base, path)
    rows = read_rows(file, "edit", Edit)
    slips = [f for number, row in enumerate(rows, 1) for f in _slips(row, number, file.name)]
    if slips:
        raise InputRefused(*slips)
    return rows


def apply_edits(scene: Scene, edits: Sequence[Edit], *, known: Scene | None = None) -> Scene:
    """Return the scene with the edits that change what is known of streets and crossings.

    Parameters
    ----------
    scene
        Streets and crossings; is not changed.
    edits
        In order; drawn ones are left out (`edited_network`, `edited_gates`).
    known
        The scene that the ids of the edits are from, where `scene` has been built anew on an edited
        network: a street that a new path has parted is found again by its place.

    Raises
    ------
    InputRefused
        ``EDIT_TARGET`` where an id or a name is not in the scene.
    """
    known = known or scene
    for edit in edits:
        if edit.drawn:
            continue
        rows = _rows_of(edit, scene, known=known)
        if edit.kind == "speed":
            values: dict[str, Any] = {"speed_kmh": edit.speed_kmh}
            scene = with_values(scene, streets=(rows, values), only_better=False)
        elif edit.crossing_id is not None:
            scene = treated(scene, treatments()[_treatment(edit)], crossings=rows)
        else:
            scene = treated(scene, treatments()[_treatment(edit)], streets=rows)
    return scene


def edited_network(network: WalkNetwork, edits: Sequence[Edit]) -> WalkNetwork:
    """Return the drawn network with the new footpaths and bridges."""
    drawn = [edit for edit in edits if edit.line is not None]
    lines = gpd.GeoSeries([shapely.LineString(e.line) for e in drawn], crs="EPSG:4326")
    placed = project(gpd.GeoDataFrame(geometry=lines), network.crs).geometry if drawn else lines
    return add_paths(
        network,
        np.asarray(placed.array, dtype=object).tolist(),
        [_TAGS[edit.kind] for edit in drawn],
        join_max_m=float(load_toml("rules/treatments.toml")["search"]["join_m"]["value"]),
        names=[edit.name for edit in drawn],
    )


def edited_gates(gates: gpd.GeoDataFrame, edits: Sequence[Edit]) -> gpd.GeoDataFrame:
    """Return the gates (``facility_id, rule, geometry``) with the new ones behind them.

    A new gate is a known one (``rule = "gate"``).  Gates that had only been assumed stay: that a
    gate is planned does not say where the others are.

    Raises
    ------
    InputRefused
        ``EDIT_TARGET`` where the school has no gate at all in `gates`.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> gate = Edit(kind="gate", school_id="S001", point=(117.02, 38.01))
    >>> len(edited_gates(city.entrances, [gate])) - len(city.entrances)
    1
    """
    new = [edit for edit in edits if edit.point is not None]
    if not new:
        return gates
    for edit in new:
        _position(gates["facility_id"], edit.school_id, edit)
    points = gpd.points_from_xy(*zip(*(edit.point for edit in new if edit.point), strict=True))
    rows = gpd.GeoDataFrame(
        {"facility_id": [edit.school_id for edit in new], "rule": "gate"},
        geometry=points,
        crs="EPSG:4326",
    )
    joined = pd.concat([gates, project(rows, str(gates.crs))], ignore_index=True)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=gates.crs)


def edited_scene(
    scene: Scene, edits: Sequence[Edit], *, build: Callable[[WalkNetwork], Scene]
) -> Scene:
    """Return the scene after all edits (but gates, see `edited_gates`).

    Parameters
    ----------
    scene
        The scene as it is.
    edits
        What is changed.
    build
        Makes a scene of a network, as the given one was made; called only where the map changes.

    Examples
    --------
    >>> import yimi
    >>> city = yimi.load(yimi.demo).city
    >>> slow = Edit(kind="speed", street_id=city.scene.streets["street_id"].iloc[0], speed_kmh=20)
    >>> edited_scene(city.scene, [slow], build=city.scene_of).streets["speed_kmh"].iloc[0].item()
    20.0
    """
    if not any(edit.line is not None for edit in edits):
        return apply_edits(scene, edits)
    after = build(edited_network(scene.network, edits))
    return apply_edits(after, edits, known=scene)


def without_effect(scene: Scene, edits: Sequence[Edit]) -> tuple[Finding, ...]:
    """Return a finding for each edit that changes no street and no crossing of the scene.

    Examples
    --------
    >>> import yimi
    >>> scene = yimi.load(yimi.demo).city.scene
    >>> slow = Edit(kind="speed", street_id=scene.streets["street_id"].iloc[0], speed_kmh=20)
    >>> without_effect(scene, [slow])
    ()
    """
    found = []
    for number, edit in enumerate(edits, 1):
        if edit.drawn:
            continue
        after = apply_edits(scene, [edit])
        if after.streets.equals(scene.streets) and after.crossings.equals(scene.crossings):
            found.append(Finding("EDIT_NO_EFFECT", "", detail={"edit": _called(edit, number)}))
    return tuple(found)


def _rows_of(edit: Edit, scene: Scene, *, known: Scene) -> Ints:
    """Return the rows of the scene's streets or crossings that an edit is about."""
    if edit.crossing_id is not None:
        ids = scene.crossings["crossing_id"]
        if ids.eq(edit.crossing_id).any():
            return np.flatnonzero(ids.eq(edit.crossing_id))
        row = _position(known.crossings["crossing_id"], edit.crossing_id, edit)
        places = scene.crossings.geometry.to_numpy()
        away = shapely.distance(places, known.crossings.geometry.to_numpy()[row])
        return np.flatnonzero(away <= _SAME_PLACE_M)
    if edit.street is not None:
        _position(known.streets["name"].dropna(), edit.street, edit)
        return np.flatnonzero(scene.streets["name"].eq(edit.street))
    same = (scene.streets["street_id"] == edit.street_id).to_numpy()
    if same.any():
        return np.flatnonzero(same)
    row = _position(known.streets["street_id"], edit.street_id, edit)
    return _pieces(known.network, row, scene.network)


def _pieces(before: WalkNetwork, row: int, after: WalkNetwork) -> Ints:
    """Return the edges of a network into which an edge of the one before it was parted."""
    line = before.tree.geometries[row]
    near = after.tree.query(line.buffer(_SAME_PLACE_M))
    own = after.edges["way_id"].to_numpy()[near] == before.edges["way_id"].iloc[row]
    middle = shapely.line_interpolate_point(after.tree.geometries[near], 0.5, normalized=True)
    here = shapely.distance(middle, line) <= _SAME_PLACE_M
    return np.sort(near[own & here]).astype(np.int64)


def _treatment(edit: Edit) -> str:
    return edit.treatment or edit.kind


def _position(ids: pd.Series[Any], wanted: str | None, edit: Edit) -> int:
    """Return the first row with an id, or refuse with the nearest one."""
    texts = ids.astype(str).to_numpy()
    found = np.flatnonzero(texts == wanted)
    if len(found):
        return int(found[0])
    near = difflib.get_close_matches(str(wanted), sorted(set(texts)), n=1, cutoff=0.3)
    detail = {"edit": _called(edit, 0), "near": near[0] if near else "-"}
    raise InputRefused(Finding("EDIT_TARGET", "edits", None, None, str(wanted), detail))


def _slips(edit: Edit, number: int, file: str) -> Iterator[Finding]:
    """Say what an edit lacks, or has too much."""
    optional = {"kind", "name", "cost"}
    given = {key for key, value in vars(edit).items() if value is not None} - optional
    needs = _NEEDS[edit.kind]
    if not any(given == need for need in needs):
        odd = min((need ^ given for need in needs), key=lambda s: (len(s), sorted(s)))
        expected = " / ".join(" + ".join(sorted(need)) for need in needs)
        detail = {"edit": _called(edit, number), "key": ", ".join(sorted(odd))}
        yield Finding("EDIT_NEEDS", file, detail={**detail, "expected": expected})
    elif edit.treatment is not None and edit.treatment not in treatments():
        near = difflib.get_close_matches(edit.treatment, treatments(), n=1, cutoff=0.3)
        detail = {"edit": _called(edit, number), "near": near[0] if near else "-"}
        yield Finding("EDIT_TARGET", file, None, "treatment", edit.treatment, detail)


def _called(edit: Edit, number: int) -> str:
    return edit.name or (f"{number} ({edit.kind})" if number else edit.kind)
