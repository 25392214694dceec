"""What does the generated page on ways to school say: risk, ages, checks, treatments, defaults?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from analyses.gates import audit_rules
from analyses.rules import profiles
from analyses.treatments import bodies, treatments
from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Table = Callable[[Iterable[str], Iterable[Iterable[str]]], list[str]]


def safety_page(table: Table, *, generated: str) -> str:
    """Return ``safety.md``; `table` makes Markdown tables, `generated` is the mark on top."""
    return "\n".join(
        [
            "# 上学路线与隐患的方法 / Method of the ways to school",
            generated,
            "",
            load_toml("handbook.toml")["safety"]["text"].strip(),
            "",
            "## 年龄段 / Age bands",
            *table(("id", "中文 / English", "m/s", "walk at most (m)", "出处 / source"), _ages()),
            "",
            "## 风险因子 / Factors of risk",
            *table(("model", "factor", "level", "值 / value", "条件 / condition", "source",
                    "status"), _factors()),
            "",
            "## 缺省属性 / Defaults of streets [value, low, high]",
            *table(("class", "what", "value"), _defaults()),
            "",
            "## 校门核查 / Gate audit",
            *table(("check", "中文 / English", "限值 / limit", "条款 / clause", "用词 / strength",
                    "核对 / verified", "出处 / source"), _checks()),
            "",
            "## 整改措施 / Treatments",
            *table(("id", "中文 / English", "责任单位 / body", "cost class"), _treatments()),
            "",
        ]
    )  # fmt: skip


def _ages() -> Iterator[tuple[str, ...]]:
    rows = {row["id"]: row for row in load_toml("rules/child_profiles.toml")["profile"]}
    for age in profiles():
        named = f"{age.zh}<br>{age.en}"
        source = rows[age.id]["source"]
        yield f"`{age.id}`", named, f"{age.speed_m_s:g}", f"{age.walk_max_m:g}", source


def _factors() -> Iterator[tuple[str, ...]]:
    for row in load_toml("rules/risk.toml")["level"]:
        said = f"{row['zh']}<br>{row['en']}"
        level = str(row["level"])
        yield (
            row["model"], row["factor"], level, f"{row['value']:g}", said, row["source"],
            row["status"],
        )  # fmt: skip


def _defaults() -> Iterator[tuple[str, ...]]:
    for road, values in load_toml("rules/street_defaults.toml")["default"].items():
        for what, value in values.items():
            yield road, what, str(value)


def _checks() -> Iterator[tuple[str, ...]]:
    for row in audit_rules().to_dict("records"):
        limit = "" if _missing(row["limit"]) else f"{row['limit']:g} {row['unit']}"
        said = f"{row['zh']}<br>{row['en']}"
        yield (
            f"`{row['check']}`", said, limit, row["clause"], row["strength_zh"],
            row["verified_zh"],
            row["source"],
        )  # fmt: skip


def _treatments() -> Iterator[tuple[str, ...]]:
    for treatment in treatments().values():
        body = bodies()[treatment.body]
        yield (
            f"`{treatment.id}`", f"{treatment.zh}<br>{treatment.en}",
            f"{body['zh']}<br>{body['en']}", str(treatment.cost_class),
        )  # fmt: skip


def _missing(value: Any) -> bool:  # noqa: ANN401 - a cell of a table
    return isinstance(value, float) and value != value  # noqa: PLR0124 - NaN
