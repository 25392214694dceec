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


def cases(*, good: bool) -> list[tuple[str, str]]:
    """Return path and codes of every study file of the corpus that is to be read, or refused."""
    if not CORPUS.is_dir():
        return []
    with (CORPUS / "EXPECT.tsv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    studies = [r for r in rows if r["path"].endswith(".toml")]
    return [(r["path"], r["code(s)"]) for r in studies if (r["required"] == "ACCEPT") == good]


def put(path: str, folder: Path) -> Path:
    """Return the study file, in our keys, beside the good study in a folder of its own."""
    shutil.copytree(CORPUS / "00_good", folder / "00_good")
    study = folder / path
    study.parent.mkdir(exist_ok=True)
    study.write_bytes(in_our_keys((CORPUS / path).read_bytes()))
    return study


def in_our_keys(text: bytes) -> bytes:
    """Translate the illustrative keys to ours; the fault stays."""
    for theirs, ours in OUR_KEYS.items():
        text = text.replace(theirs, ours)
    speed = re.compile(rb"walk_speed_kmh = ([\d.]+)")
    return speed.sub(lambda m: b"\n[walking]\nspeed_m_s = %.3f" % (float(m[1]) / 3.6), text)


@pytest.mark.parametrize("path", [path for path, _ in cases(good=True)])
def test_a_good_study_file_is_read(tmp_path: Path, path: str) -> None:
    assert load_study(put(path, tmp_path)).facilities


@pytest.mark.parametrize(("path", "codes"), cases(good=False))
def test_a_bad_study_file_is_refused_with_its_code(tmp_path: Path, path: str, codes: str) -> None:
    with pytest.raises(InputRefused) as refused:
        load_study(put(path, tmp_path))
    assert {f.code for f in refused.value.findings} & set(codes.split("|"))
    for lang in ("zh", "en"):
        assert "root:" not in refused.value.text(lang)
