"""What is asked: the settings of ``study.toml``, validated, with the line of every slip.

The file says where the layers are and what to test.  An unknown key, a wrong unit or a missing
file is refused with its line and the nearest right key.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from analyses.study.basemap import basemap_slips
from analyses.study.effects import undated, without_effect
from analyses.study.model import Study, inputs_of, rasters_named, tables_of
from analyses.study.public_data import licence_slips
from analyses.study.regions import is_region
from geo.bundled import load_toml
from geo.crs import check_metric, parse_crs
from geo.findings import Finding, InputRefused, enumerated
from geo.userfiles import parsed, read_text
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic_core import ErrorDetails

_KEY = re.compile(r"""^\s*(?:"([^"]+)"|'([^']+)'|([\w.-]+))\s*=""")
_DIGITS = re.compile(r"\d+")
_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_CODES = {
    "extra_forbidden": "CONFIG_UNKNOWN_KEY",
    "missing": "CONFIG_MISSING",
    "greater_than_equal": "CONFIG_RANGE",
    "less_than_equal": "CONFIG_RANGE",
    "finite_number": "CONFIG_RANGE",
    "string_too_short": "CONFIG_EMPTY",
    "too_short": "CONFIG_MISSING",
    "literal_error": "CONFIG_CHOICE",
}


def load_study(path: str | Path) -> Study:
    """Read and validate a study file.

    Raises
    ------
    InputRefused
        With one finding per slip: code, line, key, the value, and what is right.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> load_study(DEMO).study.region
    ['CN']
    """
    path = Path(path)
    name = path.name
    if path.is_dir():
        path, name = path / "study.toml", f"{path.name}/study.toml"
    written = read_text(path, name=name)
    raw = parsed(written, name=name)
    lines = _line_of_keys(written)
    if not raw:
        raise InputRefused(Finding("CONFIG_MISSING", name, detail={"key": "[study]"}))
    raw.pop("folder", None)
    try:
        study = Study.model_validate({**raw, "folder": path.parent})
    except ValidationError as error:
        raise InputRefused(*_slips(error, lines=lines, name=name)) from None
    findings = [
        *_crs_slips(study), *_region_slips(study), *_conflicts(study), *_raster_slips(study),
        *licence_slips(study),
        *_missing_files(study), *without_effect(study), *undated(study), *basemap_slips(study.map),
    ]  # fmt: skip
    if findings:
        raise InputRefused(*(_with_place(f, lines, name=name) for f in findings))
    return study


def _line_of_keys(written: str) -> dict[tuple[str | int, ...], int]:
    """Return the line of every key and table of a TOML text (tomllib does not keep them)."""
    lines: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(written.splitlines(), 1):
        if found := _TABLE.match(line):
            header = found[2].strip("\"'")
            if found[1] == "[[":
                counts[header] = counts.get(header, -1) + 1
                table = (header, counts[header])
            else:
                table = tuple(header.split("."))
            lines.setdefault(table, number)
            lines.setdefault(table[:1], number)
        elif found := _KEY.match(line):
            lines.setdefault((*table, *(found[1] or found[2] or found[3]).split(".")), number)
    return lines


def _slips(error: ValidationError, *, lines: Mapping[Any, int], name: str) -> Iterator[Finding]:
    """Translate pydantic's errors to findings."""
    for slip in error.errors(include_url=False):
        place = slip["loc"]
        context = slip.get("ctx", {})
        if right := _brackets(slip):
            detail = {"expected": text(f"messages/setting/{right[0]}"), "right": right[1]}
            finding = Finding("CONFIG_BRACKETS", name, column=_key_text(place), detail=detail)
            yield _with_place(finding, lines, name=name)
            continue
        code = _CODES.get(slip["type"], "CONFIG_TYPE")
        detail = {
            "key": _key_text(place),
            "near": _nearest_key(place),
            "expected": _expected(slip["type"], context),
        }
        value = None if slip["type"] in ("missing", "too_short") else _shown(slip["input"])
        yield _with_place(
            Finding(code, name, column=_key_text(place), value=value, detail=detail),
            lines,
            name=name,
        )


def _brackets(slip: ErrorDetails) -> tuple[str, str] | None:
    """Return the word and the header of a section with one bracket too few or too many."""
    key = ".".join(str(part) for part in slip["loc"])
    if slip["type"] == "list_type" and isinstance(slip["input"], dict):
        return "many_tables", f"[[{key}]]"
    if slip["type"] == "model_type" and isinstance(slip["input"], list):
        return "one_table", f"[{key}]"
    return None


def _expected(kind: str, context: Mapping[str, Any]) -> str:
    """Say what was wanted, as short as a planner would."""
    if kind == "greater_than_equal":
        return f">= {context['ge']:g}"
    if kind == "less_than_equal":
        return f"<= {context['le']:g}"
    if kind == "literal_error":
        return str(context["expected"])
    return {"string_type": "text", "bool_type": "true | false", "int_type": "1, 2, 3 ...",
            "list_type": "[...]", "dict_type": "[table]", "float_type": "0.0"}.get(
        kind, kind.replace("_", " ")
    )  # fmt: skip


def _shown(value: object) -> str:
    """Return the value as written, but never the content of a whole table."""
    return "{...}" if isinstance(value, (dict, list)) else repr(value)


def _key_text(place: Sequence[str | int]) -> str:
    return ".".join(f"[{p + 1}]" if isinstance(p, int) else str(p) for p in place)


def _nearest_key(place: Sequence[str | int]) -> str:
    """Return the keys that the user may have meant."""
    model: type[BaseModel] | None = Study
    for part in place[:-1]:
        if isinstance(part, str) and model is not None:
            model = _section_of(model, part)
    known = [k for k in (model.model_fields if model else ()) if k != "folder"]
    near = difflib.get_close_matches(str(place[-1]), known, n=1, cutoff=0.5)
    return near[0] if near else ", ".join(known)


def _section_of(model: type[BaseModel], key: str) -> type[BaseModel] | None:
    field = model.model_fields.get(key)
    if field is None:
        return None
    candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)


def _with_place(finding: Finding, lines: Mapping[Any, int], *, name: str) -> Finding:
    """Add the line of the key that a finding names, or of the nearest table around it."""
    parts = re.findall(r"[^.\[\]]+|\[\d+\]", finding.column or "")
    place = tuple(int(p[1:-1]) - 1 if p.startswith("[") else p for p in parts)
    row = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), None)
    return Finding(
        finding.code,
        name,
        row=row,
        column=finding.column,
        value=finding.value,
        detail=finding.detail,
    )


def _crs_slips(study: Study) -> Iterator[Finding]:
    """Find a working CRS that is not metric, an input CRS that is not known."""
    try:
        if study.study.crs != "auto":
            check_metric(study.study.crs)
    except InputRefused as error:
        yield _renamed(error.findings[0], "study.crs")
    for key, section in inputs_of(study):
        try:
            if section.crs is not None:
                parse_crs(section.crs)
        except InputRefused as error:
            yield _renamed(error.findings[0], f"{key}.crs")


def _region_slips(study: Study) -> Iterator[Finding]:
    """Find what is no code of a country, region or division."""
    for code in study.study.region:
        if not is_region(code):
            yield Finding("REGION_CODE", "study.toml", column="study.region", value=code)


def _missing_files(study: Study) -> Iterator[Finding]:
    for key, section in inputs_of(study):
        try:
            study.file(section.path)
        except InputRefused as error:
            yield _renamed(error.findings[0], f"{key}.path")
    others = [(f"standards.files.[{n}]", p) for n, p in enumerate(study.standards.files, 1)]
    single = {
        "study.headers": study.study.headers,
        "routes.ledger": study.routes.ledger,
        "routes.edits": study.routes.edits,
        "buildings.compare": study.buildings.compare if study.buildings else None,
    }
    others += [(key, path) for key, path in single.items() if path is not None]
    others += rasters_named(study)
    others += [(f"{key}.table", table) for key, table in tables_of(study)]
    for key, path in others:
        try:
            study.place(path) if key == "children.rasters" else study.file(path)
        except InputRefused as error:
            yield _renamed(error.findings[0], key)


def _raster_slips(study: Study) -> Iterator[Finding]:
    """Find rasters of what is no age group, and say which one is meant."""
    groups = [row["id"] for row in load_toml("age_groups.toml")["age_group"]]
    named = study.children.rasters
    for key in () if isinstance(named, str) else named:
        if key not in (*groups, "total"):
            digits = [group for group in groups if _DIGITS.findall(group) == _DIGITS.findall(key)]
            near = digits or difflib.get_close_matches(key, groups, n=1, cutoff=0.0)
            detail = {"near": near[0], "groups": enumerated(groups)}
            yield Finding("RASTER_GROUP", "", None, f"children.rasters.{key}", key, detail)


def _renamed(finding: Finding, key: str) -> Finding:
    detail = {**finding.detail, "key": key}
    return Finding(finding.code, finding.file, column=key, value=finding.value, detail=detail)


def _conflicts(study: Study) -> Iterator[Finding]:
    """One kind must not have two radii."""
    radii: dict[str, float] = {}
    for number, section in enumerate(study.facilities, 1):
        if section.kind is None or section.radius_m is None:
            continue
        first = radii.setdefault(section.kind, section.radius_m)
        if first != section.radius_m:
            key = f"facilities.[{number}].radius_m"
            detail = {"key": key, "kind": section.kind, "first": f"{first:g}"}
            yield Finding("CONFIG_CONFLICT", "", None, key, f"{section.radius_m:g}", detail)
