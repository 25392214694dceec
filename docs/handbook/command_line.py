"""Which commands are there, with which options, read from the program itself?"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handbook.markdown import table, word, words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from typer.core import TyperArgument, TyperOption

    from geo.words import Lang

_BOTH = " / "
"""Help is written in both languages: ``中文 / English``."""


@dataclass(frozen=True)
class Option:
    """An argument or option of a command; `help` in both languages, as the program has it."""

    names: str
    help: str
    default: str
    variable: str


@dataclass(frozen=True)
class CommandHelp:
    """A command of the program."""

    name: str
    help: str
    usage: str
    options: tuple[Option, ...]


def commands() -> Iterator[CommandHelp]:
    """Yield every command with all its options."""
    import typer.main  # noqa: PLC0415 - only where a page is built

    module = "yimi_cli" if importlib.util.find_spec("yimi_cli") else "yimi"
    group: Any = typer.main.get_command(importlib.import_module(module).app)
    for name, command in group.commands.items():
        options = tuple(_option(p) for p in command.params if p.name != "help")
        arguments = [p.name for p in command.params if _is_argument(p)]
        usage = " ".join(["yimi", name, *(a.upper() for a in arguments)])
        yield CommandHelp(name, command.help or "", usage, options)


def commands_part(lang: Lang) -> str:
    """Return a section for each command with a table of its options."""
    parts = []
    for command in commands():
        headers = words("option what default variable", lang)
        rows = [
            (f"`{o.names}`", in_one_language(o.help, lang), o.default, o.variable)
            for o in command.options
        ]
        parts += [
            f"(command-{command.name})=",
            f"## `{command.usage}`",
            "",
            in_one_language(command.help, lang),
            table(headers, rows).replace("%required%", word("required", lang)),
        ]
    return "\n".join(parts)


def in_one_language(text: str, lang: Lang) -> str:
    """Return the Chinese or the English half of a help text.

    Examples
    --------
    >>> in_one_language("输出文件夹 / output folder", "en")
    'output folder'
    """
    zh, _, en = text.strip().partition(_BOTH)
    return zh if lang == "zh" else en


def _option(parameter: TyperArgument | TyperOption) -> Option:
    names = parameter.name.upper()
    if not _is_argument(parameter):
        names = ", ".join(sorted(parameter.opts, key=len))
    default = parameter.default
    shown = "%required%" if parameter.required else "" if _unset(default) else f"`{default}`"
    envvar = getattr(parameter, "envvar", None)
    return Option(names, parameter.help or "", shown, f"`{envvar}`" if envvar else "")


def _is_argument(parameter: TyperArgument | TyperOption) -> bool:
    return bool(parameter.param_type_name == "argument")


def _unset(default: object) -> bool:
    return default is None or default is False or "UNSET" in repr(default) or callable(default)
