"""What does every page and picture of a report say of itself: name, date, source, map number?"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.text import one_line
from geo.words import text

if TYPE_CHECKING:
    from analyses.study import Study
    from geo.words import Lang

_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Imprint:
    """What a report says of itself.

    Attributes
    ----------
    name
        Of the study, in the language of the report.
    lang
        Language of the report.
    date, source, maker, contact
        As written in the study; empty where it says nothing.
    crs
        CRS of the frames, metric.
    synthetic
        Whether the data are made up; every page and picture says so.
    approval
        审图号, None where the maps have none.
    public
        Whether the edition is for the public: a sketch then says only that it is one.
    """

    name: str
    lang: Lang
    crs: str
    date: str = ""
    source: str = ""
    maker: str = ""
    contact: str = ""
    synthetic: bool = False
    approval: str | None = None
    public: bool = False

    @property
    def mark(self) -> str:
        """Return what stands on every page, empty where the data are real."""
        return word("report/imprint/synthetic", self.lang) if self.synthetic else ""

    @property
    def map_number(self) -> str:
        """Return the 审图号, or the words that the map is a sketch without one."""
        if self.approval:
            return word("report/imprint/approval", self.lang, number=self.approval)
        if self.public:
            return word("report/imprint/public_sketch", self.lang)
        return word("report/imprint/sketch", self.lang)

    @property
    def lines(self) -> tuple[str, ...]:
        """Return date, source, maker, contact and CRS in words; what is not given is left out.

        The date is never left out: where the study gives none it says so.
        """
        given = [
            ("report/imprint/source", self.source),
            ("report/imprint/maker", self.maker),
            ("report/imprint/contact", self.contact),
        ]
        facts = [word(key, self.lang, text=said) for key, said in given if said]
        dated = (
            word("report/imprint/date", self.lang, text=self.date)
            if self.date
            else word("report/imprint/no_date", self.lang)
        )
        return (dated, *facts, word("report/imprint/crs", self.lang, text=self.crs))


def imprint_of(study: Study, *, crs: str, lang: Lang) -> Imprint:
    """Return the imprint of a study's own report (not its public edition).

    Examples
    --------
    >>> import yimi
    >>> imprint = imprint_of(yimi.load(yimi.demo).settings, crs="EPSG:4548", lang="en")
    >>> imprint.name
    'Example county (synthetic demo data)'
    """
    info, publish = study.study, study.publish
    return Imprint(
        name=one_line(info.title[lang]),
        lang=lang,
        crs=crs,
        date=one_line(info.date),
        source=one_line(info.attribution or info.source),
        maker=one_line(publish.maker),
        contact=one_line(publish.contact),
        synthetic=info.synthetic,
        approval=publish.approval,
    )


def word(key: str, lang: Lang, **slots: object) -> str:
    """Return a text; what is put into its slots is never read as a template."""
    return _SLOT.sub(lambda m: one_line(slots.get(m[1], m[0])), text(key)[lang])
