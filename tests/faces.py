"""A contract for import-linter: a room is entered by its face, never by a module inside it."""

from __future__ import annotations

from typing import Any

from importlinter import Contract, ContractCheck, fields, output


class Faces(Contract):
    """Modules outside a room import from the room itself."""

    floors = fields.ListField(subfield=fields.StringField())
    families = fields.ListField(subfield=fields.StringField())
    """Modules that a face names, whose functions are called as ``family.function``."""

    def check(self, graph: Any, verbose: bool) -> ContractCheck:  # noqa: ARG002, FBT001
        """Collect every import that goes past a face."""
        past = [
            f"{importer} imports {module}"
            for floor in self.floors  # type: ignore[attr-defined]
            for room in sorted(graph.find_children(floor))
            for module in sorted(graph.find_descendants(room) - set(self.families))  # type: ignore[attr-defined]
            for importer in sorted(graph.find_modules_that_directly_import(module))
            if importer != room and not importer.startswith(f"{room}.")
        ]
        return ContractCheck(kept=not past, metadata={"past": past})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """Print the imports that go past a face."""
        for line in check.metadata["past"]:
            output.print_error(line)
