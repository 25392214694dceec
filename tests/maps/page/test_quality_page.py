"""The page on the data's quality shows every text as it is written."""

from __future__ import annotations

import pandas as pd
import pytest

from maps.page.quality_page import quality_html

HOSTILE = ["<script>alert(1)</script>", "{{7*7}}", "{% raw %}", '"><img src=x onerror=1>', "${1}"]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_stays_text(text: str) -> None:
    table = pd.DataFrame({"source": [text], "facilities": [3], "known_share": [0.25]})
    html = quality_html({"sources": table}, name=text, synthetic=True)
    assert "<script" not in html
    assert "<img" not in html
    assert "25.0%" in html
    assert "合成演示数据" in html


def test_unknown_is_a_dash_in_both_languages() -> None:
    table = pd.DataFrame({"tag": ["lit"], "known_share": [float("nan")]})
    for lang, title in (("zh", "数据有多好"), ("en", "How good are the data")):
        html = quality_html({"streets": table}, name="x", synthetic=False, lang=lang)
        assert title in html
        assert "—" in html
