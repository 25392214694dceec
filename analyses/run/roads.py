"""How did the streets of a study come to meet, and what if some of them do not?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyses.result import Result, Shown
from geo.walk import build_network, join_lines
from geo.words import languages, texts

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.osm import Streets
    from geo.walk import WalkNetwork


@dataclass(frozen=True, eq=False)
class Roads:
    """Streets to walk on.

    Attributes
    ----------
    network
        The streets.
    apart
        The same, where crossings of which nobody knows whether they are on one level do not meet;
        None where there are none.
    joints
        What was joined to make streets of a road layer (`geo.walk.join_lines`); None of OSM, whose
        ways share their nodes.
    """

    network: WalkNetwork
    apart: WalkNetwork | None = None
    joints: gpd.GeoDataFrame | None = None


def roads_of(streets: Streets, *, crs: str, name: str, drawn: bool) -> Roads:
    """Make a network; the lines of a layer that was `drawn` in a GIS are joined first."""
    if not drawn:
        return Roads(build_network(streets, crs=crs, name=name))
    made = join_lines(streets, crs=crs, name=name)
    network = build_network(made.streets, crs=crs, name=name)
    apart = None if made.apart is None else build_network(made.apart, crs=crs, name=name)
    return Roads(network, apart, made.joints)


def joined(roads: Roads) -> Result:
    """Return what was joined: a table of counts, and a layer to look at."""
    if roads.joints is None:
        return Result("roads", {})
    words = texts("tables/values/joint")
    joint = roads.joints["joint"]
    named = {f"joint_{lang}": [words[one][lang] for one in joint] for lang in languages()}
    rows = roads.joints.assign(**named)
    counts = rows.groupby("joint", sort=True)["length_m"].agg(["size", "sum"]).reset_index()
    table = counts.set_axis(["joint", "count", "length_m"], axis=1)
    shown = (Shown("street_joint", rows),) if len(rows) else ()
    return Result("roads", {"quality_joints": table}, shown=shown)
