"""Lists of addresses through a whole study: an education bureau's Excel, a geocoder on loopback."""

from __future__ import annotations

import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from analyses.facilities import facilities_from_osm, osm_wanted
from analyses.rules import standards
from analyses.rules.limits import facilities_for
from analyses.run.addresses import Geocoder
from analyses.run.inputs import read_inputs
from analyses.study import load_study
from geo.osm import features_from_osm

if TYPE_CHECKING:
    from collections.abc import Iterator

GUSHI = Path(__file__).parents[4] / "shared/data/gushi/gushi.osm.pbf"
WORDS = {
    "primary_school": "小学", "middle_school": "中学", "senior_school": "高中", "school": "学校",
    "kindergarten": "幼儿园", "vocational_school": "职业学校",
}  # fmt: skip


@pytest.mark.skipif(not GUSHI.exists(), reason="the real data is not there")
def test_a_bureaus_list_of_addresses_is_placed_without_a_hand(tmp_path: Path) -> None:
    on_map = facilities_from_osm(features_from_osm(GUSHI, osm_wanted()))
    named = on_map[on_map["kind"].isin(list(WORDS)) & (on_map["name"] != "")].reset_index(drop=True)
    assert len(named) >= 40
    invented = ["固始县第十八小学", "城关镇阳春幼儿园", "固始一中西校区"]
    rows = [
        {"学校名称": n, "类型": WORDS[k], "地址": "固始县城关镇"}
        for n, k in zip(named["name"], named["kind"], strict=True)
    ] + [{"学校名称": n, "类型": "学校", "地址": "固始县某路8号"} for n in invented]
    pd.DataFrame(rows).to_excel(tmp_path / "list.xlsx", index=False)
    shutil.copy(GUSHI, tmp_path / "streets.osm.pbf")
    (tmp_path / "study.toml").write_text(
        '[study]\nname = "固始县"\n[streets]\npath = "streets.osm.pbf"\n'
        '[[facilities]]\npath = "list.xlsx"\n',
        encoding="utf-8",
    )
    inputs = read_inputs(load_study(tmp_path))
    found = inputs.facilities[inputs.facilities["place_from"] != ""]
    true = named.to_crs(inputs.crs).set_index("name").geometry
    apart = {n: true[n].distance(g) for n, g in zip(found["name"], found.geometry, strict=True)}
    assert len(found) >= 0.8 * len(named)
    unmarked = found.loc[found["doubt_m"] == 0, "name"]
    assert [n for n in unmarked if apart[n] > 1] == []
    assert not set(invented) & set(found["name"])
    (to_place,) = inputs.to_place
    assert len(to_place.cells) == len(rows)


def answer(lon: float | str, lat: float, score: int) -> dict[str, Any]:
    """Return an answer of the form that the service's documentation shows."""
    location = {"lon": lon, "lat": lat, "level": "门址", "score": score, "keyWord": "-"}
    return {"status": "0", "msg": "ok", "location": location, "searchVersion": "6.0.0"}


ANSWERS = {
    "人民路8号": answer("117.001", 38.001, 100),
    "远方路1号": answer(120.0, 30.0, 100),
    "不准路1号": answer(117.0, 38.0, 20),
    "没有路1号": {"status": "404", "msg": "无结果"},
}


@pytest.fixture
def service() -> Iterator[tuple[str, list[str]]]:
    """A stand-in of the geocoder on this machine, and the addresses that it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = parse_qs(urlsplit(self.path).query)
            address = json.loads(query["ds"][0])["keyWord"]
            asked.append(f"{query['tk'][0]} {address}")
            known = ANSWERS.get(address)
            self.send_response(200 if known else 403)
            self.end_headers()
            self.wfile.write(json.dumps(known or {}, ensure_ascii=False).encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/geocoder", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_geocoder_takes_sure_answers_in_the_area_and_stops_at_a_fault(
    service: tuple[str, list[str]],
) -> None:
    endpoint, asked = service
    geocoder = Geocoder("KEY", endpoint, (116.9, 37.9, 117.1, 38.1))
    assert geocoder.ask("人民路8号") == (117.001, 38.001, 50.0)
    assert geocoder.ask("人民路8号") == (117.001, 38.001, 50.0)
    assert [geocoder.ask(a) for a in ("远方路1号", "不准路1号", "没有路1号")] == [None] * 3
    assert geocoder.ask("出错路1号") is None  # 403: the key is not good
    assert geocoder.ask("人民路9号") is None
    assert asked[0] == "KEY 人民路8号"
    assert len(asked) == 5  # each once, none after the fault
    assert [f.code for f in geocoder.findings()] == ["GEOCODER_ASKED", "GEOCODER_FAILED"]
    assert "KEY" not in geocoder.findings()[1].text("zh")


def test_a_list_placed_less_exactly_than_a_rules_limit_decides_nothing() -> None:
    doubts = [0.0, 150.0, 150.001]
    rows = gpd.GeoDataFrame(
        {"kind": "kindergarten", "doubt_m": doubts},
        geometry=[shapely.Point(0, 0)] * 3,
        crs="EPSG:4548",
    )
    fitting = facilities_for(standards()["KG"], rows)  # 300 m: half of it
    assert (fitting.rows, fitting.undecided) == ((0, 1), (2,))
