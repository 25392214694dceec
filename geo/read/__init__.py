"""How is a file read: every format, checked row by row?"""

from geo.read.ages import AgeColumn, age_column, speaks_of_people
from geo.read.cells import as_texts, key
from geo.read.check import Checked, checked_layer, outcome_of, report, write_rejects
from geo.read.columns import Column, map_columns, missing_column, plain
from geo.read.flags import Flag
from geo.read.footprints import read_open_layer
from geo.read.options import ReadOptions, ReadRequest
from geo.read.raw import Kinds, Layer, Located, Sheet
from geo.read.readers import TEXT, cells_of, open_raw, read_layer
from geo.read.xmlguard import check_xml, utf8_xml

__all__ = [
    "TEXT",
    "AgeColumn",
    "Checked",
    "Column",
    "Flag",
    "Kinds",
    "Layer",
    "Located",
    "ReadOptions",
    "ReadRequest",
    "Sheet",
    "age_column",
    "as_texts",
    "cells_of",
    "check_xml",
    "checked_layer",
    "key",
    "map_columns",
    "missing_column",
    "open_raw",
    "outcome_of",
    "plain",
    "read_layer",
    "read_open_layer",
    "report",
    "speaks_of_people",
    "utf8_xml",
    "write_rejects",
]
