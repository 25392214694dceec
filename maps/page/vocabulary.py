"""What are treatments, bodies, horizons, statuses, profiles and how a clause is worded called?"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from analyses.hazards import statuses
from analyses.treatments import bodies, horizons, treatments
from geo.bundled import load_toml
from geo.words import Text, languages, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

Row = dict[str, Any]


def in_words(row: Row) -> Row:
    """Return a row of the ledger or the audit with ``…_zh, …_en`` beside each id that has words.

    What the row says in words already stays. A hazard gains ``cost_class`` and ``horizon`` of its
    treatment.

    Examples
    --------
    >>> row = in_words({"status": "closed", "body": "police"})
    >>> row["status_en"], row["body_zh"]
    ('closed', '公安机关（交管）')
    """
    treatment = treatments().get(str(row.get("treatment")))
    if treatment is not None:
        row = {"cost_class": treatment.cost_class, "horizon": treatment.horizon, **row}
    found = {
        f"{name}_{lang}": said
        for name, rows in _vocabulary().items()
        if str(row.get(name)) in rows
        for lang, said in rows[str(row[name])].in_all().items()
    }
    return {**found, **row}


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a table with words for ids: beside ``treatment`` stand ``treatment_zh`` and ``_en``.

    Parameters
    ----------
    frame
        The ledger, the audit or any table with such columns; it is left alone.

    Examples
    --------
    >>> import pandas as pd
    >>> told(pd.DataFrame({"body": ["police"]}))["body_zh"].tolist()
    ['公安机关（交管）']
    """
    words = {
        f"{name}_{lang}": frame[name].map({id_: said[lang] for id_, said in rows.items()})
        .fillna(frame[name])
        for name, rows in _vocabulary().items()
        for lang in languages()
        if name in frame and f"{name}_{lang}" not in frame
    }  # fmt: skip
    return frame.assign(**words)


def profile_words() -> dict[str, dict[str, str]]:
    """Return the names of the age profiles, from the youngest up: id -> language -> text."""
    return {id_: name.in_all() for id_, name in _vocabulary()["profile"].items()}


@cache
def _vocabulary() -> dict[str, Mapping[str, Text]]:
    """Return column -> id -> what it is called."""
    profiles = load_toml("rules/child_profiles.toml")["profile"]
    return {
        "strength": texts("audit/strength"),
        "verified": texts("audit/verified"),
        "treatment": {id_: t.title for id_, t in treatments().items()},
        "body": {id_: Text.of(row) for id_, row in bodies().items()},
        "horizon": {id_: Text.of(row) for id_, row in horizons().items()},
        "cost_class": cost_classes(),
        "due": {id_: Text.of(row) for id_, row in horizons().items()},
        "status": texts("ledger/status"),
        "profile": {row["id"]: Text.of(row) for row in profiles},
    }


def cost_classes() -> dict[str, Text]:
    """Return the words for classes of cost, from the cheapest up."""
    rows = load_toml("rules/treatments.toml")["cost_class"]
    return {name: Text.of(row) for name, row in rows.items()}


def is_fixed(status: object) -> bool:
    """Say whether a hazard of this status needs nothing more.

    Examples
    --------
    >>> is_fixed("closed"), is_fixed("to_check")
    (True, False)
    """
    return bool(statuses().get(str(status), {}).get("fixed", False))
