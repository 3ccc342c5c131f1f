"""An adapter that raises, hangs, crashes, floods or answers nonsense: its device is lost, and
nothing else. Each is a process of its own below the bench process.
"""

import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.icd.codec import pack
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from ground.cli import main
from sim_hw.bench.adapters.process import Told
from sim_hw.bench.guard import GuardRules
from sim_hw.bench.port import BenchProcess
from sim_hw.bench.wanted import Wanted
from tests.sim_hw.bench.adapters.bad import install
from tests.sim_hw.bench.adapters.desks import written

pytestmark = pytest.mark.processes

GOOD, BAD = "perseverance.wheels", "rover.wheels"
RULES = GuardRules(("drive", "turn"))
LOST = {
    "raises": "its adapter has failed: ZeroDivisionError: of its own",
    "hangs": "its adapter has failed: it has not come back for 0.4 s",
    "hangs with the interpreter": "has said nothing",
    "crashes": "its adapter has failed: its process was ended by signal 11",
    "exits": "its adapter has failed: RuntimeError: SystemExit: 0",
    "floods": "says more than 2000 things a second",
    "nonsense": "its adapter has failed: state answered nonsense",
}


def device(service: str, does: str, *, silence: float = 1.0, longest: float = 0.8) -> Any:
    wanted = Wanted(service, "Wheels", interface_hash(Wheels), serial="SN1", silence=silence)
    interface = f"{Wheels.__module__}:Wheels"
    told = Told("desk_motor", interface, "desk", "/", {"does": does}, longest, silence)
    return {"wanted": vars(wanted), "address": "desk", "rules": RULES, "adapter": told}


class Run:
    """What a run does with a bench of two adapters, a good one and a bad one."""

    def __init__(self, does: str) -> None:
        devices = [device(GOOD, "right"), device(BAD, does, longest=0.4)]
        self.process = BenchProcess(msgspec.to_builtins({"devices": devices}))
        self.told: list[list[Any]] = []
        self.number = 0

    def until(self, what: Any, seconds: float = 20.0) -> list[Any]:
        """The first that it tells, or has told, of which `what` is true."""
        end = time.monotonic() + seconds
        seen = 0
        while time.monotonic() < end and not self.process.gone:
            found = self.process.take(0.1)
            self.process.say_alive(0)
            if found is not None:
                self.told.append(found)
            for each in self.told[seen:]:
                seen += 1
                if what(each):
                    return each
        raise AssertionError(f"never told: {[each[:4] for each in self.told[-6:]]}")

    def state(self, service: str, state: str) -> list[Any]:
        return self.until(lambda each: each[:3] == ["state", service, state])

    def ask(self, service: str, method: str, **arguments: float) -> list[Any]:
        """The answer of a call: result, error, reason."""
        self.number += 1
        self.process.send(pack(["call", service, self.number, method, arguments, 5.0, 5.0]))
        number = self.number
        return self.until(lambda each: each[0] == "reply" and each[2] == number)[3:6]


def show(does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path / "site", monkeypatch)
    run = Run(does)
    try:
        for service in (GOOD, BAD):
            run.state(service, "armed")
        result, error, reason = run.ask(BAD, "state")
        words = run.state(BAD, "lost")[3]
        if does == "floods":  # the answer may come first, and what its numbers say as well
            assert error in ("", "lost") and (LOST[does] in words or "has restarted" in words)
        else:
            assert (result, error) == (None, "lost") and LOST[does] in reason
            assert LOST[does] in words
        assert run.ask(GOOD, "drive", distance=0.1)[0]["distance"] == 0.1
        again = run.until(lambda each: each[:3] == ["state", BAD, "armed"] and each[4] == 2)
        assert again[4] == 2  # a process of its own again, which is a new boot
        lost = [each[1] for each in run.told if each[:1] == ["state"] and each[2] == "lost"]
        assert GOOD not in lost
    finally:
        run.process.close()


@pytest.mark.requirement("HIL-07")
def test_one_that_hangs_is_lost_and_comes_back_in_a_new_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show("hangs", tmp_path, monkeypatch)


@pytest.mark.check
@pytest.mark.requirement("HIL-07")
@pytest.mark.parametrize("does", sorted(set(LOST) - {"hangs"}))
def test_one_that_is_bad_in_another_way_is_lost_and_nothing_else(
    does: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    show(does, tmp_path, monkeypatch)


@pytest.mark.check
def test_one_that_does_not_open_tells_why_and_another_than_is_wanted_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch)
    for does, state, words in (
        ("raises at opening", "absent", "desk_motor desk: there is nobody at the desk"),
        ("is another", "refused", "its serial is SN9; the bench file wants SN1"),
    ):
        run = Run(does)
        try:
            assert run.state(BAD, state)[3].startswith(words)
            run.state(GOOD, "armed")
        finally:
            run.process.close()


@pytest.mark.check
def test_an_adapter_is_checked_as_a_device_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the same kit, in the process that it has on a bench."""
    install(tmp_path / "site", monkeypatch)
    rates = "".join(
        f"  {name}: {{value: 1.2, unit: {unit}, source: test}}\n"
        for name, unit in (("drive", "m/s"), ("turn", "rad/s"))
    )
    for does, code, fails in (("right", 0, False), ("nonsense", 1, True)):
        more = f"map: {{does: {does}}}\nrates:\n{rates}"
        file = written(tmp_path, BAD, "Wheels", "desk_motor", "desk", more)
        assert main(["hil", "check", str(file), BAD]) == code
        said = capsys.readouterr().out
        assert ("FAIL" in said) is fails and " passed" in said, said
    assert main(["hil", "check", str(file), "rover.wings"]) == 2
    assert "allowed is one of rover.wheels" in capsys.readouterr().err
