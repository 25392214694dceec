"""Where should places for children be built?  Siting with proven optima, sparse within reach."""

from analyses.sites.answer import NOWHERE, Answer, nearest_open
from analyses.sites.candidates import parcel_checks, suitable
from analyses.sites.center import p_center
from analyses.sites.cover import backup_cover, lscp, mclp
from analyses.sites.equity import kolm_pollak
from analyses.sites.highs import Effort
from analyses.sites.median import p_median
from analyses.sites.own_choice import regret
from analyses.sites.pareto import Ruler, measured, pareto_front, ruler_of
from analyses.sites.phases import Phase, phased
from analyses.sites.problem import (
    FILE,
    Means,
    Problem,
    reach_from_pairs,
    siting_problem,
    without_unreached,
)

__all__ = [
    "FILE",
    "NOWHERE",
    "Answer",
    "Effort",
    "Means",
    "Phase",
    "Problem",
    "Ruler",
    "backup_cover",
    "kolm_pollak",
    "lscp",
    "mclp",
    "measured",
    "nearest_open",
    "p_center",
    "p_median",
    "parcel_checks",
    "pareto_front",
    "phased",
    "reach_from_pairs",
    "regret",
    "ruler_of",
    "siting_problem",
    "suitable",
    "without_unreached",
]
