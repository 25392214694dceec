"""Which generated parts may a page name?"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handbook.catalogues import (
    facility_types_part,
    findings_part,
    headers_part,
    limits_part,
    safety_layers_part,
)
from handbook.command_line import commands_part
from handbook.library import names_part
from handbook.rooms import house_part, rooms_part
from handbook.rules import ages_part, rules_part, speeds_part
from handbook.settings import settings_part
from handbook.tables import columns_part, roles_part, tables_part
from handbook.ways import (
    audit_part,
    bands_part,
    factors_part,
    street_defaults_part,
    treatments_part,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from geo.words import Lang

PARTS: Mapping[str, Callable[[Lang], str]] = {
    "settings": settings_part,
    "commands": commands_part,
    "tables": tables_part,
    "columns": columns_part,
    "roles": roles_part,
    "findings": findings_part,
    "facility-types": facility_types_part,
    "headers": headers_part,
    "limits": limits_part,
    "safety-layers": safety_layers_part,
    "rules": rules_part,
    "ages": ages_part,
    "speeds": speeds_part,
    "bands": bands_part,
    "factors": factors_part,
    "street-defaults": street_defaults_part,
    "audit": audit_part,
    "treatments": treatments_part,
    "names": names_part,
    "house": house_part,
    "rooms": rooms_part,
}
_BLOCK = re.compile(r"^```\{handbook\} ([\w-]+)\n```$", re.MULTILINE)


def parts_named(text: str) -> list[str]:
    r"""Return the names of the parts that a page wants.

    Examples
    --------
    >>> parts_named("# Page\n\n```{handbook} rules\n```\n")
    ['rules']
    """
    return _BLOCK.findall(text)


def filled(text: str, lang: Lang) -> str:
    """Return the text of a page with every generated part in its place."""
    return _BLOCK.sub(lambda block: PARTS[block[1]](lang), text)
