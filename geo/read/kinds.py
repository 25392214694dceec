"""Of which kind is each row: by its column, else by a rule of the caller?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from geo.findings import Finding, InputRefused
from geo.read.flags import Flag, positions
from geo.read.identity import check_kinds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.read.identity import Texts
    from geo.read.raw import Kinds, Sheet


def kinds_of_rows(
    sheet: Sheet,
    *,
    kinds: Mapping[str, str] | None,
    rule: Callable[[Sheet], Kinds] | None,
    required: bool,
) -> tuple[dict[str, Texts], list[Flag], tuple[Finding, ...]]:
    """Return the texts with the column ``kind``, the flags of its rows, and what is to be told.

    Parameters
    ----------
    sheet
        Headers and texts of the canonical columns.
    kinds
        Accepted word -> kind id; None leaves the words as they are.
    rule
        Says the kind of each row that its column does not tell; adds the column ``kind_from``.
    required
        Whether a row without a kind is set aside.

    Raises
    ------
    InputRefused
        ``KIND_NOWHERE`` where a kind is required and no row has one.
    """
    texts = dict(sheet.texts)
    flags: list[Flag] = []
    findings: tuple[Finding, ...] = ()
    if rule is not None:
        by_rule = rule(sheet)
        if required and sheet.rows and not any(by_rule.words):
            detail = {"headers": tuple(sheet.headers.values())}
            raise InputRefused(Finding("KIND_NOWHERE", sheet.name, detail=detail))
        owned = {"ownership": texts["kind"]} if by_rule.ownership else {}
        texts = {**owned, **texts, "kind": by_rule.words, "kind_from": list(by_rule.how)}
        findings = by_rule.findings
        if required:
            empty = positions([word is None for word in by_rule.words])
            flags.append(Flag("KIND_NOT_TOLD", empty, sheet.headers.get("name"), "quarantine"))
    if kinds is not None and "kind" in texts:
        words = texts["kind"]
        told = positions([word is not None or rule is None for word in words])
        some = [words[i] for i in told]
        found, said = check_kinds(some, kinds, header=sheet.headers.get("kind"))
        flags += [replace(flag, rows=told[flag.rows]) for flag in said]
        by_row = dict(zip(told.tolist(), found, strict=True))
        texts["kind"] = [by_row.get(i) for i in range(len(words))]
    return texts, flags, findings
