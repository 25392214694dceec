"""Which standards are there, what does each ask for, and what may be said of a gap?

A rule is a row of ``data/standards/*.toml`` (its fields are explained at the head of
``gb50180.toml``) or of a study's own file.  Metres and minutes are never converted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field

from analyses.facilities import Id, facility_types, unknown_kind
from analyses.rules.people import Ages  # noqa: TC001  (pydantic reads the annotations)
from analyses.study import is_region
from geo.bundled import ROOT, load_toml
from geo.findings import Finding, InputRefused
from geo.userfiles import read_rows
from geo.words import Text as Words
from geo.words import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

Test = Literal["distance", "time", "containment", "reference"]
Scope = Literal["urban", "rural", "all"]
Strength = Literal[
    "must", "must_not", "should", "should_not", "may", "definition", "target", "guidance"
]
State = Literal["text", "second_hand", "memory", "signed", "user"]
_SURENESS: tuple[State, ...] = ("memory", "second_hand", "text", "signed", "user")

RuleId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=60)]
Text = Annotated[str, Field(min_length=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Metres = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Minutes = Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)]
Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One requirement, with its source; metres, minutes, m2, years, share 0-1.

    ``scope`` is the settlement, ``region`` where it holds (codes of `analyses.study.is_region`, any
    of them; none = everywhere).

    Examples
    --------
    >>> rule = standards()["KG"]
    >>> rule.kinds, rule.metres, rule.strength
    (('kindergarten',), 300.0, 'should_not')
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    id: RuleId
    zh: Text
    en: Text
    subject: Text
    tests: Annotated[tuple[Test, ...], Field(min_length=1)]
    strength: Strength
    wording: Text
    scope: Scope
    standard: Text
    clause: Text
    edition: Text
    status: Literal["current", "draft", "replaced", "foreign"]
    verified: State
    clause_verified: State
    region: tuple[Text, ...] = ()
    kinds: tuple[Id, ...] = ()
    ages: Ages | None = None
    metres: Metres | None = None
    metres_low: Metres | None = None
    minutes: Minutes | None = None
    minutes_low: Minutes | None = None
    measure: Literal["service_radius", "walking_distance", "straight_distance", "none"] = "none"
    time_measure: Literal["walk", "trip"] = "walk"
    basis: Literal["straight", "network", "not stated"] = "not stated"
    circle: str = ""
    min_area_m2: Positive | None = None
    max_area_m2: Positive | None = None
    larger_counts: bool = False
    unknown_area: Literal["left_out", "counted"] = "left_out"
    target_share: Share | None = None
    denominator: Literal[
        "children", "communities", "residential_land", "built_land", "people"
    ] | None = None  # fmt: skip
    recheck: bool = False
    default: bool = False
    conflicts: tuple[RuleId, ...] = ()
    size_zh: str = ""
    size_en: str = ""
    seen_in: str = ""
    note_zh: str = ""
    note_en: str = ""
    reason: str = ""
    file: str = ""

    @property
    def title(self) -> Words:
        """What it is called."""
        return Words.of(vars(self))

    @property
    def size(self) -> Words:
        """The size that the text asks for, in words; may be empty."""
        return Words.of(vars(self), "size")

    @property
    def note(self) -> Words:
        """What should be known of it; may be empty."""
        return Words.of(vars(self), "note")

    @property
    def computable(self) -> bool:
        """Whether it can be tested here; a reference can only be shown."""
        return "reference" not in self.tests

    @property
    def state(self) -> str:
        """The weaker state of number and clause, ``recheck`` where the copy seen is garbled."""
        if self.recheck and self.verified == self.clause_verified == "text":
            return "recheck"
        return min(self.verified, self.clause_verified, key=_SURENESS.index)

    @property
    def checked(self) -> bool:
        """Whether somebody has read number and clause in print."""
        return self.state in ("signed", "user")


@cache
def standards() -> Mapping[str, Rule]:
    """Return the bundled rules by id, in the order of the files' names and rows.

    Examples
    --------
    >>> standards()["KG"].zh, standards()["KG"].clause != ""
    ('幼儿园服务半径', True)
    """
    return _joined({}, *sorted((ROOT / "standards").glob("*.toml")))


def load_rules(extra_paths: Iterable[Path] = ()) -> Mapping[str, Rule]:
    """Return the bundled rules with a study's own ones.

    Parameters
    ----------
    extra_paths
        TOML files with ``[[rule]]`` rows.  A row with a known id replaces that rule and must give
        its `reason`.

    Raises
    ------
    InputRefused
        With the file, line and key: unknown keys, wrong types, a limit that does not fit the
        test, an unknown kind or conflicting rule, a repeated id.

    Examples
    --------
    >>> load_rules().keys() == standards().keys()
    True
    """
    return _joined(standards(), *extra_paths)


def default_rules() -> tuple[Rule, ...]:
    """Return the rules that are tested when a study names none.

    Examples
    --------
    >>> {rule.default for rule in default_rules()}
    {True}
    """
    return by_kind(rule for rule in standards().values() if rule.default)


def own_rule(kind: str, *, metres: float | None = None, minutes: float | None = None) -> Rule:
    """Return a rule for a user's own limit: for every settlement and the kind's own ages.

    Parameters
    ----------
    kind
        Id of a facility type.
    metres, minutes
        One limit or both; both are tested, none is derived from the other.

    Examples
    --------
    >>> rule = own_rule("park", minutes=5)
    >>> rule.id, rule.minutes, rule.metres
    ('OWN-park', 5, None)
    """
    of_kind = facility_types()[kind]
    title = text("rules/text/own_title").format(kind=of_kind.title)
    limits: dict[Test, float | None] = {"distance": metres, "time": minutes}
    rule = Rule(
        id=f"OWN-{kind}",
        zh=title["zh"],
        en=title["en"],
        subject=kind,
        kinds=(kind,),
        ages=of_kind.ages,
        tests=tuple(test for test, limit in limits.items() if limit is not None),
        metres=metres,
        minutes=minutes,
        measure="service_radius" if metres is not None else "none",
        strength="guidance",
        wording=text("rules/text/own_wording")["zh"],
        scope="all",
        standard=text("rules/text/own_standard")["zh"],
        clause="-",
        edition="-",
        status="current",
        verified="user",
        clause_verified="user",
    )
    _check([rule], known={rule.id: rule})
    return rule


def one_test_each(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Split rules with two tests: ``PRI-RURAL`` -> ``PRI-RURAL.m`` and ``PRI-RURAL.min``.

    Examples
    --------
    >>> both = own_rule("park", metres=300, minutes=5)
    >>> [rule.id for rule in one_test_each([both])]
    ['OWN-park.m', 'OWN-park.min']
    """
    single: list[Rule] = []
    for rule in rules:
        if len(rule.tests) == 1:
            single.append(rule)
            continue
        single.append(
            replace(rule, id=f"{rule.id}.m", tests=("distance",), minutes=None, minutes_low=None)
        )
        single.append(
            replace(rule, id=f"{rule.id}.min", tests=("time",), metres=None, metres_low=None)
        )
    return tuple(single)


def by_kind(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """Sort rules as the kinds stand in ``facility_types.toml``; those of one kind keep order.

    Examples
    --------
    >>> rules = [own_rule("park", metres=300), own_rule("kindergarten", metres=300)]
    >>> [rule.kinds[0] for rule in by_kind(rules)]
    ['kindergarten', 'park']
    """
    order = {kind: place for place, kind in enumerate(facility_types())}
    last = len(order)
    return tuple(sorted(rules, key=lambda r: order.get(r.kinds[0], last) if r.kinds else last))


def _joined(known: Mapping[str, Rule], *paths: Path) -> dict[str, Rule]:
    """Return the known rules with those of the files; a replaced one keeps its place."""
    joined = dict(known)
    for path in paths:
        rows = [
            replace(row, file=path.name) for row in read_rows(path, "rule", Rule, prepare=_in_codes)
        ]
        seen: set[str] = set()
        for row in rows:
            if row.id in seen or (row.id in joined and not row.reason):
                raise InputRefused(Finding("RULE_REPEATED", path.name, value=row.id))
            seen.add(row.id)
            joined[row.id] = row
    _check(joined.values(), known=joined)
    return joined


def _in_codes(cells: dict[str, Any]) -> dict[str, Any]:
    """Return a row as it was written with codes for words, and a region that stood as scope."""
    codes: Mapping[str, Mapping[str, str]] = load_toml("rules/rule_words.toml")
    row = dict(cells)
    for name in ("strength", "scope"):
        if isinstance(row.get(name), str):
            row[name] = codes[name].get(row[name], row[name])
    place = codes["region"].get(str(row.get("scope")), str(row.get("scope")))
    if is_region(place):
        row = {"region": place, **row, "scope": "all"}
    if isinstance(row.get("region"), str):
        row["region"] = [codes["region"].get(row["region"], row["region"])]
    return row


def _check(rules: Iterable[Rule], *, known: Mapping[str, Rule]) -> None:
    """Refuse rules that contradict themselves or name what is not there."""
    findings = [f for rule in rules for f in _faults(rule, known)]
    if findings:
        raise InputRefused(*findings)


def _faults(rule: Rule, known: Mapping[str, Rule]) -> Iterator[Finding]:
    types = facility_types()
    for kind in rule.kinds:
        if kind not in types:
            yield unknown_kind(kind, known=types, file=rule.file)
    for code in rule.region:
        if not is_region(code):
            yield Finding("REGION_CODE", rule.file, column="region", value=code)
    for other in rule.conflicts:
        if other not in known:
            yield _unknown_rule(other, known, file=rule.file)
    reasons = _test_faults(rule)
    for reason in reasons:
        yield Finding("RULE_TEST", rule.file, value=rule.id, detail={"reason": reason})


def _test_faults(rule: Rule) -> Iterator[str]:
    """Say where test, limit and sizes do not fit."""
    tests = set(rule.tests)
    if rule.computable:
        for test, key, limit in (
            ("distance", "metres", rule.metres),
            ("time", "minutes", rule.minutes),
        ):
            if (test in tests) != (limit is not None):
                yield f"{test} / {key}"
        if not rule.kinds:
            yield "kinds"
    if len(tests) != len(rule.tests) or (len(tests) > 1 and tests != {"distance", "time"}):
        yield ", ".join(rule.tests)
    for key, low, high in (
        ("metres_low", rule.metres_low, rule.metres),
        ("minutes_low", rule.minutes_low, rule.minutes),
        ("min_area_m2", rule.min_area_m2, rule.max_area_m2),
        ("ages", *(rule.ages or (None, None))),
    ):
        if low is not None and high is not None and not low < high:
            yield f"{key}: {low:g} < {high:g}"


def named_rule(rule_id: str, known: Mapping[str, Rule]) -> Rule:
    """Return a rule by its id; an unknown one is refused with the nearest that there is.

    Examples
    --------
    >>> named_rule("KG", standards()).metres
    300.0
    >>> try:
    ...     named_rule("KGG", standards())
    ... except InputRefused as refused:
    ...     print(refused.findings[0].detail["near"])
    KG
    """
    if rule_id not in known:
        raise InputRefused(_unknown_rule(rule_id, known, file="study.toml"))
    return known[rule_id]


def _unknown_rule(rule_id: str, known: Mapping[str, Rule], *, file: str) -> Finding:
    import difflib  # noqa: PLC0415  (only to explain a slip)

    near = difflib.get_close_matches(rule_id, known, n=1, cutoff=0.4)
    detail = {"near": near[0] if near else "-"}
    return Finding("RULE_UNKNOWN", file, value=rule_id, detail=detail)
