"""What is wrong with an input, said so that a planner can fix it: findings and refusals.

A finding has a stable code of the catalogue ``data/words/findings.toml``, which holds its
outcome and its texts in Chinese and English. The outcomes are

``note``
    used, with an automatic repair or a remark (ACCEPT)
``quarantine``
    the row is kept aside in the rejects, the others are used
``confirm``
    nothing is used until the user confirms; names the one setting that applies the fix
``refuse``
    nothing of the file is used

The errors that may leave this package::

    YimiError(Exception)             exit code, findings
    |- InputRefused(ValueError)      exit 2: an input or a setting is refused
    |- EnvironmentFault(OSError)     exit 3: disk, permission, lock, memory, network
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from geo.bundled import load_toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Outcome = Literal["note", "quarantine", "confirm", "refuse"]
Lang = Literal["zh", "en"]
_SLOT = re.compile(r"\{(\w+)\}")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_LONGEST_VALUE = 80


@dataclass(frozen=True)
class Finding:
    """One remark about an input.

    Attributes
    ----------
    code
        Key of the catalogue, e.g. ``SWAPPED_XY``.
    file
        Name of the input as the user wrote it, never an absolute path.
    row
        Row or feature number as the user sees it in Excel (the header is row 1), or None.
    column, value
        Column name and the offending cell as it was written, or None.
    detail
        Values for the named slots of the catalogue's texts; a tuple is listed, a mapping has the
        words of each language.
    """

    code: str
    file: str
    row: int | None = None
    column: str | None = None
    value: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        """Return what becomes of the row or file: see the module's docstring."""
        outcome: Outcome = catalogue()[self.code]["outcome"]
        return outcome

    def why(self, lang: Lang = "zh") -> str:
        """Return what is wrong, in one sentence."""
        return _filled(catalogue()[self.code][lang]["why"], self, lang)

    def fix(self, lang: Lang = "zh") -> str:
        """Return what the user can do about it."""
        return _filled(catalogue()[self.code][lang]["fix"], self, lang)

    def text(self, lang: Lang = "zh") -> str:
        """Return one short paragraph: place, code, why, fix."""
        words = load_toml("words/messages.toml")[lang]
        place = [printable(self.file)]
        if self.row is not None:
            place.append(words["row"].replace("{row}", str(self.row)))
        if self.column is not None:
            place.append(words["column"].replace("{column}", printable(self.column)))
        if self.value is not None:
            place.append(words["value"].replace("{value}", printable(self.value)))
        return (
            f"[{self.code}] {words['comma'].join(place)}{words['colon']}"
            f"{self.why(lang)} {words['fix']}{words['colon']}{self.fix(lang)}"
        )


class YimiError(Exception):
    """Base of the errors that a user may see; carries the findings that explain it."""

    exit_code = 4

    def __init__(self, *findings: Finding) -> None:
        super().__init__(*findings)
        self.findings: tuple[Finding, ...] = findings

    def text(self, lang: Lang = "zh") -> str:
        """Return all findings, a paragraph each."""
        return "\n".join(finding.text(lang) for finding in self.findings)

    def __str__(self) -> str:
        """Return the English text: what a programmer sees in a notebook."""
        return self.text("en")


class InputRefused(YimiError, ValueError):
    """An input or a setting cannot be used as it is."""

    exit_code = 2


class EnvironmentFault(YimiError, OSError):
    """The machine is in the way: disk, permission, lock, memory or network."""

    exit_code = 3


def catalogue() -> dict[str, Any]:
    """Return the catalogue of findings: code -> outcome, zh and en texts."""
    return load_toml("words/findings.toml")


def refuse_if_any(findings: Iterable[Finding]) -> None:
    """Raise `InputRefused` with those findings that stop the work, if there are any."""
    stopping = [f for f in findings if f.outcome in ("confirm", "refuse")]
    if stopping:
        raise InputRefused(*stopping)


def printable(text: object) -> str:
    """Return a value of a stranger's file fit for a terminal or a log: one short line."""
    clean = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", str(text))
    return clean if len(clean) <= _LONGEST_VALUE else clean[: _LONGEST_VALUE - 1] + "…"


def _filled(template: str, finding: Finding, lang: Lang) -> str:
    """Put a finding's values into the named slots of a catalogue text."""
    values = {
        "file": finding.file,
        "row": finding.row,
        "column": finding.column,
        "value": finding.value,
        **finding.detail,
    }
    return _SLOT.sub(lambda m: printable(_in_words(values.get(m[1], m[0]), lang)), template)


def _in_words(value: object, lang: Lang) -> object:
    """Return a value in a language: of several words that language's, a tuple as a list."""
    if isinstance(value, dict):
        value = value[lang]
    if isinstance(value, tuple):
        return load_toml("words/messages.toml")[lang]["between"].join(map(str, value))
    return value
