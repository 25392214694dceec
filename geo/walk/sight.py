"""Which place of the streets is nearest in a straight line that crosses no wall: compiled.

A piece of a wall throws a shadow on each street, as a lamp at the door would.  On a straight piece
of a street the shadow is one stretch; the nearest place out of all shadows is the answer, exactly.
"""
# ruff: noqa: PLR0917 - compiled functions know no keyword-only parameters

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geo.walk.kernels import compiled

if TYPE_CHECKING:
    from geo.arrays import Floats, Ints
    from geo.walk.around_doors import Pieces

_ON_M = 1e-6
"""A place as near as this to a wall lies on it."""
_FLAT_M2 = 1e-12
"""Twice the area between a door and a wall that is seen edge on."""


@compiled
def nearest_in_sight(
    doors: Floats, streets: Pieces, walls: Pieces, touch_m: float, aside_m: float, radius_m: float
) -> tuple[Ints, Floats, Floats]:
    """Return the line of the streets (-1: none in sight), the place on it and its distance.

    Parameters
    ----------
    doors
        (d, 2) metres.
    streets, walls
        What lies around each door.
    touch_m
        A wall as near as this to the door is only touched.
    aside_m
        How far beyond its ends a wall is passed.
    radius_m
        Places farther away are not looked at.
    """
    count = len(doors)
    line, place = np.full(count, -1), np.full((count, 2), np.nan)
    best_m = np.full(count, np.inf)
    most = 2
    for door in range(count):
        room = 2
        for at in range(walls.start[door], walls.start[door + 1]):
            room += walls.first[walls.line[at] + 1] - walls.first[walls.line[at]]
        most = max(most, room)
    near = np.empty((most, 4))
    shadow = np.empty((most, 2))
    for door in range(count):
        hx, hy = doors[door]
        pieces = _pieces_near(hx, hy, walls, door, near, touch_m, aside_m, radius_m)
        for at in range(streets.start[door], streets.start[door + 1]):
            street = streets.line[at]
            for v in range(streets.first[street], streets.first[street + 1] - 1):
                px, py = streets.xy[v, 0] - hx, streets.xy[v, 1] - hy
                qx, qy = streets.xy[v + 1, 0] - hx, streets.xy[v + 1, 1] - hy
                foot = _foot(px, py, qx, qy)
                reach_m = min(best_m[door], radius_m)
                fx, fy = px + foot * (qx - px), py + foot * (qy - py)
                if np.hypot(fx, fy) >= reach_m:
                    continue
                used = _shadows(px, py, qx, qy, near, pieces, shadow)
                t = _out_of_shadow(foot, shadow, used)
                x, y = px + t * (qx - px), py + t * (qy - py)
                length_m = np.hypot(x, y)
                if length_m <= radius_m and length_m < best_m[door]:
                    best_m[door], line[door] = length_m, street
                    place[door, 0], place[door, 1] = hx + x, hy + y
    return line, place, best_m


@compiled
def _foot(px: float, py: float, qx: float, qy: float) -> float:
    """Return where on the piece from p to q (0 to 1) the place nearest to the origin lies."""
    dx, dy = qx - px, qy - py
    square = dx * dx + dy * dy
    if square <= 0.0:
        return 0.0
    return min(max(-(px * dx + py * dy) / square, 0.0), 1.0)


@compiled
def _pieces_near(
    hx: float,
    hy: float,
    walls: Pieces,
    door: int,
    near: Floats,
    touch_m: float,
    aside_m: float,
    radius_m: float,
) -> int:
    """Write down the pieces of walls around a door, seen from it and a little longer."""
    used = 0
    for at in range(walls.start[door], walls.start[door + 1]):
        wall = walls.line[at]
        for v in range(walls.first[wall], walls.first[wall + 1] - 1):
            ax, ay = walls.xy[v, 0] - hx, walls.xy[v, 1] - hy
            bx, by = walls.xy[v + 1, 0] - hx, walls.xy[v + 1, 1] - hy
            length = np.hypot(bx - ax, by - ay)
            if length <= 0.0:
                continue
            foot = _foot(ax, ay, bx, by)
            away = np.hypot(ax + foot * (bx - ax), ay + foot * (by - ay))
            if away > radius_m or away <= touch_m:
                continue
            ux, uy = (bx - ax) / length * aside_m, (by - ay) / length * aside_m
            near[used, 0], near[used, 1] = ax - ux, ay - uy
            near[used, 2], near[used, 3] = bx + ux, by + uy
            used += 1
    return used


@compiled
def _shadows(
    px: float,
    py: float,
    qx: float,
    qy: float,
    near: Floats,
    pieces: int,
    shadow: Floats,
) -> int:
    """Write down which stretches (from 0 to 1) of a piece of a street lie behind walls."""
    dx, dy = qx - px, qy - py
    used = 0
    for i in range(pieces):
        ax, ay, bx, by = near[i, 0], near[i, 1], near[i, 2], near[i, 3]
        turn = ax * by - ay * bx
        sign = 1.0 if turn > 0.0 else -1.0
        wx, wy = bx - ax, by - ay
        if abs(turn) <= _FLAT_M2:
            continue
        # linear in t: value at p, and what it grows by up to q; each must be positive
        low, high = -1.0, 2.0  # what goes on beyond the piece's ends
        for side in range(3):
            if side == 0:
                start, step = sign * (ax * py - ay * px), sign * (ax * dy - ay * dx)
            elif side == 1:
                start, step = sign * (px * by - py * bx), sign * (dx * by - dy * bx)
            else:
                beyond = _ON_M * np.hypot(wx, wy)
                start = -sign * (wx * (py - ay) - wy * (px - ax)) - beyond
                step = -sign * (wx * dy - wy * dx)
            if step > 0.0:
                low = max(low, -start / step)
            elif step < 0.0:
                high = min(high, -start / step)
            elif start <= 0.0:
                high = -2.0
        if low < high and low < 1.0 and high > 0.0:
            shadow[used, 0], shadow[used, 1] = low, high
            used += 1
    return used


@compiled
def _out_of_shadow(foot: float, shadow: Floats, used: int) -> float:
    """Return the place nearest to the foot that no shadow covers; nan where all is covered."""
    down, up = foot, foot
    moved = True
    while moved:
        moved = False
        for i in range(used):
            if shadow[i, 0] < down <= shadow[i, 1]:
                down, moved = shadow[i, 0], True
            if shadow[i, 0] <= up < shadow[i, 1]:
                up, moved = shadow[i, 1], True
    if down >= 0.0 and (up > 1.0 or foot - down <= up - foot):
        return down
    return up if up <= 1.0 else np.nan
