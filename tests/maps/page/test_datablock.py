"""What goes into a page comes out again, small, always the same, and nothing else with it."""

from __future__ import annotations

import base64
import zlib

import geopandas as gpd
import map_decode as decode
import map_sample as sample
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from analyses.result import Shown
from maps.page import codec
from maps.page.datablock import data_block

STEP = 0.5e-6 + 1e-12


def block(*shown: Shown) -> str:
    return data_block(shown, crs=sample.CRS, about={})


def by_role() -> dict[str, Shown]:
    return {item.role: item for item in sample.sample()}


def raw_bytes(text: str) -> bytes:
    return zlib.decompress(base64.b64decode(text))


@given(st.lists(st.floats(-1e9, 1e9) | st.just(float("nan")) | st.just(float("inf"))))
def test_a_number_comes_back_within_half_a_step(values: list[float]) -> None:
    out = bytearray()
    spec = codec.number(out, values, step=0.5)
    back, wanted = decode.number(spec, bytes(out)), np.array(values)
    wanted = np.where(np.isfinite(wanted), wanted, np.nan)
    assert spec["step"] == pytest.approx(
        max(0.5, np.abs(wanted[~np.isnan(wanted)]).max(initial=0) / 2**30)
    )
    np.testing.assert_allclose(back, wanted, atol=spec["step"] / 2 + 1e-6)


@given(st.lists(st.none() | st.text(st.characters(codec="utf-8"))))
def test_a_text_comes_back_as_it_was(values: list[str | None]) -> None:
    out = bytearray()
    header, body = decode.unpack(
        codec.pack({"c": codec.text(out, pd.Series(values, dtype=object))}, out)
    )
    assert decode.text(header["c"], body) == values


def test_small_numbers_take_one_byte_each() -> None:
    out = bytearray()
    codec.number(out, np.arange(1000))
    assert len(out) == 1000


@pytest.mark.parametrize("bad", ["</script>", "<!--", "&amp;", "\u2028", "\u2029"])
def test_the_header_holds_nothing_that_ends_a_script(bad: str) -> None:
    text = codec.pack({"name": bad}, bytearray())
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
    raw = raw_bytes(text)
    assert not set(raw[4:]) & set(b"<>&")
    assert decode.unpack(text)[0]["name"] == bad


def test_points_come_back_to_a_millionth_of_a_degree() -> None:
    facility = by_role()["facility"]
    header, body = decode.unpack(block(facility))
    layer = header["layers"]["facility"]
    inside = gpd.GeoSeries(
        shapely.point_on_surface(facility.rows.geometry.to_numpy()), crs=sample.CRS
    )
    inside = inside.where(facility.rows.geom_type != "Point", facility.rows.geometry).to_crs(4326)
    assert (
        np.abs(decode.lonlat(layer["point"], body) - np.column_stack([inside.x, inside.y])).max()
        < STEP
    )
    columns = dict(layer["columns"])
    assert decode.text(columns["name"], body) == facility.rows["name"].tolist()
    np.testing.assert_array_equal(
        decode.number(columns["capacity"], body), facility.rows["capacity"]
    )


def test_polygons_come_back_with_their_holes_and_parts() -> None:
    ring = shapely.box(0, 0, 900, 900) - shapely.box(300, 300, 600, 600)
    areas = gpd.GeoSeries(
        [
            ring,
            shapely.MultiPolygon([shapely.box(2000, 0, 2100, 90), shapely.box(0, 2000, 9, 2009)]),
        ]
    )
    areas = areas.translate(*sample.ORIGIN)
    rows = gpd.GeoDataFrame(
        {"area_id": ["a", "b"], "name": ["A", None]}, geometry=areas.to_numpy(), crs=sample.CRS
    )
    header, body = decode.unpack(block(Shown("area", rows)))
    shape = header["layers"]["area"]["shape"]
    assert shape["closed"]
    assert decode.number(shape["paths"], body).tolist() == [2, 2]
    assert decode.number(shape["vertices"], body).tolist() == [5, 5, 5, 5]
    wanted = shapely.get_coordinates(rows.to_crs(4326).geometry.to_numpy())
    assert np.abs(decode.lonlat(shape, body) - wanted).max() < STEP


def test_demand_keeps_status_and_distance_of_every_point() -> None:
    roles = by_role()
    header, body = decode.unpack(block(roles["demand"], roles["rule"]))
    layer, rows = header["layers"]["demand"], roles["demand"].rows
    at = rows.to_crs(4326).geometry
    wanted = pd.DataFrame({"x": at.x.round(6), "y": at.y.round(6)})
    found = pd.DataFrame(np.round(decode.lonlat(layer["point"], body), 6), columns=["x", "y"])
    for place, rule in enumerate(header["rules"]):
        wanted[f"s{place}"] = rows[f"status:{rule}"].to_numpy(float)
        wanted[f"w{place}"] = rows[f"walk_m:{rule}"].replace(np.inf, np.nan).round()
        found[f"s{place}"] = decode.number(layer["rules"][place]["status"], body)
        found[f"w{place}"] = decode.number(layer["rules"][place]["walk_m"], body)
    order = ["x", "y", "w0", "w1"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True),
        wanted.sort_values(order, ignore_index=True),
        check_names=False,
    )


def test_a_street_that_two_rules_reach_is_stored_once() -> None:
    line = shapely.LineString([(0, 0), (100, 0)])
    other = shapely.LineString([(0, 50), (100, 50)])
    street = gpd.GeoDataFrame(
        {"highway": ["primary", "footway"]}, geometry=[line, other], crs=sample.CRS
    )
    service = gpd.GeoDataFrame({"rule_id": ["A", "B"]}, geometry=[line, line], crs=sample.CRS)
    header, body = decode.unpack(block(Shown("street", street), Shown("service", service)))
    layer = header["layers"]["line"]
    assert layer["n"] == 2
    reached = dict(
        zip(
            decode.number(layer["street"], body),
            decode.number(layer["reached"][0], body),
            strict=True,
        )
    )
    assert reached == {1: 0b11, 3: 0}


def test_only_listed_columns_travel() -> None:
    facility = by_role()["facility"]
    secret = facility.rows.assign(guardian_phone="CANARY-138")
    raw = raw_bytes(block(Shown("facility", secret)))
    assert b"CANARY" not in raw
    assert b"guardian" not in raw


def test_same_input_same_bytes_and_the_input_is_left_alone() -> None:
    shown = sample.sample()
    before = {item.role: item.rows.copy() for item in shown}
    assert block(*shown) == block(*sample.sample.__wrapped__())
    for item in shown:
        pd.testing.assert_frame_equal(pd.DataFrame(item.rows), pd.DataFrame(before[item.role]))


def test_frames_may_have_another_crs_than_the_page() -> None:
    facility = by_role()["facility"]
    points = facility.rows[facility.rows.geom_type == "Point"]
    here = decode.unpack(block(Shown("facility", points)))
    there = decode.unpack(block(Shown("facility", points.to_crs(4326))))
    a, b = (decode.lonlat(h["layers"]["facility"]["point"], body) for h, body in (here, there))
    assert np.abs(a - b).max() < 2 * STEP


@pytest.mark.parametrize(
    "role", ["area", "facility", "demand", "service", "gap", "kind", "rule", "water"]
)
def test_each_role_may_come_alone_and_an_empty_one_is_left_out(role: str) -> None:
    item = by_role()[role]
    assert decode.unpack(block(item))[0]["layers"]
    empty = Shown(item.role, item.rows.iloc[:0])
    assert decode.unpack(block(empty))[0]["layers"] == {}


def test_missing_places_and_equal_points_are_kept() -> None:
    at = shapely.Point(*sample.ORIGIN)
    rows = gpd.GeoDataFrame(
        {"facility_id": ["a", "b", "c"], "name": [None, "B", "C"], "kind": "park"},
        geometry=[None, at, at],
        crs=sample.CRS,
    )
    header, body = decode.unpack(block(Shown("facility", rows)))
    point = decode.lonlat(header["layers"]["facility"]["point"], body)
    assert np.isnan(point).all(axis=1).tolist() == [True, False, False]
