"""What is checked of each step of a procedure when it is read: names, types, lost conditions."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flight.configuration.allowed_values import choices_words
from ground.mission_control.dictionary.condition_checks import (
    comparison_problem,
    field_problem,
    state_problem,
    value_problem,
)
from ground.mission_control.dictionary.dictionary import Dictionary, DictionaryRefusal
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.source import ProcedureSource


@dataclass
class Draft:
    """A step that is laid out: its path in the program, its file and its place there, the loops
    around it, its phase."""

    path: str
    source: ProcedureSource
    node_path: str
    step: steps.Step
    scope: tuple[str, ...]
    phase: str


class StepChecks:
    """Checks steps against the dictionary and what the mission has (None: whatever is named).

    `phases` and `drafts` are those of the procedure as they are found, and may grow.
    """

    def __init__(
        self,
        dictionary: Dictionary,
        opportunities: Collection[str] | None,
        vehicles: Collection[str] | None,
        tubes: Collection[str] | None,
        phases: Mapping[str, steps.PhaseEntry],
        drafts: Sequence[Draft],
    ) -> None:
        self._dictionary = dictionary
        self._opportunities = opportunities
        self._vehicles = vehicles
        self._tubes = tubes
        self._phases = phases
        self._drafts = drafts

    def check(self, draft: Draft) -> None:
        """Refuses a step that could never do what it is for; raises ConfigurationError."""
        step, here, source = draft.step, draft.node_path, draft.source
        known = self._dictionary
        self._check_vehicle(getattr(step, "vehicle", None), f"{here}.vehicle", source)
        match step:
            case steps.CommandStep():
                self._check_command(step, draft)
            case steps.CompleteProduct():
                self._check_product(step, draft)
            case steps.Survey():
                self._try(draft, "vehicle", known.vehicle, step.vehicle)
            case steps.WaitUntil() if isinstance(step.sol, str):
                raise source.refuse(f"{here}.sol", f"= {step.sol!r}: allowed is a whole number")
            case steps.WaitForEvent():
                self._try(draft, "event", lambda: known.vehicle(step.vehicle).event(step.event))
                awaited = known.vehicle(step.vehicle).event(step.event)
                problem = (
                    field_problem(awaited, step.where)
                    or value_problem(awaited, step.where)
                    or state_problem(known.vehicle(step.vehicle), awaited, step.where)
                )
                if problem:
                    raise source.refuse(f"{here}.where", problem)
            case steps.WaitForTelemetry():
                find = known.vehicle
                self._try(draft, "channel", lambda: find(step.vehicle).channel(step.channel))
                self._check_comparison(step, here, source)
            case steps.Branch():
                self._check_branch(step, draft)
            case steps.AssertCustody():
                self.check_tubes(step.tubes, f"{here}.tubes", source)
                self._check_places(step.places, here, source)
                self._check_at_least(step, here, source)
            case steps.End() if step.missing is not None:
                self.check_tubes(step.missing.tubes, f"{here}.missing.tubes", source)
                self._check_places(step.missing.places, f"{here}.missing", source)
            case steps.Phase() if step.phase not in self._phases:
                problem = f"= {step.phase!r}: {choices_words(step.phase, list(self._phases))}"
                raise source.refuse(f"{here}.phase", problem)

    def _check_command(self, step: steps.CommandStep, draft: Draft) -> None:
        here, source, known = draft.node_path, draft.source, self._dictionary
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
        if step.until is not None:
            if isinstance(step.until.sol, str):
                problem = f"= {step.until.sol!r}: allowed is a whole number"
                raise source.refuse(f"{here}.until.sol", problem)
            arguments[step.until.argument] = 0.0
        if "tubes" in step.arguments:
            self.check_tubes(step.arguments["tubes"], f"{here}.arguments.tubes", source)
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

    def _check_product(self, step: steps.CompleteProduct, draft: Draft) -> None:
        here, source, known = draft.node_path, draft.source, self._dictionary
        for key, kind in (("channel", "text"), ("announced", "integer")):
            name = getattr(step, key)
            self._try(draft, key, lambda n: known.vehicle(step.vehicle).channel(n), name)
            found = known.vehicle(step.vehicle).channel(name).type
            if found != kind:
                problem = f"= {name!r} is of type {found}: allowed is a channel of type {kind}"
                raise source.refuse(f"{here}.{key}", problem)
        wanted = {"first": 0, "last": 0}
        self._try(draft, "command", known.check, step.vehicle, step.command, wanted)

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

    def _check_branch(self, step: steps.Branch, draft: Draft) -> None:
        if step.telemetry is not None:
            told = step.telemetry
            find = self._dictionary.vehicle
            self._try(draft, "telemetry", lambda: find(told.vehicle).channel(told.channel))
            key = f"{draft.node_path}.telemetry"
            self._check_vehicle(told.vehicle, f"{key}.vehicle", draft.source)
            self._check_comparison(told, key, draft.source)
        if step.custody is not None:
            here = f"{draft.node_path}.custody"
            self.check_tubes(step.custody.tubes, f"{here}.tubes", draft.source)
            self._check_places(step.custody.places, here, draft.source)
            self._check_at_least(step.custody, here, draft.source)
        if step.answer is not None:
            self._check_answer(step.answer, f"{draft.node_path}.answer", draft.source)
        if step.verdict is not None and step.verdict.of is not None:
            labels = [draft.step.label for draft in self._drafts if draft.step.label is not None]
            if step.verdict.of not in labels:
                problem = f"= {step.verdict.of!r}: {choices_words(step.verdict.of, labels)}"
                raise draft.source.refuse(f"{draft.node_path}.verdict.of", problem)

    def _check_answer(self, wanted: steps.AnswerIs, key: str, source: ProcedureSource) -> None:
        prompts = {
            draft.step.label: draft.step
            for draft in self._drafts
            if isinstance(draft.step, steps.Prompt)
        }
        asked = prompts.get(wanted.of)
        if asked is None:
            problem = f"= {wanted.of!r} is no prompt: {choices_words(wanted.of, list(prompts))}"
            raise source.refuse(f"{key}.of", problem)
        for answer in wanted.among:
            if answer not in asked.answers:
                problem = f"= {answer!r}: {choices_words(answer, asked.answers)}"
                raise source.refuse(f"{key}.among", problem)

    def check_tubes(self, tubes: Any, key: str, source: ProcedureSource) -> None:
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
        if isinstance(wanted, steps.CustodyIs) and not most:
            return  # a mission that has none of them never takes that branch
        if wanted.at_least is not None and wanted.at_least > most:
            problem = f"= {wanted.at_least}: allowed is at most {most}, the number of the tubes"
            raise source.refuse(f"{key}.at_least", problem)

    def _check_opportunity(self, name: str, key: str, source: ProcedureSource) -> None:
        if self._opportunities is not None and name not in self._opportunities:
            known = choices_words(name, sorted(self._opportunities))
            raise source.refuse(key, f"= {name!r}: the mission file gives no such one; {known}")

    def _try(self, draft: Draft, key: str, check: Callable[..., Any], *values: Any) -> None:
        try:
            check(*values)
        except DictionaryRefusal as refusal:
            raise draft.source.refuse(f"{draft.node_path}.{key}", f": {refusal}") from None
