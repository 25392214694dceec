"""May there be a public edition at all: map number, sources, maker, contact, private layers?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from analyses.publish import rounding
from analyses.schema import roles
from analyses.study import inputs_of
from geo.findings import Finding, InputRefused
from geo.words import texts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from analyses.publish.edition import Edition
    from analyses.study import Study
    from geo.words import Lang, Text

_FILE = "study.toml"
_OSM = (".pbf", ".osm", ".bz2", ".o5m")


@dataclass(frozen=True)
class Check:
    """A line of the compliance sheet.

    Attributes
    ----------
    id
        Key of ``data/words/publish.toml``.
    facts
        What goes into the words of the result.
    finding
        Why it failed, None if it passed.

    Examples
    --------
    >>> from geo.findings import Finding
    >>> Check("approval", finding=Finding("PUBLISH_NO_APPROVAL", "study.toml")).finding.code
    'PUBLISH_NO_APPROVAL'
    """

    id: str
    facts: Mapping[str, str] = field(default_factory=dict)
    finding: Finding | None = None

    def name(self, lang: Lang) -> str:
        """Return what was checked."""
        return str(_words(self.id)["name"][lang])

    def result(self, lang: Lang) -> str:
        """Return what came out."""
        if self.finding is not None:
            return f"{self.finding.why(lang)} {self.finding.fix(lang)}"
        text = str(_words(self.id)["result"][lang])
        for key, value in self.facts.items():
            text = text.replace("{" + key + "}", value)
        return text


def gate(study: Study) -> tuple[Check, ...]:
    """Return what the settings of a study say about a public edition.

    Nothing needs to be run for it; `refuse_failed` refuses where a check failed.

    Examples
    --------
    >>> import yimi
    >>> checks = gate(yimi.load(yimi.demo).settings)
    >>> all(check.finding is None for check in checks)
    True
    """
    return (*_stated(study), _private(study))


def edition_checks(edition: Edition, study: Study, *, releases: int | None) -> tuple[Check, ...]:
    """Return the checks of an edition that passed; one that fails is not made at all.

    Parameters
    ----------
    edition
        From `analyses.publish.edition.public_edition`.
    study
        The settings.
    releases
        How many earlier releases it was held against; None: no ledger is kept.

    Examples
    --------
    >>> import yimi
    >>> from analyses.publish import public_edition
    >>> run = yimi.run(yimi.demo)
    >>> checks = edition_checks(public_edition(run), run.study, releases=0)
    >>> {check.finding for check in checks}
    {None}
    """
    k, layers = str(study.publish.k), str(len(edition.shown))
    if edition.release is None:
        counted = [Check("no_children")]
    else:
        counted = [
            Check("group", {"k": k, "base": str(rounding.rounding_base())}),
            Check("attacker", {"k": k, "numbers": f"{edition.attacked:,}"}),
            Check("releases_synthetic")
            if releases is None
            else Check("releases", {"releases": str(releases)}),
        ]
    return (*counted, Check("columns", {"layers": layers}), Check("traces"), Check("requests"))


def refuse_failed(checks: Sequence[Check]) -> None:
    """Refuse a public edition if a check failed.

    Raises
    ------
    InputRefused
        ``PUBLISH_NO_APPROVAL``, ``PUBLISH_MISSING``, ``PUBLISH_PRIVATE``,
        ``PUBLISH_PRIVATE_UNKNOWN``.

    Examples
    --------
    >>> from geo.findings import Finding, InputRefused
    >>> refuse_failed([Check("approval")])
    >>> try:
    ...     refuse_failed([Check("approval", finding=Finding("PUBLISH_NO_APPROVAL", "study.toml"))])
    ... except InputRefused as refused:
    ...     print(refused.findings[0].code)
    PUBLISH_NO_APPROVAL
    """
    failed = [check.finding for check in checks if check.finding is not None]
    if failed:
        raise InputRefused(*failed)


def public_part(study: Study) -> Study:
    """Return a study without the questions of which a public edition tells nothing: new sites.

    Examples
    --------
    >>> import yimi
    >>> settings = yimi.load(yimi.demo).settings
    >>> settings.sites.on, public_part(settings).sites.on
    (True, False)
    """
    return study.model_copy(
        update={
            "sites": study.sites.model_copy(update={"on": False}),
            "zones": study.zones.model_copy(update={"on": False}),
        }
    )


def _stated(study: Study) -> Iterator[Check]:
    """Check what must be said of the maps and the data."""
    info, publish = study.study, study.publish
    if publish.approval:
        yield Check("approval", {"value": publish.approval})
    elif publish.sketch:
        yield Check("sketch")
    else:
        yield Check("approval", finding=Finding("PUBLISH_NO_APPROVAL", _FILE))
    yield _filled_in("source", info.source or info.attribution, "study.source")
    if study.streets.path.lower().endswith(_OSM) and not info.synthetic:
        named = f"{info.attribution} {info.source}"
        osm = named.strip() if "openstreetmap" in named.lower() else ""
        yield _filled_in("licence", osm, "study.attribution")
    yield _filled_in("date", info.date, "study.date")
    yield _filled_in("maker", publish.maker, "publish.maker")
    yield _filled_in("contact", publish.contact, "publish.contact")


def _filled_in(id_: str, value: str, key: str) -> Check:
    if value.strip():
        return Check(id_, {"value": value.strip()})
    detail = {"what": texts(f"publish/check/{id_}")["name"], "key": key}
    return Check(id_, finding=Finding("PUBLISH_MISSING", _FILE, column=key, detail=detail))


def _private(study: Study) -> Check:
    """Check that nothing marked private would be shown."""
    files = {PurePosixPath(s.path).name: key for key, s in inputs_of(study)}
    files |= {s.path: key for key, s in inputs_of(study)}
    public, known = {r.name for r in roles().values() if r.public is not None}, set(roles())
    for one in study.publish.private:
        if one in files or one in public:
            detail = {"key": "publish.private"}
            finding = Finding("PUBLISH_PRIVATE", _FILE, value=one, detail=detail)
            return Check("private", finding=finding)
        if one not in known:
            names = ", ".join(sorted({*files, *known}))
            finding = Finding("PUBLISH_PRIVATE_UNKNOWN", _FILE, value=one, detail={"known": names})
            return Check("private", finding=finding)
    return Check("private", {"value": str(len(study.publish.private))})


def _words(check: str) -> Mapping[str, Text]:
    return texts(f"publish/check/{check}")
