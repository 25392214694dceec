"""What are the streets to each age: how risky, and what is not for it alone?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyses.risk.edges import edge_risk, forbidden
from analyses.rules import profiles

if TYPE_CHECKING:
    from analyses.risk.edges import Risk
    from analyses.rules import Profile
    from analyses.streets import Scene
    from geo.arrays import Flags


@dataclass(frozen=True, eq=False)
class Danger:
    """What the streets of a scene are to one age; arrays are aligned with its walking edges.

    Attributes
    ----------
    profile
        The age.
    risk
        Of each edge.
    forbidden
        Edges that this age may not use alone, as far as is assumed.
    forbidden_low, forbidden_high
        What it may not use for sure, and what it perhaps may not use.

    Examples
    --------
    >>> import yimi
    >>> young = dangers(yimi.load(yimi.demo).city.scene)[0]
    >>> bool((young.forbidden_low <= young.forbidden_high).all())
    True
    """

    profile: Profile
    risk: Risk
    forbidden: Flags
    forbidden_low: Flags
    forbidden_high: Flags


def dangers(scene: Scene) -> tuple[Danger, ...]:
    """Return what the streets are to each age of ``data/rules/child_profiles.toml``.

    Examples
    --------
    The older may use whatever the younger may:

    >>> import yimi
    >>> young, *_, old = dangers(yimi.load(yimi.demo).city.scene)
    >>> bool(young.forbidden.sum() >= old.forbidden.sum()), young.profile.ages < old.profile.ages
    (True, True)
    """
    return tuple(
        Danger(
            profile,
            edge_risk(scene, profile),
            forbidden(scene, profile),
            forbidden(scene, profile, bound="low"),
            forbidden(scene, profile, bound="high"),
        )
        for profile in profiles()
    )
