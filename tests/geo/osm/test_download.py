"""Downloads from a stand-in server on this machine that replays answers."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from osm_text import document, node, row_of_nodes, way

from geo.bundled import load_toml
from geo.findings import EnvironmentFault, InputRefused, YimiError
from geo.osm.download import download_bbox, download_place, place_box
from geo.osm.features import features_from_osm
from geo.osm.reading import streets_from_osm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

BOX = (116.9, 38.9, 117.0, 39.0)
GOOD = document(
    node(9, 116.9, 38.95, amenity="school"), row_of_nodes(3), way(7, [1, 2, 3])
).encode()
REMARK = b'<osm version="0.6"><remark> runtime error: Query timed out </remark></osm>'
OUTLINE = {"type": "Polygon", "coordinates": [[[116.8, 38.8], [117.2, 38.8], [117.2, 39.0],
                                               [116.8, 38.8]]]}  # fmt: skip
PLACE = {
    "importance": 0.5, "lat": "38.9", "lon": "117.0", "display_name": "静海区", "osm_id": 1,
    "boundingbox": ["38.8", "39.0", "116.8", "117.2"], "geojson": OUTLINE,
}  # fmt: skip


@dataclass
class Server:
    """What the stand-in answers next, and what it was asked."""

    url: str = ""
    body: bytes = GOOD
    status: int = 200
    length: int | None = None
    pause_s: float = 0.0
    places: bytes = json.dumps([PLACE]).encode()
    places_status: int = 200
    asked: list[tuple[str, dict[str, list[str]]]] = field(default_factory=list)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    state = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers["Content-Length"])
            state.asked.append((self.path, parse_qs(self.rfile.read(size).decode())))
            self.reply(state.status, state.body, state.length)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            state.asked.append((parts.path, parse_qs(parts.query)))
            self.reply(state.places_status, state.places, None)

        def reply(self, status: int, body: bytes, length: int | None) -> None:
            with contextlib.suppress(OSError):
                time.sleep(state.pause_s)
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "/elsewhere")
                self.send_header("Content-Length", str(len(body) if length is None else length))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        state.url = f"http://127.0.0.1:{http.server_port}/api"
        threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield state
        http.shutdown()


def fault(server: Server, folder: Path, *, timeout_s: float = 20.0) -> YimiError:
    """Download, expect a fault, and see that no file is left."""
    with pytest.raises(YimiError) as error:
        download_bbox(BOX, folder, endpoint=server.url, timeout_s=timeout_s)
    assert list(folder.iterdir()) == []
    assert error.value.text("zh")
    return error.value


def test_a_box_becomes_a_file_that_can_be_read(server: Server, tmp_path: Path) -> None:
    path = download_bbox(BOX, tmp_path / "new", endpoint=server.url)
    assert path.read_bytes() == GOOD
    assert [p.name for p in (tmp_path / "new").iterdir()] == [path.name]
    assert streets_from_osm(path).ways["way_id"].tolist() == [7]
    assert len(features_from_osm(path, {"school": [{"amenity": "school"}]})) == 1


@pytest.mark.parametrize("ending", ["", "/", "/interpreter"])
def test_the_server_is_asked_for_the_box(server: Server, tmp_path: Path, ending: str) -> None:
    download_bbox(BOX, tmp_path, endpoint=server.url + ending, timeout_s=30)
    ((path, form),) = server.asked
    assert path == "/api/interpreter"
    query = form["data"][0]
    box = "38.9000000,116.9000000,39.0000000,117.0000000"
    assert query.startswith(f'[out:xml][timeout:30][bbox:{box}];(nwr["highway"];')
    assert query.endswith(";);(._;>;);out body;")


def test_a_new_download_replaces_the_old_one_and_a_failed_one_does_not(
    server: Server, tmp_path: Path
) -> None:
    path = download_bbox(BOX, tmp_path, endpoint=server.url)
    server.body = GOOD.replace(b'id="7"', b'id="8"')
    download_bbox(BOX, tmp_path, endpoint=server.url)
    server.status = 429
    with pytest.raises(EnvironmentFault):
        download_bbox(BOX, tmp_path, endpoint=server.url)
    assert b'id="8"' in path.read_bytes()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "DOWNLOAD_TRUNCATED"),
        (GOOD[:-10], "DOWNLOAD_TRUNCATED"),
        (GOOD[:100], "DOWNLOAD_TRUNCATED"),
        (b"<html><body>log in</body></html>", "DOWNLOAD_BROKEN"),
        (b'{"elements": []}', "DOWNLOAD_BROKEN"),
        (b"<!DOCTYPE osm [<!ENTITY a 'b'>]><osm version='0.6'/>", "DOWNLOAD_BROKEN"),
        (REMARK, "DOWNLOAD_REMARK"),
        (GOOD.replace(b"</osm>", b"<remark>out of memory</remark></osm>"), "DOWNLOAD_REMARK"),
    ],
)
def test_an_answer_that_is_no_whole_file_is_a_fault(
    server: Server, tmp_path: Path, body: bytes, code: str
) -> None:
    server.body = body
    error = fault(server, tmp_path)
    assert (error.exit_code, error.findings[0].code) == (3, code)


def test_a_remark_is_quoted(server: Server, tmp_path: Path) -> None:
    server.body = REMARK
    assert fault(server, tmp_path).findings[0].value == "runtime error: Query timed out"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (429, "DOWNLOAD_BUSY"),
        (504, "DOWNLOAD_BUSY"),
        (400, "DOWNLOAD_STATUS"),
        (500, "DOWNLOAD_STATUS"),
        (302, "DOWNLOAD_STATUS"),
    ],
)
def test_a_refusal_is_told_at_once(server: Server, tmp_path: Path, status: int, code: str) -> None:
    server.status = status
    start = time.monotonic()
    finding = fault(server, tmp_path).findings[0]
    assert (finding.code, finding.detail["status"]) == (code, status)
    assert len(server.asked) == 1
    assert time.monotonic() - start < 5


def test_a_silent_server_is_given_up(server: Server, tmp_path: Path) -> None:
    server.pause_s = 1.0
    finding = fault(server, tmp_path, timeout_s=0.2).findings[0]
    assert (finding.code, finding.detail["timeout_s"]) == ("DOWNLOAD_TIMEOUT", "0.2")


def test_an_answer_shorter_than_promised_is_a_fault(server: Server, tmp_path: Path) -> None:
    server.length = len(GOOD) + 1000
    assert fault(server, tmp_path).findings[0].code == "DOWNLOAD_TRUNCATED"


def test_an_answer_without_end_is_given_up(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(load_toml("rules/download.toml")["server"], "max_bytes", 100)
    assert fault(server, tmp_path).findings[0].code == "DOWNLOAD_TOO_LARGE"


def test_a_dribbling_server_is_given_up(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        stop = threading.Event()

        def dribble() -> None:
            peer, _ = listener.accept()
            with peer, contextlib.suppress(OSError):
                peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
                while not stop.wait(0.05):
                    peer.sendall(b" ")

        thread = threading.Thread(target=dribble)
        thread.start()
        slow = Server(url=f"http://127.0.0.1:{listener.getsockname()[1]}/api")
        finding = fault(slow, tmp_path, timeout_s=0.4).findings[0]
        stop.set()
        thread.join()
    assert finding.code == "DOWNLOAD_TIMEOUT"


def test_a_server_that_is_not_there_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    nobody = Server(url=f"http://user:secret@127.0.0.1:{port}/api")
    error = fault(nobody, tmp_path)
    assert error.findings[0].code == "DOWNLOAD_UNREACHABLE"
    assert "secret" not in error.text()


@pytest.mark.parametrize(
    "box",
    [
        (117.0, 38.9, 116.9, 39.0),
        (116.9, 39.0, 117.0, 38.9),
        (116.9, 38.9, 116.9, 39.0),
        (38.9, 116.9, 39.0, 117.0),
        (float("nan"), 38.9, 117.0, 39.0),
        (116.9, 38.9, float("inf"), 39.0),
        (100.0, 30.0, 110.0, 40.0),
    ],
)
def test_a_box_must_be_a_box(server: Server, tmp_path: Path, box: tuple[float, ...]) -> None:
    with pytest.raises(InputRefused) as refused:
        download_bbox(box, tmp_path, endpoint=server.url)  # type: ignore[arg-type]
    assert refused.value.findings[0].code == "DOWNLOAD_BOX"
    assert server.asked == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://a/b", "overpass", "http://", ""])
def test_the_address_must_be_one_of_the_web(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputRefused) as refused:
        download_bbox(BOX, tmp_path, endpoint=address or "vsicurl")
    assert refused.value.findings[0].code == "DOWNLOAD_ENDPOINT"
    with pytest.raises(InputRefused):
        place_box("x", nominatim=address or "vsicurl")


def test_a_folder_that_may_not_be_written_is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(EnvironmentFault) as fault:
        download_bbox(BOX, tmp_path / "file" / "sub", endpoint=server.url)
    assert fault.value.findings[0].code == "NOT_WRITABLE"


def test_a_place_is_looked_up_and_fetched_with_a_margin(server: Server, tmp_path: Path) -> None:
    path = download_place(
        "天津市静海区", tmp_path, endpoint=server.url, nominatim=server.url, timeout_s=20
    )
    (search, asked), (_, form) = server.asked
    assert (search, asked["q"]) == ("/api/search", ["天津市静海区"])
    box = form["data"][0].split("[bbox:")[1].split("]")[0]
    south, west, north, east = (float(degree) for degree in box.split(","))
    assert (south, north) == pytest.approx((38.8 - 1000 / 111_320, 39.0 + 1000 / 111_320))
    assert 116.8 - west == pytest.approx(east - 117.2)
    assert path.read_bytes() == GOOD


@pytest.mark.parametrize(
    ("places", "status", "code"),
    [
        (b"[]", 200, "DOWNLOAD_PLACE"),
        (json.dumps([{**PLACE, "geojson": {"type": "Point", "coordinates": [117, 39]}}]).encode(),
         200, "DOWNLOAD_PLACE"),
        (b'[{"a": 1}]', 200, "DOWNLOAD_PLACE"),
        (b"<html></html>", 200, "DOWNLOAD_BROKEN"),
        (b'{"error": "x"}', 200, "DOWNLOAD_BROKEN"),
        (b"[]", 429, "DOWNLOAD_BUSY"),
        (b"[]", 403, "DOWNLOAD_STATUS"),
    ],
)  # fmt: skip
def test_a_place_that_is_not_found_is_said_at_once(
    server: Server, places: bytes, status: int, code: str
) -> None:
    server.places, server.places_status = places, status
    with pytest.raises(YimiError) as error:
        place_box("静海", nominatim=server.url, timeout_s=20)
    assert error.value.findings[0].code == code
    assert len(server.asked) == 1


def test_osmnx_keeps_its_settings_and_the_sockets_theirs(server: Server) -> None:
    import osmnx  # noqa: PLC0415  (slow)

    before, lookup = dict(vars(osmnx.settings)), socket.getaddrinfo
    place_box("静海", nominatim=server.url)
    server.places_status = 500
    with pytest.raises(EnvironmentFault):
        place_box("静海", nominatim=server.url)
    assert dict(vars(osmnx.settings)) == before
    assert socket.getaddrinfo is lookup
