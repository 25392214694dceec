"""In which encoding was a text file written, and which of its lines were not?

No statistics: UTF-8 is tried first and strictly, then GB18030.  Names in GBK hardly ever happen to
be valid UTF-8, while UTF-8 often happens to be valid GBK; the order must not be turned round.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from geo.findings import Finding, InputRefused
from geo.read.flags import Remark

if TYPE_CHECKING:
    from collections.abc import Collection

UTF8, CHINESE = "utf-8", "gb18030"
_LONGEST_TAIL = 3
# Letters of western languages (é, ü) stay what they are; signs and other alphabets are doubtful.
_DOUBTFUL = re.compile("[\u0080-\u00bf\u0100-\u07ff]")
_SURE = re.compile("[\u0800-\U0010ffff]")
_NOT_CHINESE = re.compile("[^\x00-\x7f\u2010-\u2027\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def best_codec(samples: Collection[tuple[bytes, bool]], declared: str | None = None) -> str:
    """Return Python's name of the encoding that reads most of the samples.

    Parameters
    ----------
    samples
        Bytes that are not ASCII, and whether the text may have been cut at its end.
    declared
        An encoding to be believed before GB18030 where both fit, or None.
    """
    tried = [UTF8, *([declared] if declared else []), CHINESE]
    texts = {codec: [decoded(data, codec, cut=cut) for data, cut in samples] for codec in tried}
    if _is_doubtful(texts[UTF8]) and _is_chinese(texts[CHINESE]):
        return CHINESE
    return min(tried, key=lambda codec: texts[codec].count(None))


def decoded(data: bytes, codec: str, *, cut: bool) -> str | None:
    """Decode strictly, or return None; a text that was cut may lose its last character."""
    for tail in range(_LONGEST_TAIL + 1 if cut else 1):
        try:
            return data[: len(data) - tail].decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def _is_doubtful(texts: list[str | None]) -> bool:
    whole = "".join(text or "" for text in texts)
    return None not in texts and bool(_DOUBTFUL.search(whole)) and not _SURE.search(whole)


def _is_chinese(texts: list[str | None]) -> bool:
    return None not in texts and not any(_NOT_CHINESE.search(text or "") for text in texts)


_HIGH = re.compile(rb"[\x80-\xff]")
_UTF16_SHARE = 0.2
_BINARY_SHARE = 0.02
# UTF-8 bytes of Chinese begin with E3-E9 or EF; read as GBK they become characters whose own GBK
# bytes begin so. Text without one of them cannot be such mojibake.
_READ_AS_GBK = re.compile(
    "["
    + "".join(
        re.escape(bytes((lead, trail)).decode("gb18030", "ignore"))
        for lead in (*range(0xE3, 0xEA), 0xEF)
        for trail in range(0x80, 0xBF)
    )
    + "]"
)
_READ_AS_LATIN = re.compile("[\u0080-\u00ff]{4}")
_CJK = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_FAR_LETTERS = re.compile("[\u0370-\u07ff]")
_MOSTLY = 0.6


@dataclass(frozen=True)
class Decoded:
    """The lines of a text file.

    Attributes
    ----------
    lines
        Physical lines without line ends.
    foreign
        Positions of lines that only another encoding than the file's can read.
    findings
        ``ENCODING_GUESSED`` or ``ENCODING_MIXED``.
    quoted
        Whether a double quote occurs at all.
    """

    lines: list[str]
    foreign: frozenset[int]
    findings: tuple[Finding, ...]
    quoted: bool


def decode(data: bytes, *, file: str) -> Decoded:
    """Decode a text file and split it into physical lines.

    Raises
    ------
    InputRefused
        ``EMPTY`` for a file without any text, ``FORMAT_MISMATCH`` for a binary one.
    """
    if not data.strip(b" \t\r\n\0\xef\xbb\xbf"):
        raise InputRefused(Finding("EMPTY", file))
    wide = _utf16(data)
    if wide is not None:
        return _decoded(*wide, file=file)
    if data.count(b"\0") > _BINARY_SHARE * len(data):
        raise InputRefused(Finding("FORMAT_MISMATCH", file, detail={"found": "binary"}))
    marked = data.startswith(codecs.BOM_UTF8)
    data = data.removeprefix(codecs.BOM_UTF8)
    text = _strictly(data, "utf-8")
    if text is None:
        return _not_utf8(data, file=file)
    if not marked and not text.isascii() and _looks_like_gbk(text):
        other = _strictly(data, "gb18030")
        if other is not None:
            return _decoded(other, "GB18030", file=file)
    return _decoded(text, None, file=file)


def split_lines(text: str) -> list[str]:
    """Split into physical lines at LF, CR LF, CR CR LF or, where there is no LF, at CR."""
    if "\r" in text:
        text = text.replace("\r\r\n", "\n").replace("\r\n", "\n")
        if "\n" not in text or '"' not in text:
            text = text.replace("\r", "\n")
    lines = text.split("\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def repaired(text: str) -> str | None:
    """Return what a text that was once read in a wrong encoding should have said, or None.

    ``"闈欐捣"`` is 静海 (UTF-8 read as GBK), ``"¾²º£"`` is 静海 (GBK read as Latin-1).  Characters
    lost for good come back as a question mark.
    """
    if "\N{REPLACEMENT CHARACTER}" not in text and not suspicious(text):
        return None
    for wrong, right in (("gb18030", "utf-8"), ("cp1252", "utf-8"), ("latin-1", "gb18030")):
        found = _reread(text, wrong, right)
        if found is not None:
            return found
    return None


def suspicious(text: str) -> bool:
    """Say quickly whether a text may hold mojibake at all (many cells can be asked at once)."""
    return bool(_READ_AS_GBK.search(text) or _READ_AS_LATIN.search(text))


def _reread(text: str, wrong: str, right: str) -> str | None:
    """Undo one wrong decoding; None unless most of it turns into Chinese."""
    data = text.replace("\N{REPLACEMENT CHARACTER}", "?").encode(wrong, "replace")
    high = len(_HIGH.findall(data))
    if high < 4:  # noqa: PLR2004 - two characters at least
        return None
    said = data.decode(right, "replace").replace("\N{REPLACEMENT CHARACTER}", "?")
    size = 3 if right == "utf-8" else 2
    if len(_CJK.findall(said)) * size < _MOSTLY * high:
        return None
    return unicodedata.normalize("NFC", said)


def _looks_like_gbk(text: str) -> bool:
    """Say whether UTF-8 without Chinese has the letters that a few GBK words turn into.

    GBK for 小学 happens to be valid UTF-8, for two letters of Old Cyrillic.
    """
    return bool(_FAR_LETTERS.search(text)) and not _CJK.search(text)


def _decoded(text: str, encoding: str | None, *, file: str) -> Decoded:
    """Return the lines of a text that is in one encoding throughout."""
    findings = _guessed(encoding, file)
    return Decoded(split_lines(text), frozenset(), findings, '"' in text)


def _guessed(encoding: str | None, file: str) -> tuple[Finding, ...]:
    if encoding is None:
        return ()
    return (Finding("ENCODING_GUESSED", file, detail={"encoding": encoding}),)


def _utf16(data: bytes) -> tuple[str, str] | None:
    """Decode UTF-16 with a mark, or without one where every other byte is zero."""
    little, big = data.startswith(codecs.BOM_UTF16_LE), data.startswith(codecs.BOM_UTF16_BE)
    if not (little or big):
        half = max(len(data) // 2, 1)
        little = data[1::2].count(0) > _UTF16_SHARE * half
        big = data[0::2].count(0) > _UTF16_SHARE * half
        if little == big:
            return None
    name = "utf-16-le" if little else "utf-16-be"
    whole = data[: len(data) // 2 * 2]
    return whole.decode(name, "replace").removeprefix("\ufeff"), name.upper()


def _not_utf8(data: bytes, *, file: str) -> Decoded:
    """Decode a file that is not UTF-8 throughout: GB18030, or line by line."""
    lines = _byte_lines(data)
    as_utf8 = [_strictly(line, "utf-8") for line in lines]
    as_gbk = [_strictly(line, "gb18030") for line in lines]
    chinese = [text is not None and bool(_CJK.search(text)) for text in as_utf8]
    if not any(chinese) and None not in as_gbk:
        return _decoded(data.decode("gb18030"), "GB18030", file=file)
    first = next(i for i, text in enumerate(as_utf8) if chinese[i] or text is None)
    utf8_throughout = chinese[first]
    foreign = frozenset(
        i
        for i in range(len(lines))
        if (as_utf8[i] is None if utf8_throughout else chinese[i] or as_gbk[i] is None)
    )
    both = zip(as_utf8, as_gbk, chinese, lines, strict=True)
    told = [
        (utf8 if utf8 is not None and (utf8_throughout or is_chinese) else gbk)
        or line.decode("utf-8", "backslashreplace")
        for utf8, gbk, is_chinese, line in both
    ]
    encoding = None if utf8_throughout else "GB18030"
    detail = {"count": len(foreign), "encoding": encoding or "UTF-8"}
    mixed = Remark("ENCODING_MIXED", file, detail=detail, becomes="note")
    return Decoded(told, foreign, (*_guessed(encoding, file), mixed), b'"' in data)


def _byte_lines(data: bytes) -> list[bytes]:
    """Split bytes into the physical lines that `split_lines` finds in their text."""
    data = data.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
    if b"\n" not in data or b'"' not in data:
        data = data.replace(b"\r", b"\n")
    lines = data.split(b"\n")
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _strictly(line: bytes, encoding: str) -> str | None:
    try:
        return line.decode(encoding)
    except UnicodeDecodeError:
        return None
