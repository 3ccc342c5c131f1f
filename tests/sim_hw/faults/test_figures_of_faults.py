"""How much each kind of fault does: its figures one by one, at their limits and one step beyond."""

import asyncio
import math
from typing import Annotated, Any

import pytest
from msgspec import Meta

from flight.configuration.files import NotAllowed
from flight.icd.devices.base import DeviceFault, DeviceInterface, Reading, actuation
from sim_hw.faults.actuation_kinds import Jam, NoMove, Partial, Reversed, Runaway, Slow
from sim_hw.faults.answer_kinds import (
    MOST_KEPT,
    Delayed,
    Dropout,
    Intermittent,
    SlowRate,
    Stale,
    StaleStamp,
)
from sim_hw.faults.arguments import numbers_of, signed_of
from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.leaves import Leaf
from sim_hw.faults.reading_kinds import ValueKind, same, whole
from sim_hw.faults.value_kinds import (
    Bias,
    Drift,
    Noise,
    OutOfRange,
    Quantised,
    Saturation,
    Scale,
    Spike,
    Stuck,
    SwappedAxes,
    SwappedSign,
    WrongButPlausible,
)
from tests.sim_hw.faults.parts import Held as Kept
from tests.sim_hw.faults.test_device_seam import Bench, Depth


class Held(Kept):
    """Its chance says what tests say, and what it does later is kept."""

    def __init__(self, *drawn: float, time: float = 0.0, since: float = 0.0, **more: Any) -> None:
        super().__init__(more.get("method"), more.get("fields", ()))
        self.active, self.time, self.since = True, time, since
        self.afterwards: list[tuple[float, Any]] = []
        left = list(drawn)
        draw: Any = self.random
        draw.random = lambda: left.pop(0) if left else 0.5
        draw.choice = lambda row: row[0]

    def later(self, seconds: float, then: Any) -> None:
        self.afterwards.append((seconds, then))


# ---------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("kind", "value", "leaf", "told"),
    [
        (Bias(offset=0.25), 1.0, Leaf.NUMBER, 1.25), (Bias(offset=0.75), 3, Leaf.COUNT, 4),
        (Scale(factor=-2.0), 1.5, Leaf.NUMBER, -3.0), (Scale(factor=0.4), 3, Leaf.COUNT, 1),
        (Drift(per_second=0.5), 1.0, Leaf.NUMBER, 4.5),
        (Saturation(lowest=-1.0, highest=2.0), 2.5, Leaf.NUMBER, 2.0),
        (Saturation(lowest=-1.0, highest=2.0), -1.5, Leaf.NUMBER, -1.0),
        (Saturation(lowest=-1.0, highest=2.0), 1.5, Leaf.NUMBER, 1.5),
        (Quantised(step=0.5), 1.24, Leaf.NUMBER, 1.0), (Quantised(step=0.5), 1.25, Leaf.NUMBER,
                                                        1.5),
        (Quantised(step=0.5), -1.25, Leaf.NUMBER, -1.0), (Quantised(step=4.0), 5, Leaf.COUNT, 4),
        (Quantised(step=0.5), math.inf, Leaf.NUMBER, math.inf),
        (OutOfRange(), 1.0, Leaf.NUMBER, 1e12), (OutOfRange(value=7.6), 1, Leaf.COUNT, 8),
        (SwappedSign(), 1.5, Leaf.NUMBER, -1.5), (SwappedSign(), -3, Leaf.COUNT, 3),
        (Stuck(value=2.0), 1.0, Leaf.NUMBER, 2.0), (Stuck(value=2.0), 1, Leaf.COUNT, 2),
        (Stuck(value=True), False, Leaf.SWITCH, True), (Stuck(value="on"), "off", Leaf.TEXT, "on"),
        (Stuck(value="on"), 1.0, Leaf.NUMBER, 1.0),
    ],
)  # fmt: skip
def test_what_is_told_instead_of_a_value(
    kind: ValueKind, value: Any, leaf: Leaf, told: Any
) -> None:
    found = kind.instead(value, "a", leaf, Held(time=12.0, since=5.0))
    assert found == told and type(found) is type(told)


@pytest.mark.parametrize(("drawn", "told"), [(0.0999, 3.0), (0.1, 10.0), (0.9, 10.0), (0.0, 3.0)])
def test_one_number_in_ten_is_off(drawn: float, told: float) -> None:
    assert Spike(size=7.0).instead(10.0, "a", Leaf.NUMBER, Held(drawn)) == told


@pytest.mark.parametrize(("drawn", "error"), [(0.0, -2.0), (1.0, 2.0), (0.5, 0.0)])
def test_even_noise_goes_to_either_side_and_normal_noise_beyond(drawn: float, error: float) -> None:
    held = Held(drawn)
    assert Noise(sigma=2.0, shape="even").instead(5.0, "a", Leaf.NUMBER, held) == 5.0 + error
    held.random.gauss = lambda mean, sigma: mean + 3.0 * sigma  # type: ignore[method-assign]
    assert Noise(sigma=2.0).instead(5.0, "a", Leaf.NUMBER, held) == 11.0


@pytest.mark.parametrize(("drawn", "told"), [(0.0, 9.0), (1.0, 8.0), (0.5, 8.5)])
def test_what_is_plausible_is_off_by_half_to_all_of_its_share_and_the_same_each_time(
    drawn: float, told: float
) -> None:
    held, kind = Held(drawn), WrongButPlausible()
    assert kind.instead(10.0, "a", Leaf.NUMBER, held) == pytest.approx(told)
    assert kind.instead(10.0, "a", Leaf.NUMBER, held) == pytest.approx(told)
    assert kind.instead(10.0, "b", Leaf.NUMBER, held) == pytest.approx(8.5), "each field its own"
    assert kind.instead(True, "c", Leaf.SWITCH, held) is False
    assert WrongButPlausible(share=0.0).instead(True, "c", Leaf.SWITCH, held) is True


def test_a_number_is_held_as_its_field_holds_it_and_nan_is_like_itself() -> None:
    assert whole(2.6, Leaf.COUNT) == 3 and whole(2.6, Leaf.NUMBER) == 2.6
    assert math.isnan(whole(math.nan, Leaf.COUNT)) and whole(math.inf, Leaf.COUNT) == math.inf
    assert same(math.nan, math.nan) and same(1.0, 1.0) and not same(1.0, math.nan)
    assert not same(1, 1.0) and not same(True, 1) and same("a", "a") and not same(1.0, 2.0)


def test_figures_that_contradict_each_other_are_refused() -> None:
    assert Saturation(lowest=1.0, highest=1.0).lowest == 1.0
    with pytest.raises(NotAllowed, match=r"at most highest \(1\)"):
        Saturation(lowest=1.01, highest=1.0)
    assert SwappedAxes(first=1, second=0).first == 1
    with pytest.raises(NotAllowed, match="another one than first"):
        SwappedAxes(first=1, second=1)


async def test_two_axes_stand_in_each_others_place_where_there_are_as_many() -> None:
    for first, second, axes in ((0, 1, [2.0, 1.0]), (1, 0, [2.0, 1.0]), (0, 2, [1.0, 2.0])):
        kind = SwappedAxes(first=first, second=second)
        held = Held()
        plain = {"axes": [1.0, 2.0]}
        assert list(kind.told("pump", Depth, plain, held)["axes"]) == axes
        assert bool(held.hits) is (second != 2)
    held = Held(fields=("metres",))
    assert SwappedAxes().told("pump", Depth, {"axes": [1.0, 2.0]}, held) == {"axes": [1.0, 2.0]}
    with pytest.raises(NotAllowed, match="below 2"):
        kind = SwappedAxes(first=0, second=2)
        kind.check(DevicePart("pump", Bench(kind, Held()).seam.part.interface, None), "look", ())  # type: ignore[arg-type]


# --------------------------------------------------------------------------------- answers


@pytest.mark.parametrize(
    ("time", "good"),
    [(100.0, False), (102.999, False), (103.0, True), (106.999, True), (107.0, False),
     (110.0, True)],
)  # fmt: skip
async def test_it_comes_and_goes_bad_first(time: float, good: bool) -> None:
    bench = Bench(Intermittent(bad=3.0, good=4.0), Held(time=time, since=100.0))  # type: ignore[arg-type]
    assert (await bench.ask("look"))["valid"] is good
    assert bench.told()[0]["valid"] is good


async def test_measured_anew_only_so_often_it_says_the_same_until_then() -> None:
    held = Held(time=50.0)
    bench = Bench(SlowRate(period=10.0), held)  # type: ignore[arg-type]
    for time, metres in ((50.0, 1.0), (59.999, 1.0), (60.0, 3.0), (69.0, 3.0), (70.0, 5.0)):
        held.time = time
        told = await bench.ask("look")
        assert told["metres"] == metres, time
        bench.pump.metres += 1.0
    assert len(held.hits) == 2, "what is as it would have been is no hit"


async def test_what_is_old_is_as_old_as_it_says_or_the_oldest_that_is_known() -> None:
    held = Held()
    bench = Bench(Stale(age=10.0), held)  # type: ignore[arg-type]
    found = []
    for time in (0.0, 4.0, 10.0, 13.999, 14.0, 30.0):
        held.time = time
        found.append((await bench.ask("look"))["time_ns"])
    # Asked at 0, 4, 10, ... s: at 10 s it tells of 0 s, at 14 s of 4 s, at 30 s of 14 s.
    assert found == [1, 1, 1, 1, 2, 5]
    assert MOST_KEPT == 10_000 and len(held.memory["pump.look"]) == 2


async def test_a_stamp_is_too_old_by_its_age_or_stands_still() -> None:
    bench = Bench(StaleStamp(age=2.5), Held())  # type: ignore[arg-type]
    assert [(await bench.ask("look"))["time_ns"] for _ in range(2)] == [
        1 - 2_500_000_000, 2 - 2_500_000_000,
    ]  # fmt: skip
    held = Held()
    bench = Bench(StaleStamp(), held)  # type: ignore[arg-type]
    assert [(await bench.ask("look"))["time_ns"] for _ in range(3)] == [1, 1, 1]
    assert len(held.hits) == 2 and bench.told()[0]["time_ns"] == 5, "each by itself"


async def test_what_is_not_late_at_all_is_no_hit() -> None:
    held = Held()
    bench = Bench(Delayed(by=0.0), held)  # type: ignore[arg-type]
    assert (await bench.ask("look"))["valid"] and len(bench.told()) == 1 and held.hits == []
    late = Bench(Delayed(by=2.0), held)  # type: ignore[arg-type]
    heard = late.told()
    assert heard == [] and held.hits == [("pump.drop", "at once", "2 s later")]
    await asyncio.sleep(1.99)
    assert heard == []
    await asyncio.sleep(0.02)
    assert len(heard) == 1


async def test_a_reading_that_is_invalid_already_is_no_hit_of_a_dropout() -> None:
    held = Held()
    bench = Bench(Dropout(), held)  # type: ignore[arg-type]
    told = bench.seam.part.interface.methods
    assert "look" in told
    plain = Dropout()._invalid("pump.look", {"valid": False, "metres": 1.0}, held)
    assert plain == {"valid": False, "metres": 1.0} and held.hits == []


# -------------------------------------------------------------------------------- motions


class Turned(Reading, frozen=True, kw_only=True):
    angle: float


class Table(DeviceInterface):
    fault_codes = ("no_power", "off", "stall", "jam")

    @actuation(limit=5.0)
    async def turn(
        self, angle: Annotated[float, Meta(ge=-2.0, le=3.0)], on: bool, timeout: float
    ) -> Turned: ...

    @actuation(limit=5.0)
    async def push(self, force: Annotated[float, Meta(gt=0.0, lt=9.0)]) -> Turned: ...

    @actuation(limit=5.0)
    async def home(self) -> Turned: ...


class SimTable(Table):
    def __init__(self) -> None:
        self.did: list[Any] = []

    async def turn(self, angle: float, on: bool, timeout: float) -> Turned:
        self.did.append((angle, on, timeout))
        return Turned(angle=angle)

    async def push(self, force: float) -> Turned:
        self.did.append(force)
        return Turned(angle=0.0)

    async def home(self) -> Turned:
        self.did.append("home")
        return Turned(angle=0.0)


def table(kind: Any, **more: Any) -> tuple[SimTable, Any, Held]:
    held, made = Held(**more), SimTable()
    seam = DeviceSeam(DevicePart("table", Table, made))
    seam.arm(kind, held, lambda: True)  # type: ignore[arg-type]

    async def ask(name: str, **arguments: Any) -> Any:
        return await seam.call(Table.methods[name], arguments, getattr(made, name))

    return made, ask, held


def test_how_far_is_told_from_when_it_is_given_up() -> None:
    turn, push = Table.methods["turn"], Table.methods["push"]
    assert numbers_of(turn) == ["angle"] and signed_of(turn) == ["angle", "on"]
    assert numbers_of(push) == ["force"] and signed_of(push) == []


@pytest.mark.parametrize(
    ("kind", "angle", "did"),
    [
        (Partial(share=0.25), 2.0, (0.5, True, 9.0)), (Runaway(factor=1.5), 2.0, (3.0, True, 9.0)),
        (Runaway(), 0.2, (2.0, True, 9.0)), (Runaway(), -0.3, (-2.0, True, 9.0)),
        (Reversed(), 1.5, (-1.5, False, 9.0)), (Reversed(), 2.5, (-2.0, False, 9.0)),
    ],
)  # fmt: skip
async def test_it_does_so_much_of_what_it_is_told_and_never_what_it_cannot(
    kind: Any, angle: float, did: Any
) -> None:
    made, ask, held = table(kind)
    await ask("turn", angle=angle, on=True, timeout=9.0)
    assert made.did == [did] and len(held.hits) == 1


async def test_a_limit_that_is_itself_not_allowed_is_nearly_met() -> None:
    made, ask, _ = table(Runaway(factor=100.0))
    await ask("push", force=5.0)
    assert made.did == [pytest.approx(9.0, abs=2e-8)] and made.did[0] < 9.0
    made, ask, _ = table(Partial(share=0.0))
    await ask("push", force=5.0)
    assert 0.0 < made.did[0] <= 1e-9


async def test_only_the_arguments_that_are_named_are_others_and_no_change_is_no_hit() -> None:
    made, ask, held = table(Reversed(), fields=("on",))
    await ask("turn", angle=1.0, on=True, timeout=9.0)
    assert made.did == [(1.0, False, 9.0)]
    assert held.hits == [("table.turn", {"on": True}, {"on": False})]
    made, ask, held = table(Runaway(factor=1.0))
    await ask("turn", angle=1.0, on=True, timeout=9.0)
    assert held.hits == [] and made.did == [(1.0, True, 9.0)]


@pytest.mark.parametrize(
    ("kind", "code"),
    [(NoMove(), "stall"), (NoMove(code="jam"), "jam"), (NoMove(code="off"), "off")],
)
async def test_what_does_not_move_says_so_by_a_fault_that_is_not_about_power(
    kind: NoMove, code: str
) -> None:
    made, ask, held = table(kind)
    with pytest.raises(DeviceFault) as refusal:
        await ask("home")
    assert refusal.value.code == code and made.did == []
    assert held.hits == [("table.home", "a motion", f"fault {code}")]
    kind.check(DevicePart("table", Table, made), None, ())
    with pytest.raises(NotAllowed, match="stall"):
        NoMove(code="torn").check(DevicePart("table", Table, made), None, ())


@pytest.mark.parametrize(
    ("at", "did"), [(0.25, [(0.5, True, 9.0)]), (0.0, []), (1.0, [(2.0, True, 9.0)])]
)
async def test_a_jam_lets_the_first_motion_get_so_far_and_no_other_begin(
    at: float, did: list[Any]
) -> None:
    made, ask, _ = table(Jam(at=at))
    for _ in range(2):
        with pytest.raises(DeviceFault):
            await ask("turn", angle=2.0, on=True, timeout=9.0)
    assert made.did == did
    made, ask, _ = table(Jam(at=at))
    with pytest.raises(DeviceFault):
        await ask("home")
    assert made.did == [], "what is told by no numbers does not begin"


@pytest.mark.parametrize(("by", "hits"), [(2.5, 1), (0.0, 0)])
async def test_it_begins_so_late(by: float, hits: int) -> None:
    made, ask, held = table(Slow(by=by))
    begun = asyncio.get_running_loop().time()
    await ask("home")
    assert asyncio.get_running_loop().time() - begun == by and made.did == ["home"]
    assert len(held.hits) == hits
