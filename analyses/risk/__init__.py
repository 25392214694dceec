"""How risky is each street and crossing, and how sure is that?"""

from analyses.risk.ages import Danger, dangers
from analyses.risk.child_facts import clear_length_m, crossing_time_s, stopping_m
from analyses.risk.edges import Risk, along_table, crossing_table, edge_risk, forbidden, grade
from analyses.risk.factors import numbers

__all__ = [
    "Danger",
    "Risk",
    "along_table",
    "clear_length_m",
    "crossing_table",
    "crossing_time_s",
    "dangers",
    "edge_risk",
    "forbidden",
    "grade",
    "numbers",
    "stopping_m",
]
