"""In which encoding are a few short texts: the names in a zip, the cells of a DBF?

As for whole files (`geo.read.encodings`) strict UTF-8 goes before strict GB18030.  But a short
text may be both: the GBK bytes of 学校 are also UTF-8 for two Cyrillic letters.  UTF-8 that holds
nothing but such two-byte letters is not believed when GB18030 reads Chinese.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

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
