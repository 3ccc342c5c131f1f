"""Procedures: files that say step by step what the ground does, checked when they are read.

A file is read with the variables of the mission and becomes a flat program: loops are unrolled,
`${...}` is replaced, labels are resolved, commands and names are checked against the dictionary.
Nothing is left that could turn out to be wrong in the middle of a mission.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import yaml

from flight.runtime.allowed_values import choices_words
from flight.runtime.configuration import ConfigurationError, load_configuration
from flight.runtime.yaml_nodes import NodeReader, shown_path
from ground.mission_control import procedure_steps as steps
from ground.mission_control.dictionary import Dictionary, DictionaryRefusal

NEXT = "next"
"""The label of the end of a loop's body: `goto next` goes on with the next item."""
_WHOLE = re.compile(r"^\$\{([^${}]+)\}$")
_PART = re.compile(r"\$\{([^${}]+)\}")
_STEPS: Mapping[str, type[steps.Step]] = {
    str(kind.__struct_config__.tag): kind for kind in steps.Step.__subclasses__()
}


@dataclass(frozen=True)
class Instruction:
    """One step of a program, ready to be run."""

    path: str  # where it stands in the file, with the items of the loops around it
    line: int
    step: steps.Step
    phase: str
    on_failure: int | None  # position to go to; None: as `step.on_failure` says
    then: int = 0  # positions that a branch or goto leads to
    otherwise: int = 0


@dataclass(frozen=True)
class Program:
    """A procedure with nothing left to look up."""

    title: str
    file: str
    phases: tuple[steps.PhaseEntry, ...]
    instructions: tuple[Instruction, ...]
    fingerprint: str

    def phase(self, name: str) -> steps.PhaseEntry:
        """A phase by its name."""
        return next(phase for phase in self.phases if phase.name == name)


def load_procedure(path: Path, variables: Mapping[str, Any], dictionary: Dictionary) -> Program:
    """The program in a file. Raises ConfigurationError for the first thing that is wrong."""
    source = load_configuration(path, steps.ProcedureFile)
    return _Compiler(path, source, variables, dictionary).compile()


@dataclass
class _Draft:
    path: str
    node_path: str
    step: steps.Step
    scope: tuple[str, ...]
    phase: str


class _Compiler:
    def __init__(
        self,
        path: Path,
        source: steps.ProcedureFile,
        variables: Mapping[str, Any],
        dictionary: Dictionary,
    ) -> None:
        self._source = source
        self._variables = variables
        self._dictionary = dictionary
        self._reader = NodeReader(shown_path(path))
        self._root = self._reader.compose(path)
        self._drafts: list[_Draft] = []
        self._labels: dict[tuple[tuple[str, ...], str], int] = {}
        self._phase = source.phases[0].name

    def compile(self) -> Program:
        self._lay_out(self._source.steps, "steps", "", (), dict(self._variables))
        instructions = tuple(
            self._instruction(position, draft) for position, draft in enumerate(self._drafts)
        )
        text = repr([(each.path, each.step) for each in instructions])
        return Program(
            title=self._source.title,
            file=self._reader.file,
            phases=tuple(
                self._phase_entry(phase, f"phases[{index}].tubes")
                for index, phase in enumerate(self._source.phases)
            ),
            instructions=instructions,
            fingerprint=hashlib.sha256(text.encode()).hexdigest(),
        )

    def _phase_entry(self, phase: steps.PhaseEntry, key: str) -> steps.PhaseEntry:
        tubes = self._replace(phase.tubes, key, dict(self._variables))
        self._check_tubes(tubes, key)
        return msgspec.structs.replace(phase, tubes=tubes)

    # ------------------------------------------------------------------ laying out

    def _lay_out(
        self,
        body: list[Any],
        node_path: str,
        suffix: str,
        scope: tuple[str, ...],
        variables: dict[str, Any],
    ) -> None:
        for index, step in enumerate(body):
            here = f"{node_path}[{index}]"
            if step.label is not None:
                self._place_label(step.label, scope, here)
            if isinstance(step, steps.ForEach):
                self._unroll(step, here, suffix, scope, variables)
                continue
            concrete = self._substitute(step, here, variables)
            if isinstance(concrete, steps.Phase):
                self._phase = concrete.phase
            self._drafts.append(_Draft(here + suffix, here, concrete, scope, self._phase))

    def _unroll(
        self,
        loop: steps.ForEach,
        here: str,
        suffix: str,
        scope: tuple[str, ...],
        variables: dict[str, Any],
    ) -> None:
        items = self._replace(loop.items, f"{here}.items", variables)
        if not isinstance(items, list):
            raise self._refuse(f"{here}.items", f"= {loop.items!r}: allowed is a list")
        for number, item in enumerate(items, start=1):
            name = f"{suffix}({number})"
            inner = (*scope, f"{here}{name}")
            inside = variables | {loop.variable: item}
            self._lay_out(loop.steps, f"{here}.steps", name, inner, inside)
            self._labels[(inner, NEXT)] = len(self._drafts)

    def _place_label(self, label: str, scope: tuple[str, ...], here: str) -> None:
        if label == NEXT or (scope, label) in self._labels:
            problem = "is what the end of a loop is called" if label == NEXT else "is given twice"
            raise self._refuse(f"{here}.label", f"= {label!r} {problem}: allowed is another name")
        self._labels[(scope, label)] = len(self._drafts)

    def _substitute(self, step: Any, here: str, variables: dict[str, Any]) -> steps.Step:
        plain = msgspec.to_builtins(step)
        kind = plain.pop("do")
        replaced = {
            key: self._replace(value, f"{here}.{key}", variables) for key, value in plain.items()
        }
        if replaced == plain:
            return step
        try:
            return msgspec.convert({"do": kind, **replaced}, _STEPS[kind])
        except msgspec.ValidationError as error:
            raise self._refuse(here, f"with its variables replaced: {error}") from None

    def _replace(self, value: Any, key: str, variables: dict[str, Any]) -> Any:
        if isinstance(value, str):
            whole = _WHOLE.match(value)
            if whole is not None:
                return self._look_up(whole[1], key, variables)
            return _PART.sub(lambda found: str(self._look_up(found[1], key, variables)), value)
        if isinstance(value, list):
            return [self._replace(item, key, variables) for item in value]
        if isinstance(value, dict):
            return {name: self._replace(item, key, variables) for name, item in value.items()}
        return value

    def _look_up(self, name: str, key: str, variables: dict[str, Any]) -> Any:
        value: Any = variables
        for part in name.strip().split("."):
            if not isinstance(value, Mapping) or part not in value:
                known = sorted(value) if isinstance(value, Mapping) else []
                raise self._refuse(key, f"names ${{{name}}}: {choices_words(part, known)}")
            value = value[part]
        return value

    # -------------------------------------------------------------------- checking

    def _instruction(self, position: int, draft: _Draft) -> Instruction:
        step, here = draft.step, draft.node_path
        self._check(step, here)
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
        line = self._node(here).start_mark.line + 1
        return Instruction(draft.path, line, step, draft.phase, on_failure, then, otherwise)

    def _find(self, draft: _Draft, label: str, key: str) -> int:
        """The position of a label: in the same loop, or else in those around it."""
        for depth in range(len(draft.scope), -1, -1):
            position = self._labels.get((draft.scope[:depth], label))
            if position is not None:
                return position
        known = [name for scope, name in self._labels if draft.scope[: len(scope)] == scope]
        place = f"{draft.node_path}.{key}"
        raise self._refuse(place, f"= {label!r} is no label: {choices_words(label, known)}")

    def _check(self, step: steps.Step, here: str) -> None:
        known = self._dictionary
        if isinstance(step, steps.CommandStep):
            arguments = dict(step.arguments)
            if step.tubes_at:  # which ones is not known before the command is issued
                arguments["tubes"] = ["any"]
            if step.records_at:
                arguments["records"] = []
            if step.from_event is None:
                self._try(here, "arguments", known.check, step.vehicle, step.command, arguments)
            else:
                told = step.from_event
                self._try(here, "from_event", lambda: known.vehicle(told.vehicle).event(told.event))
                self._try(
                    here, "command", lambda: known.vehicle(step.vehicle).command(step.command)
                )
        elif isinstance(step, steps.WaitForEvent):
            self._try(here, "event", lambda: known.vehicle(step.vehicle).event(step.event))
        elif isinstance(step, steps.WaitForTelemetry):
            self._try(here, "channel", lambda: known.vehicle(step.vehicle).channel(step.channel))
        elif isinstance(step, steps.Branch):
            self._check_branch(step, here)
        elif isinstance(step, steps.AssertCustody):
            self._check_tubes(step.tubes, f"{here}.tubes")
        elif isinstance(step, steps.End) and step.missing is not None:
            self._check_tubes(step.missing.tubes, f"{here}.missing.tubes")
        elif isinstance(step, steps.Phase):
            names = [phase.name for phase in self._source.phases]
            if step.phase not in names:
                problem = f"= {step.phase!r}: {choices_words(step.phase, names)}"
                raise self._refuse(f"{here}.phase", problem)

    def _check_branch(self, step: steps.Branch, here: str) -> None:
        if step.telemetry is not None:
            told = step.telemetry
            find = self._dictionary.vehicle
            self._try(here, "telemetry", lambda: find(told.vehicle).channel(told.channel))
        if step.custody is not None:
            self._check_tubes(step.custody.tubes, f"{here}.custody.tubes")
        if step.verdict is not None and step.verdict.of is not None:
            labels = [draft.step.label for draft in self._drafts if draft.step.label is not None]
            if step.verdict.of not in labels:
                problem = f"= {step.verdict.of!r}: {choices_words(step.verdict.of, labels)}"
                raise self._refuse(f"{here}.verdict.of", problem)

    def _check_tubes(self, tubes: Any, key: str) -> None:
        if not isinstance(tubes, list):
            raise self._refuse(key, f"= {tubes!r}: allowed is a list of tubes")

    def _try(self, here: str, key: str, check: Callable[..., Any], *values: Any) -> None:
        try:
            check(*values)
        except DictionaryRefusal as refusal:
            raise self._refuse(f"{here}.{key}", f": {refusal}") from None

    # ------------------------------------------------------------------- file, line

    def _refuse(self, key: str, problem: str) -> ConfigurationError:
        joint = "" if problem.startswith(":") else " "
        return self._reader.refuse(self._node(key), key, f"{key}{joint}{problem}")

    def _node(self, key: str) -> yaml.Node:
        """The node of a key such as `steps[2].vehicle`, or the nearest around it."""
        node = self._root
        for part in re.findall(r"[^.\[\]]+", key):
            if isinstance(node, yaml.SequenceNode) and part.isdecimal():
                node = node.value[int(part)]
            elif isinstance(node, yaml.MappingNode):
                entries = self._reader.entries(node, key)
                if part not in entries:
                    break
                node = entries[part][1]
        return node
