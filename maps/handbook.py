"""What do the generated pages of ``docs/`` say: rules, facility types, findings?

``python -m maps.handbook docs`` writes them anew; a test holds them equal to the data files.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from analyses.facilities import facility_types
from analyses.rules import (
    age_groups,
    rule_text,
    standards,
    strength_text,
    verified_text,
    walking_speeds,
)
from geo.bundled import load_toml
from geo.findings import catalogue
from geo.words import texts
from maps.handbook_safety import safety_page

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

GENERATED = "<!-- 由 data/ 生成，请勿手改 / generated from data/: run `make docs` -->"


def pages() -> Mapping[str, str]:
    """Return file name -> Markdown text of every generated page."""
    return {
        "method.md": _method(),
        "facility_types.md": _facility_types(),
        "findings.md": _findings(),
        "limits.md": _limits(),
        "columns.md": _columns(),
        "safety.md": safety_page(_table, generated=GENERATED),
    }


def _method() -> str:
    """Return the page of rules, ages and speeds, each with its source."""
    rules = [
        (
            f"`{r.id}`{' ★' if r.default else ''}",
            f"{r.zh}<br>{r.en}",
            f"{rule_text(r, 'zh')}<br>{rule_text(r, 'en')}",
            ", ".join((r.scope, *r.region)),
            f"{r.standard} {r.clause}",
            strength_text(r, "zh"),
            verified_text(r, "zh"),
            r.note_zh,
        )
        for r in standards().values()
    ]
    ages = [(f"`{g.id}`", g.zh, g.en) for g in age_groups().values()]
    speeds = [
        (f"{s.ages[0]}–{s.ages[1]}", f"{s.speed_m_s:g}", s.source, s.verified)
        for s in walking_speeds()
    ]
    return "\n".join(
        [
            "# 方法与标准 / Method and rules",
            GENERATED,
            "",
            load_toml("handbook.toml")["method"]["text"].strip(),
            "",
            "## 标准条目 / Rules (★ = default)",
            *_table(
                ("id", "条目 / title", "限值 / limit", "scope", "出处 / source", "用词 / strength",
                 "核对 / verified", "说明 / note"),
                rules,
            ),
            "",
            "## 年龄段 / Age groups",
            *_table(("id", "中文", "English"), ages),
            "",
            "## 步行速度 / Walking speeds (m/s)",
            *_table(("ages", "m/s", "source", "verified"), speeds),
            "",
        ]
    )  # fmt: skip


def _facility_types() -> str:
    """Return the page of facility types and the words that name them."""
    rows = [
        (f"`{t.id}`", t.icon, t.zh, t.en, "、".join(t.words), ", ".join(t.amap))
        for t in facility_types().values()
    ]
    headers = ("id", "", "中文", "English", "也可写作 / also written", "AMap")
    return "\n".join(["# 设施类别 / Facility types", GENERATED, "", *_table(headers, rows), ""])


def _findings() -> str:
    """Return the catalogue of findings."""
    rows = [
        (
            f"`{code}`",
            outcome,
            "<br>".join(texts(f"findings/{code}")["why"].values()),
            "<br>".join(texts(f"findings/{code}")["fix"].values()),
        )
        for code, outcome in sorted(catalogue().items())
    ]
    headers = ("code", "outcome", "原因 / why", "处理 / fix")
    text = load_toml("handbook.toml")["findings"]["text"].strip()
    return "\n".join(["# 检查意见 / Findings", GENERATED, "", text, "", *_table(headers, rows), ""])


def _columns() -> str:
    """Return the page of columns that tables may have, and the headers that name them."""
    rows = [
        (f"`{name}`", "、".join(str(word) for word in column["synonyms"]))
        for name, column in load_toml("columns.toml")["column"].items()
    ]
    text = load_toml("handbook.toml")["columns"]["text"].strip()
    headers = ("column", "表头可写作 / headers")
    return "\n".join(["# 表头 / Columns", GENERATED, "", text, "", *_table(headers, rows), ""])


def _limits() -> str:
    """Return the limits that guard against files that hurt."""
    limits = load_toml("rules/limits.toml")
    rows = [
        (section, key, f"{value:,}" if isinstance(value, (int, float)) else str(value))
        for section, table in limits.items()
        for key, value in table.items()
    ]
    return "\n".join(
        [
            "# 文件的上限 / Limits of files",
            GENERATED,
            "",
            *_table(("section", "limit", "value"), rows),
            "",
        ]
    )


def _table(headers: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    """Return a Markdown table."""
    heads = list(headers)
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for row in rows:
        cells = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    for page, text in pages().items():
        (Path(sys.argv[1]) / page).write_text(text, encoding="utf-8", newline="\n")
