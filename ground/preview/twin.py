"""A twin: the mission of a run, flown beside it by its inputs alone.

It knows what the operators know. It is flown by another seed, so that it has none of the run's own
chance, and without what is broken there: failures of the mission file, faults, deaths, and whatever
a trainer has asked for. What the run's vehicles have told is compared with what its own have told;
nothing else of the run is looked at but its record of inputs.
"""

import contextlib
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.astrodynamics.time_scales import format_iso, utc_from_tt
from flight.configuration.files import ConfigurationError
from flight.runtime.forking import BranchFailed, BranchLate, CannotBranch, branch
from flight.runtime.loop import NANOSECONDS
from flight.runtime.throttled_loop import Input
from ground.api import reads
from ground.api.fields import Read
from ground.api.training import TRAINING_NAMES
from ground.mission_control import Asked
from ground.missions.mission import LoadedMission, load_mission
from ground.preview.agreement import Agreement, Row
from ground.preview.bands import load_twin_file
from ground.preview.flown import all_over, commands_since, told_of
from ground.preview.held import Held
from ground.preview.lockstep import Lockstep
from ground.preview.twin_loop import TwinLoop
from ground.testbed.fly import fly
from ground.testbed.host import Boot, Setting
from ground.testbed.hosts.throttled import Throttled, ThrottledHost
from ground.testbed.record.session import Session, read_session
from ground.testbed.run import RunOptions

OTHER_CHANCE = 1_000_003
"""What is added to a run's seed, once or more: any other number than nothing."""
SLICE = 600 * NANOSECONDS
"""Mission time between looks whether all is over."""
CLOSE_LOOK = 20 * NANOSECONDS
"""The same while something waits for what is told: a pass takes minutes."""
SPARE = 2.0  # wall seconds for what is told after the time limit
TWIN = Asked("twin", "twin", ())


class CannotFollow(RuntimeError):
    """There can be no twin of this run; the text says why."""


def mission_of(session: Session) -> LoadedMission:
    """What is flown, with nothing broken. Raises ConfigurationError, CannotFollow."""
    head = session.head
    if head.bench:
        raise CannotFollow("devices of this run are real: nobody knows what they will do")
    mission = load_mission(session.mission)
    Throttled(session=session, serve=False).check(mission)
    whole = msgspec.structs.replace(mission.mission, failures=[])
    return msgspec.structs.replace(mission, mission=whole)


def known_to_operators(each: Input) -> bool:
    """Whether an input is one of those that who operates knows of."""
    data = each.data
    if data.get("type") == "request":
        return data["request"].get("do") not in TRAINING_NAMES
    return data.get("type") == "command"


class Twin:
    """Of the run of a folder. `orders` are read, and answered, a line of JSON each. Raises
    ConfigurationError, CannotFollow. `chance`: from 1; each is another."""

    def __init__(self, run_folder: Path, orders: Any, answers: Any, chance: int = 1) -> None:
        self._chance = chance
        self._run_folder = run_folder
        self._orders, self._answers = orders, answers
        self._session = read_session(run_folder)
        self._taken = 0
        self._file = load_twin_file()
        self._mission = mission_of(self._session)
        self._agreement = Agreement(self._file, self._utc)
        patience_ns = round(self._file.patience * SOL_SECONDS * NANOSECONDS)
        self._lockstep = Lockstep(lambda: self._loop.time_ns(), patience_ns)
        self._loop = TwinLoop(self._serve, self._lockstep.may_take, self._as_here)
        self._host: ThrottledHost
        self._asked: dict[str, Any] | None = None
        self._known: tuple[list[Row], dict[str, Any]] = [], {}

    def fly(self, folder: Path) -> None:
        """Flies along until nobody orders any more, or its mission has ended."""
        twin = self

        class Host(ThrottledHost):
            async def __aenter__(self) -> Any:
                twin._host = self
                return await super().__aenter__()

            def _begin_ground(self, boot: Boot) -> None:
                super()._begin_ground(boot)
                twin._lockstep.join(self.mission_control())

        class Kind(Throttled):
            def loop(self) -> TwinLoop:
                return twin._loop

            def open(self, setting: Setting, happenings: Any) -> ThrottledHost:
                return Host(setting, happenings, self)

        options = RunOptions(self._session.head.seed + self._chance * OTHER_CHANCE)
        fly(self._mission, folder, options, Kind(in_memory=True, serve=False))

    # ------------------------------------------------------------------ orders

    def _serve(self) -> None:
        """It stands where it was told to fly to: says how it is there, and takes the next order."""
        if self._asked is not None:
            asked, self._asked = self._asked, None
            if asked["rows"] is not None:  # else it is on its way to where the run is
                self._known = asked["rows"], asked["tubes"]
                self._compare(self._agreement)
            self._say({"at_ns": self._loop.time_ns(), "differs": self._agreement.why_not()})
        line = self._orders.readline()
        if not line:
            raise SystemExit(0)  # who ordered has gone
        order = json.loads(line)
        if order["do"] == "follow":
            steps = (tuple(each) for each in order.get("steps", ()))
            self._lockstep.told(steps, order.get("ends", ()))
            self._loop.follow(int(order["until_ns"]), self._new_inputs())
            self._asked = order
        else:
            self._say(self._preview(order["items"], bool(order.get("at_last", True))))

    def _utc(self, time_ns: int) -> str:
        zero = datetime.fromisoformat(format_iso(utc_from_tt(self._mission.epoch_jd_tt)))
        when = zero + timedelta(seconds=time_ns / NANOSECONDS)
        return f"{when:%Y-%m-%d %H:%M:%S} UTC"

    def _wall(self) -> float:
        return self._loop.outside.now()

    def _say(self, plain: dict[str, Any]) -> None:
        self._answers.write(json.dumps(plain) + "\n")
        self._answers.flush()

    def _new_inputs(self) -> list[Input]:
        session = read_session(self._run_folder)
        if session.head != self._session.head:
            raise CannotFollow("another run has begun in this folder")
        new = session.inputs[self._taken :]
        self._taken = len(session.inputs)
        return [each for each in new if known_to_operators(each)]

    def _as_here(self, data: Any) -> Any:
        """What was asked of the run. Who approved has read what was staged there; the same has
        another hash here, for it assumes another mode, or leaves by another pass."""
        request = data.get("request") or {}
        if request.get("do") != "approve":
            return data
        stack = (self._ask(reads.Snapshot(("stack",))) or {}).get("stack", ())
        hashes = {each["stage"]: each["hash"] for each in stack}
        read = hashes.get(request["stage"]) or request["hash"]
        return {**data, "request": {**request, "hash": read}}

    def _compare(self, agreement: Agreement) -> None:
        """Compares what is known of the run with what the twin has told by now."""
        told, custody = self._ask(reads.Values()), self._ask(reads.Custody())
        if told is None or custody is None:
            return  # its mission control is down, as it may be
        twins_tubes = {each["id"]: each["place"] for each in custody["tubes"]}
        rows, tubes = self._known
        agreement.compare(self._loop.time_ns(), rows, told["values"], tubes, twins_tubes)

    def _ask(self, request: Read) -> dict[str, Any] | None:
        service = self._host.service
        if service is None:
            return None
        answer = service.read(TWIN, request)
        return answer.result if answer.ok else None

    # ----------------------------------------------------------------- preview

    def _preview(self, items: list[dict[str, Any]], at_last: bool) -> dict[str, Any]:
        """Flies commands in a copy of this process; the twin itself stays as it is."""
        concerned = self._file.concerned(items)
        waits = self._file.waits_at_last if at_last else self._file.waits
        started = self._wall()
        limit = self._file.time_limit
        try:
            flown = branch(self._loop, lambda: self._flown(items, concerned, waits))
            result = json.loads(flown.result(limit + SPARE))
        except BranchLate:
            return {"ok": False, "refused": f"the twin needs more than {limit:g} s for that"}
        except (BranchFailed, CannotBranch) as error:
            return {"ok": False, "refused": f"the twin cannot fly that: {error}"}
        if "refused" in result:
            return {"ok": False, **result}
        return {"ok": True, "result": {**result, "wall_s": self._wall() - started}}

    def _flown(
        self, items: list[dict[str, Any]], concerned: frozenset[str], waits: float
    ) -> bytes:
        """In the copy: what became of the commands."""
        loop, asked_ns = self._loop, self._loop.time_ns()
        limit = self._wall() + self._file.time_limit
        agreement = self._come_together(concerned, waits, limit)
        why = agreement.why_not(concerned)
        if why:
            words = f"{why}; what it would do says nothing of the run"
            return json.dumps({"refused": words, "differs": True}).encode()
        begin_ns = loop.time_ns()
        self._lockstep.is_open = True
        known = frozenset(each["identifier"] for each in commands_since(self._ask))
        waits_ns = round(self._session.head.condition_sols * SOL_SECONDS * NANOSECONDS)
        held = Held(
            self._host.mission_control(), self._mission.vehicles, items, begin_ns, waits_ns
        )
        horizon = begin_ns + round(self._file.horizon * SOL_SECONDS * NANOSECONDS)
        over: list[str] = []
        loop.stand()

        def look() -> None:
            commands = commands_since(self._ask, known)
            held.look(loop.time_ns(), commands)
            if not held.is_waiting and commands and all_over(commands_since(self._ask, known)):
                over.append("over")
            elif not held.is_waiting and not any(each.identifiers for each in held.items):
                over.append("over")  # nothing of them is issued at all
            elif loop.time_ns() >= horizon:
                over.append("horizon")
            elif self._wall() > limit:
                over.append("time")
            else:
                step = CLOSE_LOOK if held.is_waiting else SLICE
                loop.until_ns = min(horizon, loop.time_ns() + step)

        loop.stands = look
        try:
            loop.go_on(until=lambda: bool(over))
        except RuntimeError:
            over.append("ended")  # the mission itself came to its end
        commands = commands_since(self._ask, known)
        became = [(each.identifiers, each.why_not) for each in held.items]
        told = told_of(self._ask, items, became, commands, begin_ns, loop.time_ns())
        waited_ns = begin_ns - asked_ns
        cautions = [*_late(waited_ns), *agreement.cautions(concerned)]
        told |= {"ended_by": over[0], "waited_ns": waited_ns, "cautions": cautions}
        return json.dumps(told, default=str).encode()

    def _come_together(
        self, concerned: frozenset[str], waits: float, limit: float
    ) -> Agreement:
        """In the copy: flies on until what is concerned is as the run has told it, for so many sols
        at most; how they agree in the end."""
        loop, agreement = self._loop, self._agreement
        horizon = loop.time_ns() + round(waits * SOL_SECONDS * NANOSECONDS)
        first = agreement
        while agreement.why_not(concerned):
            if loop.time_ns() >= horizon or self._wall() > limit:
                return first  # since when they differ, it knows
            if not self._fly_to(min(horizon, loop.time_ns() + SLICE)):
                return first
            agreement = Agreement(self._file, self._utc)
            self._compare(agreement)
        return agreement

    def _fly_to(self, until_ns: int) -> bool:
        """In the copy: flies on to an instant; whether it came there before its mission ended."""
        there: list[bool] = []
        self._loop.until_ns = until_ns
        self._loop.stands = lambda: there.append(True)
        with contextlib.suppress(RuntimeError):  # the mission itself came to its end
            self._loop.go_on(until=lambda: bool(there))
        return bool(there)


def _late(waited_ns: int) -> list[str]:
    """That a twin was behind, in words."""
    hours = waited_ns / NANOSECONDS / 3600.0
    behind = f"the twin was behind, and flew on for {hours:.1f} h to be where the vehicles are"
    return [f"{behind}: what it tells is later by that"] if waited_ns else []


def main(words: list[str]) -> int:
    """`python -m ground.preview RUN_FOLDER FOLDER [CHANCE]`: follows a run; FOLDER is for its own
    files."""
    run_folder, folder = map(Path, words[:2])
    chance = int(words[2]) if words[2:] else 1
    answers, sys.stdout = sys.stdout, sys.stderr  # nobody else writes between the answers
    try:
        Twin(run_folder, sys.stdin, answers, chance).fly(folder)
    except (ConfigurationError, CannotFollow) as error:
        answers.write(json.dumps({"ok": False, "refused": str(error)}) + "\n")
        answers.flush()
        return 2
    return 0
