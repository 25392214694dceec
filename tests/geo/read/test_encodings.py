from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.read.encodings import decode, repaired, split_lines

CHINESE = st.text(
    st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=3, max_size=12
)


@given(CHINESE)
def test_both_encodings_give_the_same_lines(text):
    lines = [text, "a," + text]
    for encoding in ("utf-8", "utf-8-sig", "gb18030", "utf-16"):
        assert decode("\r\n".join(lines).encode(encoding), file="t.csv").lines == lines


def test_lines_of_the_other_encoding_are_known():
    data = "名称\n示例一小\n".encode() + "示例二小\n".encode("gbk") + b"abc\n"
    found = decode(data, file="t.csv")
    assert found.lines == ["名称", "示例一小", "示例二小", "abc"]
    assert found.foreign == {2}


def test_a_few_words_of_gbk_are_no_cyrillic():
    assert decode("id,type\n1,小学\n".encode("gbk"), file="t.csv").lines[1] == "1,小学"
    assert decode("id,name\n1,école\n".encode(), file="t.csv").lines[1] == "1,école"


def test_bytes_that_nobody_can_read_are_shown():
    found = decode("名称\n示例一小\n".encode() + b"\xff\xff\n", file="t.csv")
    assert found.lines[2] == "\\xff\\xff"
    assert found.foreign == {2}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r\r\n", "\r"])
def test_line_ends(end):
    assert split_lines(end.join("abc") + end) == ["a", "b", "c"]


def test_a_carriage_return_inside_quotes_ends_no_line():
    assert split_lines('"a\rb"\nc\n') == ['"a\rb"', "c"]


def test_mojibake_is_repaired():
    name = "静海区实验小学"
    assert (repaired(name.encode().decode("gb18030", "replace")) or "").startswith(name[:-1])
    assert repaired(name.encode("gbk").decode("latin-1")) == name


@given(CHINESE)
def test_names_are_no_mojibake(name):
    assert repaired("示例" + name[:6]) is None


@pytest.mark.parametrize("name", ["école", "Ñandú", "小学", "㈱幼儿园①", "", "abc"])
def test_short_and_foreign_names_are_no_mojibake(name):
    assert repaired(name) is None
