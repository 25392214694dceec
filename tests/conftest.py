"""One profile of property tests, skips that must be listed, and the time that tests take.

Property tests try the same examples every time, however slow the machine is.  Where all tests are
to run (the environment has ``CI``), a skip that `skips.toml` does not list fails the run.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

LONG_S = 20.0  # a test that takes longer is named: it bounds the whole run
_HERE = Path(__file__).parent
_skips: list[tuple[str, str]] = []
_long: list[tuple[float, str]] = []


def listed(file: str, reason: str) -> bool:
    """Say whether `skips.toml` lists a skip.

    >>> listed("tests/geo/osm/test_osm.py", "Skipped: the real data is not there")
    True
    >>> listed("tests/maps/page/test_page.py", "Skipped: no Chromium on this machine")
    False
    """
    rows = tomllib.loads((_HERE / "skips.toml").read_text("utf-8"))["skip"]
    said = reason.removeprefix("Skipped: ")
    return any(
        file == f"tests/{row['file']}" and said.startswith(tuple(row["reason"])) for row in rows
    )


def _note_skip(report: pytest.TestReport | pytest.CollectReport) -> None:
    if report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        _skips.append((report.nodeid.split("::")[0], reason))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _note_skip(report)
    if report.duration > LONG_S:
        _long.append((report.duration, f"{report.nodeid} ({report.when})"))


def pytest_collectreport(report: pytest.CollectReport) -> None:
    _note_skip(report)


def _unlisted() -> list[tuple[str, str]]:
    return sorted({skip for skip in _skips if not listed(*skip)})


def pytest_sessionfinish(session: pytest.Session) -> None:
    if os.environ.get("CI") and _unlisted() and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for file, reason in _unlisted():
        terminalreporter.write_line(f"not listed in tests/skips.toml: {file}: {reason}")
    for seconds, name in sorted(_long, reverse=True):
        terminalreporter.write_line(f"longer than {LONG_S:.0f} s: {seconds:.0f} s {name}")
