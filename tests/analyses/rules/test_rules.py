"""Every row of the rule files, and what may be said of a rule."""

from __future__ import annotations

import csv
import itertools
import re
import tomllib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nonempty import each

from analyses.facilities.types import (
    facility_types,
    kind_of,
    kind_words,
    kinds_serving,
    osm_wanted,
    plain_word,
    required_kind,
)
from analyses.rules.catalogue import (
    Rule,
    default_rules,
    load_rules,
    one_test_each,
    own_rule,
    standards,
)
from analyses.rules.people import (
    age_groups,
    age_shares,
    settlement,
    special_unit,
    walking_speed_m_s,
    walking_speeds,
)
from analyses.rules.words import kind_table, rule_table, rule_text, verdict_text, verified_text
from analyses.run.asked_rules import standards_of
from geo.bundled import ROOT, load_toml
from geo.findings import InputRefused
from geo.words import texts

SHARED = Path(__file__).parents[3] / "../shared/reference"
RULES = list(standards().values())
TYPES = list(facility_types().values())
GAP = False
# The 64 rows of the list of standards; rows with two limits are split further in the files.
LISTED = [
    "CIR15", "CIR10", "CIR5", "BLOCK", "CHILDCARE", "KG", "KG-JGJ", "KG-PLAY", "PRI", "PRI-99",
    "PRI-442", "PRI-RURAL", "JUN", "STATION", "CENTRE", "EMBED", "CHC", "CHS", "CULT", "CULTS",
    "CHOME", "PLAY-DZ", "COURT-DZ", "PLAY-180", "COURT-S", "COURT-M", "COURT-L", "FIT",
    "GREEN-I", "GREEN-C1", "GREEN-C2", "GREEN-G1", "GREEN-G2", "GREEN-COV", "GREEN-COV2",
    "GREEN-PC", "POCKET", "OPEN180", "OPEN-B", "NET8", "BLK300", "XING-SCH", "XING-BUS",
    "XING-RES", "XING-SP", "ISLAND", "BRIDGE", "SIDEW", "BUS", "RAIL", "TUOWEI", "GER",
    "MUYING", "DB29", "MED-STAFF", "TIER", "SDG1171", "SDG1121", "WHO300", "LAP", "LEAP",
    "NEAP", "ENG", "U95",
]  # fmt: skip


def test_all_listed_rules_are_there() -> None:
    assert len(LISTED) == 64
    assert set(LISTED) <= set(standards())


@pytest.mark.skipif(not SHARED.is_dir(), reason="no shared references beside the checkout")
def test_the_list_is_the_reference_and_subjects_agree() -> None:
    with (SHARED / "standards.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["id"] for row in rows) == sorted(LISTED)
    assert all(standards()[row["id"]].subject == row["facility_id"] for row in rows)
    with (SHARED / "facility_types.csv").open(encoding="utf-8-sig", newline="") as file:
        types = [row["facility_id"] for row in csv.DictReader(file)]
    assert len(types) == 22
    assert set(types) <= set(facility_types())


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_every_rule_can_be_said_in_both_languages(rule: Rule) -> None:
    for lang in ("zh", "en"):
        text = rule_text(rule, lang)
        assert text
        assert "{" not in text
        assert verified_text(rule, lang)
        for passed in (True, False, None):
            assert verdict_text(rule, passed, lang)
    assert rule.wording in texts("rules/wording")
    for english in (rule.en, rule_text(rule, "en"), rule.note_en, rule.seen_in):
        assert not re.search("[\u4e00-\u9fff]", english)
    assert bool(rule.size_zh) == bool(rule.size_en)
    assert bool(rule.note_zh) == bool(rule.note_en)


def test_no_rule_that_cannot_be_worked_out_is_a_default() -> None:
    assert not any(r.default for r in each(r for r in RULES if not r.computable))


@pytest.mark.parametrize("rule", [r for r in RULES if r.computable], ids=lambda r: r.id)
def test_every_rule_has_the_limit_of_its_test(rule: Rule) -> None:
    assert ("distance" in rule.tests) == (rule.metres is not None)
    assert ("time" in rule.tests) == (rule.minutes is not None)
    assert ("containment" in rule.tests) == (rule.metres is None and rule.minutes is None)
    assert all(facility_types()[kind].use == "facility" for kind in rule.kinds)
    assert age_shares(rule.ages)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_nothing_unread_in_print_is_shown_as_checked(rule: Rule) -> None:
    assert not rule.checked
    assert verified_text(rule, "zh").startswith("待核")
    assert verified_text(rule, "en").startswith("to be checked")
    assert rule.seen_in or "memory" in (rule.verified, rule.clause_verified)


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.id)
def test_only_shall_of_a_text_in_force_is_a_breach(rule: Rule) -> None:
    breach = rule.strength in ("must", "must_not") and rule.status == "current"
    assert ("不符合" in verdict_text(rule, GAP, "zh")) == breach
    assert "违规" not in verdict_text(rule, GAP, "zh")
    assert "不符合" not in verdict_text(replace(rule, status="draft"), GAP, "zh")


def test_advice_that_is_not_met_is_called_so() -> None:
    kg = standards()["KG"]
    assert verdict_text(kg, GAP, "zh") == "未达建议值"
    assert verdict_text(kg, None, "en") == "unknown"


@pytest.mark.parametrize(
    ("rule_id", "lang", "text"),
    [
        ("KG", "zh", "300 m（服务半径，不宜大于）"),
        ("KG", "en", "300 m (service radius, should not exceed)"),
        ("PRI-RURAL", "zh", "2000 m（服务半径，一般不超过）；40 min（单程时间，一般不超过）"),
        ("PLAY-DZ", "zh", "10 min（步行时间，区间 5–10，用地 ≥100 m²，社区级）"),
        ("CHOME", "zh", "每个村、社区一处（全覆盖）"),
        ("GREEN-G1", "zh", "300 m（服务半径，用地 ≥4,000 m²，表中值）"),
    ],
)
def test_limits_in_words(rule_id: str, lang: Any, text: str) -> None:
    assert rule_text(standards()[rule_id], lang) == text


@pytest.mark.parametrize("rule_id", ["CHILDCARE", "KG", "PRI", "JUN", "CHC", "CULT", "GREEN-COV"])
def test_the_circle_is_no_limit_in_minutes(rule_id: str) -> None:
    assert standards()[rule_id].minutes is None


def test_default_rules_by_stage_and_settlement() -> None:
    assert [(r.id, r.scope) for r in default_rules()] == [
        ("CHILDCARE", "urban"), ("KG", "urban"), ("PRI", "urban"), ("PRI-RURAL", "rural"),
        ("JUN", "urban"), ("CHOME", "all"), ("CHC", "urban"), ("CULT", "urban"),
        ("GREEN-G1", "urban"), ("GREEN-COV", "urban"), ("PLAY-DZ", "urban"),
    ]  # fmt: skip


def test_two_tests_become_two_rules_with_one_limit_each() -> None:
    metres, minutes = one_test_each([standards()["PRI-RURAL"]])
    assert (metres.id, metres.metres, metres.minutes) == ("PRI-RURAL.m", 2000, None)
    assert (minutes.id, minutes.metres, minutes.minutes) == ("PRI-RURAL.min", None, 40)
    assert one_test_each([standards()["KG"]]) == (standards()["KG"],)


@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.id)
def test_every_kind(kind: Any) -> None:
    assert kind_of(kind.zh) == kind_of(kind.en) == kind_of(kind.id) == kind.id
    assert all(kind_of(word) == kind.id for word in kind.words)
    assert kind.osm
    assert kind.ages is None or kind.ages[0] < kind.ages[1]
    assert kind.vague <= bool(kind.family)


def test_colours_and_signs_tell_kinds_apart() -> None:
    assert len({t.colour for t in TYPES}) == len(TYPES)
    assert len({t.icon for t in TYPES}) == len(TYPES)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("托育机构", "childcare"),
        ("九年一贯制学校", "nine_year_school"),
        (" 小學 ", "primary_school"),
        (
            "\uff2b\uff29\uff2e\uff24\uff25\uff32\uff27\uff21\uff32\uff34\uff25\uff2e",
            "kindergarten",
        ),
        ("科教文化服务;学校;幼儿园", "kindergarten"),
        ("141203", "primary_school"),
        ("090200", None),
        ("", None),
        (None, None),
        ("公厕", None),
    ],
)
def test_words_for_kinds(word: object, kind: str | None) -> None:
    assert kind_of(word) == kind


def test_words_are_accepted_as_written_and_as_compared() -> None:
    words = kind_words()
    assert words["Primary school"] == words["primaryschool"] == "primary_school"
    assert all(words[plain_word(word)] == kind for word, kind in words.items())


def test_an_unknown_kind_names_the_nearest() -> None:
    with pytest.raises(InputRefused) as refusal:
        required_kind("幼儿院")
    assert refusal.value.findings[0].detail["near"] == "幼儿园"


def test_schools_that_serve_two_stages() -> None:
    whole = {"nine_year_school", "twelve_year_school", "all_age_school"}
    early = {"infant_primary_school", "infant_junior_school"}
    assert kinds_serving("primary_school") == {"primary_school", *whole, *early}
    assert "nine_year_school" in kinds_serving("junior_school")
    assert kinds_serving("library") == {"library"}


def test_osm_filters_are_plain_and_without_water_unless_asked() -> None:
    wanted = osm_wanted()
    assert wanted["kindergarten"][0] == {"amenity": "kindergarten"}
    assert {"water", "residence", "gate"} & set(wanted) == set()
    assert osm_wanted(use=None)["water"][1] == {"waterway": True}


def test_age_groups_tile_the_years_to_18() -> None:
    years = list(itertools.chain(*(group.years for group in age_groups().values())))
    assert years == list(range(18))
    assert list(age_groups()) == ["age_0_2", "age_3_5", "age_6_11", "age_12_14", "age_15_17"]


@pytest.mark.parametrize(
    ("ages", "shares"),
    [
        ((0, 3), {"age_0_2": 1}),
        ((3, 6), {"age_3_5": 1}),
        ((6, 12), {"age_6_11": 1}),
        ((12, 15), {"age_12_14": 1}),
        ((4, 12), {"age_3_5": 2 / 3, "age_6_11": 1}),
        ((5, 8), {"age_3_5": 1 / 3, "age_6_11": 2 / 6}),
    ],
)
def test_share_of_each_group(ages: tuple[int, int], shares: dict[str, float]) -> None:
    assert age_shares(ages) == pytest.approx(shares)


def test_a_rule_without_ages_concerns_every_child() -> None:
    assert set(age_shares(None)) == set(age_groups())


def test_walking_speeds_cover_all_ages_once() -> None:
    rows = walking_speeds()
    assert [row.ages[0] for row in rows] == [0, *(row.ages[1] for row in rows[:-1])]
    assert rows[-1].ages[1] == 18
    assert all(row.zh and row.en and row.source for row in rows)


@pytest.mark.parametrize(
    ("age", "speed"), [(0, 0.88), (5, 0.88), (6, 1.0), (11, 1.0), (12, 1.2), (17, 1.2)]
)
def test_walking_speed_by_age(age: int, speed: float) -> None:
    assert walking_speed_m_s(age) == speed


@pytest.mark.parametrize("age", [-1, 18, 40])
def test_no_walking_speed_for_others(age: int) -> None:
    with pytest.raises(ValueError, match=str(age)):
        walking_speed_m_s(age)


@pytest.mark.parametrize(
    ("code12", "ur_code", "expected"),
    [
        ("120118100201", "111", "urban"),
        ("120118100201", "123", "urban"),
        ("120118100001", "220", "rural"),
        ("120118100001", 210.0, "rural"),
        ("120118100001", "", "unknown"),
        ("120118100001", None, "unknown"),
        ("120118100001", float("nan"), "unknown"),
        (None, "320", "unknown"),
        ("220", "120118100201", "rural"),  # the two cells mixed up
    ],
)
def test_settlement_by_its_own_code_alone(code12: object, ur_code: object, expected: str) -> None:
    assert settlement(code12, ur_code) == expected


@pytest.mark.parametrize(
    ("code", "special"),
    [
        ("120118400498", True),
        (120118400401, True),
        ("120118100001", False),
        ("row-1", False),
        (None, False),
    ],
)
def test_special_units_by_code(code: object, special: object) -> None:
    assert special_unit(code) is special


OWN = """
[[rule]]
id = "OWN-1"
zh = "甲"
en = "A"
subject = "kindergarten"
kinds = ["kindergarten"]
tests = ["distance"]
metres = 400
strength = "宜"
wording = "宜为"
scope = "urban"
standard = "本区规定"
edition = "2025"
clause = "1"
status = "current"
verified = "signed"
clause_verified = "signed"
"""


def own_file(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_study_adds_a_rule(tmp_path: Path) -> None:
    rules = load_rules([own_file(tmp_path, "\ufeff" + OWN)])
    assert len(rules) == len(RULES) + 1
    assert rules["OWN-1"].file == "own.toml"
    assert verified_text(rules["OWN-1"], "zh") == "已核对纸本"


@pytest.mark.parametrize(
    ("written", "code"),
    [("宜", "should"), ("应", "must"), ("不宜", "should_not"), ("不应", "must_not"), ("可", "may"),
     ("should", "should"), ("shall", "must"), ("shall not", "must_not"), ("must", "must"),
     ("目标", "target"), ("guidance", "guidance")],
)  # fmt: skip
def test_strength_is_read_as_code_and_as_the_word_of_the_text(
    tmp_path: Path, written: str, code: str
) -> None:
    text = OWN.replace('strength = "宜"', f'strength = "{written}"')
    assert load_rules([own_file(tmp_path, text)])["OWN-1"].strength == code


@pytest.mark.parametrize(("word", "code"), [("城镇", "urban"), ("乡村", "rural"), ("all", "all")])
def test_scope_is_read_as_code_and_as_word(tmp_path: Path, word: str, code: str) -> None:
    text = OWN.replace('scope = "urban"', f'scope = "{word}"')
    assert load_rules([own_file(tmp_path, text)])["OWN-1"].scope == code


def test_a_study_replaces_a_rule_only_with_a_reason(tmp_path: Path) -> None:
    text = OWN.replace("OWN-1", "KG")
    with pytest.raises(InputRefused) as refusal:
        load_rules([own_file(tmp_path, text)])
    assert refusal.value.findings[0].code == "RULE_REPEATED"
    rules = load_rules([own_file(tmp_path, text + 'reason = "市里的规定"')])
    assert rules["KG"].metres == 400
    assert list(rules) == list(standards())
    assert standards()["KG"].metres == 300


@pytest.mark.parametrize(
    ("change", "code", "line"),
    [
        (("metres = 400", "meters = 400"), "CONFIG_UNKNOWN_KEY", 9),
        (("metres = 400", 'metres = "400 m"'), "CONFIG_TYPE", 9),
        (("metres = 400", "metres = true"), "CONFIG_TYPE", 9),
        (("metres = 400", "metres = -1"), "CONFIG_RANGE", 9),
        (("metres = 400", "metres = 0"), "CONFIG_RANGE", 9),
        (("metres = 400", "minutes = 5"), "RULE_TEST", None),
        (("metres = 400", "metres = 400\nminutes = 5"), "RULE_TEST", None),
        (("metres = 400", "metres = 400\nmetres_low = 500"), "RULE_TEST", None),
        (('"宜"', '"必须"'), "CONFIG_CHOICE", 10),
        (('zh = "甲"\n', ""), "CONFIG_MISSING", 2),
        (('zh = "甲"', 'zh = ""'), "CONFIG_RANGE", 4),
        (('["kindergarten"]', '["kindergarden"]'), "KIND_UNKNOWN", None),
        (('["kindergarten"]', "[]"), "RULE_TEST", None),
        (('id = "OWN-1"', 'id = "../x"'), "CONFIG_RANGE", 3),
        (('["distance"]', '["distance", "containment"]'), "RULE_TEST", None),
        (("[[rule]]", "[[rules]]"), "CONFIG_UNKNOWN_KEY", None),
        (("metres = 400", "metres = 400\nmetres = 500"), "TOML_SYNTAX", 10),
        (("metres = 400", 'metres = 400\nconflicts = ["KGG"]'), "RULE_UNKNOWN", None),
        (("metres = 400", "metres = nan"), "CONFIG_RANGE", 9),
    ],
)
def test_slips_in_a_file_of_rules(
    tmp_path: Path, change: tuple[str, str], code: str, *, line: int | None
) -> None:
    with pytest.raises(InputRefused) as refusal:
        load_rules([own_file(tmp_path, OWN.replace(*change, 1))])
    finding = refusal.value.findings[0]
    assert (finding.code, finding.row, finding.file) == (code, line, "own.toml")
    assert "{" not in finding.text("zh") + finding.text("en")


def test_the_nearest_right_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        load_rules([own_file(tmp_path, OWN.replace("metres", "meters"))])
    assert refusal.value.findings[0].detail["near"] == "metres"


def test_missing_and_foreign_files(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as missing:
        load_rules([tmp_path / "own.toml"])
    assert missing.value.findings[0].code == "FILE_NOT_FOUND"
    path = own_file(tmp_path, "")
    path.write_bytes(OWN.encode("gb18030"))
    with pytest.raises(InputRefused) as encoded:
        load_rules([path])
    assert encoded.value.findings[0].code == "ENCODING"


def study(
    *sections: tuple[str | None, float | None],
    use: list[str],
    files: list[Path],
    region: tuple[str, ...] = ("CN",),
) -> Any:
    return SimpleNamespace(
        study=SimpleNamespace(region=region),
        standards=SimpleNamespace(use=use, files=[str(f) for f in files]),
        facilities=[SimpleNamespace(kind=k, radius_m=r) for k, r in sections],
        file=Path,
    )


def ids(rules: tuple[Rule, ...]) -> list[str]:
    return [rule.id for rule in rules]


def test_a_study_that_names_nothing_gets_the_default_rules() -> None:
    assert ids(standards_of(study(use=[], files=[]))[0]) == ids(one_test_each(default_rules()))


def test_named_rules_files_and_own_radii(tmp_path: Path) -> None:
    path = own_file(tmp_path, OWN)
    named, _ = standards_of(study(("小学", 450), use=["PRI", "KG"], files=[]))
    assert ids(named) == ["KG", "PRI", "OWN-primary_school"]
    assert "OWN-1" in ids(standards_of(study(use=[], files=[path]))[0])
    replaced, _ = standards_of(study(("小学", 450), use=[], files=[]))
    assert not {"PRI", "PRI-RURAL.m"} & set(ids(replaced))
    assert "KG" in ids(replaced)


def test_an_own_radius_says_so() -> None:
    rule = own_rule("primary_school", metres=450)
    assert (rule.standard, rule.metres, rule.ages) == ("自定 / user", 450, (6, 12))
    assert rule_text(rule, "zh") == "450 m（服务半径，自定）"
    assert verified_text(rule, "zh") == "使用者自定"
    assert verdict_text(rule, GAP, "zh") == "未达参照值"
    assert own_rule("park", metres=450, minutes=8).tests == ("distance", "time")


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (study(use=["KGG"], files=[]), "RULE_UNKNOWN"),
        (study(("小雪校", 450), use=[], files=[]), "KIND_UNKNOWN"),
        (study((None, 450), use=[], files=[]), "CONFIG_MISSING"),
    ],
)
def test_slips_in_what_a_study_asks_for(asked: Any, code: str) -> None:
    with pytest.raises(InputRefused) as refusal:
        standards_of(asked)
    assert refusal.value.findings[0].code == code


def test_tables_for_maps() -> None:
    rules = rule_table(default_rules())
    assert set(rules.columns) >= {
        "rule_id", "kind", "title_zh", "title_en", "limit_zh", "limit_en", "standard",
        "clause", "strength", "scope", "verified",
    }  # fmt: skip
    kinds = kind_table(["park", "childcare"])
    assert list(kinds["kind"]) == ["childcare", "park"]
    assert list(kinds.columns) == ["kind", "title_zh", "title_en", "colour", "icon"]
    assert rule_table([]).empty


@pytest.mark.parametrize("path", sorted((ROOT / "standards").glob("*.toml")), ids=lambda p: p.stem)
def test_files_hold_rules_and_nothing_else(path: Path) -> None:
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    assert list(content) == ["rule"]


@pytest.mark.parametrize("name", ["facilities", "entrances"])
def test_numbers_of_the_rules_have_unit_and_source(name: str) -> None:
    for row in each(load_toml(f"rules/{name}.toml").values()):
        assert row["zh"]
        assert row["en"]
        assert row["source"]
        assert ("value" in row) == ("unit" in row)
