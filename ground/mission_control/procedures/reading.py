"""Procedures: files that say step by step what the ground does, checked when they are read.

A file is read with the variables of the mission and becomes a flat program: loops are unrolled,
`${...}` is replaced, labels are resolved, commands and names are checked against the dictionary.
Steps that procedures have in common are parts, files of their own, and included.
Nothing is left that could turn out to be wrong in the middle of a mission.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, find_configuration
from ground.mission_control.dictionary.dictionary import Dictionary
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.bounds import StepCount, TooLarge
from ground.mission_control.procedures.checks import Draft, StepChecks
from ground.mission_control.procedures.program import Instruction as Instruction
from ground.mission_control.procedures.program import Program as Program
from ground.mission_control.procedures.program import circle_of
from ground.mission_control.procedures.recovery_rules import recovery_of
from ground.mission_control.procedures.source import ProcedureSource
from ground.mission_control.procedures.variables import replace_variables

NEXT = "next"
"""The label of the end of a loop's body: `goto next` goes on with the next item."""
PARTS_FOLDER = "procedures/parts"
_STEPS: Mapping[str, type[steps.Step]] = {
    str(kind.__struct_config__.tag): kind for kind in steps.Step.__subclasses__()
}


def load_procedure(
    path: Path,
    variables: Mapping[str, Any],
    dictionary: Dictionary,
    opportunities: Collection[str] | None = None,
    vehicles: Collection[str] | None = None,
    tubes: Collection[str] | None = None,
) -> Program:
    """The program in a file. Raises ConfigurationError for the first thing that is wrong.

    `opportunities`, `vehicles`, `tubes`: those that the mission has; None: whatever a step
    may name.
    """
    source = ProcedureSource(path)
    return _Compiler(source, variables, dictionary, opportunities, vehicles, tubes).compile()


@dataclass(frozen=True)
class _Place:
    """Where steps are laid out: their file, what tells their paths apart, the loops around them,
    the values of their variables, the parts that they stand in."""

    source: ProcedureSource
    prefix: str
    suffix: str
    scope: tuple[str, ...]
    variables: dict[str, Any]
    parts: tuple[str, ...] = ()


class _Compiler:
    def __init__(
        self,
        source: ProcedureSource,
        variables: Mapping[str, Any],
        dictionary: Dictionary,
        opportunities: Collection[str] | None,
        vehicles: Collection[str] | None,
        tubes: Collection[str] | None,
    ) -> None:
        self._source = source
        self._variables = dict(variables)
        self._dictionary = dictionary
        self._drafts: list[Draft] = []
        self._labels: dict[tuple[tuple[str, ...], str], int] = {}
        self._phases: dict[str, steps.PhaseEntry] = {}
        self._phase = ""  # the first one, while none has begun
        self._begun: dict[str, None] = {}
        self._included: dict[str, int] = {}
        self._parts: dict[str, ProcedureSource] = {}
        self._together: dict[int, int] = {}  # how many commands are sent with the one at a position
        self._laid_out = StepCount()
        self._checks = StepChecks(
            dictionary, opportunities, vehicles, tubes, self._phases, self._drafts
        )

    def compile(self) -> Program:
        source = self._source
        self._take_phases(source)
        self._lay_out(
            source.content.steps, "steps", _Place(source, "", "", (), dict(self._variables))
        )
        if not self._phases:
            raise source.refuse("phases", ": allowed is at least one, here or in an included part")
        order = [*self._begun, *(name for name in self._phases if name not in self._begun)]
        instructions = tuple(
            self._instruction(position, draft, order[0])
            for position, draft in enumerate(self._drafts)
        )
        circle = circle_of(instructions)
        if circle is not None:
            draft = self._drafts[circle]
            problem = "goes round in a circle for ever: allowed is a label that leads out of it"
            raise draft.source.refuse(f"{draft.node_path}.to", problem)
        recovery = recovery_of(source, self._dictionary)
        text = repr([(each.path, each.step) for each in instructions] + [recovery])
        return Program(
            title=source.content.title,
            file=source.reader.file,
            phases=tuple(self._phases[name] for name in order),
            instructions=instructions,
            recovery=recovery,
            fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        )

    def _take_phases(self, source: ProcedureSource) -> None:
        for index, phase in enumerate(source.content.phases):
            key = f"phases[{index}]"
            if phase.name in self._phases:
                problem = f"= {phase.name!r} is given twice: allowed is another name"
                raise source.refuse(f"{key}.name", problem)
            tubes = replace_variables(phase.tubes, f"{key}.tubes", source, self._variables)
            self._checks.check_tubes(tubes, f"{key}.tubes", source)
            self._phases[phase.name] = msgspec.structs.replace(phase, tubes=tubes)

    # ------------------------------------------------------------------ laying out

    def _lay_out(self, body: list[Any], node_path: str, place: _Place) -> None:
        source = place.source
        for index, step in enumerate(body):
            here = f"{node_path}[{index}]"
            self._count(here, source)
            if step.label is not None:
                self._place_label(step.label, place, here)
            if isinstance(step, steps.ForEach):
                self._unroll(step, here, place)
                continue
            if isinstance(step, steps.Include):
                self._include(step.part, here, place)
                continue
            if isinstance(step, steps.Together):
                self._together[len(self._drafts)] = len(step.steps) - 1
                self._lay_out(step.steps, f"{here}.steps", place)
                continue
            concrete = self._substitute(step, here, source, place.variables)
            if isinstance(concrete, steps.Phase):
                self._begin(concrete.phase)
            elif not self._phase and self._phases:
                self._begin(next(iter(self._phases)))
            path = f"{place.prefix}{here}{place.suffix}"
            self._drafts.append(Draft(path, source, here, concrete, place.scope, self._phase))

    def _begin(self, phase: str) -> None:
        self._phase = phase
        self._begun[phase] = None

    def _unroll(self, loop: steps.ForEach, here: str, place: _Place) -> None:
        items = replace_variables(loop.items, f"{here}.items", place.source, place.variables)
        if not isinstance(items, list):
            problem = f"= {loop.items!r}: allowed is a list"
            raise place.source.refuse(f"{here}.items", problem)
        for number, item in enumerate(items, start=1):
            name = f"{place.suffix}({number})"
            self._count(f"{here}.items", place.source)
            inner = (*place.scope, f"{place.prefix}{here}{name}")
            inside = place.variables | {loop.variable: item}
            within = replace(place, suffix=name, scope=inner, variables=inside)
            self._lay_out(loop.steps, f"{here}.steps", within)
            self._labels[(inner, NEXT)] = len(self._drafts)

    def _count(self, here: str, source: ProcedureSource) -> None:
        """One more step, or one more round of a loop; refuses one too many."""
        try:
            self._laid_out.add()
        except TooLarge as error:
            raise source.refuse(here, f": {error}") from None

    def _include(self, part: str, here: str, place: _Place) -> None:
        if part in place.parts:
            problem = f"= {part!r}: it stands in that part itself; allowed is another one"
            raise place.source.refuse(f"{here}.part", problem)
        times = self._included[part] = self._included.get(part, 0) + 1
        try:
            if part not in self._parts:
                self._parts[part] = ProcedureSource(find_configuration(PARTS_FOLDER, part))
            source = self._parts[part]
        except ConfigurationError as error:
            if error.line is not None:
                raise
            raise place.source.refuse(f"{here}.part", f"= {part!r}: {error}") from None
        if times == 1:
            self._take_phases(source)
        prefix = f"{part}." if times == 1 else f"{part}({times})."
        # Its labels are known outside as well; those of a part that comes again only to itself.
        scope = place.scope if times == 1 else (*place.scope, prefix)
        parts = (*place.parts, part)
        inner = replace(place, source=source, prefix=prefix, parts=parts, scope=scope)
        self._lay_out(source.content.steps, "steps", inner)

    def _place_label(self, label: str, place: _Place, here: str) -> None:
        if label == NEXT or (place.scope, label) in self._labels:
            problem = "is what the end of a loop is called" if label == NEXT else "is given twice"
            raise place.source.refuse(
                f"{here}.label", f"= {label!r} {problem}: allowed is another name"
            )
        self._labels[(place.scope, label)] = len(self._drafts)

    def _substitute(
        self, step: Any, here: str, source: ProcedureSource, variables: dict[str, Any]
    ) -> steps.Step:
        plain = msgspec.to_builtins(step)
        kind = plain.pop("do")
        replaced = {
            key: replace_variables(value, f"{here}.{key}", source, variables)
            for key, value in plain.items()
        }
        if replaced == plain:
            return step
        try:
            return msgspec.convert({"do": kind, **replaced}, _STEPS[kind])
        except msgspec.ValidationError as error:
            raise source.refuse(here, f"with its variables replaced: {error}") from None

    # -------------------------------------------------------------------- checking

    def _instruction(self, position: int, draft: Draft, first_phase: str) -> Instruction:
        step = draft.step
        self._checks.check(draft)
        on_failure = None
        if step.on_failure.startswith("goto "):
            on_failure = self._find(draft, step.on_failure[5:], "on_failure")
        then = otherwise = 0
        if isinstance(step, steps.Goto):
            then = self._find(draft, step.to, "to")
        elif isinstance(step, steps.Branch):
            then = self._find(draft, step.then, "then")
            if step.otherwise is None:
                otherwise = position + 1
            else:
                otherwise = self._find(draft, step.otherwise, "otherwise")
        line = draft.source.node(draft.node_path).start_mark.line + 1
        phase = draft.phase or first_phase
        file = draft.source.reader.file
        return Instruction(
            draft.path, file, line, step, phase, on_failure, then, otherwise,
            self._together.get(position, 0),
        )  # fmt: skip

    def _find(self, draft: Draft, label: str, key: str) -> int:
        """The position of a label: in the same loop, or else in those around it."""
        for depth in range(len(draft.scope), -1, -1):
            position = self._labels.get((draft.scope[:depth], label))
            if position is not None:
                return position
        known = [name for scope, name in self._labels if draft.scope[: len(scope)] == scope]
        place = f"{draft.node_path}.{key}"
        raise draft.source.refuse(place, f"= {label!r} is no label: {choices_words(label, known)}")
