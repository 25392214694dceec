"""What is asked: standards, their limits and whom they speak of?"""

from analyses.rules.catalogue import (
    Rule,
    by_kind,
    default_rules,
    load_rules,
    named_rule,
    one_test_each,
    own_rule,
    standards,
)
from analyses.rules.limits import (
    S_PER_MIN,
    Part,
    children_of,
    facilities_for,
    in_scope,
    parts_of,
    within,
)
from analyses.rules.people import age_groups, age_shares, settlement, special_unit, walking_speeds
from analyses.rules.walkers import Profile, children_of_profile, profiles, profiles_of_kind
from analyses.rules.words import (
    kind_table,
    rule_table,
    rule_text,
    strength_text,
    verdict_text,
    verified_text,
)

__all__ = [
    "S_PER_MIN",
    "Part",
    "Profile",
    "Rule",
    "age_groups",
    "age_shares",
    "by_kind",
    "children_of",
    "children_of_profile",
    "default_rules",
    "facilities_for",
    "in_scope",
    "kind_table",
    "load_rules",
    "named_rule",
    "one_test_each",
    "own_rule",
    "parts_of",
    "profiles",
    "profiles_of_kind",
    "rule_table",
    "rule_text",
    "settlement",
    "special_unit",
    "standards",
    "strength_text",
    "verdict_text",
    "verified_text",
    "walking_speeds",
    "within",
]
