"""What may a result hold: which tables, which columns, and which roles on maps and in files?

All of it is declared in ``data/schema``: ``columns.toml``, ``tables.toml`` and ``roles.toml``,
whose heads say what each key means.  Any further file of that folder may hold ``[column]``,
``[table]`` and ``[role]`` too, so that an analysis can bring its own.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping  # noqa: TC003 - pydantic reads the annotations
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import ConfigDict, Field, PlainValidator, TypeAdapter, ValidationError

from geo.bundled import data_files, parse_toml
from geo.words import Lang, Text, languages

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
ColumnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*(_\*|:\*)?$")]
Names = tuple[ColumnName, ...]


def _title(value: object) -> Text:
    """Read a text: ``{zh = "...", en = "..."}``."""
    if not isinstance(value, dict) or not value or not all(map(_is_text, value.values())):
        raise ValueError("a text in each language")
    return Text.beside_data(**value)


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


Title = Annotated[Text, PlainValidator(_title)]
Unit = Literal[
    "", "m", "s", "m2", "km/h", "yuan", "year", "share", "children", "dwellings", "places", "points"
]
Question = Literal["cover", "safe", "places", "build"]
_FIRST = ("columns.toml", "tables.toml", "roles.toml")


@dataclass(frozen=True, kw_only=True)
class Column:
    """What a column holds; `step` is what a page rounds its numbers to.

    Examples
    --------
    >>> columns()["walk_m"].unit
    'm'
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: ColumnName
    title: Title
    type: Literal["text", "number", "whole", "flag"]
    unit: Unit = ""
    step: Annotated[float, Field(gt=0)] | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of a result: a sheet, a CSV file and a table of the GeoPackage.

    Attributes
    ----------
    title, rows
        What it is called, and what a row of it is.
    columns, optional
        In the order of the result; those that are there only where the study has them.
    called, left_out
        What a column is called in files; columns that files do not have.
    file
        Whether it is written at all.

    Examples
    --------
    >>> tables()["total"].title["en"]
    'Total'
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: Name
    title: Title
    rows: Title
    columns: Names
    optional: Names = ()
    called: Mapping[ColumnName, ColumnName] = field(default_factory=dict)
    left_out: Names = ()
    file: bool = True


class Classes(NamedTuple):
    """A column that is classed, and the list of ``data/palette.toml`` that classes it.

    Examples
    --------
    >>> Classes("risk", "risk_classes")
    Classes(column='risk', palette='risk_classes')
    """

    column: str
    palette: str


@dataclass(frozen=True, kw_only=True)
class Role:
    """Something that may be shown: a layer or a table (keys: see ``data/schema/roles.toml``).

    Examples
    --------
    >>> roles()["facility"].title["en"]
    'Facilities'
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    name: Name
    title: Title
    rows: Title
    geometry: Literal["point", "line", "polygon", "any"] | None = None
    page: Names = ()
    files: Names = ()
    made: Names = ()
    optional: Names = ()
    open: bool = False
    steps: Mapping[ColumnName, Annotated[float, Field(gt=0)]] = field(default_factory=dict)
    id: ColumnName | None = None
    label: ColumnName | None = None
    value: ColumnName | None = None
    asked: tuple[Question, ...] = ()
    plain: bool = False
    layer: Name | None = None
    export: Name | None = None
    colour: Annotated[str, Field(pattern=r"^(#[0-9a-f]{6}|[a-z_]+)$")] | None = None
    classes: Classes | None = None
    public: Names | None = None

    @property
    def columns(self) -> Names:
        """Columns of the frame that an analysis gives, besides its geometry."""
        return (*(c for c in self.page if c not in self.made), *self.files)


class Schema(NamedTuple):
    """All declarations by name, each in the order of the files.

    Examples
    --------
    >>> "total" in schema().tables
    True
    """

    columns: Mapping[str, Column]
    tables: Mapping[str, Table]
    roles: Mapping[str, Role]


def columns() -> Mapping[str, Column]:
    """Return what each column holds, by its name.

    Examples
    --------
    >>> walk = columns()["walk_m"]
    >>> walk.unit, walk.step, walk.title["en"]
    ('m', 1.0, 'To the nearest, door to door (m)')
    """
    return schema().columns


def tables() -> Mapping[str, Table]:
    """Return the tables of results, in the order of the sheets.

    Examples
    --------
    >>> tables()["marks_read"].rows["en"]
    'a row for each file of marks'
    """
    return schema().tables


def roles() -> Mapping[str, Role]:
    """Return the roles that a map or a file may show.

    Examples
    --------
    >>> zone = roles()["zone"]
    >>> zone.geometry, zone.columns, zone.layer
    ('polygon', ('school_id', 'gate_id', 'assumed'), 'gate_zones')
    """
    return schema().roles


def role(name: str) -> Role:
    """Return a role.

    Raises
    ------
    ValueError
        Nobody declared it; the nearest names are told.

    Examples
    --------
    >>> role("hazzard")
    Traceback (most recent call last):
    ValueError: no role "hazzard" in data/schema (nearest: hazard)
    """
    if name not in roles():
        near = ", ".join(difflib.get_close_matches(name, roles(), n=3)) or ", ".join(roles())
        raise ValueError(f'no role "{name}" in data/schema (nearest: {near})')
    return roles()[name]


def column(name: str) -> Column | None:
    """Return what a column of a frame holds, or None where nobody declared it.

    Examples
    --------
    >>> [column(name).name for name in ("area_id", "why_en", "status:KG")]
    ['area_id', 'why_*', 'status:*']
    """
    base, _, lang = name.rpartition("_")
    plain = f"{base}_*" if lang in languages() else name
    of_rule = f"{name.partition(':')[0]}:*"
    return next((columns()[n] for n in (name, plain, of_rule) if n in columns()), None)


def language_of(name: str) -> Lang | None:
    """Return the language that a column of a frame is written in, or None where it is in none.

    Examples
    --------
    >>> [language_of(name) for name in ("why_en", "why_zh", "area_id", "why")]
    ['en', 'zh', None, None]
    """
    declared = column(name)
    is_text = declared is not None and declared.name.endswith("_*") and name != declared.name
    return name.rpartition("_")[2] if is_text else None


def spread(names: Names, frame: object = ()) -> tuple[str, ...]:
    """Return the columns that declared names stand for: ``why_*`` is one in each language.

    Parameters
    ----------
    names
        As declared.
    frame
        Columns of a frame; ``status:*`` stands for those of them that begin with ``status:``.

    Examples
    --------
    >>> spread(("rank", "why_*", "status:*"), ["status:KG", "status:PRI"])
    ('rank', 'why_zh', 'why_en', 'status:KG', 'status:PRI')
    """
    found: list[str] = []
    for name in names:
        if name.endswith(":*"):
            found += [str(c) for c in frame if str(c).startswith(name[:-1])]  # type: ignore[attr-defined]
        elif name.endswith("_*"):
            found += [name[:-1] + lang for lang in languages()]
        else:
            found.append(name)
    return tuple(dict.fromkeys(found))


@cache
def schema() -> Schema:
    """Read all declarations.

    Raises
    ------
    ValueError
        With the file and the key: an unknown or missing key, a wrong type, a name that stands
        twice, a column that nobody declared.

    Examples
    --------
    >>> set(schema().roles) == set(roles())
    True
    """
    adapters: dict[str, TypeAdapter[Any]] = {
        "column": TypeAdapter(Column), "table": TypeAdapter(Table), "role": TypeAdapter(Role),
    }  # fmt: skip
    found: dict[str, dict[str, Any]] = {kind: {} for kind in adapters}
    files = data_files("schema")
    for path in sorted(files, key=lambda p: (p.name not in _FIRST, files.index(p))):
        content = parse_toml(path)
        if others := content.keys() - adapters.keys():
            raise ValueError(f"{path.name}: unknown part [{min(others)}]")
        for kind, rows in content.items():
            for name, cells in rows.items():
                place = f"{path.name}: [{kind}.{name}]"
                if name in found[kind]:
                    raise ValueError(f"{place} stands twice")
                found[kind][name] = _row({**cells, "name": name}, adapters[kind], place=place)
    every = Schema(*(MappingProxyType(found[kind]) for kind in adapters))
    _check_columns(every)
    return every


def _row(cells: Mapping[str, Any], adapter: TypeAdapter[Any], *, place: str) -> object:
    try:
        return adapter.validate_json(json.dumps(cells))
    except ValidationError as error:
        slip = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in slip["loc"])
        raise ValueError(f"{place} {key}: {slip['msg']}, not {slip['input']!r}") from None


def _check_columns(found: Schema) -> None:
    """Refuse a table or role that names a column which nobody declared."""
    for table in found.tables.values():
        public = (*(table.called.get(c, c) for c in table.columns), *table.optional)
        _check_known(public, found, place=f"[table.{table.name}]")
    for one in found.roles.values():
        named = (*one.page, *one.files, *one.made, *one.optional, *one.steps, *(one.public or ()))
        own = (one.id, one.label, one.value)
        _check_known((*named, *(c for c in own if c)), found, place=f"[role.{one.name}]")


def _check_known(names: Names, found: Schema, *, place: str) -> None:
    missing = [name for name in names if name not in found.columns]
    if missing:
        raise ValueError(f"{place}: no [column] called {', '.join(missing)} in data/schema")
