"""Maps and charts on paper: true scale, the same bytes, and names that are only text."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import geopandas as gpd
import map_sample
import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
import safe_sample
import shapely
from nonempty import each
from PIL import Image

from analyses.result import Shown
from geo.words import Text
from maps.paper import charts, fonts
from maps.paper.figure import MM_PER_INCH, drawing, figure, png, svg, texts
from maps.paper.imprint import Imprint
from maps.paper.maps import Scene, paper_maps
from maps.paper.paper import bar_metres, round_scale, sheet
from maps.style import palette

IMPRINT = Imprint("示例县", "zh", map_sample.CRS, date="2026-06-01", source="甲局", synthetic=True)
EXTENT = (500_000.0, 4_300_000.0, 506_000.0, 4_304_000.0)
pytestmark = pytest.mark.skipif(fonts.picture_font() is None, reason="no Chinese font here")


def scene(family: str, shown: Any = None, **tables: pd.DataFrame) -> Scene:
    return Scene(shown or map_sample.sample(), tables, IMPRINT, "a4", family)


def frame_mm(made: Any) -> tuple[float, float]:
    width, height = made.figure.get_size_inches() * MM_PER_INCH
    place = made.axes.get_position()
    return place.width * width, place.height * height


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_a_millimetre_is_as_many_metres_as_the_scale_says(paper: Any) -> None:
    with drawing() as family:
        made = sheet(EXTENT, paper=paper, title="图", imprint=IMPRINT, family=family)
    width, height = frame_mm(made)
    metres = made.scale / 1000
    assert made.box[2] - made.box[0] == pytest.approx(width * metres)
    assert made.box[3] - made.box[1] == pytest.approx(height * metres)
    assert made.box[0] <= EXTENT[0] < EXTENT[2] <= made.box[2]
    assert f"1:{made.scale:,.0f}" in " ".join(texts(made.figure))


def test_a_bar_is_round_and_fits() -> None:
    for width in each(np.geomspace(200, 90_000, 50)):
        assert 0.1 * width < bar_metres(width) <= 0.28 * width
        assert re.fullmatch(r"[125]0*", f"{bar_metres(width):g}".replace("e+0", "0"))


def test_a_scale_is_the_next_round_number() -> None:
    assert [round_scale(n) for n in (9_999.0, 10_001.0, 61_000.0)] == [10_000, 12_500, 75_000]


def test_a_sheet_says_who_when_whence_and_that_it_is_a_sketch_of_made_up_data() -> None:
    with drawing() as family:
        said = " ".join(texts(sheet(EXTENT, paper="a4", title="图", imprint=IMPRINT,
                                    family=family).figure)).replace("\n", "")  # fmt: skip
    for text in ("示例县", "2026-06-01", "甲局", "EPSG:4548", "无审图号", "合成演示数据", "北"):
        assert text in said


def test_a_reviewed_map_carries_its_number() -> None:
    reviewed = replace(IMPRINT, approval="津S(2026)001")
    with drawing() as family:
        made = sheet(EXTENT, paper="a4", title="图", imprint=reviewed, family=family)
    assert "审图号：津S(2026)001" in " ".join(texts(made.figure))


def test_each_rule_has_homes_and_communities_and_hazards_have_numbers() -> None:
    hazards = [i for i in safe_sample.safe() if i.role in ("hazard", "school")]
    with drawing() as family:
        made = list(paper_maps(scene(family, [*map_sample.sample(rules=2), *hazards]), hazards=3))
        names = [drawn.name for drawn in made]
        said = texts(made[-1].figure)
    assert sum(name.endswith("-homes") for name in names) == 2
    assert sum(name.endswith("-communities") for name in names) == 2
    assert (names[-1], {"1", "2", "3"} <= set(said), "4" in said) == ("hazards", True, False)


def test_sites_stand_with_their_order() -> None:
    sites = gpd.GeoDataFrame(
        {"name": ["甲", "乙"], "verdict": ["chosen", "possible"], "rank": [1, None]},
        geometry=gpd.points_from_xy([493_500, 493_800], [4_310_500, 4_310_700]), crs=map_sample.CRS,
    )  # fmt: skip
    with drawing() as family:
        shown = (*map_sample.sample(), Shown("site", sites, Text(zh="地块", en="Sites")))
        made = list(paper_maps(scene(family, shown), hazards=3))[-1]
        assert (made.name, "1" in texts(made.figure)) == ("sites", True)


def test_the_same_map_gives_the_same_bytes_and_leaves_no_setting_behind() -> None:
    before = dict(mpl.rcParams)
    written = []
    for _ in range(2):
        with drawing() as family:
            drawn = next(paper_maps(scene(family), hazards=3))
            written.append((png(drawn.figure, dpi=60), svg(drawn.figure)))
    assert written[0] == written[1]
    assert dict(mpl.rcParams) == before
    assert Image.open(io.BytesIO(written[0][0])).info.keys() <= {"dpi"}
    assert not re.search(r"<dc:date|<dc:creator|/usr/|<text|http://(?!www\.w3\.org)", written[0][1])


@pytest.mark.parametrize(
    "name", ["$\\frac{$", "a\nb\x00", "<script>", "👦字", "\u202eevil", "=1+1"]
)
def test_a_hostile_name_is_drawn_as_text_and_stops_nothing(name: str) -> None:
    with drawing() as family:
        made = sheet(EXTENT, paper="a4", title=name, imprint=replace(IMPRINT, name=name),
                     family=family)  # fmt: skip
        ET.fromstring(svg(made.figure))
        assert fonts.drawable(name, family) in texts(made.figure)
        assert png(made.figure, dpi=40).startswith(b"\x89PNG")


def test_a_glyph_that_the_font_lacks_becomes_a_question_mark() -> None:
    with drawing() as family:
        assert fonts.drawable("甲👦乙", family) == "甲?乙"


def test_statuses_and_classes_are_told_by_sign_too() -> None:
    signs = [row["sign"] for row in palette()["status"]]
    assert len(set(signs)) == len(signs)
    poor = [row["pattern"] for row in palette()["share"][:2]]
    assert len(set(poor)) == 2
    assert "plain" not in poor


def test_bars_are_as_long_as_the_shares() -> None:
    table = pd.DataFrame({
        "rule_id": "GB50180-KG", "town": ["甲镇", "乙镇"], "share_straight": [0.9, 0.8],
        "share_network": [0.5, 0.4], "share_walk": [0.25, 0.125],
    })  # fmt: skip
    with drawing() as family:
        made = charts.towns(scene(family, by_town=table))
        assert made is not None
        widths = [bar.get_width() for bar in made.figure.axes[0].patches]
    assert sorted(widths) == [0.125, 0.25, 0.4, 0.5, 0.8, 0.9]


def test_a_curve_has_its_limit_and_its_share() -> None:
    times = [0.0, 1.0, 3.0]
    table = pd.DataFrame({"rule_id": "GB50180-KG", "times_limit": times, "walk_m": [0.0, 500, 1500],
                          "children": 1.0, "share": [0.0, 0.4, 0.9]})  # fmt: skip
    with drawing() as family:
        made = charts.distances(scene(family, walk_distances=table))
        assert made is not None
        said = texts(made.figure)
    assert "限值 500 米  40.0%" in said


def test_charts_without_rows_are_left_out() -> None:
    with drawing() as family:
        empty = scene(family)
        assert (charts.towns(empty), charts.distances(empty), charts.lorenz(empty, {})) == (
            None, None, None,
        )  # fmt: skip


def test_numbers_of_crowded_hazards_do_not_lie_on_each_other() -> None:
    rows = next(i.rows for i in safe_sample.safe() if i.role == "hazard").head(6)
    rows = rows.assign(geometry=[shapely.Point(493_500 + i, 4_310_500) for i in range(6)])
    shown = [i for i in safe_sample.safe() if i.role != "hazard"]
    with drawing() as family:
        crowded = scene(family, [*shown, Shown("hazard", rows, Text(zh="隐患", en="Hazards"))])
        made = list(paper_maps(crowded, hazards=6))[-1].figure
        numbers = [t for t in made.axes[0].texts if t.get_text() in "123456"]
        places = [tuple(np.round(t.xyann, 1)) for t in numbers]
    assert len(set(places)) == 6


def test_an_empty_figure_needs_no_font() -> None:
    with drawing() as family:
        assert texts(figure(10, 10)) == []
        assert family in palette()["print"]["fonts"]
