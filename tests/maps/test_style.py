"""Classes stay apart for readers who see colours differently."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest

from maps.style import palette, safe_colour, street_classes

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "normal": [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.01182, 0.04294, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.3039],
    ],
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)


def lab(colour: str, sight: str) -> np.ndarray:
    """CIELAB of a colour as somebody sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    xyz = TO_XYZ @ np.clip(np.array(SIGHT[sight]) @ linear, 0, 1) / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("sight", sorted(SIGHT))
def test_statuses_stay_apart(sight: str) -> None:
    colours = [lab(s["colour"], sight) for s in palette()["status"]]
    assert min(np.linalg.norm(a - b) for a, b in combinations(colours, 2)) > 15


@pytest.mark.parametrize("sight", sorted(SIGHT))
def test_neighbouring_shares_stay_apart(sight: str) -> None:
    colours = [lab(s["colour"], sight) for s in palette()["share"]]
    assert min(np.linalg.norm(a - b) for a, b in pairwise(colours)) > 7


def test_shares_touch_and_cover_nought_to_one() -> None:
    classes = palette()["share"]
    assert [classes[0]["from"], classes[-1]["to"]] == [0.0, 1.0]
    assert all(low["to"] == high["from"] for low, high in pairwise(classes))


def test_every_status_has_a_sign_of_its_own() -> None:
    signs = [s["sign"] for s in palette()["status"]]
    assert len(set(signs)) == len(signs) == 5


def test_unlisted_streets_fall_into_the_last_class() -> None:
    assert street_classes(pd.Series(["primary", "residential", "steps", None])).tolist() == [
        0,
        1,
        2,
        2,
    ]


@pytest.mark.parametrize(
    "bad", ["red", "#12345", "#1234567", "#12345g", "url(x)", None, "<b>", "#123456\n;x"]
)
def test_a_colour_of_data_is_a_colour_or_grey(bad: object) -> None:
    assert safe_colour(bad) == palette()["plain"]["facilities"]
