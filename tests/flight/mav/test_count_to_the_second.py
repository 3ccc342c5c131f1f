"""The count to the second, and what is felt and told of a launch: figures at their limits."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.activities import ActivityFailed
from flight.icd.devices.base import DeviceFault
from flight.icd.exchanges import Permission
from flight.mav import countdown
from flight.mav.abort import Watch, suborbital
from flight.mav.acting import Asked, Fall, in_tube, is_there
from flight.mav.countdown import Launch, count_down, prepare_launch

PLAN = SimpleNamespace(second=SimpleNamespace(ignition=1100.0), launch=600.0)


class Counting:
    """A vehicle that counts, and notes what it does when; what fails the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.parameters = {"count_length": 600.0, "alignment_time": 120.0, "hold_look": 30.0}
        self.clock = SimpleNamespace(now=lambda: asyncio.get_running_loop().time())
        self.state_of_charge: float | None = 0.9
        self.did: list[Any] = []
        self.problems: list[list[str]] = []
        self.not_aligned: list[Exception] = []
        self.not_planned: list[Exception] = []
        self.computer: Any = None
        self.ascent_recorder = SimpleNamespace(erase=self._noted("erase"))
        self.settings = SimpleNamespace(pad="pad")
        monkeypatch.setattr(countdown, "_settings", lambda node: self.settings)
        monkeypatch.setattr(countdown, "checks", self._checks)
        monkeypatch.setattr(countdown, "alignment", self._align)
        monkeypatch.setattr(countdown, "plan_ascent", self._plan)
        monkeypatch.setattr(countdown, "run_checks", self._noted("self-test"))
        monkeypatch.setattr(countdown, "from_pad", lambda *given: ("navigation", *given))
        monkeypatch.setattr(countdown, "AscentComputer", lambda *given: given)

    def note(self, *what: Any) -> None:
        self.did.append((self.clock.now(), *what))

    def _noted(self, what: str) -> Any:
        async def call(*given: Any) -> None:
            self.note(what)

        return call

    async def _checks(self, node: Any) -> list[str]:
        self.note("checks")
        return self.problems.pop(0) if self.problems else []

    async def _align(self, node: Any, settings: Any) -> Any:
        self.note("align")
        await asyncio.sleep(120.0)
        if self.not_aligned:
            raise self.not_aligned.pop()
        return SimpleNamespace(time=self.clock.now())

    def _plan(self, settings: Any, launch: float) -> Any:
        self.note("plan", launch)
        if self.not_planned:
            raise self.not_planned.pop()
        return PLAN

    def count_resumed(self, seconds: int) -> None:
        self.note("resumed", seconds)

    def count_held(self, reason: str) -> None:
        self.note("held", reason)

    def progress(self, phase: str) -> None:
        self.note(phase)

    def clear_ascent(self) -> None:
        self.note("cleared")


@pytest.fixture
def node(monkeypatch: pytest.MonkeyPatch) -> Any:
    return Counting(monkeypatch)


def told(**given: float) -> Any:
    return SimpleNamespace(given=lambda kind: Launch(**given))


def final(launch: float) -> list[Any]:
    """What is done in the last 140 s before a launch."""
    return [
        (launch - 140.0, "resumed", 140), (launch - 140.0, "align"),
        (launch - 20.0, "plan", launch), (launch - 10.0, "checks"),
    ]  # fmt: skip


async def test_a_count_looks_twice_aligns_plans_and_ends_at_the_instant(node: Any) -> None:
    assert (await count_down(node, told())).name == "liftoff"
    assert node.did == [(0.0, "checks"), *final(600.0)]
    assert node.clock.now() == 600.0
    navigation = ("navigation", "pad", SimpleNamespace(time=580.0), 600.0)
    assert node.computer == (node.settings, PLAN, navigation)


async def test_a_launch_time_is_waited_for(node: Any) -> None:
    await count_down(node, told(time=2000.0))
    assert node.did == [(1400.0, "checks"), *final(2000.0)] and node.clock.now() == 2000.0


@pytest.mark.parametrize(("window", "goes"), [(40.0, True), (39.99, False)])
async def test_a_launch_is_not_before_it_can_be_and_not_after_its_window(
    node: Any, window: float, goes: bool
) -> None:
    if goes:
        await count_down(node, told(time=100.0, window=window))
        assert node.clock.now() == 140.0 and node.did[:2] == [
            (0.0, "checks"),
            (0.0, "resumed", 140),
        ]
    else:
        with pytest.raises(ActivityFailed, match=r"closed at 140 s .* launch is at 140 s"):
            await count_down(node, told(time=100.0, window=window))
        assert node.did == [] and node.computer is None


async def test_a_problem_at_the_first_look_holds_and_costs_no_launch_time(node: Any) -> None:
    node.problems = [["cold", "dark"]]
    await count_down(node, told())
    assert node.did[:3] == [(0.0, "checks"), (0.0, "held", "cold; dark"), (30.0, "checks")]
    assert node.did[3:] == final(600.0) and node.clock.now() == 600.0


HELD = [(0.0, "checks"), *final(600.0), (590.0, "held", "cold")]


async def test_a_problem_at_the_last_look_that_passes_soon_costs_no_alignment(node: Any) -> None:
    node.problems = [[], ["cold"]]
    await count_down(node, told(window=40.0))
    assert node.did == [
        *HELD, (620.0, "checks"), (620.0, "resumed", 20), (620.0, "plan", 640.0),
        (630.0, "checks"),
    ]  # fmt: skip
    assert node.clock.now() == 640.0, "within a window that no alignment would have met"
    assert node.computer[2] == ("navigation", "pad", SimpleNamespace(time=580.0), 640.0)


@pytest.mark.parametrize(("look", "launch"), [(90.0, 700.0), (90.1, 820.1)])
async def test_an_alignment_holds_as_long_as_it_took_and_no_longer(
    node: Any, look: float, launch: float
) -> None:
    node.parameters["hold_look"] = look
    node.problems = [[], ["cold"]]
    await count_down(node, told())
    assert node.clock.now() == pytest.approx(launch)
    assert sum(what == "align" for _, what, *_ in node.did) == (1 if launch == 700.0 else 2)


async def test_holds_do_not_make_an_alignment_younger(node: Any) -> None:
    node.problems = [[], ["cold"], ["cold"], ["cold"], ["cold"]]
    await count_down(node, told())
    assert node.did[: len(HELD)] == HELD
    assert sum(what == "align" for _, what, *_ in node.did) == 2
    assert node.clock.now() == pytest.approx(850.0)


@pytest.mark.parametrize("which", ["not_aligned", "not_planned"])
async def test_what_cannot_be_aligned_or_planned_holds_the_count(node: Any, which: str) -> None:
    error: Exception = ActivityFailed("shaken") if which == "not_aligned" else ValueError("shaken")
    setattr(node, which, [error])
    await count_down(node, told())
    assert (580.0, "held", "shaken") in node.did
    assert node.clock.now() == (750.0 if which == "not_aligned" else 630.0)
    node.did.clear()
    setattr(node, which, [error] * 9)
    with pytest.raises(ActivityFailed, match="scrubbed"):
        await count_down(node, told(time=800.0, window=200.0))


async def test_a_rehearsal_plans_for_the_end_of_a_count_and_empties_the_recorder(
    node: Any,
) -> None:
    signal = await prepare_launch(node, None)  # type: ignore[arg-type]
    assert signal.name == "done"
    assert signal.data == {"result": "prepared; second burn planned 500 s after launch"}
    assert node.did == [
        (0.0, "checks"), (0.0, "aligning"), (0.0, "align"), (120.0, "plan", 720.0),
        (120.0, "erase"), (120.0, "cleared"),
    ]  # fmt: skip
    node.did.clear()
    node.state_of_charge = None
    node.problems = [["cold", "dark"]]
    with pytest.raises(ActivityFailed, match="not prepared: cold; dark"):
        await prepare_launch(node, None)  # type: ignore[arg-type]
    assert [what[1] for what in node.did] == ["self-test", "checks"]
    node.not_planned = [ValueError("too heavy")]
    with pytest.raises(ActivityFailed, match="no ascent can be planned: too heavy"):
        await prepare_launch(node, None)  # type: ignore[arg-type]
    assert "erase" not in [what[1] for what in node.did]


async def test_the_nozzle_swings_a_degree_to_each_side_and_the_lander_has_3_s_twice() -> None:
    steered: list[Any] = []
    asked: list[Any] = []

    async def steer(*given: Any) -> Any:
        steered.append(given)
        return SimpleNamespace(valid=True, pitch=given[0], yaw=given[1], gas=1.0)

    async def ask(*given: Any, timeout: float, attempts: int) -> Permission:
        asked.append((given[0], timeout, attempts))
        return Permission(True)

    part: Any = SimpleNamespace(
        effectors=SimpleNamespace(steer=steer), exchanges=SimpleNamespace(ask=ask)
    )
    assert await countdown._helm(part) == [] and await countdown._permission(part) == []
    degree, still = math.radians(1.0), (0.0, 0.0, 0.0)
    assert steered == [
        (angle, -angle, still, 0.0) for angle in (degree, degree, -degree, -degree, 0.0, 0.0)
    ]
    assert asked == [("lander", 3.0, 2)]


# --------------------------------------------------------------- what is felt


def test_an_angle_is_told_at_a_tenth_of_a_second_wherever_it_begins() -> None:
    said: list[float] = []
    first = SimpleNamespace(pressure_limit=400.0)
    flight: Any = SimpleNamespace(
        parameters={"largest_angle_of_attack": 4.0}, settings=SimpleNamespace(first=first),
        dynamic_pressure=500.0, angle_of_attack=math.radians(5.0), wanted=(1.0, 0.0, 0.0),
        navigation=SimpleNamespace(time=0.0, direction=lambda: (1.0, 0.0, 0.0)),
        angle_of_attack_exceeded=lambda **data: said.append(flight.navigation.time),
    )  # fmt: skip
    flight.computer = flight
    for times, when in (((0.0, 0.1), [0.1]), ((40.0, 40.09), []), ((40.0, 40.11), [40.11])):
        watch, said[:] = Watch(flight), []
        for flight.navigation.time in times:
            watch.look()
        assert said == when


def test_who_escapes_is_not_suborbital() -> None:
    for speed in (4900.0, 6000.0):
        computer: Any = SimpleNamespace(
            navigation=SimpleNamespace(position=(4.0e6, 0.0, 0.0), velocity=(speed, 0.0, 0.0))
        )
        assert suborbital(computer, 1e9) is False
    edge: Any = SimpleNamespace(
        navigation=SimpleNamespace(position=(3.43e6, 0.0, 0.0), velocity=(0.0, 3000.0, 0.0))
    )
    assert suborbital(edge, 1e9) is False


def test_a_fall_is_felt_three_times_in_a_row_below_a_limit_and_not_blindly() -> None:
    navigation = SimpleNamespace(acceleration=(0.0, 0.0, 1.4999))
    fall = Fall(SimpleNamespace(navigation=navigation))  # type: ignore[arg-type]
    assert [fall.felt(blind) for blind in (False, False, True, False, False)] == [False] * 5
    assert fall.felt(False) and fall.felt(False)
    navigation.acceleration = (0.0, 1.5, 0.0)
    assert [fall.felt(False) for _ in range(4)] == [False] * 4


async def test_an_answer_is_no_evidence_and_no_answer_is_none() -> None:
    troubles: list[str] = []
    host: Any = SimpleNamespace(device_trouble=lambda reason: troubles.append(reason))
    asked = Asked(host, "eject")
    assert not asked.is_acknowledged and asked.code == ""

    async def answers() -> Any:
        return SimpleNamespace(valid=True, in_tube=False, container=True)

    async def fails() -> Any:
        raise DeviceFault("stuck", "it stays")

    await asked.wait(answers)
    assert asked.is_acknowledged and in_tube(asked) is False and is_there(asked, "container")
    asked.answer.valid = False
    assert in_tube(asked) is None and is_there(asked, "container") is None
    assert in_tube(None) is None
    failed = Asked(host, "eject")
    await failed.wait(fails)
    assert not failed.is_acknowledged and failed.code == "stuck" and len(troubles) == 1
    assert in_tube(failed) is None and is_there(failed, "container") is None
