"""Does any mutilated file crash the reader, hang it, or make a row vanish?"""

from __future__ import annotations

import io
import json
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from geo.findings import Finding
from geo.read.check import checked_layer
from geo.read.options import ReadOptions

KINDS = {"小学": "primary", "幼儿园": "kindergarten", "公园": "park"}
UNFILLED = re.compile(r"\{[a-z_]+\}")
HEADER = "编号,名称,类型,经度,纬度,学位,备注"
ROWS = [
    f'F{i:03d},"示例{kind}{i}",{kind},{116.9 + i / 1e3:.4f},{38.95 + i / 2e3:.4f},{i * 90},说明{i}'
    for i, kind in enumerate(("小学", "幼儿园", "公园") * 5)
]
GOOD = "\r\n".join([HEADER, *ROWS]) + "\r\n"
NASTY = (
    '"', '""', ",", ";", "\t", "\r", "\n", "\x00", "\x1b", "\ufeff", "\u200b", "=1+1", "NaN",
    "inf", "1e999", "-", "—", "合计", "0", "-0", "116.9", "38°57′", "１２", "約",
    "�", "闈欐捣", "{{7*7}}", "\\",
    "9" * 400, "é", "𠮷", "\x85", "\u2028", "'", "<a>", "120223201501010013", "13800000000",
)  # fmt: skip


def _geojson() -> bytes:
    features = [
        {
            "type": "Feature",
            "properties": {"编号": f"F{i}", "名称": f"示例小学{i}", "类型": "小学", "学位": i * 90},
            "geometry": {"type": "Point", "coordinates": [116.9 + i / 1000, 38.95]},
        }
        for i in range(8)
    ]
    collection = {"type": "FeatureCollection", "features": features}
    return json.dumps(collection, ensure_ascii=False).encode()


def _workbook() -> bytes:
    import xlsxwriter  # noqa: PLC0415

    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("设施")
        for i, line in enumerate([HEADER, *ROWS]):
            for j, cell in enumerate(line.replace('"', "").split(",")):
                sheet.write(i, j, float(cell) if i and j in (3, 4, 5) else cell)
        sheet.write_formula(2, 5, "=1+1", None, "")
        sheet.merge_range(3, 2, 4, 2, "小学")
        sheet.set_row(6, None, None, {"hidden": True})
    return file.getvalue()


BASES: dict[str, Callable[[], bytes]] = {
    "utf8.csv": GOOD.encode,
    "gbk.csv": lambda: GOOD.encode("gb18030"),
    "utf16.csv": lambda: GOOD.replace(",", "\t").encode("utf-16"),
    "points.geojson": _geojson,
    "book.xlsx": _workbook,
}


def _mutated(data: bytes, chance: random.Random) -> bytes:
    """Return the file with one to four faults."""
    for _ in range(chance.randint(1, 4)):
        i, j = sorted(chance.randrange(len(data) + 1) for _ in range(2))
        j = min(j, i + chance.choice((1, 2, 5, 40, len(data))))
        word = chance.choice(NASTY).encode(chance.choice(("utf-8", "gb18030", "utf-16-le")))
        data = (
            chance.choice(
                (
                    data[:i] + data[j:],
                    data[:i] + word + data[i:],
                    data[:i] + word + data[j:],
                    data[:i] + data[i:j] * 2 + data[j:],
                    data[:i]
                    + bytes(chance.randrange(256) for _ in range(min(j - i, 8)))
                    + data[j:],
                )
            )
            or b","
        )
    return data


def _swapped_cells(data: bytes, chance: random.Random) -> bytes:
    """Return the CSV with single cells replaced."""
    lines = data.decode().split("\r\n")
    for _ in range(chance.randint(1, 4)):
        row = chance.randrange(len(lines))
        cells = lines[row].split(",")
        cells[chance.randrange(len(cells))] = chance.choice(NASTY)
        lines[row] = ",".join(cells)
    return "\r\n".join(lines).encode()


def _try(path: Path, data: bytes) -> None:
    """Check one file: it is used or refused, every row is counted, every text can be told."""
    path.write_bytes(data)
    begun = time.perf_counter()
    checked = checked_layer(path, options=ReadOptions(kinds=KINDS, required=("name",)))
    assert time.perf_counter() - begun < 20
    assert checked.rows_in == checked.rows_used + checked.rows_rejected
    assert checked.layer is not None or checked.findings
    for finding in checked.findings:
        _tell(finding)


def _tell(finding: Finding) -> None:
    for lang in ("zh", "en"):
        assert "\x1b" not in finding.text(lang)
        assert not UNFILLED.search(finding.why(lang) + finding.fix(lang))


def _run(folder: Path, *, rounds: int, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311
    bases = {name: make() for name, make in BASES.items()}
    for number in range(rounds):
        name = list(bases)[number % len(bases)]
        field = name == "utf8.csv" and number % 2 == 0
        change = _swapped_cells if field else _mutated
        data = change(bases[name], chance)
        try:
            _try(folder / name, data)
        except BaseException:
            (folder / f"failed-{seed}-{number}-{name}").write_bytes(data)
            raise


@pytest.mark.parametrize("seed", range(4))
def test_two_thousand_mutations(tmp_path, seed):
    _run(tmp_path, rounds=500, seed=seed)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_ten_thousand_mutations(tmp_path, seed):
    _run(tmp_path, rounds=1000, seed=seed)
