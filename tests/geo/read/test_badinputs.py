"""Does every known bad input become what it must?  Skipped where ``../shared`` is absent."""

from __future__ import annotations

import csv
import fnmatch
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import shapely

from analyses.run.check import check_inputs
from geo.crs import to_wgs84
from geo.datum import detect_datum
from geo.findings import Finding, InputRefused
from geo.osm.reading import streets_from_osm
from geo.osm.streets import Streets
from geo.read.check import Checked, checked_layer, outcome_of
from geo.read.options import ReadOptions
from geo.walk.graphml import network_from_graphml
from geo.walk.network import build_network
from geo.walk.snapping import snap

BAD = Path(__file__).parents[3] / "../shared/badinputs"
KINDS = {word: word for word in ("小学", "幼儿园", "公园", "儿童之家")}
CANARIES = ("12022320140909002X", "120223201501010013", "1380000000", "王小明")
pytestmark = pytest.mark.skipif(not BAD.is_dir(), reason="the bad inputs are not beside us")


@dataclass(frozen=True)
class Expected:
    path: str
    fault: str
    required: tuple[str, ...]
    good: str
    rejected: str
    codes: tuple[str, ...]


@cache
def expected() -> tuple[Expected, ...]:
    if not BAD.is_dir():
        return ()
    with (BAD / "EXPECT.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]
    return tuple(
        Expected(path, fault, tuple(must.split("|")), good, rejected, tuple(codes.split("|")))
        for path, fault, must, good, rejected, codes, *_ in rows
    )


def cases(*prefixes: str) -> list[pytest.ParameterSet]:
    chosen = [e for e in expected() if e.path.startswith(prefixes)]
    return [pytest.param(e, id=e.path[:24]) for e in chosen]


@cache
def streets() -> Streets:
    return streets_from_osm(BAD / "00_good/streets.osm")


def area() -> tuple[float, float, float, float]:
    west, south = streets().lonlat.min(axis=0)
    east, north = streets().lonlat.max(axis=0)
    return float(west), float(south), float(east), float(north)


def lines() -> np.ndarray:
    s = streets()
    owner = np.repeat(np.arange(len(s.way_start) - 1), np.diff(s.way_start))
    return shapely.linestrings(s.lonlat[s.way_vertices], indices=owner)


def within(found: int, told: str) -> bool:
    """Say whether a count lies in ``6-10``, or nothing is told."""
    low, _, high = told.partition("-")
    return not low.isdigit() or int(low) <= found <= int(high or low)


def has_code(findings: Sequence[Finding], codes: Sequence[str]) -> bool:
    found = {finding.code for finding in findings}
    return codes == ("-",) or any(fnmatch.filter(found, code) for code in codes)


def is_told(finding: Finding) -> bool:
    """Say whether a message names the file, why and how to mend it, in both languages."""
    named = bool(finding.file) and not finding.file.startswith("/")
    return named and all(
        finding.why(lang) and finding.fix(lang) and "\x1b" not in finding.text(lang)
        for lang in ("zh", "en")
    )


def checked(case: Expected) -> Checked:
    """Check a layer; its datum is judged beside the streets as a study does it."""
    required = ("name", "kind") if case.path.startswith(("A", "E", "00")) else ()
    required = {"A36": (), "B17": ("name",)}.get(case.path[:3], required)
    options = ReadOptions(kinds=KINDS, required=required, area=area())
    found = checked_layer(BAD / case.path, options=options)
    if found.layer is None or len(found.layer.frame) == 0:
        return found
    points = shapely.get_coordinates(shapely.centroid(found.layer.frame.geometry.to_numpy()))
    suspect = detect_datum(points, lines()).finding(file=found.file)
    return found if suspect is None else Checked(found.file, "confirm", 0, 0, 0, (suspect,))


@pytest.mark.parametrize("case", cases("00_good/facilities", "A", "B", "E"))
def test_layer(case):
    found = checked(case)
    assert found.outcome.upper() in case.required, [f.text("en") for f in found.findings]
    assert has_code(found.findings, case.codes)
    assert found.rows_in == found.rows_used + found.rows_rejected
    read = found.outcome in ("accept", "quarantine")
    assert not read or within(found.rows_used, case.good)
    assert not read or within(found.rows_rejected, case.rejected)
    assert [f.text("en") for f in found.findings if not is_told(f)] == []


@pytest.mark.parametrize("case", cases("00_good/facilities"))
def test_good_controls_pass_without_a_remark(case):
    assert checked(case).findings == ()


def test_encodings_give_the_names_of_the_control():
    def names(path: str) -> list[str]:
        layer = checked_layer(BAD / path).layer
        assert layer is not None
        return layer.frame["name"].tolist()

    control = names("00_good/facilities.csv")
    for path in ("A05_gbk.csv", "A07_utf8_bom.csv", "A08_utf16le_tab.csv", "A33_cr_only.csv"):
        assert names(path) == control


def test_children_leave_no_trace(tmp_path):
    for path in ("A35_pii_columns.csv", "A36_children_addresses.csv"):
        check_inputs(BAD / path, tmp_path / path)
    written = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()).decode()
    assert json.loads((tmp_path / "A35_pii_columns.csv/report.json").read_text("utf-8"))
    assert not [canary for canary in CANARIES if canary in written]


@pytest.mark.parametrize(
    "case",  # the others have tests of their own, see below
    [c for c in cases("00_good/streets", "C")
     if not c.values[0].path.endswith((".csv", ".graphml"))],
)  # fmt: skip
def test_streets(case):
    path = BAD / case.path
    try:
        found = streets_from_osm(path)
        findings = (*found.findings, *build_network(found, crs="EPSG:4548").findings)
        outcome, nodes = outcome_of(findings), len(found.lonlat)
    except InputRefused as refused:
        findings, outcome, nodes = refused.findings, outcome_of(refused.findings), 0
    assert outcome.upper() in case.required, [f.text("en") for f in findings]
    assert has_code(findings, case.codes)
    counted = outcome != "refuse" and case.good.endswith("nodes")
    assert not counted or nodes == int(case.good.split()[0])
    assert [f.text("en") for f in findings if not is_told(f)] == []


def test_facilities_far_from_every_street_are_not_joined():
    layer = checked_layer(BAD / "C11_facility_far_from_network.csv").layer
    assert layer is not None
    network = build_network(streets(), crs="EPSG:4548")
    xy = layer.frame.to_crs("EPSG:4548").get_coordinates().to_numpy()
    snapped = snap(network, xy, max_m=200)
    assert (snapped.edge < 0).sum() == 2
    assert (snapped.access_m[snapped.edge < 0] > 4500).all()


def test_negative_lengths_are_set_aside():
    findings = _graphml_findings(BAD / "C12_negative_nan_length.graphml")
    assert "EDGE_LENGTH" in {finding.code for finding in findings}


def _graphml_findings(path: Path) -> Sequence[Finding]:
    try:
        return network_from_graphml(path).findings
    except InputRefused as refused:
        return refused.findings


def test_axis_order_of_a_gml_lands_in_the_district():
    layer = checked_layer(BAD / "B66_axis_order.gml").layer
    west, south, east, north = layer.frame.total_bounds
    assert 116.8 < west < east < 117.0
    assert 38.9 < south < north < 39.0


def test_old_crs_member_is_within_ten_centimetres():
    frames = [
        checked_layer(BAD / path).layer.frame.to_crs("EPSG:4548")
        for path in ("00_good/facilities.geojson", "B02_old_crs_member.geojson")
    ]
    assert frames[0].geometry.distance(frames[1].geometry, align=False).max() < 0.1
    assert to_wgs84([116.9], [38.9], "EPSG:4326")[0] == 116.9
