"""What does a study consist of: its settings, layers and basemaps?"""

from analyses.study.basemap import Basemap, basemap_of
from analyses.study.model import (
    FacilitiesInput,
    JoinedInput,
    LayerInput,
    Study,
    inputs_of,
    tables_of,
)
from analyses.study.public_data import files_needed, licences_of, source_of, sources
from analyses.study.regions import common_region, is_region, lies_in, region_name
from analyses.study.settings import load_study

__all__ = [
    "Basemap",
    "FacilitiesInput",
    "JoinedInput",
    "LayerInput",
    "Study",
    "basemap_of",
    "common_region",
    "files_needed",
    "inputs_of",
    "is_region",
    "licences_of",
    "lies_in",
    "load_study",
    "region_name",
    "source_of",
    "sources",
    "tables_of",
]
