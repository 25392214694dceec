"""What do children and parents mark on the map?"""

from analyses.marks.analysis import in_communities, participation
from analyses.marks.mark_layers import NOBODY, Marks, kinds, marks_of, reading
from analyses.marks.model import Model

__all__ = [
    "NOBODY",
    "Marks",
    "Model",
    "in_communities",
    "kinds",
    "marks_of",
    "participation",
    "reading",
]
