"""What is wrong with an input, said so that a planner can fix it: findings and refusals.

A finding has a stable code of the catalogue ``data/findings.toml``, which holds its
outcome; what it says lies with the texts of each language. The outcomes are

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

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from geo.bundled import load_toml
from geo.text import printable
from geo.words import Lang, in_words, language, languages, texts, texts_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Outcome = Literal["note", "quarantine", "confirm", "refuse"]


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
        Values for the named slots of the catalogue's texts; a `Text` is filled in by language, a
        tuple as a list.

    Examples
    --------
    >>> finding = Finding("COORD_TEXT", "schools.csv", row=7, column="经度", value="abc")
    >>> finding.outcome
    'quarantine'
    >>> finding.why("en")
    'The coordinate is no number.'
    >>> finding.fix("en")
    'Write decimal degrees, e.g. 116.904962.'
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
        return catalogue()[self.code]

    def why(self, lang: Lang = "zh") -> str:
        """Return what is wrong, in one sentence."""
        return self._say("why", lang)

    def fix(self, lang: Lang = "zh") -> str:
        """Return what the user can do about it."""
        return self._say("fix", lang)

    def text(self, lang: Lang = "zh") -> str:
        """Return one short paragraph: place, code, why, fix."""
        words = texts_in("messages/place", lang)
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

    def _say(self, part: str, lang: Lang) -> str:
        """Return a text of the catalogue with the finding's values in its slots."""
        own = {"file": self.file, "row": self.row, "column": self.column, "value": self.value}
        slots = {name: printable(in_words(v, lang)) for name, v in {**own, **self.detail}.items()}
        return texts(f"findings/{self.code}")[part].format(**slots)[lang]


class YimiError(Exception):
    """Base of the errors that a user may see; carries the findings that explain it.

    Examples
    --------
    >>> error = YimiError(Finding("EMPTY", "a.csv"), Finding("TRUNCATED", "b.zip"))
    >>> [finding.file for finding in error.findings], error.text("en").count("Fix:")
    (['a.csv', 'b.zip'], 2)
    """

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
    """An input or a setting cannot be used as it is.

    Examples
    --------
    >>> refused = InputRefused(Finding("EMPTY", "a.csv"))
    >>> isinstance(refused, ValueError), refused.exit_code, refused.findings[0].code
    (True, 2, 'EMPTY')
    """

    exit_code = 2


class EnvironmentFault(YimiError, OSError):
    """The machine is in the way: disk, permission, lock, memory or network.

    Examples
    --------
    >>> fault = EnvironmentFault(Finding("DISK_FULL", "out"))
    >>> isinstance(fault, OSError), fault.exit_code
    (True, 3)
    """

    exit_code = 3


def catalogue() -> dict[str, Outcome]:
    """Return the catalogue of findings: code -> outcome.

    Examples
    --------
    >>> catalogue()["EMPTY"], catalogue()["SWAPPED_XY"]
    ('refuse', 'confirm')
    """
    return load_toml("findings.toml")


def enumerated(names: Iterable[object]) -> str:
    """Return names as one text for a cell that is the same in every language.

    Examples
    --------
    >>> enumerated(["name", "kind"])
    'name、kind'
    """
    return language(languages()[0]).between.join(map(str, names))


def refuse_if_any(findings: Iterable[Finding]) -> None:
    """Raise `InputRefused` with those findings that stop the work, if there are any.

    Examples
    --------
    Notes stop nothing:

    >>> refuse_if_any([Finding("HEADER_ROW", "a.csv")])
    >>> try:
    ...     refuse_if_any([Finding("HEADER_ROW", "a.csv"), Finding("EMPTY", "b.csv")])
    ... except InputRefused as refused:
    ...     print(refused.findings[0].file)
    b.csv
    """
    stopping = [f for f in findings if f.outcome in ("confirm", "refuse")]
    if stopping:
        raise InputRefused(*stopping)
