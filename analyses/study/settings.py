"""What is asked: the settings of ``study.toml``, validated, with the line of every slip.

The file says where the layers are and what to test.  An unknown key, a wrong unit or a missing
file is refused with its line and the nearest right key.
"""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from analyses.study.basemap import MapInput, basemap_slips
from analyses.study.regions import is_region
from analyses.study.section import Section
from geo.bundled import load_toml
from geo.crs import check_metric, parse_crs
from geo.findings import Finding, InputRefused
from geo.paths import inside
from geo.tomltext import parsed, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_KEY = re.compile(r"""^\s*(?:"([^"]+)"|'([^']+)'|([\w.-]+))\s*=""")
_TABLE = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]")
_CODES = {
    "extra_forbidden": "CONFIG_UNKNOWN_KEY",
    "missing": "CONFIG_MISSING",
    "greater_than_equal": "CONFIG_RANGE",
    "less_than_equal": "CONFIG_RANGE",
    "finite_number": "CONFIG_RANGE",
    "string_too_short": "CONFIG_RANGE",
    "too_short": "CONFIG_MISSING",
    "literal_error": "CONFIG_CHOICE",
}


def _limits(section: str, key: str) -> dict[str, Any]:
    """Return default, minimum and maximum of a setting from ``data/study_defaults.toml``."""
    limits: dict[str, Any] = load_toml("study_defaults.toml")[section][key]
    return limits


def _number(section: str, key: str) -> Any:  # noqa: ANN401  (pydantic's FieldInfo is untyped)
    """Field of a number with the limits, and the default if any, of the data file."""
    limits = _limits(section, key)
    return Field(
        default=limits.get("default"),
        ge=limits["minimum"],
        le=limits["maximum"],
        allow_inf_nan=False,
    )


Text = Annotated[str, Field(min_length=1)]


def _listed(value: object) -> object:
    """Return one text as a list, an empty one as none."""
    return ([value] if value else []) if isinstance(value, str) else value


class StudyInfo(Section):
    """``[study]``: what it is about, where the data come from, own headers of tables."""

    name: Text
    name_en: str = ""
    region: Annotated[list[Text], BeforeValidator(_listed)] = Field(default_factory=list)
    """Where it is: ``CN-12``, ``120118``, ``["ES-CT", "ES-B"]``; else what the communities say."""
    crs: Text = "auto"
    datum: Literal["declared", "auto"] = "declared"
    lang: Literal["zh-CN", "en"] = "zh-CN"
    synthetic: bool = False
    allow_pii: bool = False
    headers: str | None = None
    date: str = ""
    source: str = ""
    attribution: str = ""


class LayerInput(Section):
    """One input file: its path, layer, CRS or datum, and header names if they are unusual."""

    path: Text
    layer: str | None = None
    crs: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    swap_xy: bool = False


class FacilitiesInput(LayerInput):
    """``[[facilities]]``: places; `kind` where the file has no such column."""

    kind: str | None = None
    radius_m: float | None = _number("facilities", "radius_m")


class StreetsInput(LayerInput):
    """``[streets]``: an OSM file or a road layer."""

    snap_max_m: float = _number("streets", "snap_max_m")


class ChildrenInput(LayerInput):
    """``[children]``: how children are known, and the file if it is not the communities."""

    method: Literal["communities", "points", "raster"] = "communities"
    path: str | None = None  # type: ignore[assignment]
    rasters: dict[str, str] = Field(default_factory=dict)
    spacing_m: float = _number("children", "spacing_m")


class SafetyInput(LayerInput):
    """``[[safety]]``: an official layer; `kind` as in ``data/rules/safety_layers.toml``."""

    kind: Text


class RoutesInput(Section):
    """``[routes]``: ways to school: whether, and how much longer a safer way may be."""

    on: bool = True
    detour_cap: float = _number("routes", "detour_cap")
    ledger: str | None = None
    """The hazard ledger as the officers edited it; their edits are kept."""
    edits: str | None = None
    """A file of measures to try out (what-if)."""
    best: int | None = _number("routes", "best")
    """Work out the best so many crossings to make adequate, together."""
    pdf: bool = False
    """Also write the schools' pages as one PDF."""


class PhaseInput(Section):
    """``[[sites.phases]]``: what may be built from a year on."""

    year: int = _number("phases", "year")
    new_sites: int | None = _number("sites", "new_sites")
    budget: float | None = _number("sites", "budget")


class SitesInput(LayerInput):
    """``[sites]``: places for children: candidate sites, and what may be built."""

    on: bool = True
    path: str | None = None  # type: ignore[assignment]
    """Candidate sites: a layer with names, and land, places, cost and own choice where known."""
    new_sites: int | None = _number("sites", "new_sites")
    budget: float | None = _number("sites", "budget")
    phases: list[PhaseInput] = Field(default_factory=list)
    """What to build when, from early to late."""
    own_first: bool = False
    """Assign places in a child's own community before shorter ways elsewhere."""
    links: bool = True
    """Look for new gates, footpaths and footbridges."""


class ZonesInput(Section):
    """``[zones]``: school zones that hold together, and model kindergartens with their partners."""

    on: bool = False
    never_cross: list[Text] | None = None
    """Classes of streets that no child is to cross; ``data/rules/zones.toml`` if not said."""
    models: list[Text] = Field(default_factory=list)
    """Ids or names of the model kindergartens (1+N)."""
    seconds: float = _number("zones", "seconds")
    """How long to look for a better plan, for each stage."""


class StandardsInput(Section):
    """``[standards]``: which rules to test (ids), and files with own ones."""

    use: list[Text] = Field(default_factory=list)
    files: list[Text] = Field(default_factory=list)


class WalkingInput(Section):
    """``[walking]``: one walking speed for all ages, instead of ``data/rules/walking.toml``."""

    speed_m_s: float | None = _number("walking", "speed_m_s")


class PublishInput(Section):
    """``[publish]``: the smallest group that may be published, and what a public edition says."""

    k: int = _number("publish", "k")
    approval: str | None = None
    """审图号 of the map."""
    sketch: bool = False
    """Say on every page that it is a sketch without 审图号."""
    maker: str = ""
    contact: str = ""
    private: list[Text] = Field(default_factory=list)
    """Roles or input files that must not be published."""
    ledger: str | None = None
    """Where all publications are kept; ``release_ledger.json`` beside the study if not said."""


class ReportInput(Section):
    """``[report]``: what is written for paper and for other programs."""

    brief: bool = True
    """``brief.docx`` and ``brief.pdf``."""
    pictures: bool = False
    """Every map and chart as PNG and SVG, in the brief and in a folder, and an atlas to print."""
    paper: Literal["a4", "a3"] = "a4"
    """Size of the maps' sheets."""
    formats: list[Literal["geoparquet", "kml", "dxf", "shapefile"]] = Field(default_factory=list)
    """Exchange files in the folder ``exports``."""
    gaps: int = _number("report", "gaps")
    hazards: int = _number("report", "hazards")


class Study(Section):
    """A validated study; paths are as the user wrote them, relative to `folder`."""

    study: StudyInfo
    streets: StreetsInput
    facilities: list[FacilitiesInput] = Field(min_length=1)
    communities: LayerInput | None = None
    children: ChildrenInput = Field(default_factory=ChildrenInput)
    buildings: LayerInput | None = None
    gates: LayerInput | None = None
    area: LayerInput | None = None
    catchments: LayerInput | None = None
    safety: list[SafetyInput] = Field(default_factory=list)
    marks: list[LayerInput] = Field(default_factory=list)
    """``[[marks]]``: what children and parents marked, see `analyses.marks.marked`."""
    routes: RoutesInput = Field(default_factory=RoutesInput)
    sites: SitesInput = Field(default_factory=SitesInput)
    zones: ZonesInput = Field(default_factory=ZonesInput)
    standards: StandardsInput = Field(default_factory=StandardsInput)
    walking: WalkingInput = Field(default_factory=WalkingInput)
    publish: PublishInput = Field(default_factory=PublishInput)
    report: ReportInput = Field(default_factory=ReportInput)
    map: MapInput = Field(default_factory=MapInput)
    folder: Path = Field(default=Path(), exclude=True)

    @property
    def headers(self) -> Path | None:
        """Return the study's own file of headers, of the shape of ``data/columns.toml``."""
        return None if self.study.headers is None else self.file(self.study.headers)

    def file(self, text: str) -> Path:
        """Return the path of an input named in the study."""
        return inside(self.folder, text)


def load_study(path: str | Path) -> Study:
    """Read and validate a study file.

    Raises
    ------
    InputRefused
        With one finding per slip: code, line, key, the value, and what is right.
    """
    path = Path(path)
    name = path.name
    if path.is_dir():
        path, name = path / "study.toml", f"{path.name}/study.toml"
    text = read_text(path, name=name)
    raw = parsed(text, name=name)
    lines = _line_of_keys(text)
    if not raw:
        raise InputRefused(Finding("CONFIG_MISSING", name, detail={"key": "[study]"}))
    raw.pop("folder", None)
    try:
        study = Study.model_validate({**raw, "folder": path.parent})
    except ValidationError as error:
        raise InputRefused(*_slips(error, lines=lines, name=name)) from None
    findings = [
        *_crs_slips(study), *_region_slips(study), *_conflicts(study), *_missing_files(study),
        *basemap_slips(study.map),
    ]  # fmt: skip
    if findings:
        raise InputRefused(*(_with_place(f, lines, name=name) for f in findings))
    return study


def _line_of_keys(text: str) -> dict[tuple[str | int, ...], int]:
    """Return the line of every key and table of a TOML text (tomllib does not keep them)."""
    lines: dict[tuple[str | int, ...], int] = {}
    table: tuple[str | int, ...] = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
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
        code = _CODES.get(slip["type"], "CONFIG_TYPE")
        context = slip.get("ctx", {})
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


def inputs_of(study: Study) -> Iterator[tuple[str, LayerInput]]:
    """Yield every section of the study that names a file of rows, with its key."""
    for number, facilities in enumerate(study.facilities, 1):
        yield f"facilities.[{number}]", facilities
    for number, layer in enumerate(study.safety, 1):
        yield f"safety.[{number}]", layer
    for number, marks in enumerate(study.marks, 1):
        yield f"marks.[{number}]", marks
    for key in (
        "streets",
        "communities",
        "children",
        "buildings",
        "gates",
        "area",
        "catchments",
        "sites",
    ):
        section = getattr(study, key)
        if section is not None and section.path is not None:
            yield key, section


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
    }
    others += [(key, path) for key, path in single.items() if path is not None]
    others += [(f"children.rasters.{g}", p) for g, p in study.children.rasters.items()]
    for key, path in others:
        try:
            study.file(path)
        except InputRefused as error:
            yield _renamed(error.findings[0], key)


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
