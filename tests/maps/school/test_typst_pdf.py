"""The PDF holds the pages, no trace of the machine, and nothing of the data runs in it."""

from __future__ import annotations

import getpass
import platform
import re
import zlib
from pathlib import Path

import pytest
import safe_sample as sample

from geo.findings import EnvironmentFault
from geo.words import Text
from maps.school.pdf import school_pdf
from maps.school.sheet import About, sheets
from maps.style import palette

typst = pytest.importorskip("typst")
SHORT = 5
"""Characters of a name that may stand in any bytes by chance."""
FONTS = set(typst.Fonts().families())
needs_font = pytest.mark.skipif(
    not FONTS & set(palette()["print"]["fonts"]), reason="no Chinese font here"
)


def streams(pdf: bytes) -> bytes:
    """Return a PDF with its streams unpacked."""
    found = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    unpacked = [pdf]
    for part in found:
        try:
            unpacked.append(zlib.decompress(part))
        except zlib.error:
            unpacked.append(part)
    return b"\n".join(unpacked)


@needs_font
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_school_fills_one_sheet(tmp_path: Path, lang: str) -> None:
    made = sheets(sample.safe(), sample.tables(), about=About(synthetic=True))
    school_pdf(made[:1], tmp_path / "s.pdf", lang=lang)  # type: ignore[arg-type]
    assert len(re.findall(rb"/Type\s*/Page\b", streams((tmp_path / "s.pdf").read_bytes()))) == 2


@needs_font
def test_same_sheets_same_bytes_without_date_path_user_or_host(tmp_path: Path) -> None:
    made = sheets(sample.safe(), sample.tables())[:2]
    for name in ("a.pdf", "b.pdf"):
        school_pdf(made, tmp_path / name)
    first = (tmp_path / "a.pdf").read_bytes()
    assert (tmp_path / "b.pdf").read_bytes() == first
    text = streams(first)
    assert re.findall(rb"CreationDate|ModDate|CreateDate|ModifyDate", text) == []
    for private in (str(tmp_path), str(Path.cwd()), platform.node(), getpass.getuser()):
        assert len(private) <= SHORT or private.encode() not in text


@needs_font
def test_hostile_texts_are_printed_and_never_run(tmp_path: Path) -> None:
    evil = "".join(sample.HOSTILE)
    made = sheets(sample.hostile(), about=About(attribution=evil, notes=[Text(en=evil)]))
    school_pdf(made[:6], tmp_path / "h.pdf")
    text = streams((tmp_path / "h.pdf").read_bytes())
    assert re.findall(rb"/JavaScript|/JS\b|/URI|/Launch|/EmbeddedFile|root:x:", text) == []


def test_chinese_without_a_font_is_said_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(palette()["print"], "fonts", ["No Such Font"])
    with pytest.raises(EnvironmentFault) as fault:
        school_pdf(sheets(sample.safe())[:1], tmp_path / "x.pdf")
    assert [f.code for f in fault.value.findings] == ["NO_CHINESE_FONT"]
    assert fault.value.exit_code == 3
    assert list(tmp_path.iterdir()) == []
