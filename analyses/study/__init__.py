"""What does a study consist of: its settings, layers and basemaps?"""

from analyses.study.basemap import Basemap, basemap_of
from analyses.study.settings import FacilitiesInput, LayerInput, Study, inputs_of, load_study

__all__ = [
    "Basemap",
    "FacilitiesInput",
    "LayerInput",
    "Study",
    "basemap_of",
    "inputs_of",
    "load_study",
]
