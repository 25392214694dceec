"""Who is each row: is its id an id, its name a name, its kind a known kind?

``geo`` knows no school: the kinds are words that the caller hands over.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from typing import TYPE_CHECKING

import numpy as np

from geo.bundled import load_toml
from geo.findings import enumerated
from geo.read.cells import all_visible, key
from geo.read.cells import keys as same_form
from geo.read.encodings import repaired, suspicious
from geo.read.flags import Flag, positions, reason_of
from geo.read.personal import looks_like_identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

Texts = list[str | None]
_EXPONENT = re.compile(r"\d+(?:\.\d+)?[eE]\+\d+")
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_IDENTITY_DIGITS = 18
_ID_CLASHES = 0.5
_NEAREST_CUTOFF = 0.3


def check_ids(ids: Texts, *, header: str, numbers: NDArray[np.int64]) -> list[Flag]:
    """Test ids: they are text, always; ``0012`` stays ``0012``.

    Parameters
    ----------
    ids
        The cells.
    numbers
        Row numbers as the user sees them, to name the other row of a clash.

    Returns
    -------
    list of Flag
        ``ID_EXPONENT`` (digits were lost), ``ID_FORMULA``, ``ID_MISSING``, ``ID_PERSONAL`` (looks
        like a citizen number; never quoted), ``ID_SIMILAR`` (differs from an earlier one in case,
        width or spaces only), ``DUPLICATE`` (the same id again), ``ID_NOT_UNIQUE`` (no id at all).
    """
    texts = [text or "" for text in ids]
    flags = []
    blank = positions([not text.strip() for text in texts])
    if 0 < len(blank) < len(texts):
        flags.append(Flag("ID_MISSING", blank, header))
    flags += check_exponents(texts, header=header)
    formula = [i for i, text in enumerate(texts) if "=" in text and text.lstrip()[0] == "="]
    flags.append(Flag("ID_FORMULA", np.array(formula, np.int64), header))
    if max(map(len, texts), default=0) >= _IDENTITY_DIGITS:
        personal = positions([looks_like_identity(text) for text in texts])
        flags.append(Flag("ID_PERSONAL", personal, header, value=[None] * len(personal)))
    return [*flags, *_clashes(texts, header=header, numbers=numbers)]


def check_exponents(ids: Sequence[str | None], *, header: str) -> list[Flag]:
    """Find codes that a spreadsheet has turned into ``1.2E+17``: their last digits are gone."""
    lost = [i for i, t in enumerate(ids) if t and "+" in t and _EXPONENT.fullmatch(t.strip())]
    return [Flag("ID_EXPONENT", np.array(lost, np.int64), header)]


def check_names(names: Texts, *, header: str, needed: bool) -> tuple[list[str | None], list[Flag]]:
    """Clean names and test them.

    Parameters
    ----------
    needed
        Whether a row without a name is set aside.

    Returns
    -------
    tuple
        The names without invisible and control characters, and the flags: ``NAME_BLANK``,
        ``NAME_INVISIBLE``, ``NAME_CONTROL``, ``NAME_TOO_LONG``, ``MOJIBAKE``.
    """
    longest: int = load_toml("rules/limits.toml")["text"]["name_max_chars"]
    joined = "\n".join(name or "" for name in names)
    flags = []
    blank = positions([not name or not name.strip() for name in names])
    flags.append(Flag("NAME_BLANK", blank, header, "quarantine" if needed else "note"))
    long = positions([name is not None and len(name) > longest for name in names])
    detail = {"limit": longest}
    flags.append(Flag("NAME_TOO_LONG", long, header, None, detail))
    for code, pattern in (("NAME_INVISIBLE", _INVISIBLE), ("NAME_CONTROL", _CONTROL)):
        if pattern.search(joined):
            rows = positions([bool(name and pattern.search(name)) for name in names])
            flags.append(Flag(code, rows, header))
    flags += check_mojibake(names, header=header, joined=joined)
    return all_visible(names), flags


def check_mojibake(texts: Texts, *, header: str, joined: str | None = None) -> list[Flag]:
    """Find texts that were once read in a wrong encoding; the repaired text is named."""
    whole = "\n".join(text or "" for text in texts) if joined is None else joined
    lost = "\N{REPLACEMENT CHARACTER}"
    if not suspicious(whole) and lost not in whole:
        return []
    maybe = [i for i, text in enumerate(texts) if text and (suspicious(text) or lost in text)]
    mended = {i: repaired(texts[i] or "") for i in maybe}
    rows = [i for i in maybe if mended[i] is not None or lost in (texts[i] or "")]
    each = {"repaired": [mended[i] or "-" for i in rows]}
    return [Flag("MOJIBAKE", np.array(rows, np.int64), header, "quarantine", {}, each)]


def check_kinds(
    words: Texts, kinds: Mapping[str, str], *, header: str | None
) -> tuple[list[str | None], list[Flag]]:
    """Translate the words of a kind column into kind ids.

    Parameters
    ----------
    kinds
        Accepted word -> kind id.

    Returns
    -------
    tuple
        Kind ids (None where unknown) and the flags ``TYPE_UNKNOWN`` (with the nearest known word)
        and ``TYPE_WRITTEN`` (understood, though written with spaces or in another width or case).
    """
    by_key = {key(word): kind for word, kind in kinds.items()}
    distinct = set(words)
    ids = {w: kinds.get(w) or by_key.get(key(w)) if w else None for w in distinct}
    found = [ids[word] for word in words]
    flags = []
    unknown = positions([kind is None for kind in found])
    near = {w: _nearest(w or "", kinds) for w in {words[i] for i in unknown}}
    each = {"near": [near[words[i]] for i in unknown]}
    flags.append(Flag("TYPE_UNKNOWN", unknown, header, "quarantine", {}, each))
    loose = {w for w in distinct if w and ids[w] is not None and w not in kinds}
    if loose:
        flags.append(Flag("TYPE_WRITTEN", positions([w in loose for w in words]), header))
    return found, flags


def _nearest(word: str, kinds: Iterable[str]) -> str:
    """Return the known word that comes nearest to an unknown one."""
    plain = _simplified(key(word))
    close = difflib.get_close_matches(plain, sorted(kinds), n=1, cutoff=_NEAREST_CUTOFF)
    return close[0] if close else enumerated(sorted(kinds)[:5])


def _simplified(text: str) -> str:
    """Write the traditional characters of our few words in their simplified form."""
    pairs: Mapping[str, str] = load_toml("columns.toml")["simplified"]
    return unicodedata.normalize("NFKC", "".join(pairs.get(c, c) for c in text))


def _clashes(texts: Sequence[str], *, header: str, numbers: NDArray[np.int64]) -> list[Flag]:
    """Find ids that stand for two rows, exactly or but for case, width and spaces."""
    filled = [text for text in texts if text.strip()]
    keys = same_form(texts)
    if len(set(keys)) == len(keys):
        return []
    first: dict[str, int] = {}
    same, other = [], []
    for i, word in enumerate(keys):
        if word.strip() and first.setdefault(word, i) != i:
            same.append(i)
            other.append(first[word])
    if len(same) > _ID_CLASHES * len(filled):
        return [Flag("ID_NOT_UNIQUE", np.array(same, np.int64), header)]
    exact = np.array([texts[i] == texts[o] for i, o in zip(same, other, strict=True)], bool)
    flags = []
    for code, chosen in (("DUPLICATE", exact), ("ID_SIMILAR", ~exact)):
        rows = np.array(same, np.int64)[chosen]
        partners = np.array(other, np.int64)[chosen]
        each = {
            "other": [texts[o] for o in partners],
            "other_row": [int(numbers[o]) for o in partners],
            "id": [texts[i] for i in rows],
        }
        flags.append(Flag(code, rows, header, "quarantine", reason_of("same_id"), each))
    return flags
