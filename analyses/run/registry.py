"""What is an analysis of a run, and what is it handed?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analyses.result import Result

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from analyses.city import City
    from analyses.risk import Danger
    from analyses.rules import Rule
    from analyses.run.inputs import Inputs
    from analyses.study import Study


@dataclass(frozen=True, eq=False)
class Context:
    """What a run hands to each of its analyses; none of them changes it.

    Attributes
    ----------
    study, inputs
        Settings, and the layers as they are used.
    city
        The layers put together: streets, facilities, children, communities, entrances.
    schools
        The city with those facilities alone that children walk to school to.
    dangers
        What the streets are to each age; none where the ways to school are left out.
    rules
        The rules that are tested.
    done
        Results of the analyses before it, by name.
    progress
        Called with the name of a part of the work as it begins.
    """

    study: Study
    inputs: Inputs
    city: City
    schools: City
    dangers: tuple[Danger, ...]
    rules: tuple[Rule, ...]
    done: Mapping[str, Result]
    progress: Callable[[str], None]


@dataclass(frozen=True)
class Analysis:
    """One question that a run answers.

    Attributes
    ----------
    name
        By which later analyses find its result.
    answer
        From the run's context to tables, indicators, findings and what may be shown; tables and
        roles are declared in ``data/schema``.
    on
        Whether the study asks for it.
    stage
        Name of the part of the work that `Context.progress` is told, if any.
    """

    name: str
    answer: Callable[[Context], Result]
    on: Callable[[Context], bool] = lambda _: True
    stage: str | None = None


def answers(context: Context, analyses: Iterable[Analysis]) -> dict[str, Result]:
    """Return the results by name; each analysis sees those before it."""
    done: dict[str, Result] = {}
    for one in analyses:
        now = replace(context, done=dict(done))
        if not one.on(now):
            continue
        if one.stage is not None:
            context.progress(one.stage)
        done[one.name] = one.answer(now)
    return done


def together(name: str, parts: Iterable[Result]) -> Result:
    """Return several results as one; of tables that are called alike the last one stays."""
    every = tuple(parts)
    return Result(
        name,
        {table: rows for part in every for table, rows in part.tables.items()},
        tuple(one for part in every for one in part.indicators),
        tuple(one for part in every for one in part.findings),
        tuple(one for part in every for one in part.shown),
        tuple(one for part in every for one in part.notes),
    )
