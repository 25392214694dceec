"""What stands at the gates of schools, checked against rules?"""

from analyses.gates.audit import audit_summary, gate_audit, zones
from analyses.gates.rules import audit_rules, gate_rules

__all__ = [
    "audit_rules",
    "audit_summary",
    "gate_audit",
    "gate_rules",
    "zones",
]
