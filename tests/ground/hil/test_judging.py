"""What a device did and did not do, as the probes of a check judge it: each limit by itself."""

import asyncio
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault, DeviceRejected, DeviceTimeout
from flight.icd.devices.mobility import Wheels
from ground.hil import judging
from ground.hil.conformance import Broken, Session, Slow
from ground.hil.motions import motions_of
from sim_hw.bench.wire.payloads import DeviceSaid


class Client:
    """Answers a call as the test says."""

    last_number = 7

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[Any] = []

    def _next(self) -> Any:
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found

    async def call(self, method: str, arguments: Any, *, limit: float) -> Any:
        self.asked.append((method, arguments, limit))
        return self._next()

    async def ask(self, number: int, method: str, arguments: Any, *, limit: float) -> Any:
        self.asked.append((number, method, arguments, limit))
        return self._next()

    async def own(self, name: str, **more: Any) -> Any:
        self.asked.append((name, more))
        return self._next()


def session(*answers: Any, codes: frozenset[str] = frozenset(("safe", "jam"))) -> Any:
    return Session(Client(*answers), codes)  # type: ignore[arg-type]


def effect(at: Any, number: int = 1, **data: Any) -> None:
    now = asyncio.get_running_loop().time()
    said = DeviceSaid("effect", {"number": number, **data})  # type: ignore[call-arg]
    at.said.append((now, said))


def later(at: Any, seconds: float, number: int = 1, **data: Any) -> None:
    loop = asyncio.get_running_loop()
    loop.call_later(seconds, lambda: effect(at, number, **data))


MOTION: Any = SimpleNamespace(method=SimpleNamespace(name="drive"))


# ------------------------------------------------------------------------------- it moves


@pytest.mark.parametrize(
    ("after", "number", "moves"), [(0.499, 1, True), (0.499, 2, False), (0.501, 1, False)]
)
async def test_a_call_is_seen_to_move_within_half_a_second(
    after: float, number: int, moves: bool
) -> None:
    at = session(None)
    later(at, after, number)
    if moves:
        await judging.moving(at, 1, MOTION)
    else:
        with pytest.raises(Slow, match="drive was asked for, and no effect of it came"):
            await judging.moving(at, 1, MOTION)


@pytest.mark.parametrize(
    ("after", "number", "broken"), [(0.299, 1, True), (0.301, 1, False), (0.2, 2, False)]
)
async def test_who_is_stopped_says_nothing_more_of_its_motion(
    after: float, number: int, broken: bool
) -> None:
    at = session(None)
    effect(at)
    later(at, after, number)
    if broken:
        with pytest.raises(Slow, match="it moves on after its stop"):
            await judging.stands(at, 1, "after its stop")
    else:
        await judging.stands(at, 1, "after its stop")


async def test_the_state_of_a_motion_is_the_last_that_it_told_and_waited_for_so_long() -> None:
    at = session(None)
    effect(at, state="moving")
    later(at, 0.1, state="stopped")
    assert await judging.stopped(at, 1) == "stopped"
    at = session(None)
    effect(at, state="moving")
    later(at, 0.4, state="stopped")
    assert await judging.stopped(at, 1) == ""
    assert await judging.stopped(session(None), 1) == "", "it never told anything"


# ----------------------------------------------------------------------- it is not to move


class Asked:
    """A call under way that ends as the test says."""

    def __init__(self, end: Any, number: int = 1) -> None:
        self.end, self.number, self.dropped = end, number, False
        self.within = 0.0

    async def answer(self, within: float) -> Any:
        self.within = within
        if isinstance(self.end, Exception):
            raise self.end
        return self.end

    async def drop(self) -> None:
        self.dropped = True


@pytest.mark.parametrize(
    ("end", "words"),
    [(DeviceFault("safe", "x"), ""), (DeviceRejected("no"), ""), (TimeoutError(), ""),
     ({"distance": 1.0}, "a motion was done while it is safe")],
)  # fmt: skip
async def test_a_motion_that_is_refused_is_not_done(end: Any, words: str) -> None:
    at, asked = session(None), Asked(end)
    if words:
        with pytest.raises(Broken, match=words):
            await judging.refused(at, asked, "while it is safe")
    else:
        await judging.refused(at, asked, "while it is safe")
        assert asked.within == 0.3 and asked.dropped is isinstance(end, TimeoutError)
        effect(at, 5)
        with pytest.raises(Broken, match="a motion was begun while it is safe"):
            await judging.refused(at, asked, "while it is safe")


@pytest.mark.parametrize(
    ("end", "words"),
    [(DeviceFault("safe", "x"), ""), (DeviceFault("jam", "x"), ""),
     (DeviceFault("torn", "x"), "has the code 'torn'; allowed is jam, safe"),
     (DeviceRejected("no"), "was rejected"), (TimeoutError(), "was not answered by a fault"),
     ({"a": 1}, "was answered by")],
)  # fmt: skip
async def test_a_motion_that_is_to_fail_ends_by_a_fault_of_its_interface(
    end: Any, words: str
) -> None:
    at = session(None)
    if words:
        with pytest.raises(Broken, match=words) as error:
            await judging.faulted(at, Asked(end), "without power")
        assert isinstance(error.value, Slow) is isinstance(end, TimeoutError)
        return
    await judging.faulted(at, Asked(end), "without power")
    effect(at, 2)
    await judging.faulted(at, Asked(end), "without power"), "another call moves"
    effect(at, 1)
    for moving in (False, True):
        with pytest.raises(Broken, match="a motion was begun without power"):
            await judging.faulted(at, Asked(end), "without power", moving=moving)


@pytest.mark.parametrize(
    ("answer", "words"),
    [(DeviceRejected("no"), ""), (DeviceFault("jam", "x"), "was a fault"),
     (DeviceTimeout("x"), "was not rejected within"),
     (SimpleNamespace(result={"a": 1}), "was answered by")],
)  # fmt: skip
async def test_what_has_no_meaning_is_rejected_and_nothing_moves(answer: Any, words: str) -> None:
    at = session(answer)
    if words:
        with pytest.raises(Broken, match=f"a drive without end {words}") as error:
            await judging.rejected(at, "drive", {"distance": math.inf}, "a drive without end")
        assert isinstance(error.value, Slow) is isinstance(answer, DeviceTimeout)
        return
    await judging.rejected(at, "drive", {"distance": math.inf}, "a drive without end")
    assert at.client.asked == [("drive", {"distance": math.inf}, 0.3)]
    effect(at, 9)
    with pytest.raises(Broken, match="was rejected, and it moved"):
        await judging.rejected(at, "drive", {}, "a drive without end")


async def test_what_is_no_table_of_arguments_is_done_by_nobody() -> None:
    at = session(DeviceRejected("no"), DeviceFault("jam", "x"), DeviceTimeout("x"))
    await judging.none_done(at, "drive", [1, "a", None])
    assert [each[0] for each in at.client.asked] == [1_007, 1_008, 1_009]
    at = session(DeviceRejected("no"), SimpleNamespace(result={"distance": 2.0}))
    with pytest.raises(Broken, match="drive with 'a' in the place of its arguments was answered"):
        await judging.none_done(at, "drive", [1, "a"])


@pytest.mark.parametrize(
    ("told", "fine"),
    [({"safe": False}, True), ({"safe": True}, False), ({"safe": 0}, False), ({}, False),
     (None, False), ("safe", False)],
)  # fmt: skip
async def test_who_is_let_move_says_that_it_is_safe_no_more(told: Any, fine: bool) -> None:
    at = session(told)
    if fine:
        await at.out_of_safe()
        assert at.client.asked == [("safe", {"on": False})]
    else:
        with pytest.raises(Broken, match=r"allowed is \{safe: false\}"):
            await at.out_of_safe()


# ------------------------------------------------------------------------- what it answers


@pytest.mark.parametrize(
    ("result", "last", "broken"),
    [
        ({"distance": 2.0399}, {"distance": 2.0}, False),
        ({"distance": 2.0401}, {"distance": 2.0}, True),
        ({"distance": 0.02}, {"distance": 0.0}, False),
        ({"distance": 0.0201}, {"distance": 0.0}, True),
        ({"seconds": 1.0499}, {"seconds": 1.0}, False),
        ({"seconds": 1.0501}, {"seconds": 1.0}, True),
        ({"distance": "2"}, {"distance": 9.0}, False),
        ({"distance": 2.0}, {"distance": True}, False),
        ({}, {"distance": 2.0}, False), (None, {"distance": 2.0}, False),
        ({"distance": 2.0, "turned": 9.0}, {"distance": 2.0}, False),
    ],
)  # fmt: skip
def test_what_it_says_by_effects_is_what_it_answers(
    result: Any, last: dict[str, Any], broken: bool
) -> None:
    if broken:
        with pytest.raises(Broken, match="what it says by effects is what happens"):
            judging.judge_result(result, last, 1.0)
    else:
        judging.judge_result(result, last, 1.0)


def way(pace: float, first: float, *, begun: float = 10.0, count: int = 10) -> list[Any]:
    """Effects each tenth of a second from then on, at a pace (m/s) from a way of `first`."""
    return [
        (begun + 0.1 * (n + 1), {"distance": first + 0.1 * pace * n}) for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("took", "brief", "first", "count", "words"),
    [
        (0.501, 0.1, 0.01, 10, ""), (0.499, 0.1, 0.01, 10, "a short motion was done within"),
        (0.0, 0.0099, 0.01, 10, ""), (9.0, 0.1, 0.05, 10, "it counts from the start of its call"),
        (0.0, 0.1, 0.5, 3, ""), (9.0, 0.1, 0.01, 10, ""),
    ],
)  # fmt: skip
def test_a_short_motion_takes_its_time_and_a_long_one_begins_at_nothing(
    took: float, brief: float, first: float, count: int, words: str
) -> None:
    told = way(0.1, first, count=count)
    if words:
        with pytest.raises(Slow, match=words):
            judging.judge_pace(took, {"distance": brief}, 10.0, told)
    else:
        judging.judge_pace(took, {"distance": brief}, 10.0, told)


def test_what_does_not_come_farther_has_no_pace() -> None:
    judging.judge_pace(0.0, {"distance": 1.0}, 10.0, way(0.0, 0.3))
    judging.judge_pace(0.0, {"distance": 1.0}, 10.0, way(-0.1, 2.0))
    judging.judge_pace(0.0, {"distance": 1.0}, 10.0, [])


# ---------------------------------------------------------------------------- what it is asked


def test_a_short_motion_is_a_fiftieth_and_each_wrong_call_is_wrong_in_one_thing() -> None:
    (motion, *_) = motions_of(Wheels)
    ((name, (low, high)), *others) = motion.limits.items()
    assert motion.longest()[name] == high and motion.lowest()[name] == low
    assert motion.short()[name] == 0.02 * high
    wrong = dict(motion.wrong_calls())
    assert len(wrong) == 1 + 9 * (1 + len(others))
    assert wrong[f"{name} above its limit"][name] == math.nextafter(high, math.inf)
    assert wrong[f"{name} below its limit"][name] == math.nextafter(low, -math.inf)
    assert name not in wrong[f"{name} missing"]
    assert all(set(each) - {name, "no_such_argument"} == {n for n, _ in others}
               for each in wrong.values() if len(others))  # fmt: skip
    for arguments in wrong.values():
        with pytest.raises(DeviceRejected):
            motion.method.unpack(arguments)
    motion.method.unpack(motion.longest())
    motion.method.unpack(motion.lowest())
