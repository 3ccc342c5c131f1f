"""Requests about procedures: looked at, taken in hand, written, reviewed, approved, run."""

from collections.abc import Callable
from typing import Any

import msgspec

from ground.api import controlling, reads
from ground.mission_control.execution.handling import Handling, NotNow
from ground.mission_control.execution.runner import ProcedureRunner
from ground.mission_control.execution.side_procedures import KEY
from ground.mission_control.procedures import steps
from ground.mission_control.procedures.library import MISSION, NotSo
from ground.mission_control.procedures.program import Instruction
from ground.mission_control.service.desk import ControlDesk
from ground.mission_control.service.handling import (
    DIRECTOR,
    ENGINEER,
    OPERATOR,
    Asked,
    Handlers,
    Refused,
)

handlers = Handlers()
HANDLE = (OPERATOR, DIRECTOR)
WRITE = (ENGINEER, DIRECTOR)
LOG_ROWS = 200


def attach(desk: ControlDesk) -> None:
    """Has what procedures do told in the journal, and the mission's own in snapshots."""
    control = desk.control

    def made(name: str, runner: ProcedureRunner) -> None:
        def changed(what: str, who: str, data: dict[str, Any]) -> None:
            place = {"procedure": name, "position": runner.cursor.position}
            desk.journal.add("proc", what, who=who, data={**place, **data})

        def begun(instruction: Instruction) -> None:
            cursor = runner.cursor
            data = {
                "procedure": name, "position": cursor.position, "visit": cursor.visit,
                "path": instruction.path, "what": describe(instruction),
            }  # fmt: skip
            key = f"proc/{runner.key}/{cursor.visit}"
            desk.journal.add("proc", "step", vehicle=_vehicle(instruction), data=data, key=key)

        runner.handling.on_change = changed
        runner.handling.may = lambda vehicle, by: _held_by_another(desk, vehicle, by)
        runner.on_step = begun

    made(MISSION, control.runner)
    control.side_procedures.on_runner = made
    for run in control.side_procedures.runs:
        made(run.name, control.side_procedures.runners[run.run])
    desk.snapshots["proc"] = lambda: state_of(desk, MISSION, control.runner)


def _held_by_another(desk: ControlDesk, vehicle: str, by: str) -> str:
    holder = desk.authority.holder(vehicle)
    return f"{holder} holds {vehicle}, not {by}" if holder and holder != by else ""


def _vehicle(instruction: Instruction) -> str:
    return str(getattr(instruction.step, "vehicle", ""))


def describe(instruction: Instruction) -> str:
    """A step in words."""
    step = instruction.step
    kind = str(step.__struct_config__.tag)
    match step:
        case steps.CommandStep():
            given = ", ".join(f"{name}={_word(value)}" for name, value in step.arguments.items())
            return f"{step.vehicle} {step.command} {given}".rstrip()[:200]
        case steps.WaitForEvent():
            return f"wait for {step.vehicle} {step.event}"
        case steps.WaitForTelemetry():
            return f"wait for {_compared(step)}"
        case steps.WaitUntil():
            return f"wait until sol {step.sol}, {step.lmst:g} h"
        case steps.Pause():
            parts = [(step.seconds, "s"), (step.sols, "sols")]
            spans = ", ".join(f"{size:g} {unit}" for size, unit in parts if size > 0.0)
            return f"pause {spans}" if spans else "go on"
        case steps.Prompt() | steps.Poll():
            return f"{kind}: {step.text}"[:200]
        case steps.Phase():
            return f"phase {step.phase}"
        case steps.AssertCustody():
            return f"{', '.join(step.tubes)} at {' or '.join(step.places)}"[:200]
        case steps.Goto():
            return f"go to {step.to}"
        case steps.Branch():
            otherwise = f", else to {step.otherwise}" if step.otherwise else ""
            return f"if {_condition(step)}: go to {step.then}{otherwise}"[:200]
        case steps.End():
            return f"end: {step.verdict} {step.reason}".rstrip()[:200]
    return kind.replace("_", " ")


def _word(value: Any) -> str:
    """A value as people write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_word, value))}]"
    return str(value)


def _compared(step: steps.WaitForTelemetry | steps.TelemetryIs) -> str:
    return f"{step.vehicle} {step.channel} {step.comparison} {_word(step.value)}"


def _tubes_at(wanted: steps.CustodyIs) -> str:
    tubes = wanted.tubes if isinstance(wanted.tubes, str) else ", ".join(wanted.tubes)
    least = "" if wanted.at_least is None else f"at least {wanted.at_least} of "
    return f"{least}{tubes or 'no tube'} at {' or '.join(wanted.places)}"


def _condition(step: steps.Branch) -> str:
    """What a branch goes by."""
    if step.telemetry is not None:
        return _compared(step.telemetry)
    if step.custody is not None:
        return _tubes_at(step.custody)
    if step.verdict is not None:
        return f"{step.verdict.of or 'the last command'} is {' or '.join(step.verdict.among)}"
    assert step.answer is not None  # exactly one is given
    return f"{step.answer.of} was answered {' or '.join(step.answer.among)}"


# --------------------------------------------------------------------------------- reads


@handlers.read(reads.Procedures)
def procedures(desk: ControlDesk, asked: Asked, request: reads.Procedures) -> dict[str, Any]:
    """The mission's own, and those that people wrote."""
    control = desk.control
    found = [{"name": MISSION, **state_of(desk, MISSION, control.runner)}]
    for name in control.library.names():
        runner = control.side_procedures.newest(name)
        state = {} if runner is None else state_of(desk, name, runner)
        found.append({**control.library.plain(name), **state})
    return {"procedures": found}


@handlers.read(reads.GetProcedure)
def procedure(desk: ControlDesk, asked: Asked, request: reads.GetProcedure) -> dict[str, Any]:
    """One, with its steps, where it is, and what it did last."""
    control, name = desk.control, request.name or MISSION
    runner = _newest(desk, name)
    told: dict[str, Any] = {"name": name}
    if name != MISSION:
        told |= _or_refused(lambda: control.library.plain(name, text=True))
    if runner is None:
        shelf = _or_refused(lambda: control.library.shelf(name))
        version = shelf.approved or shelf.draft
        if version is None:
            return told
        program = _or_refused(lambda: control.library.program(name, version.text))
        return {**told, "title": program.title, "steps": _steps(desk, program.instructions)}
    return {
        **told, **state_of(desk, name, runner),
        "steps": _steps(desk, runner.program.instructions),
        "log": _log(desk, runner), "begun": _begun(desk, name, runner),
    }  # fmt: skip


def _log(desk: ControlDesk, runner: ProcedureRunner) -> list[list[Any]]:
    """What it did last; of the mission's own also what is nobody else's."""
    mark = runner.mark
    which = "substr(step, 1, ?) = ?" if mark else "step NOT GLOB ?"
    given = (len(mark), mark) if mark else (f"{KEY} p[0-9]* *",)
    rows = desk.control.archive.seen(
        f"SELECT time_ns, step, text FROM procedure_log WHERE {which} ORDER BY number DESC LIMIT ?",
        (*given, LOG_ROWS),
    )
    return [[time_ns, step.removeprefix(mark), text] for time_ns, step, text in reversed(rows)]


def _begun(desk: ControlDesk, name: str, runner: ProcedureRunner) -> list[list[int]]:
    """Which of its steps it came to, and when last; not those from which somebody led it away."""
    rows = desk.control.archive.seen(
        "SELECT what, key, time_ns, json_extract(data, '$.position') FROM journal "
        "WHERE topic = 'proc' AND (what = 'step' OR what LIKE 'jumped to %') "
        "AND json_extract(data, '$.procedure') = ? ORDER BY number",
        (name,),
    )
    begun: dict[int, int] = {}
    for what, key, time_ns, position in rows:
        if what != "step":
            begun.pop(position, None)
        elif key.startswith(f"proc/{runner.key}/"):
            begun[position] = time_ns
    return [[position, begun[position]] for position in sorted(begun)]


def _newest(desk: ControlDesk, name: str) -> ProcedureRunner | None:
    control = desk.control
    return control.runner if name == MISSION else control.side_procedures.newest(name)


def state_of(desk: ControlDesk, name: str, runner: ProcedureRunner) -> dict[str, Any]:
    """Where a procedure that was run is, and what it waits for."""
    cursor, instruction = runner.cursor, runner.instruction
    return {
        "procedure": name, "title": runner.program.title,
        "version": runner.version, "position": cursor.position,
        "of": len(runner.program.instructions), "visit": cursor.visit,
        "path": "" if instruction is None else instruction.path,
        "doing": "" if instruction is None else describe(instruction),
        "phase": cursor.phases[-1].name if cursor.phases else "",
        "entered_ns": cursor.entered_ns, "last_verdict": cursor.last_verdict,
        "ended": cursor.ended, "reason": cursor.reason, **runner.handling.plain(),
    }  # fmt: skip


def _steps(desk: ControlDesk, instructions: tuple[Instruction, ...]) -> list[dict[str, Any]]:
    found = []
    for position, each in enumerate(instructions):
        step = each.step
        hazardous = False
        if isinstance(step, steps.CommandStep):
            entry = desk.control.dictionary.vehicle(step.vehicle).command(step.command)
            hazardous = entry.hazardous
        found.append(
            {
                "position": position, "path": each.path, "file": each.file, "line": each.line,
                "do": str(step.__struct_config__.tag), "what": describe(each),
                "vehicle": _vehicle(each), "phase": each.phase, "label": step.label or "",
                "on_failure": step.on_failure, "hazardous": hazardous,
            }
        )  # fmt: skip
    return found


# ------------------------------------------------------------------------------ in hand


def _or_refused(do: Callable[[], Any]) -> Any:
    try:
        return do()
    except (NotNow, NotSo) as error:
        raise Refused(str(error)) from None


def _handled(
    desk: ControlDesk, name: str | None, do: Callable[[Handling], None]
) -> dict[str, Any]:
    wanted = name or MISSION
    runner = _newest(desk, wanted)
    if runner is None:
        _or_refused(lambda: desk.control.library.shelf(wanted))
        raise Refused(f"{wanted} was never run: allowed is one that runs")
    if runner.cursor.ended:
        raise Refused(f"{wanted} has ended: {runner.cursor.ended} {runner.cursor.reason}".rstrip())
    _or_refused(lambda: do(runner.handling))
    return state_of(desk, wanted, runner)


@handlers.change(controlling.ProcedurePause, roles=HANDLE)
def pause(desk: ControlDesk, asked: Asked, request: controlling.ProcedurePause) -> dict[str, Any]:
    """It stands after the step that it is in."""
    return _handled(desk, request.name, lambda handling: handling.pause(asked.user))


@handlers.change(controlling.ProcedureStep, roles=HANDLE)
def step(desk: ControlDesk, asked: Asked, request: controlling.ProcedureStep) -> dict[str, Any]:
    """It does one step."""
    return _handled(desk, request.name, lambda handling: handling.step(asked.user))


@handlers.change(controlling.ProcedureGo, roles=HANDLE)
def go(desk: ControlDesk, asked: Asked, request: controlling.ProcedureGo) -> dict[str, Any]:
    """It goes on."""
    return _handled(desk, request.name, lambda handling: handling.go(asked.user, request.why))


@handlers.change(controlling.ProcedureRetry, roles=HANDLE)
def retry(desk: ControlDesk, asked: Asked, request: controlling.ProcedureRetry) -> dict[str, Any]:
    """It does a step anew."""
    return _handled(desk, request.name, lambda handling: handling.retry(asked.user))


@handlers.change(controlling.ProcedureStop, roles=HANDLE)
def stop(desk: ControlDesk, asked: Asked, request: controlling.ProcedureStop) -> dict[str, Any]:
    """It ends; with the mission's own the run does."""
    state = _handled(desk, request.name, lambda handling: handling.stop(asked.user, request.why))
    if (request.name or MISSION) == MISSION:
        state["says"] = "the mission's own procedure is stopped, and the run ends with it"
    return state


@handlers.change(controlling.ProcedureJump, roles=HANDLE)
def jump(desk: ControlDesk, asked: Asked, request: controlling.ProcedureJump) -> dict[str, Any]:
    """It goes on at another step."""
    runner = _newest(desk, request.name or MISSION)
    count = 0 if runner is None else len(runner.program.instructions)
    return _handled(
        desk, request.name,
        lambda handling: handling.jump(asked.user, request.step, request.why, count),
    )  # fmt: skip


@handlers.change(controlling.ProcedureAnswer, roles=HANDLE)
def answer(desk: ControlDesk, asked: Asked, request: controlling.ProcedureAnswer) -> dict[str, Any]:
    """A prompt is answered, or a hazardous command approved or refused."""

    def do(handling: Handling) -> None:
        hold = handling.hold
        if hold is not None and hold.kind == "approval" and request.answer == "approve":
            if not desk.people.has(asked, DIRECTOR):
                raise NotNow(f"a hazardous command needs the role {DIRECTOR} to be approved")
            first = handling.state.by
            if desk.people.was_made_by(asked.user, first):
                raise NotNow(f"{asked.user} has roles from {first}: another has to approve")
        handling.answer(asked.user, request.prompt, str(request.answer), request.note)

    return _handled(desk, request.name, do)


@handlers.change(controlling.ProcedurePoll, roles=(OPERATOR, DIRECTOR, ENGINEER))
def poll(desk: ControlDesk, asked: Asked, request: controlling.ProcedurePoll) -> dict[str, Any]:
    """One's own word in a poll."""
    roles = desk.people.roles(asked)
    return _handled(
        desk, request.name,
        lambda handling: handling.vote(
            asked.user, roles, request.poll, request.answer, request.note
        ),
    )  # fmt: skip


# ------------------------------------------------------------------------------- written


@handlers.change(controlling.ProcedureSave, roles=WRITE)
def save(desk: ControlDesk, asked: Asked, request: controlling.ProcedureSave) -> dict[str, Any]:
    """A draft is kept."""
    library = desk.control.library
    done = _or_refused(lambda: library.save(request.name, request.text, asked.user))
    return _written(desk, asked, request.name, "saved", done)


@handlers.change(controlling.ProcedureSubmit, roles=WRITE)
def submit(desk: ControlDesk, asked: Asked, request: controlling.ProcedureSubmit) -> dict[str, Any]:
    """A draft is to be reviewed."""
    done = _or_refused(lambda: desk.control.library.submit(request.name, asked.user))
    return _written(desk, asked, request.name, "submitted", done)


@handlers.change(controlling.ProcedureApprove, roles=(DIRECTOR,))
def approve(
    desk: ControlDesk, asked: Asked, request: controlling.ProcedureApprove
) -> dict[str, Any]:
    """Another person approves it."""
    library = desk.control.library
    draft = _or_refused(lambda: library.shelf(request.name)).draft
    for hand in [] if draft is None else draft.hands:
        if desk.people.was_made_by(asked.user, hand):
            raise Refused(f"{asked.user} has roles from {hand}: another person has to approve")
    done = _or_refused(
        lambda: library.approve(request.name, request.version, asked.user, request.note)
    )
    return _written(desk, asked, request.name, "approved", done)


def _written(desk: ControlDesk, asked: Asked, name: str, what: str, version: Any) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(version)
    del plain["text"]
    desk.journal.add("proc", what, who=asked.user, data={"procedure": name, **plain})
    return {"name": name, **plain}


@handlers.change(controlling.ProcedureRun, roles=HANDLE)
def run(desk: ControlDesk, asked: Asked, request: controlling.ProcedureRun) -> dict[str, Any]:
    """An approved one is run; the mission's own is taken in hand."""
    control = desk.control
    if request.name == MISSION:
        return _handled(desk, MISSION, lambda handling: handling.attend(asked.user))
    _or_refused(lambda: control.side_procedures.start(request.name, asked.user))
    runner = _newest(desk, request.name)
    assert runner is not None
    return state_of(desk, request.name, runner)
