"""Every function and class that a room's face or `yimi` offers has an example that runs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

import analyses
import geo
import maps
import yimi


def faces() -> dict[str, list[str]]:
    """Return the names of each room: of a package its face, of a module its public names."""
    found = {"yimi": list(yimi.__all__)}
    for floor in (geo, analyses, maps):
        for room in pkgutil.iter_modules(floor.__path__, f"{floor.__name__}."):
            module = importlib.import_module(room.name)
            own = [n for n in vars(module) if not n.startswith("_")]
            own = [n for n in own if getattr(vars(module)[n], "__module__", "") == room.name]
            found[room.name] = list(module.__all__) if room.ispkg else own
    return found


def without_example() -> list[str]:
    """Return the functions and classes whose docstring shows no input."""
    return [
        f"{room}.{name}"
        for room, names in sorted(faces().items())
        for name in sorted(names)
        if inspect.isclass(found := getattr(importlib.import_module(room), name))
        or inspect.isroutine(inspect.unwrap(found) if callable(found) else found)
        if ">>> " not in (found.__doc__ or "")
    ]


def test_every_face_is_looked_at() -> None:
    assert {"yimi", "geo.walk", "geo.crs", "analyses.run", "maps.paper"} <= set(faces())
    assert min(map(len, faces().values())) >= 1


def test_every_function_and_class_of_a_face_has_an_example() -> None:
    assert without_example() == []
