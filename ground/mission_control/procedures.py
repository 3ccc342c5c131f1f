"""Procedures: files that say step by step what the ground does, checked when they are read.

A file is read with the variables of the mission and becomes a flat program: loops are unrolled,
`${...}` is replaced, labels are resolved, commands and names are checked against the dictionary.
Steps that procedures have in common are parts, files of their own, and included.
Nothing is left that could turn out to be wrong in the middle of a mission.
"""

import hashlib
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError, find_configuration
from ground.mission_control import procedure_steps as steps
from ground.mission_control.condition_checks import comparison_problem, field_problem, value_problem
from ground.mission_control.dictionary import Dictionary, DictionaryRefusal
from ground.mission_control.procedure_bounds import StepCount, TooLarge, check_value
from ground.mission_control.procedure_source import ProcedureSource
from ground.mission_control.program import Instruction as Instruction
from ground.mission_control.program import Program as Program
from ground.mission_control.program import circle_of
from ground.mission_control.recovery_rules import recovery_of

NEXT = "next"
"""The label of the end of a loop's body: `goto next` goes on with the next item."""
PARTS_FOLDER = "procedures/parts"
_WHOLE = re.compile(r"^\$\{([^${}]+)\}$")
_PART = re.compile(r"\$\{([^${}]+)\}")
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


@dataclass
class _Draft:
    path: str
    source: ProcedureSource
    node_path: str
    step: steps.Step
    scope: tuple[str, ...]
    phase: str


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
        self._vehicles = vehicles
        self._tubes = tubes
        self._source = source
        self._opportunities = opportunities
        self._variables = dict(variables)
        self._dictionary = dictionary
        self._drafts: list[_Draft] = []
        self._labels: dict[tuple[tuple[str, ...], str], int] = {}
        self._phases: dict[str, steps.PhaseEntry] = {}
        self._phase = ""  # the first one, while none has begun
        self._begun: dict[str, None] = {}
        self._included: dict[str, int] = {}
        self._parts: dict[str, ProcedureSource] = {}
        self._laid_out = StepCount()

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
            tubes = self._replace(phase.tubes, f"{key}.tubes", source, self._variables)
            self._check_tubes(tubes, f"{key}.tubes", source)
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
            concrete = self._substitute(step, here, source, place.variables)
            if isinstance(concrete, steps.Phase):
                self._begin(concrete.phase)
            elif not self._phase and self._phases:
                self._begin(next(iter(self._phases)))
            path = f"{place.prefix}{here}{place.suffix}"
            self._drafts.append(_Draft(path, source, here, concrete, place.scope, self._phase))

    def _begin(self, phase: str) -> None:
        self._phase = phase
        self._begun[phase] = None

    def _unroll(self, loop: steps.ForEach, here: str, place: _Place) -> None:
        items = self._replace(loop.items, f"{here}.items", place.source, place.variables)
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
        inner = replace(place, source=source, prefix=prefix, parts=(*place.parts, part))
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
            key: self._replace(value, f"{here}.{key}", source, variables)
            for key, value in plain.items()
        }
        if replaced == plain:
            return step
        try:
            return msgspec.convert({"do": kind, **replaced}, _STEPS[kind])
        except msgspec.ValidationError as error:
            raise source.refuse(here, f"with its variables replaced: {error}") from None

    def _replace(
        self, value: Any, key: str, source: ProcedureSource, variables: dict[str, Any]
    ) -> Any:
        """A value with its variables replaced; refuses one that becomes too large."""
        replaced = self._replace_each(value, key, source, variables)
        try:
            check_value(replaced)
        except TooLarge as error:
            raise source.refuse(key, str(error)) from None
        return replaced

    def _replace_each(
        self, value: Any, key: str, source: ProcedureSource, variables: dict[str, Any]
    ) -> Any:
        if isinstance(value, str):
            whole = _WHOLE.match(value)
            if whole is not None:
                return self._look_up(whole[1], key, source, variables)
            return _PART.sub(
                lambda found: str(self._look_up(found[1], key, source, variables)), value
            )
        if isinstance(value, list):
            return [self._replace_each(item, key, source, variables) for item in value]
        if isinstance(value, dict):
            return {
                name: self._replace_each(item, key, source, variables)
                for name, item in value.items()
            }
        return value

    def _look_up(
        self, name: str, key: str, source: ProcedureSource, variables: dict[str, Any]
    ) -> Any:
        value: Any = variables
        for part in name.strip().split("."):
            if not isinstance(value, Mapping) or part not in value:
                known = sorted(value) if isinstance(value, Mapping) else []
                raise source.refuse(key, f"names ${{{name}}}: {choices_words(part, known)}")
            value = value[part]
        return value

    # -------------------------------------------------------------------- checking

    def _instruction(self, position: int, draft: _Draft, first_phase: str) -> Instruction:
        step = draft.step
        self._check(draft)
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
        return Instruction(draft.path, file, line, step, phase, on_failure, then, otherwise)

    def _find(self, draft: _Draft, label: str, key: str) -> int:
        """The position of a label: in the same loop, or else in those around it."""
        for depth in range(len(draft.scope), -1, -1):
            position = self._labels.get((draft.scope[:depth], label))
            if position is not None:
                return position
        known = [name for scope, name in self._labels if draft.scope[: len(scope)] == scope]
        place = f"{draft.node_path}.{key}"
        raise draft.source.refuse(place, f"= {label!r} is no label: {choices_words(label, known)}")

    def _check(self, draft: _Draft) -> None:
        step, here, source = draft.step, draft.node_path, draft.source
        known = self._dictionary
        self._check_vehicle(getattr(step, "vehicle", None), f"{here}.vehicle", source)
        if isinstance(step, steps.CommandStep):
            arguments = dict(step.arguments)
            if step.tubes_at:  # which ones is not known before the command is issued
                arguments["tubes"] = ["any"]
            if step.records_at:
                arguments["records"] = []
            if step.from_survey is not None:
                surveyed = step.from_survey
                self._try(draft, "from_survey", known.vehicle, surveyed.of)
                arguments |= dict.fromkeys(surveyed.fields, 1.0)
            if step.opportunity is not None:
                self._check_opportunity(step.opportunity.of, f"{here}.opportunity.of", source)
                arguments[step.opportunity.argument] = 0.0
            if step.from_event is None:
                self._try(draft, "arguments", known.check, step.vehicle, step.command, arguments)
            else:
                told = step.from_event
                self._try(
                    draft, "from_event", lambda: known.vehicle(told.vehicle).event(told.event)
                )
                self._check_vehicle(told.vehicle, f"{here}.from_event.vehicle", source)
                problem = field_problem(
                    known.vehicle(told.vehicle).event(told.event), list(told.fields.values())
                )
                if problem:
                    raise source.refuse(f"{here}.from_event.fields", problem)
                self._try(
                    draft, "command", lambda: known.vehicle(step.vehicle).command(step.command)
                )
                self._check_names(step, {*arguments, *told.fields}, f"{here}.arguments", source)
        elif isinstance(step, steps.CompleteProduct):
            for key, kind in (("channel", "text"), ("announced", "integer")):
                name = getattr(step, key)
                self._try(draft, key, lambda n: known.vehicle(step.vehicle).channel(n), name)
                found = known.vehicle(step.vehicle).channel(name).type
                if found != kind:
                    problem = f"= {name!r} is of type {found}: allowed is a channel of type {kind}"
                    raise source.refuse(f"{here}.{key}", problem)
            wanted = {"first": 0, "last": 0}
            self._try(draft, "command", known.check, step.vehicle, step.command, wanted)
        elif isinstance(step, steps.Survey):
            self._try(draft, "vehicle", known.vehicle, step.vehicle)
        elif isinstance(step, steps.WaitUntil):
            if isinstance(step.sol, str):
                raise source.refuse(f"{here}.sol", f"= {step.sol!r}: allowed is a whole number")
        elif isinstance(step, steps.WaitForEvent):
            self._try(draft, "event", lambda: known.vehicle(step.vehicle).event(step.event))
            awaited = known.vehicle(step.vehicle).event(step.event)
            problem = field_problem(awaited, step.where) or value_problem(awaited, step.where)
            if problem:
                raise source.refuse(f"{here}.where", problem)
        elif isinstance(step, steps.WaitForTelemetry):
            self._try(draft, "channel", lambda: known.vehicle(step.vehicle).channel(step.channel))
            self._check_comparison(step, here, source)
        elif isinstance(step, steps.Branch):
            self._check_branch(step, draft)
        elif isinstance(step, steps.AssertCustody):
            self._check_tubes(step.tubes, f"{here}.tubes", source)
            self._check_places(step.places, here, source)
            self._check_at_least(step, here, source)
        elif isinstance(step, steps.End) and step.missing is not None:
            self._check_tubes(step.missing.tubes, f"{here}.missing.tubes", source)
            self._check_places(step.missing.places, f"{here}.missing", source)
        elif isinstance(step, steps.Phase):
            names = list(self._phases)
            if step.phase not in names:
                problem = f"= {step.phase!r}: {choices_words(step.phase, names)}"
                raise source.refuse(f"{here}.phase", problem)

    def _check_names(
        self, step: steps.CommandStep, given: set[str], key: str, source: ProcedureSource
    ) -> None:
        """The names of the arguments alone: what an event will tell is not known yet."""
        entry = self._dictionary.vehicle(step.vehicle).command(step.command)
        for name in sorted(given - entry.arguments.keys()):
            problem = f": {step.command} has no argument {name!r}: "
            raise source.refuse(key, problem + choices_words(name, list(entry.arguments)))
        for name, argument in entry.arguments.items():
            if argument.required and name not in given:
                raise source.refuse(key, f": {step.command} needs the argument {name!r}")

    def _check_branch(self, step: steps.Branch, draft: _Draft) -> None:
        if step.telemetry is not None:
            told = step.telemetry
            find = self._dictionary.vehicle
            self._try(draft, "telemetry", lambda: find(told.vehicle).channel(told.channel))
            key = f"{draft.node_path}.telemetry"
            self._check_vehicle(told.vehicle, f"{key}.vehicle", draft.source)
            self._check_comparison(told, key, draft.source)
        if step.custody is not None:
            here = f"{draft.node_path}.custody"
            self._check_tubes(step.custody.tubes, f"{here}.tubes", draft.source)
            self._check_places(step.custody.places, here, draft.source)
            self._check_at_least(step.custody, here, draft.source)
        if step.verdict is not None and step.verdict.of is not None:
            labels = [draft.step.label for draft in self._drafts if draft.step.label is not None]
            if step.verdict.of not in labels:
                problem = f"= {step.verdict.of!r}: {choices_words(step.verdict.of, labels)}"
                raise draft.source.refuse(f"{draft.node_path}.verdict.of", problem)

    def _check_tubes(self, tubes: Any, key: str, source: ProcedureSource) -> None:
        if not isinstance(tubes, list):
            raise source.refuse(key, f"= {tubes!r}: allowed is a list of tubes")
        for tube in tubes if self._tubes is not None else []:
            if tube not in (self._tubes or ()):
                known = choices_words(str(tube), sorted(self._tubes or ()))
                raise source.refuse(key, f"names {tube!r}, which the mission has not: {known}")

    def _check_places(self, places: Sequence[str], key: str, source: ProcedureSource) -> None:
        if not places:
            raise source.refuse(f"{key}.places", "= []: no tube is ever there; allowed is a place")

    def _check_vehicle(self, name: str | None, key: str, source: ProcedureSource) -> None:
        if name is None or self._vehicles is None or name not in self._dictionary.vehicles:
            return
        if name not in self._vehicles:
            known = choices_words(name, sorted(self._vehicles))
            raise source.refuse(key, f"= {name!r}: the mission has no such vehicle; {known}")

    def _check_comparison(
        self, told: steps.WaitForTelemetry | steps.TelemetryIs, key: str, source: ProcedureSource
    ) -> None:
        vehicle = self._dictionary.vehicle(told.vehicle)
        channel = vehicle.channel(told.channel)
        problem = comparison_problem(vehicle, channel, told.comparison, told.value)
        if problem:
            raise source.refuse(f"{key}.value", problem)

    def _check_at_least(
        self, wanted: steps.AssertCustody | steps.CustodyIs, key: str, source: ProcedureSource
    ) -> None:
        most = len(wanted.tubes)
        if wanted.at_least is not None and wanted.at_least > most:
            problem = f"= {wanted.at_least}: allowed is at most {most}, the number of the tubes"
            raise source.refuse(f"{key}.at_least", problem)

    def _check_opportunity(self, name: str, key: str, source: ProcedureSource) -> None:
        if self._opportunities is not None and name not in self._opportunities:
            known = choices_words(name, sorted(self._opportunities))
            raise source.refuse(key, f"= {name!r}: the mission file gives no such one; {known}")

    def _try(self, draft: _Draft, key: str, check: Callable[..., Any], *values: Any) -> None:
        try:
            check(*values)
        except DictionaryRefusal as refusal:
            raise draft.source.refuse(f"{draft.node_path}.{key}", f": {refusal}") from None
