"""Which settings may stand in ``study.toml``: type, unit, range, default, example, meaning?

Types, ranges and defaults come from the model that validates a study, meanings from
``data/settings.toml``.
"""

from __future__ import annotations

import types
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

import annotated_types
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from analyses.study import LayerInput, Study
from geo.bundled import load_toml
from handbook.markdown import anchored, table, word, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic.fields import FieldInfo

    from geo.words import Lang

_NOT_WRITTEN = frozenset({"folder"})
_UNITS = {"_m_s": {"zh": "米/秒", "en": "m/s"}, "_m": {"zh": "米", "en": "m"}}
_LAYER = "layer"


@dataclass(frozen=True)
class Setting:
    """One key of ``study.toml``: ``section.key``, and what the model says of it."""

    section: str
    key: str
    field: FieldInfo

    @property
    def words(self) -> dict[str, Any]:
        """Return meaning, example, unit and default of ``data/settings.toml``."""
        found: dict[str, Any] = load_toml("settings.toml")[self.section][self.key]
        return found


@dataclass(frozen=True)
class SettingsSection:
    """A section of ``study.toml``: its model, header, own settings, whether it reads a file."""

    name: str
    model: type[BaseModel]
    header: str
    settings: tuple[Setting, ...]
    reads_file: bool


def sections() -> tuple[SettingsSection, ...]:
    """Return all sections of ``study.toml``, the shared settings of a file last."""
    of_layer = _section(_LAYER, LayerInput, header="", inherited=frozenset())
    return (*_sections(Study, ""), of_layer)


def settings_part(lang: Lang) -> str:
    """Return the sections with a table of settings each."""
    return "\n".join(_section_text(section, lang) for section in sections())


def _sections(model: type[BaseModel], above: str) -> Iterator[SettingsSection]:
    """Yield the sections of a model, each followed by those inside it."""
    for key, field in model.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is None or key in _NOT_WRITTEN:
            continue
        name = f"{above}{key}"
        header = f"[[{name}]]" if get_origin(field.annotation) is list else f"[{name}]"
        inherited = frozenset(LayerInput.model_fields) if issubclass(inner, LayerInput) else None
        yield _section(name, inner, header=header, inherited=inherited)
        yield from _sections(inner, f"{name}.")


def _section(
    name: str, model: type[BaseModel], *, header: str, inherited: frozenset[str] | None
) -> SettingsSection:
    """Return a section; a setting that it shares with every file is told once, elsewhere."""
    own = load_toml("settings.toml").get(name, {})
    shared = inherited or frozenset()
    return SettingsSection(
        name,
        model,
        header,
        tuple(
            Setting(name, key, field)
            for key, field in model.model_fields.items()
            if key not in _NOT_WRITTEN and (key not in shared or key in own)
        ),
        reads_file=bool(shared),
    )


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the section that an annotation names, also in a list or beside None."""
    inside = (annotation, *get_args(annotation))
    models = (c for c in inside if isinstance(c, type) and issubclass(c, BaseModel))
    return next(models, None)


def _section_text(section: SettingsSection, lang: Lang) -> str:
    about = load_toml("settings.toml")["sections"][section.name][lang]
    title = f"`{section.header}`" if section.header else word(_LAYER, lang)
    lines = [f"(section-{section.name})=", f"## {title}", "", about, ""]
    if section.settings:
        headers = words("setting what type unit default example", lang)
        lines.append(table(headers, (_row(setting, lang) for setting in section.settings)))
    if section.reads_file:
        own = {setting.key for setting in section.settings}
        keys = ", ".join(f"`{k}`" for k in LayerInput.model_fields if k not in own)
        lines += [word("shared", lang).replace("{keys}", keys), ""]
    return "\n".join(lines)


def _row(setting: Setting, lang: Lang) -> tuple[str, ...]:
    return (
        anchored(f"{setting.section}.{setting.key}", "setting-").replace(
            f"`{setting.section}.", "`", 1
        ),
        setting.words[lang],
        type_text(setting.field, lang),
        unit_text(setting, lang),
        _default_text(setting, lang),
        f"`{setting.words['example']}`",
    )


def unit_text(setting: Setting, lang: Lang) -> str:
    """Return the unit, from the key's ending or from the words; empty for texts and switches."""
    if "unit" in setting.words:
        return str(setting.words["unit"][lang])
    return next((u[lang] for end, u in _UNITS.items() if setting.key.endswith(end)), "")


def type_text(field: FieldInfo, lang: Lang) -> str:
    """Return how a value is written, with its range."""
    text = _type_words(field.annotation, lang)
    low, high = _bounds(field)
    if low is None or high is None:
        return text
    between = word("to", lang).replace("{low}", f"{low:g}").replace("{high}", f"{high:,.0f}")
    return f"{text}, {between}" if lang == "en" else f"{text}，{between}"


def is_number(field: FieldInfo) -> bool:
    """Tell whether a setting is a number, and so must have a unit."""
    return bool({int, float} & set(_plain(field.annotation)))


def _bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    low = next((m.ge for m in field.metadata if isinstance(m, annotated_types.Ge)), None)
    high = next((m.le for m in field.metadata if isinstance(m, annotated_types.Le)), None)
    return low, high  # type: ignore[return-value]  # bounds of numbers are numbers


def _type_words(annotation: object, lang: Lang) -> str:
    kind = next(t for t in _plain(annotation) if t is not type(None))
    origin = get_origin(kind)
    if origin is Literal:
        values = ", ".join(f'`"{v}"`' for v in get_args(kind) if v)
        return word("one_of", lang).replace("{values}", values)
    if origin is list:
        return f"{word('list', lang)}: {_type_words(get_args(kind)[0], lang)}"
    if origin is dict:
        return f"`{word('pairs', lang)}`"
    names = {bool: "switch", int: "whole", float: "number", str: "text"}
    return word(names[kind], lang) if kind in names else f"`[[{kind.__name__}]]`"


def _plain(annotation: object) -> list[Any]:
    """Return what an annotation may be, without ``Annotated``."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _plain(get_args(annotation)[0])
    if origin in (types.UnionType, Union):
        return [p for one in get_args(annotation) for p in _plain(one)]
    return [annotation]


def _default_text(setting: Setting, lang: Lang) -> str:
    if "default" in setting.words:
        return str(setting.words["default"][lang])
    field = setting.field
    if field.is_required():
        return word("required", lang)
    default = field.get_default(call_default_factory=True)
    if default in (None, "", [], {}, PydanticUndefined):
        return word("unset", lang)
    return f"`{_as_toml(default)}`"


def _as_toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"
