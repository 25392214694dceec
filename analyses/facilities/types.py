"""Which kinds of facilities are there, and how do people, OSM and AMap name them?"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping  # noqa: TC003  (pydantic reads the annotations)
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from geo.bundled import ROOT
from geo.findings import Finding, InputRefused
from geo.read import key
from geo.userfiles import read_rows
from geo.words import Text

State = Literal["text", "memory"]
TagValue = str | tuple[str, ...] | bool
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Words = tuple[Annotated[str, Field(min_length=1)], ...]
Ages = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(le=18)]]


@dataclass(frozen=True, kw_only=True)
class OsmFilter:
    """Which OSM features are of a kind: all of `tags`, none of `unless`, and the name's pattern."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    tags: Mapping[str, TagValue]
    unless: Mapping[str, TagValue] = field(default_factory=dict)
    name: str | None = None
    not_name: str | None = None

    def matches(self, tags: Mapping[str, str], name: str) -> bool:
        """Say whether a feature with these tags and this name passes."""
        return (
            all(_has(tags, key, value) for key, value in self.tags.items())
            and not any(_has(tags, key, value) for key, value in self.unless.items())
            and (self.name is None or re.search(self.name, name) is not None)
            and (self.not_name is None or re.search(self.not_name, name) is None)
        )

    @property
    def weight(self) -> int:
        """How particular the filter is: more tags first, then those with a name."""
        return 2 * len(self.tags) + (self.name is not None)


@dataclass(frozen=True, kw_only=True)
class FacilityType:
    """One row of ``data/facility_types.toml``; the file's head explains the fields."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: Id
    zh: str
    en: str
    words: Words
    colour: Annotated[str, Field(pattern=r"^#[0-9a-f]{6}$")]
    icon: Annotated[str, Field(min_length=1, max_length=1)]
    osm: tuple[OsmFilter, ...]
    osm_verified: State
    amap: tuple[Annotated[str, Field(pattern=r"^\d{6}$")], ...]
    amap_verified: State
    overture: Words = ()
    ages: Ages | None = None
    serves: tuple[Id, ...] = ()
    family: str = ""
    vague: bool = False
    use: Literal["facility", "context"] = "facility"
    note: str = ""

    @property
    def title(self) -> Text:
        """Return what it is called."""
        return Text.of(vars(self))


@cache
def facility_types() -> Mapping[str, FacilityType]:
    """Return all facility types in the order of the file, by id.

    Raises
    ------
    InputRefused
        When the file has an unknown key, a repeated id or word, or serves an unknown kind.

    Examples
    --------
    >>> facility_types()["kindergarten"].zh, facility_types()["kindergarten"].use
    ('幼儿园', 'facility')
    """
    path = ROOT / "facility_types.toml"
    types: dict[str, FacilityType] = {}
    for row in read_rows(path, "facility_type", FacilityType):
        if row.id in types:
            raise InputRefused(Finding("RULE_REPEATED", path.name, value=row.id))
        types[row.id] = row
    for row in types.values():
        for served in row.serves:
            if served not in types:
                raise InputRefused(unknown_kind(served, known=types, file=path.name))
    return types


@cache
def kind_words() -> Mapping[str, str]:
    """Return accepted word -> id; words as written and as `plain_word` leaves them.

    Raises
    ------
    InputRefused
        ``RULE_REPEATED`` when two kinds claim one word.

    Examples
    --------
    >>> kind_words()["幼儿园"], kind_words()["park"]
    ('kindergarten', 'park')
    """
    words: dict[str, str] = {}
    codes: dict[str, list[str]] = {}
    for kind in facility_types().values():
        for word in (kind.id, *kind.title.values(), *kind.words):
            if words.setdefault(plain_word(word), kind.id) != kind.id:
                raise InputRefused(Finding("RULE_REPEATED", "facility_types.toml", value=word))
            words[word] = kind.id
        for code in kind.amap:
            codes.setdefault(code, []).append(kind.id)
    return {**words, **{code: kinds[0] for code, kinds in codes.items() if len(kinds) == 1}}


def kind_of(word: object) -> str | None:
    """Return the id of the kind that a word names, or None.

    The paths of AMap and Baidu count by their last part (``科教文化服务;学校;小学``).

    Examples
    --------
    >>> kind_of(" 儿童之 家"), kind_of("科教文化服务;学校;小学"), kind_of("xx")
    ('children_home', 'primary_school', None)
    """
    words = kind_words()
    text = plain_word(word)
    return words.get(text) or words.get(text.rpartition(";")[2])


def required_kind(word: str, *, file: str = "study.toml") -> str:
    """Return the id of the kind that a word names.

    Raises
    ------
    InputRefused
        ``KIND_UNKNOWN`` with the nearest word.

    Examples
    --------
    >>> required_kind("幼儿园"), required_kind("primary school")
    ('kindergarten', 'primary_school')
    """
    kind = kind_of(word)
    if kind is None:
        raise InputRefused(unknown_kind(word, file=file))
    return kind


def near_kind(word: object, *, known: Iterable[str] | None = None) -> str:
    """Return the accepted word (or the id of `known`) nearest to an unknown one, or a dash."""
    titles = [next(iter(kind.title.values())) for kind in facility_types().values()]
    for words in [known] if known else [titles, kind_words()]:
        near = difflib.get_close_matches(plain_word(word), words, n=1, cutoff=0.4)
        if near:
            return near[0]
    return "-"


def unknown_kind(
    word: str, *, file: str, known: Mapping[str, FacilityType] | None = None
) -> Finding:
    """Return the finding that a kind does not exist, with the nearest one.

    Examples
    --------
    >>> unknown_kind("幼儿圆", file="a.csv").detail["near"]
    '幼儿园'
    """
    detail = {"kind": word, "near": near_kind(word, known=known)}
    return Finding("KIND_UNKNOWN", file, value=word, detail=detail)


def plain_word(word: object) -> str:
    """Return a word as it is compared: half width, lower case, no spaces."""
    return key(str(word))


def kinds_serving(kind: str) -> frozenset[str]:
    """Return the kinds whose places give the service of `kind`: itself and those that serve as it.

    Examples
    --------
    >>> {"kindergarten", "nursery_kindergarten"} <= kinds_serving("kindergarten")
    True
    """
    return frozenset(t.id for t in facility_types().values() if t.id == kind or kind in t.serves)


def osm_wanted(*, use: Literal["facility", "context"] | None = "facility") -> dict[str, Any]:
    """Return what to take from an OSM file: kind -> list of {key: value | [values] | True}.

    Parameters
    ----------
    use
        Only kinds of this use; None takes all, with water and housing.

    Examples
    --------
    >>> osm_wanted()["kindergarten"][0]
    {'amenity': 'kindergarten'}
    """
    return {
        kind.id: [
            {key: list(v) if isinstance(v, tuple) else v for key, v in part.tags.items()}
            for part in kind.osm
        ]
        for kind in facility_types().values()
        if use in (None, kind.use)
    }


def osm_kind(tags: Mapping[str, str], name: str = "") -> str | None:
    """Return the kind of an OSM feature, by the most particular filter that it passes, or None.

    Examples
    --------
    >>> osm_kind({"amenity": "school"}, "城关二小"), osm_kind({"amenity": "bank"})
    ('primary_school', None)
    """
    return next((kind for part, kind in _filters() if part.matches(tags, name)), None)


def overture_kind(categories: Iterable[str], name: str = "") -> str | None:
    """Return the kind of a place of Overture by its category words, the main one first, or None.

    A word that does not tell the level (``school``) leaves it to the name, as in OSM.

    Examples
    --------
    >>> overture_kind(["elementary_school", "school"]), overture_kind(["school"], "城关二小")
    ('primary_school', 'primary_school')
    >>> overture_kind(["restaurant"]) is None
    True
    """
    words = _overture_words()
    kind = next((words[word] for word in categories if word in words), None)
    if kind is None or not facility_types()[kind].vague:
        return kind
    plain = {k: v for k, v in facility_types()[kind].osm[0].tags.items() if isinstance(v, str)}
    return osm_kind(plain, name) or kind


@cache
def _overture_words() -> Mapping[str, str]:
    return {word: kind.id for kind in facility_types().values() for word in kind.overture}


@cache
def _filters() -> tuple[tuple[OsmFilter, str], ...]:
    """Return all filters, the most particular first, otherwise in the order of the file."""
    pairs = [(part, kind.id) for kind in facility_types().values() for part in kind.osm]
    return tuple(sorted(pairs, key=lambda pair: -pair[0].weight))


def _has(tags: Mapping[str, str], key: str, wanted: TagValue) -> bool:
    value = tags.get(key)
    if value is None or wanted is True:
        return value is not None
    return value in wanted if isinstance(wanted, tuple) else value == wanted
