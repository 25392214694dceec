"""The generated pages of docs/ say what the data files say."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyses.rules.catalogue import standards
from geo.findings import catalogue
from maps.handbook import pages

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", sorted(pages()))
def test_a_page_is_as_the_data_files_have_it(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == pages()[name], "run `make docs`"


def test_every_rule_and_every_finding_stands_in_the_docs() -> None:
    method, findings = pages()["method.md"], pages()["findings.md"]
    assert [r for r in standards() if f"| `{r}`" not in method] == []
    assert [c for c in catalogue() if f"| `{c}` |" not in findings] == []
