"""How is each check of a school gate answered?  One function for each, in modules by topic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyses.gates.checks import access, crossings, perimeter, signals, speed, stops, streets, ways

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from analyses.gates.checks.answer import Answer
    from analyses.gates.checks.site import Site
    from analyses.gates.rules import GateRule

    Test = Callable[[Site, GateRule], Answer]

TESTS: Mapping[str, Test] = {
    test.__name__: test
    for test in (
        access.gate_known,
        access.gate_count,
        access.survey_only,
        access.far_from_junction,
        access.not_on_arterial,
        access.set_back,
        access.bollards,
        speed.speed_limit,
        speed.zone_signs,
        speed.children_sign,
        speed.calming,
        speed.enforcement,
        crossings.crossing_near,
        crossings.zebra_width,
        crossings.sight_parking,
        crossings.bridge_usable,
        signals.crossing_signals,
        signals.junction_signals,
        signals.green_time,
        streets.sidewalks,
        streets.lighting,
        streets.fenced_walkway,
        streets.lorries_and_works,
        streets.narrow_road,
        stops.drop_off,
        stops.bus_stop,
        ways.level_crossing,
        ways.arterial_crossing,
        ways.open_water,
        perimeter.campus_perimeter,
        perimeter.gate_perimeter,
    )
}
"""Name in ``data/rules/gate_audit.toml`` -> function."""
