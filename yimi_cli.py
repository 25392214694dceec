"""yimi 一米 on the command line: what each command takes, says and leaves as its exit code."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import yimi  # noqa: F401  first of all: says when another package called geo is in the way
from geo.findings import YimiError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager

    import pandas as pd

    from analyses.publish import Check
    from geo.findings import Finding
    from geo.words import Lang

OK, WITH_REJECTS, REFUSED, ENVIRONMENT, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 130

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="yimi 一米：儿童友好城市空间分析 / spatial analysis for child-friendly cities",
)


def _known_language(lang: str | None) -> str | None:
    """Return a language that there are texts in; refuse others and list those that there are."""
    from geo.words import language_named, languages

    if lang is not None and language_named(lang) is None:
        raise typer.BadParameter(f"{lang}: {', '.join(languages())}")
    return None if lang is None else language_named(lang)


Language = Annotated[
    str | None,
    typer.Option("--lang", help="语言 / language", envvar="YIMI_LANG", callback=_known_language),
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="只显示错误 / only errors")]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="输出文件夹 / output folder")]


@app.command()
def demo(
    out: Out = None,
    lang: Language = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """在合成演示数据上运行 / Run on the synthetic demo study."""
    from geo.bundled import DEMO

    _run(DEMO, out or Path("out/demo"), lang=lang, as_json=as_json, quiet=quiet)


@app.command()
def init(  # noqa: PLR0913 - one for each option
    folder: Annotated[Path, typer.Argument(help="新的研究文件夹 / new study folder")],
    osm: Annotated[Path | None, typer.Option(help="OSM 文件 / OSM file")] = None,
    place: Annotated[str | None, typer.Option(help="地名，联网下载 / place, downloaded")] = None,
    area: Annotated[
        str | None,
        typer.Option(help="范围：面文件、区名或 西,南,东,北 / file, name or west,south,east,north"),
    ] = None,
    endpoint: Annotated[
        str | None, typer.Option(help="Overpass 地址 / Overpass endpoint", envvar="YIMI_OVERPASS")
    ] = None,
    nominatim: Annotated[
        str | None, typer.Option(help="地名服务地址 / Nominatim endpoint", envvar="YIMI_NOMINATIM")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="下载的公开数据的文件夹 / folder of downloaded public data")
    ] = None,
    non_commercial: Annotated[
        bool, typer.Option("--non-commercial", help="没有商业目的 / there is no commercial end")
    ] = False,
    lang: Language = None,
) -> None:
    """由 OSM 文件（或地名、公开数据）新建研究 / Start a study from OSM, a place or public data."""
    import tempfile

    from analyses.run import init_study, osm_file_in

    lang = lang or _language()
    say = _words(lang)
    if data is not None and osm is None and (osm := osm_file_in(data)) is not None:
        area, place = area or place, None
    with tempfile.TemporaryDirectory(prefix="yimi-osm-") as aside:
        if osm is None:
            services = {"endpoint": endpoint, "nominatim": nominatim}
            osm = _download(place, area, services=services, folder=Path(aside), lang=lang)
            area = None if place is None else area
        found = init_study(folder, osm, area=area, downloads=data, non_commercial=non_commercial)
    print(say["init_done"].replace("{folder}", str(folder)))
    for kind, number in found.items():
        print(f"  {_kind_words(kind, lang)}: {number}")
    print(say["init_next"].replace("{folder}", str(folder)))


@app.command("data")
def data_command(
    area: Annotated[
        str, typer.Option(help="范围：面文件或 西,南,东,北 / file or west,south,east,north")
    ],
    country: Annotated[str, typer.Option(help="国家三位代码 / ISO 3166 code, three letters")] = "",
    lang: Language = None,
    as_json: AsJson = False,
) -> None:
    """列出一个范围需要下载的公开数据 / List the public data that an area needs."""
    from analyses.run import public_files
    from geo.words import texts_in

    table = public_files(area, iso3=country.upper())
    if as_json:
        print(json.dumps(table.to_dict("records"), ensure_ascii=False))
        return
    lang = lang or _language()
    say = texts_in("cli/data", lang)
    for row in table.to_dict("records"):
        print(row[f"title_{lang}"])
        for column in ("files", "url", "licence", "commercial", "size", "date", "verified"):
            value = str(row[column])
            print(f"  {say[column]}: {say.get(value.lower(), value)}")
    print(say["next"])


@app.command()
def check(
    path: Annotated[Path, typer.Argument(help="文件或研究文件夹 / file or study folder")],
    out: Out = None,
    lang: Language = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """检查一个文件或整个研究的数据 / Check one file or all inputs of a study."""
    from analyses.run import check_inputs, reports

    lang = lang or _language()
    with _bar(_words(lang)["checking"], quiet=quiet or as_json):
        checks = check_inputs(path, out, lang=lang)
    if as_json:
        print(json.dumps(reports(checks), ensure_ascii=False))
    elif not quiet:
        _print_findings(checks.findings, lang)
        _print_accounts(
            [(c.file, c.rows_in, c.rows_used, c.rows_rejected) for c in checks.files], lang
        )
    raise typer.Exit(checks.exit_code)


@app.command()
def run(
    path: Annotated[Path, typer.Argument(help="研究文件夹 / study folder")],
    out: Out = None,
    lang: Language = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """运行研究：覆盖、缺口、地图、表格 / Run a study: coverage, gaps, map, tables."""
    _run(path, out, lang=lang, as_json=as_json, quiet=quiet)


def _run(path: Path, out: Path | None, *, lang: Lang | None, as_json: bool, quiet: bool) -> None:
    """Run a study and say what came out; leaves with the exit code of the contract."""
    from analyses.run import run_study
    from analyses.study import load_study
    from maps.outputs import write_outputs

    study = load_study(path)
    lang = lang or study.study.lang
    out = out or (path if path.is_dir() else path.parent) / "out"
    clock = _Clock(_stages(lang), quiet=quiet or as_json)
    with clock:
        done = run_study(study, progress=clock.stage)
        clock.stage("write")
        skipped = write_outputs(done, out, lang=lang)
    if as_json:
        summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
        print(json.dumps({**summary, "seconds": clock.seconds}, ensure_ascii=False))
    elif not quiet:
        _print_findings((*done.findings, *skipped), lang)
        rows = [(a.name, a.rows_in, a.rows_used, a.rows_rejected) for a in done.accounts]
        _print_accounts(rows, lang)
        _print_shares(done.result.tables, lang, unit=done.inputs.unit)
        print(_words(lang)["run_done"].replace("{map}", str(out / "map.html")))
    rejected = sum(account.rows_rejected for account in done.accounts)
    raise typer.Exit(WITH_REJECTS if rejected else OK)


@app.command()
def publish(
    path: Annotated[Path, typer.Argument(help="研究文件夹 / study folder")],
    out: Out = None,
    lang: Language = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
) -> None:
    """写公开版：不泄露儿童信息 / Write the public edition: a site that gives no child away."""
    from analyses.publish import gate, public_part, refuse_failed
    from analyses.run import run_study
    from analyses.study import load_study
    from geo.words import texts_in
    from maps.public import write_site

    study = load_study(path)
    lang = lang or study.study.lang
    words = texts_in("publish/cli", lang)
    out = out or (path if path.is_dir() else path.parent) / "public"
    checks = gate(study)
    if any(check.finding for check in checks) and not (quiet or as_json):
        _print_sheet(checks, words["sheet"], lang)
    refuse_failed(checks)
    clock = _Clock({**_stages(lang), "publish": words["publish"]}, quiet=quiet or as_json)
    with clock:
        done = run_study(public_part(study), progress=clock.stage)
        clock.stage("publish")
        checks = write_site(done, out, lang=lang)
    if as_json:
        sheet = [{"check": c.id, "name": c.name(lang), "result": c.result(lang)} for c in checks]
        print(json.dumps({"checks": sheet, "seconds": clock.seconds}, ensure_ascii=False))
    elif not quiet:
        _print_sheet(checks, words["sheet"], lang)
        print(words["done"].replace("{index}", str(out / "index.html")))


def _print_sheet(checks: Sequence[Check], title: str, lang: Lang) -> None:
    """Print the compliance sheet of a public edition."""
    from geo.text import printable

    print(title)
    for check in checks:
        mark = "✓" if check.finding is None else "✗"
        result = "".join(map(printable, check.result(lang)))
        print(f"  {mark} {check.name(lang)}: {result}")


def _bar(words: str, *, quiet: bool) -> AbstractContextManager[object]:
    """Return a progress bar for a terminal; elsewhere, and when quiet, one plain line or none."""
    import contextlib

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if quiet:
        return contextlib.nullcontext()
    if not console.is_terminal:
        print(words, file=sys.stderr)
        return contextlib.nullcontext()
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console, transient=True)
    bar.add_task(words, total=None)
    return bar


class _Clock:
    """Says which part of the work is on, and how long each took."""

    def __init__(self, words: dict[str, str], *, quiet: bool) -> None:
        self.seconds: dict[str, float] = {}
        self._words, self._quiet = words, quiet
        self._part: str | None = None
        self._start = time.perf_counter()

    def __enter__(self) -> None:
        """Begin."""

    def __exit__(self, *_: object) -> None:
        """End the last part, also where an error ended it: the message begins on its own line."""
        self.stage(None)

    def stage(self, part: str | None) -> None:
        """Begin a part; None ends the last one."""
        now = time.perf_counter()
        if self._part is not None:
            took = round(now - self._start, 2)
            self.seconds[self._part] = took
            if not self._quiet:
                print(f"{took:7.2f} s", file=sys.stderr)
        self._part, self._start = part, now
        if part is not None and not self._quiet:
            print(f"  {self._words[part]} …", end=" ", flush=True, file=sys.stderr)


def _download(
    place: str | None,
    area: str | None,
    *,
    services: dict[str, str | None],
    folder: Path,
    lang: Lang,
) -> Path:
    """Fetch the OSM data of a place or a box into `folder`; returns the file."""
    from geo.osm import download_bbox, download_place

    given: dict[str, Any] = {name: url for name, url in services.items() if url is not None}
    if place is not None:
        return download_place(place, folder, **given)
    try:
        west, south, east, north = (float(n) for n in (area or "").split(","))
    except ValueError:
        raise typer.BadParameter(_words(lang)["init_needs"]) from None
    given.pop("nominatim", None)
    return download_bbox((west, south, east, north), folder, **given)


def _print_findings(findings: tuple[Finding, ...], lang: Lang) -> None:
    """Print the findings, a few of each code, then how many more there are."""
    shown: dict[str, int] = {}
    most = 3
    for finding in findings:
        shown[finding.code] = shown.get(finding.code, 0) + 1
        if shown[finding.code] <= most:
            print(finding.text(lang))
    for code, number in shown.items():
        if number > most:
            words = _words(lang)["more_findings"]
            print(words.replace("{code}", code).replace("{number}", str(number - most)))


def _print_accounts(accounts: Iterable[tuple[str, int, int, int]], lang: Lang) -> None:
    """Print the table of rows in, used and rejected."""
    from rich.console import Console
    from rich.table import Table

    from geo.text import printable

    say = _words(lang)
    table = Table(box=None, pad_edge=False)
    table.add_column(say["input"])
    for column in ("rows_in", "rows_used", "rows_rejected"):
        table.add_column(say[column], justify="right")
    for name, *numbers in accounts:
        table.add_row(printable(name), *(f"{n:,}" for n in numbers))
    Console(markup=False, highlight=False).print(table)


def _print_shares(tables: Mapping[str, pd.DataFrame], lang: Lang, *, unit: str) -> None:
    """Print the share of children covered by each rule, in the three measures."""
    from rich.console import Console
    from rich.table import Table

    from geo.words import texts_in

    say = _words(lang)
    table = Table(box=None, pad_edge=False)
    table.add_column(texts_in("cli/rule", lang)[unit])
    for column in ("straight", "network", "walk"):
        table.add_column(say[column], justify="right")
    named = dict(zip(tables["rules"]["rule_id"], tables["rules"][f"title_{lang}"], strict=True))
    total = tables["total"]
    shares = total[["share_straight", "share_network", "share_walk"]].to_numpy(dtype=float)
    for rule, of_rule in zip(total["rule_id"], shares.tolist(), strict=True):
        cells = ("—" if math.isnan(share) else f"{share:.1%}" for share in of_rule)
        table.add_row(f"{named[rule]} [{rule}]", *cells)
    Console(markup=False, highlight=False).print(table)


def _kind_words(kind: str, lang: Lang) -> str:
    from analyses.facilities import facility_types

    types = facility_types()
    named: str = types[kind].title[lang] if kind in types else _words(lang).get(kind, kind)
    return named


def _words(lang: Lang) -> dict[str, str]:
    from geo.words import texts_in

    return texts_in("cli/text", lang)


def _stages(lang: Lang) -> dict[str, str]:
    from geo.words import texts_in

    return texts_in("cli/stages", lang)


def _language() -> Lang:
    """Return the language where no option says one: of the environment, of a study, or the usual.

    Errors may come before the options are read.
    """
    from geo.words import language_named, languages

    words = [part for word in sys.argv for part in (word.split("=") if "--" in word else [word])]
    asked = [words[n + 1] for n, word in enumerate(words[:-1]) if word == "--lang"]
    named = [*asked, os.environ.get("YIMI_LANG", ""), *map(_language_of_study, words[1:])]
    return next(filter(None, map(language_named, named)), languages()[0])


def _language_of_study(path: str) -> str:
    """Return what a study folder or file says of its language, as far as it can be read."""
    import tomllib

    file = Path(path) / "study.toml" if Path(path).is_dir() else Path(path)
    if file.suffix != ".toml":
        return ""
    try:
        return str(tomllib.loads(file.read_text("utf-8-sig"))["study"]["lang"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return ""


def main() -> NoReturn:
    """Run the command line; every error becomes a short paragraph and an exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(_guarded(app))


def _guarded(command: Callable[..., object]) -> int:
    try:
        command(standalone_mode=True)
    except YimiError as error:
        print(error.text(_language()), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print(_words(_language())["interrupted"], file=sys.stderr)
        return INTERRUPTED
    except MemoryError:
        print(_words(_language())["memory"], file=sys.stderr)
        return ENVIRONMENT
    except Exception as error:
        if os.environ.get("YIMI_DEBUG"):
            raise
        words = _words(_language())["bug"]
        print(words.replace("{error}", type(error).__name__), file=sys.stderr)
        return BUG
    return OK


if __name__ == "__main__":
    main()
