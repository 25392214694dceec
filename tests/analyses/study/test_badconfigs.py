"""Bad study files of ``shared/badinputs/D_config``, in our keys, are refused as they must be."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest

from analyses.study.settings import load_study
from geo.findings import InputRefused

CORPUS = Path(__file__).parents[4] / "shared/badinputs"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="shared/badinputs is not here")
OUR_KEYS = {
    b"[project]": b"[study]",
    b"crs_metric": b"crs",
    b"[[facility]]": b"[[facilities]]",
    b"[network]": b"[streets]",
}


def cases() -> list[tuple[str, str, str]]:
    """Return path, required outcome and codes of every study file of the corpus."""
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "EXPECT.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    return [(r["path"], r["required"], r["code(s)"]) for r in rows if r["path"].endswith(".toml")]


def in_our_keys(text: bytes) -> bytes:
    """Translate the illustrative keys to ours; the fault stays."""
    for theirs, ours in OUR_KEYS.items():
        text = text.replace(theirs, ours)
    speed = re.compile(rb"walk_speed_kmh = ([\d.]+)")
    return speed.sub(lambda m: b"\n[walking]\nspeed_m_s = %.3f" % (float(m[1]) / 3.6), text)


@pytest.mark.parametrize(("path", "required", "codes"), cases())
def test_a_bad_study_file_is_refused_with_its_code(
    tmp_path: Path, path: str, required: str, codes: str
) -> None:
    shutil.copytree(CORPUS / "00_good", tmp_path / "00_good")
    study = tmp_path / path
    study.parent.mkdir(exist_ok=True)
    study.write_bytes(in_our_keys((CORPUS / path).read_bytes()))
    if required == "ACCEPT":
        assert load_study(study).facilities
        return
    with pytest.raises(InputRefused) as refused:
        load_study(study)
    assert {f.code for f in refused.value.findings} & set(codes.split("|"))
    for lang in ("zh", "en"):
        assert "root:" not in refused.value.text(lang)
