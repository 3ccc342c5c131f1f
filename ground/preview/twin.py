"""A twin: the mission of a run, flown beside it by its inputs alone.

It knows what the operators know. It is flown by another seed, so that it has none of the run's own
chance, and without what is broken there: failures of the mission file, faults, deaths, and whatever
a trainer has asked for. What the run's vehicles have told is compared with what its own have told;
nothing else of the run is looked at but its record of inputs.
"""

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
from ground.preview.agreement import Agreement
from ground.preview.bands import load_twin_file
from ground.preview.flown import PREVIEW, all_over, commands_since, told_of
from ground.preview.twin_loop import TwinLoop
from ground.testbed.host import Setting
from ground.testbed.inputs import CommandInput
from ground.testbed.run import RunOptions, fly
from ground.testbed.session import Session, read_session
from ground.testbed.throttled_host import Throttled, ThrottledHost

OTHER_CHANCE = 1_000_003
"""What is added to a run's seed: any other number than nothing."""
SLICE = 600 * NANOSECONDS
"""Mission time between looks whether all is over."""
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
    ConfigurationError, CannotFollow."""

    def __init__(self, run_folder: Path, orders: Any, answers: Any) -> None:
        self._run_folder = run_folder
        self._orders, self._answers = orders, answers
        self._session = read_session(run_folder)
        self._taken = 0
        self._file = load_twin_file()
        self._mission = mission_of(self._session)
        self._agreement = Agreement(self._file, self._utc)
        self._loop = TwinLoop(self._serve)
        self._host: ThrottledHost
        self._asked: dict[str, Any] | None = None

    def fly(self, folder: Path) -> None:
        """Flies along until nobody orders any more, or its mission has ended."""
        twin = self

        class Host(ThrottledHost):
            async def __aenter__(self) -> Any:
                twin._host = self
                return await super().__aenter__()

        class Kind(Throttled):
            def loop(self) -> TwinLoop:
                return twin._loop

            def open(self, setting: Setting, happenings: Any) -> ThrottledHost:
                return Host(setting, happenings, self)

        options = RunOptions(self._session.head.seed + OTHER_CHANCE)
        fly(self._mission, folder, options, Kind(in_memory=True, serve=False))

    # ------------------------------------------------------------------ orders

    def _serve(self) -> None:
        """It stands where it was told to fly to: says how it is there, and takes the next order."""
        if self._asked is not None:
            asked, self._asked = self._asked, None
            if asked["rows"] is not None:  # else it is on its way to where the run is
                self._compare(asked)
            self._say({"at_ns": self._loop.time_ns(), "differs": self._agreement.why_not()})
        line = self._orders.readline()
        if not line:
            raise SystemExit(0)  # who ordered has gone
        order = json.loads(line)
        if order["do"] == "follow":
            self._loop.follow(int(order["until_ns"]), self._new_inputs())
            self._asked = order
        else:
            self._say(self._preview(order["items"]))

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

    def _compare(self, asked: dict[str, Any]) -> None:
        told, custody = self._ask(reads.Values()), self._ask(reads.Custody())
        if told is None or custody is None:
            return  # its mission control is down, as it may be
        tubes = {each["id"]: each["place"] for each in custody["tubes"]}
        self._agreement.compare(
            self._loop.time_ns(), asked["rows"], told["values"], asked["tubes"], tubes
        )

    def _ask(self, request: Read) -> dict[str, Any] | None:
        service = self._host.service
        if service is None:
            return None
        answer = service.read(TWIN, request)
        return answer.result if answer.ok else None

    # ----------------------------------------------------------------- preview

    def _preview(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        """Flies commands in a copy of this process; the twin itself stays as it is."""
        why = self._agreement.why_not()
        if why:
            return {"ok": False, "refused": f"{why}; what it would do says nothing of the run"}
        started = self._wall()
        limit = self._file.time_limit
        try:
            flown = branch(self._loop, lambda: self._flown(items)).result(limit + SPARE)
        except BranchLate:
            return {"ok": False, "refused": f"the twin needs more than {limit:g} s for that"}
        except (BranchFailed, CannotBranch) as error:
            return {"ok": False, "refused": f"the twin cannot fly that: {error}"}
        result = json.loads(flown)
        return {"ok": True, "result": {**result, "wall_s": self._wall() - started}}

    def _flown(self, items: list[dict[str, Any]]) -> bytes:
        """In the copy: what became of the commands."""
        loop, begin_ns = self._loop, self._loop.time_ns()
        known = frozenset(each["identifier"] for each in commands_since(self._ask))
        horizon = begin_ns + round(self._file.horizon * SOL_SECONDS * NANOSECONDS)
        limit = self._wall() + self._file.time_limit
        over: list[str] = []
        loop.stand()

        def look() -> None:
            if all_over(commands_since(self._ask, known), len(items)):
                over.append("over")
            elif loop.time_ns() >= horizon:
                over.append("horizon")
            elif self._wall() > limit:
                over.append("time")
            else:
                loop.until_ns = min(horizon, loop.time_ns() + SLICE)

        for item in items:
            given = CommandInput(
                item["vehicle"], item["command"], PREVIEW, item["arguments"],
                item.get("lifetime", 600.0),
            )  # fmt: skip
            loop.put(msgspec.to_builtins(given))
        loop.stands = look
        try:
            loop.go_on(until=lambda: bool(over))
        except RuntimeError:
            over.append("ended")  # the mission itself came to its end
        commands = commands_since(self._ask, known)
        told = told_of(self._ask, items, commands, begin_ns, loop.time_ns())
        return json.dumps({**told, "ended_by": over[0]}, default=str).encode()


def main(words: list[str]) -> int:
    """`python -m ground.preview RUN_FOLDER FOLDER`: follows a run; FOLDER is for its own files."""
    run_folder, folder = map(Path, words)
    answers, sys.stdout = sys.stdout, sys.stderr  # nobody else writes between the answers
    try:
        Twin(run_folder, sys.stdin, answers).fly(folder)
    except (ConfigurationError, CannotFollow) as error:
        answers.write(json.dumps({"ok": False, "refused": str(error)}) + "\n")
        answers.flush()
        return 2
    return 0
