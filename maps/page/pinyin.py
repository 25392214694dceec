"""By which Latin letters may a Chinese name be searched?

Readings come from ``pypinyin``, which knows words with more than one reading.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

_OTHER = re.compile(r"[^a-z0-9]+")


def pinyin_of(names: pd.Series) -> pd.Series:
    """Return initials and full reading of each name, without tones: "jhyy jinghaiyiyou".

    Letters that are Latin already, and digits, stand in both as they are; all else is left out, so
    that the result holds nothing but a-z, 0-9 and one blank.

    Parameters
    ----------
    names
        Texts; None stays None.

    Examples
    --------
    >>> import pandas as pd
    >>> list(pinyin_of(pd.Series(["重庆第2幼儿园", "<b>"])))
    ['cqd2yey chongqingdi2youeryuan', 'b b']
    """
    known = {name: _letters(str(name)) for name in names.dropna().unique()}
    return names.map(known).astype(object).where(names.notna(), None)


@cache
def _letters(name: str) -> str:
    from pypinyin import lazy_pinyin  # noqa: PLC0415  (its dictionaries take a while to load)

    initials, full = [], []
    for syllable in lazy_pinyin(name, errors=lambda run: f" {run}"):
        letters = _OTHER.sub("", syllable.lower())
        initials.append(letters if syllable.startswith(" ") else letters[:1])
        full.append(letters)
    return f"{''.join(initials)} {''.join(full)}"
