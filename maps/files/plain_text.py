"""How does a text of the data enter a document, a drawing or another file: as one plain line?"""

from __future__ import annotations

import re

# Controls, marks of direction (they reorder what is read), what XML does not take.
_UNFIT = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


def one_line(text: object) -> str:
    r"""Return a text without controls, marks of direction and what XML does not take.

    Examples
    --------
    >>> one_line("甲\n乙\x00"), one_line(3)
    ('甲 乙�', '3')
    """
    said = str(text).replace("\r\n", " ").replace("\n", " ").replace("\t", " ")
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", said)
