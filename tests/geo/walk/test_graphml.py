"""GraphML of strangers: edges with a length that is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from vector_files import ENTITY

from geo.findings import InputRefused
from geo.walk.graphml import network_from_graphml


def graphml(*lengths: str, crs: str = "epsg:4326") -> str:
    nodes = "".join(
        f'<node id="{i}"><data key="x">{116.9 + i / 1000}</data><data key="y">38.9</data></node>'
        for i in range(len(lengths) + 1)
    )
    edges = "".join(
        f'<edge source="{i}" target="{i + 1}"><data key="l">{length}</data></edge>'
        for i, length in enumerate(lengths)
    )
    keys = "".join(
        f'<key id="{k}" for="{what}" attr.name="{name}" attr.type="string"/>'
        for k, what, name in [
            ("x", "node", "x"),
            ("y", "node", "y"),
            ("l", "edge", "length"),
            ("c", "graph", "crs"),
        ]
    )
    return (
        f'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">{keys}'
        f'<graph edgedefault="directed"><data key="c">{crs}</data>{nodes}{edges}</graph></graphml>'
    )


def test_edges_with_a_length_that_is_none_are_dropped_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.graphml"
    path.write_text(graphml("-50.0", "NaN", "86.6"), "utf-8")
    network = network_from_graphml(path)
    assert network.edge_length_mm.tolist() == [86_600]
    assert [(f.code, f.detail["count"]) for f in network.findings] == [("EDGE_LENGTH", 2)]
    assert network.crs == "EPSG:4548"


@pytest.mark.parametrize(
    ("text", "code"),
    [(graphml(), "NETWORK_EMPTY"), ("", "EMPTY"), ("<osm/>", "FORMAT_MISMATCH"),
     (graphml("1")[:-30], "TRUNCATED"), (f"{ENTITY}{graphml('1')}", "XML_ENTITY"),
     (graphml("1", crs="nowhere"), "CONFIG_CRS"),
     (graphml("1").replace("116.9", "abc"), "GRAPH_INCOMPLETE"),
     ('<graphml xmlns="http://graphml.graphdrawing.org/xmlns"/>', "CORRUPT")],
)  # fmt: skip
def test_bad_graphs_are_refused(tmp_path: Path, text: str, code: str) -> None:
    path = tmp_path / "a.graphml"
    path.write_text(text, "utf-8")
    with pytest.raises(InputRefused, match=rf"\[{code}\]"):
        network_from_graphml(path)
