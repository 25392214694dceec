"""In which languages is there a text, and what does it say?

All texts lie in ``data/words``, a folder a language, with the same files and keys in each; a
further language is a further folder.  ``language.toml`` says what it is called and how it is
written.  Rows of data (kinds of facilities, rules, columns) have their Chinese and English text
beside their other facts; a further language has them in its ``given.toml``, by the English text.
Texts are asked for by the path of their key, always written out, so that a test can
compare all that is asked for with all that there is:

>>> text("coverage/place/outside")["en"]
'Outside all communities'
>>> text("messages/place/row").format(row=7)["en"]
'row 7'
>>> sorted(texts("links/kind"))
['footbridge', 'footpath', 'gate']
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from geo.bundled import parse_toml, roots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

Lang: TypeAlias = str
"""Code of a language: a folder of ``data/words``."""

T = TypeVar("T")
_FALLBACK = ("en", "zh")
_IN_ROWS = ("zh", "en")
"""Languages that rows of data have beside their other facts."""
"""Where a text does not stand in a language, it is read in the first of these that it has."""
_SLOT = re.compile(r"\{(\w+)\}")


class Text(Mapping[str, str]):
    """One text in several languages; it does not change.

    Parameters
    ----------
    by_language
        Code of the language -> what stands there.

    Examples
    --------
    >>> name = Text(zh="学校", en="school")
    >>> name["zh"], name["fr"]
    ('学校', 'school')
    >>> Text(zh="{kind}旁", en="beside the {kind}").format(kind=name)["en"]
    'beside the school'
    """

    __slots__ = ("_by_language",)

    def __init__(self, **by_language: str) -> None:
        if not by_language:
            raise ValueError("a text stands in one language at least")
        self._by_language = by_language

    @classmethod
    def of(cls, row: Mapping[str, object], name: str = "") -> Text:
        """Return the text that stands beside other facts of a row: ``zh, en``, or ``name_zh``.

        Further languages: see `given`.

        Raises
        ------
        ValueError
            The row has it in no language.
        """
        columns = {lang: f"{name}_{lang}" if name else lang for lang in _IN_ROWS}
        own = {lang: str(row[c]) for lang, c in columns.items() if row.get(c) is not None}
        return cls.beside_data(**own)

    @classmethod
    def beside_data(cls, **by_language: str) -> Text:
        """Return a text of the data, in further languages by their ``given.toml``."""
        english = by_language.get("en", "")
        further = {
            lang: _translations(lang)[english]
            for lang in languages()
            if english in _translations(lang)
        }
        return cls(**further | by_language)

    @classmethod
    def join(cls, parts: Iterable[Text | str], between: Text | str = "") -> Text:
        """Return the parts one after another, in every language."""
        found = list(parts)
        return cls(
            **{
                lang: in_words(between, lang).join(in_words(p, lang) for p in found)
                for lang in languages()
            }
        )

    def __getitem__(self, lang: Lang) -> str:
        """Return the text in a language, or in the first of the fallback languages it has."""
        for code in (lang, *_FALLBACK):
            if code in self._by_language:
                return self._by_language[code]
        return next(iter(self._by_language.values()))

    def __contains__(self, lang: object) -> bool:
        """Say whether it stands in a language without falling back."""
        return lang in self._by_language

    def __iter__(self) -> Iterator[str]:
        """Iterate over the languages in which it stands."""
        return iter(self._by_language)

    def __len__(self) -> int:
        """Return in how many languages it stands."""
        return len(self._by_language)

    def __hash__(self) -> int:
        """Return a hash: equal texts are one key."""
        return hash(frozenset(self._by_language.items()))

    def __repr__(self) -> str:
        """Return how it is made."""
        return f"Text({', '.join(f'{k}={v!r}' for k, v in self._by_language.items())})"

    def format(self, **slots: object) -> Text:
        """Return the text with values in its named slots; another `Text` fills in its language.

        A value is put in as it is: braces in it mean nothing.  A slot without a value stays.
        """
        given = {*self, *(lang for v in slots.values() if isinstance(v, Text) for lang in v)}
        return Text(
            **{lang: _fill(self[lang], lang, slots) for lang in languages() if lang in given}
        )

    def in_all(self) -> dict[str, str]:
        """Return the text in every language there is, e.g. for JSON."""
        return {lang: self[lang] for lang in languages()}

    def columns(self, name: str) -> dict[str, str]:
        """Return the text as columns of a table, one for each language: ``name_zh, name_en``."""
        return {f"{name}_{lang}": self[lang] for lang in languages()}


@dataclass(frozen=True)
class Language:
    """How a language is called and written.

    Attributes
    ----------
    name
        What its speakers call it.
    html
        Tag for documents (BCP 47).
    direction
        ``ltr`` or ``rtl``.
    wide
        Whether it is written in characters of full width, without spaces between words.
    comma, colon, semicolon, between
        Punctuation with the space that follows it; between: between two things of a list.
    sentence
        What stands between two sentences.
    brackets
        Opening and closing bracket with the space before them.

    Examples
    --------
    >>> chinese = language("zh")
    >>> chinese.html, chinese.direction, chinese.wide
    ('zh-CN', 'ltr', True)
    """

    name: str
    html: str
    direction: str
    wide: bool
    comma: str
    colon: str
    semicolon: str
    between: str
    sentence: str
    brackets: tuple[str, str]


@cache
def languages() -> tuple[Lang, ...]:
    """Return the codes of all languages, the one that is meant when nobody chooses first.

    Examples
    --------
    >>> languages()
    ('zh', 'en')
    """
    order = {lang: _tables(lang, "language")[0]["order"] for lang in _codes()}
    return tuple(sorted(order, key=lambda lang: (order[lang], lang)))


@cache
def language(lang: Lang) -> Language:
    """Return how a language is called and written.

    Examples
    --------
    >>> language("en").between.join(["school", "park"])
    'school, park'
    """
    facts: dict[str, Any] = {k: v for k, v in _tables(lang, "language")[0].items() if k != "order"}
    facts["brackets"] = tuple(facts["brackets"])
    return Language(**facts)


def language_named(name: str) -> Lang | None:
    """Return the language of a code or of a tag of documents, or None where there is no such.

    Examples
    --------
    >>> language_named("zh-CN"), language_named("en"), language_named("x")
    ('zh', 'en', None)
    """
    return next((lang for lang in languages() if name in (lang, language(lang).html)), None)


def listed(parts: Iterable[Text]) -> Text:
    """Return texts as a list: one after another, with what the language puts between them.

    Examples
    --------
    >>> both = listed([text("links/kind/gate"), text("links/kind/footpath")])
    >>> both["en"], both["zh"]
    ('gate, footpath', '开门、步行小路')
    """
    between = Text(**{lang: language(lang).between for lang in languages()})
    return Text.join(parts, between)


def in_columns(name: str, write: Callable[[Lang], T]) -> dict[str, T]:
    """Return what is written in each language as columns of a table: ``name_zh, name_en``.

    Examples
    --------
    >>> in_columns("kind", lambda lang: text("links/kind/gate")[lang])
    {'kind_zh': '开门', 'kind_en': 'gate'}
    """
    return {f"{name}_{lang}": write(lang) for lang in languages()}


@cache
def text(key: str) -> Text:
    """Return a text.

    Parameters
    ----------
    key
        File, sections and key, e.g. ``coverage/place/outside``; written out where it is used.

    Raises
    ------
    KeyError
        No language has it.

    Examples
    --------
    >>> text("messages/sign/row_number")["zh"]
    '行号'
    """
    found = _at(key)
    if not isinstance(found, Text):
        raise KeyError(key)
    return found


@cache
def texts(key: str) -> Mapping[str, Text]:
    """Return the texts of a section by their last key, for texts that are chosen by a code.

    Parameters
    ----------
    key
        File and sections, e.g. ``links/kind``; written out where it is used.

    Raises
    ------
    KeyError
        No language has it.

    Examples
    --------
    >>> list(texts("links/kind"))
    ['gate', 'footpath', 'footbridge']
    """
    found = _at(key)
    if isinstance(found, Text):
        raise KeyError(key)
    return {name: part for name, part in found.items() if isinstance(part, Text)}


def texts_in(key: str, lang: Lang) -> dict[str, str]:
    """Return the texts of a section in one language, e.g. for a template.

    Examples
    --------
    >>> texts_in("links/kind", "en")
    {'gate': 'gate', 'footpath': 'footpath', 'footbridge': 'footbridge'}
    """
    return {name: part[lang] for name, part in texts(key).items()}


@cache
def sections(key: str) -> tuple[str, ...]:
    """Return the names of the sections within a section, in the order of the file.

    Examples
    --------
    >>> "place" in sections("coverage")
    True
    """
    found = _at(key)
    return tuple(name for name, part in found.items() if not isinstance(part, Text))


def _fill(template: str, lang: Lang, slots: Mapping[str, object]) -> str:
    """Put values into the named slots of a text of one language."""
    return _SLOT.sub(lambda m: in_words(slots[m[1]], lang) if m[1] in slots else m[0], template)


def in_words(value: object, lang: Lang) -> str:
    """Return how a value is written in a language: a `Text` in that language, a tuple as a list.

    Examples
    --------
    >>> in_words(("a", "b"), "en"), in_words(text("messages/sign/row_number"), "zh")
    ('a, b', '行号')
    """
    if isinstance(value, tuple):
        return language(lang).between.join(in_words(part, lang) for part in value)
    return value[lang] if isinstance(value, Text) else str(value)


_Tree: TypeAlias = "Mapping[str, Text | _Tree]"


def _at(key: str) -> Text | _Tree:
    file, *path = key.split("/")
    found: Text | _Tree = _file(file)
    for step in path:
        if isinstance(found, Text) or step not in found:
            raise KeyError(key)
        found = found[step]
    return found


@cache
def _translations(lang: Lang) -> Mapping[str, str]:
    """Return the texts of rows of data in a further language, by what they are in English."""
    return {k: str(v) for table in reversed(_tables(lang, "given")) for k, v in table.items()}


def _codes() -> set[Lang]:
    """Return the folders of languages in all folders of data."""
    return {p.parent.name for root in roots() for p in root.glob("words/*/language.toml")}


@cache
def _file(name: str) -> _Tree:
    """Read a file of texts in all languages that have it."""
    return _merged([(lang, table) for lang in languages() for table in _tables(lang, name)])


def _tables(lang: Lang, file: str) -> list[dict[str, Any]]:
    """Return what a file of a language holds, in each folder of data that has it."""
    paths = [root / "words" / lang / f"{file}.toml" for root in roots()]
    return [parse_toml(path) for path in paths if path.is_file()]


def _merged(tables: Sequence[tuple[Lang, Mapping[str, object]]]) -> _Tree:
    """Turn tables of each language into one tree of texts; what stands first in one stays."""
    tree: dict[str, Text | _Tree] = {}
    for name in dict.fromkeys(name for _, table in tables for name in table):
        parts = [(lang, table[name]) for lang, table in tables if name in table]
        inner = [(lang, part) for lang, part in parts if isinstance(part, Mapping)]
        first = {lang: str(part) for lang, part in reversed(parts)}
        tree[name] = _merged(inner) if inner else Text(**{k: first[k] for k, _ in parts})
    return tree
