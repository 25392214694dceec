"""When are two names one name?"""

from __future__ import annotations

import pytest

from analyses.facilities.names import compared


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("固始县第一中学", "固始一中", True),
        ("静海区 实验小学", "静海实验小学", True),
        ("实验小学（东校区）", "实验小学", False),
        ("ＡＢＣ幼儿园", "abc幼儿园", True),
        ("第一小学", "第二小学", False),
        ("第一一五中学", "１１５中", True),
        ("第二十三中学", "23中学", True),
        ("八一小学", "十一小学", False),
        ("天安门小学", "天安小学", False),  # no gate: the name goes on behind it
        ("北关幼稚園", "北关幼儿园", True),
        ("固始县高级中学", "固始高中", True),
        ("实验小学（东校区）", "实验小学【东校区】", True),
        ("实验小学-东校区", "实验小学（东区）", True),
        ("实验小学校本部", "实验小学", True),
        ("阳光幼儿园二分园", "阳光幼儿园(第2分园)", True),
        ("阳光幼儿园分园", "阳光幼儿园", False),
        ("Lincoln School (North Campus)", "lincoln school north campus", True),
    ],
)
def test_names_are_compared_without_town_words_and_marks(a: str, b: str, *, same: bool) -> None:
    assert (compared(a) == compared(b)) is same


@pytest.mark.parametrize("name", ["实验小学北门", "实验小学(1号门)", "School - main entrance"])
def test_a_gate_is_a_gate_of_the_place_before_it(name: str) -> None:
    assert compared(name).gate
    assert not compared("天安门").gate
