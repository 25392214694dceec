"""Nothing that a user can write, read or call lacks its entry in the documentation."""

from __future__ import annotations

from html import escape
from pathlib import Path

import handbook
import pytest
from handbook.command_line import commands, in_one_language
from handbook.library import api_pages, summaries
from handbook.markdown import slug
from handbook.parts import PARTS, filled, parts_named
from handbook.rooms import house, questions
from handbook.settings import Setting, SettingsSection, is_number, sections, unit_text
from nonempty import each

import yimi
from analyses.facilities import facility_types
from analyses.rules import standards
from analyses.schema import columns, roles, tables
from geo.bundled import load_toml
from geo.findings import catalogue
from geo.userfiles import parsed
from geo.words import Lang

DOCS = Path(handbook.__file__).parents[1]
LANGUAGES: tuple[Lang, Lang] = ("zh", "en")
SETTINGS = [(section, setting) for section in sections() for setting in section.settings]
both = pytest.mark.parametrize("lang", LANGUAGES)


def page(name: str, lang: Lang) -> str:
    return filled((DOCS / lang / f"{name}.md").read_text("utf-8"), lang)


def pages(lang: Lang) -> set[str]:
    files = (p.relative_to(DOCS / lang) for p in (DOCS / lang).rglob("*.md"))
    return {str(f.with_suffix("")) for f in files}


def missing(anchors: list[str], name: str, lang: Lang) -> list[str]:
    text = page(name, lang)
    return [anchor for anchor in anchors if f"{{#{anchor}}}" not in text]


def test_every_page_stands_in_both_languages() -> None:
    assert pages("en") - pages("zh") == {"changelog"}  # it is kept in English only
    assert pages("zh") <= pages("en")


@both
def test_every_generated_part_stands_on_a_page_and_every_page_in_the_contents(lang: Lang) -> None:
    texts = {name: (DOCS / lang / f"{name}.md").read_text("utf-8") for name in pages(lang)}
    assert {part for text in texts.values() for part in parts_named(text)} == set(PARTS)
    contents = texts["index"].splitlines()
    assert [name for name in texts if name not in contents] == ["index"]


@both
@pytest.mark.parametrize("part", PARTS)
def test_every_generated_part_can_be_written(part: str, lang: Lang) -> None:
    assert len(PARTS[part](lang).splitlines()) > 2


@both
def test_every_setting_stands_on_its_page(lang: Lang) -> None:
    names = [f"setting-{s.section}.{s.key}" for _, s in SETTINGS]
    assert missing(names, "settings", lang) == []


def test_no_words_are_left_of_a_setting_that_is_gone() -> None:
    texts = load_toml("settings.toml")
    said = {(section, key) for section, keys in texts.items() for key in keys}
    known = {(s.section, s.key) for _, s in SETTINGS}
    assert said - known == {("sections", name) for name in texts["sections"]}
    assert set(texts["sections"]) == {section.name for section in sections()}


@pytest.mark.parametrize(("section", "setting"), SETTINGS)
def test_the_example_of_a_setting_is_one_that_a_study_may_have(
    section: SettingsSection, setting: Setting
) -> None:
    needed = {"path": "a.csv"} if section.reads_file else {}
    for other in section.settings:
        if other.field.is_required() or other is setting:
            needed |= parsed(other.words["example"], name=other.key)
    assert setting.key in needed
    section.model.model_validate(needed)


@both
def test_every_number_among_the_settings_has_a_unit(lang: Lang) -> None:
    assert [s.key for _, s in SETTINGS if is_number(s.field) and not unit_text(s, lang)] == []


@both
def test_every_command_and_option_says_what_it_does(lang: Lang) -> None:
    said = page("commands", lang)
    for command in each(commands()):
        assert in_one_language(command.help, lang) in said
        assert [o.names for o in command.options if not in_one_language(o.help, lang)] == []
        assert [o.names for o in command.options if f"| `{o.names}` |" not in said] == []


@both
def test_every_table_column_and_role_stands_on_its_page(lang: Lang) -> None:
    declared = {"table": tables(), "column": columns(), "role": roles()}
    names = [f"{kind}-{slug(name)}" for kind, rows in declared.items() for name in rows]
    assert missing(names, "outputs", lang) == []


@both
def test_every_finding_rule_and_facility_type_stands_on_its_page(lang: Lang) -> None:
    assert missing(list(catalogue()), "findings", lang) == []
    assert missing(list(standards()), "method", lang) == []
    assert missing(list(facility_types()), "facility_types", lang) == []


@both
def test_every_public_name_has_a_line_and_a_page(lang: Lang) -> None:
    assert [n for n in yimi.__all__ if not summaries(lang)[n]] == []
    assert set(api_pages()) == {f"{name}.rst" for name in yimi.__all__}
    assert set(summaries(lang)) == set(yimi.__all__)


@both
def test_every_room_is_drawn_and_says_its_question(lang: Lang) -> None:
    rooms = {room for floors in house().floors.values() for floor in floors for room in floor}
    drawn, asked = page("architecture", lang), questions(lang)
    assert {room for room in rooms if asked[room].endswith(("?", "？", "."))} == rooms
    assert [room for room in rooms if f"<title>{escape(asked[room])}</title>" not in drawn] == []


def test_arrows_of_the_house_point_down() -> None:
    floor_of = {
        room: number
        for floors in house().floors.values()
        for number, floor in enumerate(floors)
        for room in floor
    }
    assert [(a, b) for a, b in house().arrows if floor_of[a] >= floor_of[b]] == []
