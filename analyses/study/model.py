"""What may stand in ``study.toml``: each section with its keys, types, limits and defaults."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from pydantic_core import PydanticCustomError

from analyses.study.basemap import MapInput
from analyses.study.section import Section
from geo.bundled import load_toml
from geo.userfiles import inside
from geo.words import Lang, language_named, languages
from geo.words import Text as Words

if TYPE_CHECKING:
    from collections.abc import Iterator


def _limits(section: str, key: str) -> dict[str, Any]:
    """Return default (None where there is none), minimum and maximum, from the data file."""
    limits = load_toml("study_defaults.toml")[section][key]
    return {
        "default": limits.get("default"),
        "ge": limits["minimum"],
        "le": limits["maximum"],
        "allow_inf_nan": False,
    }


def _number(section: str, key: str) -> float:
    """Field of a number, typed as pydantic types its own `Field`: as the value in its place."""
    number: float = Field(**_limits(section, key))
    return number


def _whole(section: str, key: str) -> int:
    """Field of a whole number."""
    whole: int = Field(**_limits(section, key))
    return whole


Text = Annotated[str, Field(min_length=1)]


def _listed(value: object) -> object:
    """Return one text as a list, an empty one as none."""
    return ([value] if value else []) if isinstance(value, str) else value


def _language(value: object) -> Lang:
    """Return the code of a language that there are texts in, by its code or tag (``zh-CN``)."""
    found = language_named(value) if isinstance(value, str) else None
    if found is None:
        known = {"expected": ", ".join(languages())}
        raise PydanticCustomError("literal_error", "no such language", known)
    return found


def _usual_language() -> Lang:
    return languages()[0]


class StudyInfo(Section):
    """``[study]``: what it is about, where the data come from, own headers of tables."""

    name: Text
    name_en: str = ""
    region: Annotated[list[Text], BeforeValidator(_listed)] = Field(default_factory=list)
    """Where it is: ``CN-12``, ``120118``, ``["ES-CT", "ES-B"]``; else what the communities say."""
    crs: Text = "auto"
    datum: Literal["declared", "auto"] = "declared"
    lang: Annotated[Lang, BeforeValidator(_language)] = Field(default_factory=_usual_language)
    synthetic: bool = False
    allow_pii: bool = False
    non_commercial: bool = False
    """Whether data that may be used for no commercial end may be used here."""
    headers: str | None = None
    date: str = ""
    source: str = ""
    attribution: str = ""

    @property
    def title(self) -> Words:
        """Return what the study is called."""
        return Words(zh=self.name, en=self.name_en or self.name)


class LayerInput(Section):
    """One input file: its path, layer, CRS or datum, and header names if they are unusual.

    Examples
    --------
    >>> LayerInput(path="schools.csv", crs="GCJ-02").swap_xy
    False
    """

    path: Text
    layer: str | None = None
    crs: str | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    swap_xy: bool = False


class JoinedInput(LayerInput):
    """A layer to which a table without geometry may be joined by code or name.

    Examples
    --------
    >>> JoinedInput(path="communities.geojson", table="children.xlsx").table
    'children.xlsx'
    """

    table: str | None = None


class FacilitiesInput(JoinedInput):
    """``[[facilities]]``: places; `kind` where the file has no such column.

    Examples
    --------
    >>> FacilitiesInput(path="schools.csv", kind="小学").kind
    '小学'
    """

    kind: str | None = None
    replace: Annotated[list[Text], BeforeValidator(_listed)] = Field(default_factory=list)
    """Kinds of which this list is complete: OSM's own facilities of these kinds do not count."""
    without: Annotated[list[Text], BeforeValidator(_listed)] = Field(default_factory=list)
    """Kinds that are not taken from this file."""
    radius_m: float | None = _number("facilities", "radius_m")


class GeocoderInput(Section):
    """``[geocoder]``: where addresses may be asked for; nobody is asked without a key."""

    key: str | None = None
    endpoint: str | None = None
    """Address of the service, where it is not that of ``data/rules/addresses.toml``."""


class StreetsInput(LayerInput):
    """``[streets]``: an OSM file or a road layer."""

    snap_max_m: float = _number("streets", "snap_max_m")


class RasterInput(Section):
    """A raster in a list of ``[children.rasters]`` of which only a share belongs to the group."""

    path: Text
    weight: float = _number("rasters", "weight")


class ChildrenInput(LayerInput):
    """``[children]``: how children are known, and the file if it is not the communities."""

    method: Literal["communities", "points", "raster"] = "communities"
    path: str | None = None  # type: ignore[assignment]
    rasters: str | dict[str, str | list[str | RasterInput]] = Field(default_factory=dict)
    """A folder of WorldPop's files, or files by age group, or one of all people (``total``)."""
    structure: dict[str, float] = Field(default_factory=dict)
    """Age structure: band of ages or age group -> share of all people."""
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
    best: int | None = _whole("routes", "best")
    """Work out the best so many crossings to make adequate, together."""
    pdf: bool = False
    """Also write the schools' pages as one PDF."""


class BuildingsInput(LayerInput):
    """``[buildings]``: homes, and a second layer that tells how complete they are."""

    compare: str | None = None


class SourceInput(Section):
    """``[[sources]]``: which public data (``data/sources.toml``) files of the study are from."""

    id: Text
    files: list[Text] = Field(default_factory=list)
    date: str = ""
    open_parts_only: bool = False
    """What may be used for no commercial end has been left out of the files."""


class PhaseInput(Section):
    """``[[sites.phases]]``: what may be built from a year on."""

    year: int = _whole("phases", "year")
    new_sites: int | None = _whole("sites", "new_sites")
    budget: float | None = _number("sites", "budget")


class SitesInput(LayerInput):
    """``[sites]``: places for children: candidate sites, and what may be built."""

    on: bool = True
    path: str | None = None  # type: ignore[assignment]
    """Candidate sites: a layer with names, and land, places, cost and own choice where known."""
    new_sites: int | None = _whole("sites", "new_sites")
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

    k: int = _whole("publish", "k")
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
    gaps: int = _whole("report", "gaps")
    hazards: int = _whole("report", "hazards")


class Study(Section):
    """A validated study; paths are as the user wrote them, relative to `folder`.

    Examples
    --------
    >>> import yimi
    >>> study = yimi.load(yimi.demo).settings
    >>> study.study.synthetic, study.streets.path
    (True, 'streets.osm.pbf')
    """

    def __repr__(self) -> str:
        """Return the study's name and which layers it has."""
        layers = sorted(self.model_fields_set - {"study"})
        return f"Study {self.study.name!r} with {', '.join(layers)}"

    study: StudyInfo
    streets: StreetsInput
    facilities: list[FacilitiesInput] = Field(min_length=1)
    communities: JoinedInput | None = None
    children: ChildrenInput = Field(default_factory=ChildrenInput)
    buildings: BuildingsInput | None = None
    gates: LayerInput | None = None
    compounds: LayerInput | None = None
    area: LayerInput | None = None
    catchments: LayerInput | None = None
    sources: list[SourceInput] = Field(default_factory=list)
    safety: list[SafetyInput] = Field(default_factory=list)
    marks: list[LayerInput] = Field(default_factory=list)
    """``[[marks]]``: what children and parents marked, see `analyses.marks.mark_layers`."""
    routes: RoutesInput = Field(default_factory=RoutesInput)
    sites: SitesInput = Field(default_factory=SitesInput)
    zones: ZonesInput = Field(default_factory=ZonesInput)
    standards: StandardsInput = Field(default_factory=StandardsInput)
    walking: WalkingInput = Field(default_factory=WalkingInput)
    publish: PublishInput = Field(default_factory=PublishInput)
    report: ReportInput = Field(default_factory=ReportInput)
    geocoder: GeocoderInput = Field(default_factory=GeocoderInput)
    map: MapInput = Field(default_factory=MapInput)
    folder: Path = Field(default=Path(), exclude=True)

    @property
    def headers(self) -> Path | None:
        """Return the study's own file of headers, of the shape of ``data/columns.toml``."""
        return None if self.study.headers is None else self.file(self.study.headers)

    def file(self, text: str) -> Path:
        """Return the path of an input named in the study."""
        return inside(self.folder, text)

    def place(self, text: str) -> Path:
        """Return the path of an input, a file or a folder, named in the study."""
        return inside(self.folder, text, folders=True)


def rasters_named(study: Study) -> Iterator[tuple[str, str]]:
    """Yield every population raster (or folder of them) that the study names, with its key."""
    named = study.children.rasters
    if isinstance(named, str):
        yield "children.rasters", named
        return
    for group, files in named.items():
        for one in [files] if isinstance(files, str) else files:
            yield f"children.rasters.{group}", one if isinstance(one, str) else one.path


def inputs_of(study: Study) -> Iterator[tuple[str, LayerInput]]:
    """Yield every section of the study that names a file of rows, with its key.

    Examples
    --------
    >>> import yimi
    >>> paths = [section.path for _, section in inputs_of(yimi.load(yimi.demo).settings)]
    >>> "schools.csv" in paths, "communities.geojson" in paths
    (True, True)
    """
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
        "compounds",
        "area",
        "catchments",
        "sites",
    ):
        section = getattr(study, key)
        if section is not None and section.path is not None:
            yield key, section


def tables_of(study: Study) -> Iterator[tuple[str, str]]:
    """Yield the key of every section that a table is joined to, with the table's path.

    Examples
    --------
    >>> from geo.bundled import DEMO
    >>> from analyses.study import load_study
    >>> list(tables_of(load_study(DEMO)))
    []
    """
    for number, facilities in enumerate(study.facilities, 1):
        if facilities.table is not None:
            yield f"facilities.[{number}]", facilities.table
    if study.communities is not None and study.communities.table is not None:
        yield "communities", study.communities.table
