"""The answers to a study's siting problem in tables: what each site adds, trade-offs, regret."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyses.places.tables import listed
from analyses.sites import (
    FILE,
    NOWHERE,
    Effort,
    Means,
    Ruler,
    backup_cover,
    kolm_pollak,
    lscp,
    mclp,
    measured,
    nearest_open,
    p_center,
    p_median,
    pareto_front,
    phased,
    regret,
    ruler_of,
    without_unreached,
)
from geo.bundled import load_toml
from geo.findings import Finding, InputRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from analyses.places.siting_question import Question
    from analyses.sites import Answer, Phase
    from geo.arrays import Flags


_OPEN = ("SITES_TOO_FEW", "SITES_OUT_OF_REACH", "SITES_SHORT_PLACES", "SITES_NOBODY")


def answer_tables(
    question: Question, means: Means, phases: Sequence[Phase], *, areas: pd.DataFrame
) -> tuple[dict[str, pd.DataFrame], list[Finding]]:
    """Answer all questions of one problem; remarks name those that have no answer.

    Returns
    -------
    tuple
        ``sites``: ``rank, candidate_id, name, children`` (who gain)``, covered, share`` (of all
        children, with the sites up to this rank)``, gap, communities`` (who gains);
        ``sites_models``: ``model``, the columns of `analyses.sites.pareto.Measures` with ``names``
        for the sites, ``objective, proven`` (what no choice can beat)``, gap``; ``sites_front``,
        ``sites_regret``, ``sites_phases``; each with ``stage, rule_id`` in front.  Shares are of
        all children, metres those of the children whom any site reaches within the limit.
    """
    numbers = load_toml("rules/places.toml")["sites"]
    effort = Effort(gap_share=numbers["gap_share"])
    count = len(question.candidates)
    most = count if means.new_sites is None else min(means.new_sites, count)
    each = [replace(means, new_sites=p) for p in range(1, most + 1)]
    if not each:
        return {}, []
    problem = question.problem
    radius_m, charge_m = question.radius_m, question.limit_m
    reachable = without_unreached(problem, None)
    covers = [mclp(problem, step, radius_m=question.radius_m, effort=effort) for step in each]
    others, findings = _others(question, each[-1], effort)
    front = pareto_front(
        reachable,
        each,
        radius_m=radius_m,
        steps=numbers["front_steps"],
        unreached_m=charge_m,
        effort=effort,
    )
    ruler = ruler_of(reachable, radius_m=radius_m, unreached_m=charge_m)
    answers = [*(("mclp", answer) for answer in covers), *others]
    models = [_model_row(question, *named, ruler=ruler) for named in answers]
    tables = {
        "sites": _site_rows(question, covers[-1], areas),
        "sites_models": _of_all(question, pd.DataFrame(models).drop_duplicates(["model", "names"])),
        "sites_front": _of_all(question, _with_names(question, front, "sites")),
    }
    own = _own_choice(question)
    if own:
        beside = regret(
            reachable, own, radius_m=radius_m, unreached_m=charge_m, effort=effort
        ).table
        beside = beside.rename(columns={"bound": "proven", "share": "share_of_best"})
        tables["sites_regret"] = _with_names(question, beside, "best_sites")
    if phases:
        plan = phased(problem, phases, radius_m=question.radius_m, effort=effort)
        names = question.names(plan.steps["site"].to_list())
        tables["sites_phases"] = plan.steps.drop(columns="site").assign(names=names, gap=plan.gap)
    return {name: _headed(question, table) for name, table in tables.items()}, findings


def _others(
    question: Question, means: Means, effort: Effort
) -> tuple[list[tuple[str, Answer]], list[Finding]]:
    """Return the answers beside most coverage by name, and which have none."""
    problem, radius_m = question.problem, question.radius_m
    asks: dict[str, Callable[[], Answer]] = {
        "lscp": lambda: lscp(problem, radius_m=radius_m, effort=effort),
        "p_median": lambda: p_median(problem, means, unreached_m=question.limit_m, effort=effort),
        "p_center": lambda: p_center(without_unreached(problem, None), means, effort=effort),
        "kolm_pollak": lambda: kolm_pollak(
            problem, means, unreached_m=question.limit_m, effort=effort
        ),
        "backup_cover": lambda: backup_cover(problem, radius_m=radius_m, effort=effort),
    }
    if question.places is not None:
        full = replace(problem, capacity=question.places)
        asks["mclp_places"] = lambda: mclp(full, means, radius_m=radius_m, effort=effort)
        asks["lscp_places"] = lambda: lscp(full, radius_m=radius_m, effort=effort)
    answers, findings = [], []
    for name, ask in asks.items():
        answer = _if_possible(ask)
        if isinstance(answer, Finding):
            detail = {"model": name, "rule": question.rule.id}
            findings.append(Finding("SITES_QUESTION_OPEN", FILE, value=answer.code, detail=detail))
        else:
            answers.append((name, answer))
    return answers, findings


def _site_rows(question: Question, best: Answer, areas: pd.DataFrame) -> pd.DataFrame:
    """Return the sites of the best cover, the one that adds most first, with who gains."""
    problem = question.problem
    near = problem.people(question.radius_m)
    start = nearest_open(problem, near, np.zeros(0, dtype=np.int64))
    done = start["site"].to_numpy() != NOWHERE
    covered = float(problem.children[done].sum())
    left = list(best.new_sites)
    rows: list[dict[str, object]] = []
    while left:
        news = {site: _gained(near.demand[near.site == site], done) for site in left}
        site = max(left, key=lambda s: (float(problem.children[news[s]].sum()), -s))
        left.remove(site)
        gains = problem.children[news[site]]
        if not gains.sum() > 0:
            break
        done[news[site]] = True
        covered += float(gains.sum())
        row = question.candidates.iloc[site - question.existing]
        rows.append(
            {
                "rank": len(rows) + 1,
                "candidate_id": row["candidate_id"],
                "name": row["name"],
                "children": float(gains.sum()),
                "covered": covered,
                "share": covered / float(problem.children.sum()),
                "gap": best.gap,
                "communities": _who(question, news[site], areas),
            }
        )
    return pd.DataFrame(rows)


def _gained(points: NDArray[np.int64], done: Flags) -> NDArray[np.int64]:
    return points[~done[points]]


def _who(question: Question, points: NDArray[np.int64], areas: pd.DataFrame) -> str:
    """Return the names of the communities that gain, those with most children first."""
    size = np.bincount(question.area[points], question.problem.children[points], len(areas))
    order = np.argsort(-size, kind="stable")
    return listed(areas["name"].to_numpy()[order[size[order] > 0]])


def _model_row(
    question: Question, model: str, answer: Answer, *, ruler: Ruler
) -> dict[str, object]:
    """Return an answer with what it was asked for, and measured as all others are."""
    found = asdict(measured(ruler, np.array(answer.new_sites, dtype=np.int64)))
    found["names"] = listed(question.names(found.pop("sites")))
    proof = {"objective": answer.objective, "proven": answer.bound, "gap": answer.gap}
    return {"model": model, **found, **proof}


def _own_choice(question: Question) -> list[int]:
    """Return the sites that the user has chosen."""
    if "chosen" not in question.candidates:
        return []
    chosen = question.candidates["chosen"].map(lambda cell: cell is True or cell == 1).to_numpy()
    return (np.flatnonzero(chosen) + question.existing).tolist()


def _of_all(question: Question, table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with shares of all children, those whom no site reaches among them."""
    return table.assign(share=table["covered"] / float(question.problem.children.sum()))


def _with_names(question: Question, table: pd.DataFrame, column: str) -> pd.DataFrame:
    """Return the table with the names of sites instead of their rows."""
    names = [listed(question.names(sites)) for sites in table[column]]
    return table.drop(columns=column).assign(names=names)


def _headed(question: Question, table: pd.DataFrame) -> pd.DataFrame:
    table = table.copy()
    table.insert(0, "stage", question.stage.id)
    table.insert(1, "rule_id", question.rule.id)
    return table


def _if_possible(ask: Callable[[], Answer]) -> Answer | Finding:
    """Return the answer, or why there is none."""
    try:
        return ask()
    except InputRefused as refusal:
        if refusal.findings[0].code in _OPEN:
            return refusal.findings[0]
        raise
