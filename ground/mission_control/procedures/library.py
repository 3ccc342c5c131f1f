"""Procedures that people write: draft, reviewed, approved by another person, and then run.

A version is the hash of its text: what was approved is what is run, and nothing else. A new draft
beside an approved version changes nothing of that.
"""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.given_texts import given_text
from ground.mission_control.archive.archive import Archive
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.program import Program

STATE = "procedure library"
MISSION = "mission"
"""The name of the mission's own procedure."""
MOST = 100
"""Procedures that a library has at most."""
Compile = Callable[[Path], Program]
"""Reads a procedure with the variables of the mission. Raises ConfigurationError."""


class NotSo(ValueError):
    """Something that cannot be done with a procedure as it stands; the text says why."""


class Version(msgspec.Struct, forbid_unknown_fields=True):
    """One version of a procedure. `hands`: all who have saved or submitted it."""

    version: str
    text: str
    title: str
    state: Literal["draft", "submitted", "approved"]
    saved_ns: int
    hands: list[str]
    hazardous: list[str] = []
    approved_by: str = ""
    approved_ns: int | None = None
    note: str = ""


class Shelf(msgspec.Struct, forbid_unknown_fields=True):
    """What there is of one procedure."""

    draft: Version | None = None
    approved: Version | None = None


class ProcedureLibrary:
    """Kept in the archive. `compile`: None where no procedure can be read."""

    def __init__(
        self,
        archive: Archive,
        dictionary: Dictionary,
        compile: Compile | None,
        now_ns: Callable[[], int],
    ) -> None:
        self._archive = archive
        self._dictionary = dictionary
        self._compile = compile
        self._now_ns = now_ns
        self._shelves = msgspec.convert(archive.get(STATE, {}), dict[str, Shelf])

    def names(self) -> list[str]:
        """Of all procedures but the mission's own."""
        return list(self._shelves)

    def shelf(self, name: str) -> Shelf:
        """What there is of a procedure; raises NotSo."""
        found = self._shelves.get(name)
        if found is None:
            known = ", ".join((MISSION, *self._shelves))
            raise NotSo(f"name = {name!r}: there is no such procedure; there are {known}")
        return found

    def program(self, name: str, text: str) -> Program:
        """The program that a text stands for. Raises NotSo, with file, line, key and value."""
        if self._compile is None:
            raise NotSo("no procedure can be read here")
        with given_text(f"{name}.yaml", text) as path:
            try:
                program = self._compile(path)
            except ConfigurationError as error:
                raise NotSo(str(error).replace(f"{path.parent}/", "")) from None
        return _named(program, str(path), f"{name}.yaml")

    def save(self, name: str, text: str, by: str) -> Version:
        """Keeps a draft in the place of the one that there was. Raises NotSo."""
        if not name.isidentifier() or name == MISSION or name != name.lower():
            raise NotSo(
                f"name = {name!r}: allowed are small letters, digits and _, beginning with a "
                f"letter, and not {MISSION!r}, which is the mission's own"
            )
        if name not in self._shelves and len(self._shelves) >= MOST:
            raise NotSo(f"there are {MOST} procedures, and no more are kept")
        program = self.program(name, text)
        shelf = self._shelves.setdefault(name, Shelf())
        hands = [] if shelf.draft is None else shelf.draft.hands
        shelf.draft = Version(
            hashlib.sha256(text.encode()).hexdigest()[:16], text, program.title, "draft",
            self._now_ns(), list(dict.fromkeys([*hands, by])), self._hazardous(program),
        )  # fmt: skip
        self._keep()
        return shelf.draft

    def submit(self, name: str, by: str) -> Version:
        """Gives a draft to be reviewed. Raises NotSo."""
        draft = self.shelf(name).draft
        if draft is None or draft.state != "draft":
            raise NotSo(f"{name} has no draft: allowed is one that was saved")
        draft.state, draft.hands = "submitted", list(dict.fromkeys([*draft.hands, by]))
        self._keep()
        return draft

    def approve(self, name: str, version: str, by: str, note: str) -> Version:
        """Another person approves what was submitted. Raises NotSo."""
        shelf = self.shelf(name)
        draft = shelf.draft
        if draft is None or draft.state != "submitted":
            raise NotSo(f"{name} was not submitted: allowed is what was given to be reviewed")
        if draft.version != version:
            raise NotSo(f"version = {version!r}: what was submitted is {draft.version}")
        if by in draft.hands:
            raise NotSo(f"{by} has written or submitted it: another person has to approve")
        draft.state, draft.approved_by, draft.approved_ns = "approved", by, self._now_ns()
        draft.note = note
        shelf.draft, shelf.approved = None, draft
        self._keep()
        return draft

    def approved(self, name: str) -> Version:
        """The version that may be run; raises NotSo."""
        shelf = self.shelf(name)
        if shelf.approved is None:
            raise NotSo(f"{name} is not approved: allowed is a version that another has approved")
        return shelf.approved

    def _hazardous(self, program: Program) -> list[str]:
        """The hazardous commands in a program, each once."""
        found: dict[str, None] = {}
        for instruction in program.instructions:
            step = instruction.step
            if isinstance(step, steps.CommandStep):
                entry = self._dictionary.vehicle(step.vehicle).command(step.command)
                if entry.hazardous or entry.carries or entry.guards:
                    found[f"{step.vehicle} {step.command}"] = None
        return list(found)

    def _keep(self) -> None:
        self._archive.put(STATE, msgspec.to_builtins(self._shelves))

    def plain(self, name: str, *, text: bool = False) -> dict[str, Any]:
        """As clients are told; with the `text` of each version."""
        shelf = msgspec.to_builtins(self.shelf(name))
        for version in shelf.values():
            if version is not None and not text:
                del version["text"]
        return {"name": name, **shelf}


def _named(program: Program, path: str, name: str) -> Program:
    """The same program, with the name of its file in the place of where that lay for a moment."""
    return replace(
        program,
        file=name,
        instructions=tuple(
            replace(each, file=name) if each.file in (path, program.file) else each
            for each in program.instructions
        ),
    )
