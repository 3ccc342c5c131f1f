"""What is left in the tanks by the burns, what is missing, and which line feeds the engines."""

import json
import math
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.orbiter_propulsion import LinesState, PropellantState
from flight.orbiter.feeding import FeedsFromLines
from flight.orbiter.tanks import KeepsTankBook, TankBook

EXHAUST = 320.0 * 9.80665


def gauge(propellant: float, mass: float = 3_000.0, valid: bool = True) -> PropellantState:
    return PropellantState(propellant=propellant, mass=mass, valid=valid)


class Tanks:
    """A vehicle with a gauge that says what the test has it say, and two valves."""

    note_gauge, note_no_gauge = KeepsTankBook.note_gauge, KeepsTankBook.note_no_gauge
    note_burn, begin_book_anew = KeepsTankBook.note_burn, KeepsTankBook.begin_book_anew
    weight, weigh, _show = KeepsTankBook.weight, KeepsTankBook.weigh, KeepsTankBook._show
    isolate_leak, use_line = FeedsFromLines.isolate_leak, FeedsFromLines.use_line
    _note_loss, _better_than = FeedsFromLines._note_loss, FeedsFromLines._better_than
    _feed_by, _fed_by = FeedsFromLines._feed_by, FeedsFromLines._fed_by
    _line_used, set_valves_right = FeedsFromLines._line_used, FeedsFromLines.set_valves_right
    valves_differ, was_right = FeedsFromLines.valves_differ, FeedsFromLines.valves_were_right
    valves_were_right = was_right

    def __init__(self, *says: float) -> None:
        self.parameters = {"specific_impulse": 320.0}
        self.tank_book: TankBook | None = None
        self.propellant = self.propellant_missing = self.missing_limit = None
        self.lines_suspected: list[str] = []
        self.line_losses: dict[str, float] = {}
        self.line_watched: tuple[str, float] | None = None
        self.line_settled = False
        self.line_wanted = self.line_seen = ""
        self.line_isolating: tuple[str, str] | None = None
        self.held: dict[str, bool] = {}
        self.time = 0.0
        self.burns: list[Any] = []  # what happens while it waits for the end of a burn
        self.safing_control = SimpleNamespace(calm=self._calm)
        self.clock = SimpleNamespace(now=lambda: self.time)
        self.says = list(says)
        self.valves = (True, False)
        self.stuck = 0
        self.told: list[tuple[str, Any]] = []
        self.engine = SimpleNamespace(propellant=self._gauge)
        self.lines = SimpleNamespace(state=self._state, set_valves=self._set)

    async def _gauge(self) -> PropellantState:
        said = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        if math.isnan(said):
            raise DeviceFault("dark", "the gauge is dark")
        return gauge(said)

    async def _calm(self) -> None:
        if self.burns:
            self.burns.pop(0)()

    async def _state(self) -> LinesState:
        return LinesState(a=self.valves[0], b=self.valves[1])

    async def _set(self, a: bool, b: bool) -> LinesState:
        if self.stuck:
            self.stuck -= 1
        else:
            self.valves = (self.held.get("a", a), self.held.get("b", b))
        return LinesState(a=a, b=b)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda **data: self.told.append((name, data))


def test_a_burn_takes_what_the_rocket_equation_says() -> None:
    book = TankBook(1_000.0, 3_000.0, 2.0).burnt(100.0, 320.0, felt=True)
    spent = 3_000.0 * (1.0 - math.exp(-100.0 / EXHAUST))
    assert book.propellant == pytest.approx(1_000.0 - spent)
    assert book.mass == pytest.approx(3_000.0 - spent)
    assert book.error == pytest.approx(2.0 + 0.002 * spent)
    assert TankBook(1_000.0, 3_000.0, 2.0).burnt(100.0, 320.0, felt=False).error > book.error
    assert TankBook(1.0, 3_000.0, 2.0).burnt(100.0, 320.0, felt=True).propellant == 0.0


def test_what_burns_take_is_not_missing_and_what_leaks_is() -> None:
    node: Any = Tanks(0.0)
    node.note_gauge(gauge(1_000.0))
    assert node.propellant_missing == 0.0
    assert node.missing_limit == 21.2
    node.note_burn(100.0, 320.0)
    left = node.tank_book.propellant
    node.note_gauge(gauge(left, mass=node.tank_book.mass))
    assert abs(node.propellant_missing) <= 0.1
    node.note_gauge(gauge(left - 40.0, mass=node.tank_book.mass - 40.0))
    assert node.propellant_missing == pytest.approx(40.0, abs=0.1)
    assert node.missing_limit < 40.0
    assert node.mass == round(node.tank_book.mass, 1), "what it weighs is what is there"
    mass = node.tank_book.mass
    assert node.delta_v_left == pytest.approx(
        EXHAUST * math.log(mass / (mass - left + 40.0)), abs=0.1
    )


async def test_without_a_gauge_the_burns_say_what_the_vehicle_weighs() -> None:
    node: Any = Tanks(math.nan)
    assert await node.weigh(node.engine) == 3_000.0, "nobody has said anything yet"
    node.note_gauge(gauge(1_000.0, mass=2_800.0))
    node.note_burn(100.0, 320.0)
    assert await node.weigh(node.engine) == pytest.approx(2_800.0 * math.exp(-100.0 / EXHAUST))
    assert node.propellant is None and node.propellant_missing is None
    assert [name for name, _ in node.told] == ["gauge_silent"] * 2
    node.note_gauge(gauge(1.0, mass=1.0, valid=False))
    assert node.mass == round(2_800.0 * math.exp(-100.0 / EXHAUST), 1)


async def leaking(*says: float) -> Any:
    node: Any = Tanks(*says)
    node.note_gauge(gauge(1_000.0))
    await node.isolate_leak()
    return node


async def test_a_line_that_leaks_is_closed_and_the_book_begins_anew() -> None:
    node = await leaking(950.0)
    assert node.valves == (False, True) and node.line_in_use == "b"
    assert node.lines_suspected == ["a"] and node.propellant_missing == 0.0
    assert node.told == [("line_isolated", {"line": "b", "missing": 50.0})]


async def test_where_it_goes_on_by_the_other_line_that_is_said() -> None:
    node = await leaking(950.0, 950.0, 950.0, 900.0)
    await node.isolate_leak()
    assert node.valves == (True, False) and node.lines_suspected == ["a", "b"]
    [_, (name, data)] = node.told
    assert name == "leak_not_isolated" and data["propellant"] == 900.0 and data["delta_v"] > 1_000.0


async def test_the_book_begins_anew_from_what_the_looks_agree_on() -> None:
    node = await leaking(951.0, 950.0, 820.0)  # the last one is a spike
    assert node.valves == (False, True) and node.tank_book.propellant == 950.0
    node.note_gauge(gauge(920.0))
    assert node.propellant_missing == 30.0, "the spike hides nothing of the next leak"


@pytest.mark.parametrize(("a", "b", "stays"), [(0.5, 2.0, "a"), (2.0, 0.5, "b"), (1.0, 1.0, "a")])
async def test_where_both_lines_leak_the_lesser_one_feeds_and_that_is_told_once(
    a: float, b: float, stays: str
) -> None:
    node = await leaking(950.0)
    fed = []
    for _ in range(8):  # alarms; by a line so many kg/h are lost
        left = node.tank_book.propellant - 40.0
        rate = a if node.line_in_use == "a" else b
        node.time += 40.0 / rate * 3600.0
        node.says = [left]
        await node.isolate_leak()
        fed.append(node.line_in_use)
    assert fed[0] == "a" and set(fed[1:]) == {stays}
    assert [name for name, _ in node.told] == ["line_isolated", "leak_not_isolated"]
    chosen = "b" if stays == "a" else "a"
    await node.use_line(chosen)  # by whoever knows more
    node.says = [node.tank_book.propellant - 40.0]
    await node.isolate_leak()
    assert node.line_in_use == chosen


@pytest.mark.parametrize("says", [(950.0, 950.0, 1_000.0), (979.0,), (989.0,)])
async def test_a_leak_that_is_just_at_the_limit_is_one(says: tuple[float, ...]) -> None:
    node = await leaking(*says)
    assert node.valves == (False, True) and node.lines_suspected == ["a"]


@pytest.mark.parametrize("says", [(1_000.0,), (950.0, 1_000.0), (990.0,)])
async def test_a_line_is_closed_only_when_the_looks_agree(says: tuple[float, ...]) -> None:
    node = await leaking(*says)
    assert node.valves == (True, False) and node.lines_suspected == []
    assert node.told == [("leak_not_seen", {"looks": 3})]


@pytest.mark.parametrize(("stuck", "moves"), [(2, True), (3, False)])
async def test_valves_are_told_again_until_their_switches_say_so(stuck: int, moves: bool) -> None:
    node: Any = Tanks(1_000.0)
    node.stuck = stuck
    if moves:
        assert await node.use_line("b") == "line b feeds the engines"
    else:
        with pytest.raises(DeviceFault, match="line b does not feed alone: valve a open: True"):
            await node.use_line("b")


# ------------------------------------------------------ what is left half done


async def half_isolated() -> Any:
    """Line a leaks; its valve stays open though it was told to close."""
    node: Any = Tanks(950.0)
    node.note_gauge(gauge(1_000.0))
    node.held = {"a": True}
    with pytest.raises(DeviceFault, match="line b does not feed alone: valve a open: True"):
        await node.isolate_leak()
    return node


async def test_a_valve_that_stuck_has_not_switched_itself_and_the_leak_is_not_fed_again() -> None:
    node = await half_isolated()
    assert node.valves == (True, True) and node.line_wanted == "b" and node.line_seen == ""
    assert node.valves_differ(await node.lines.state()) == "a valve beside line b"
    assert not node.was_right(), "nobody is told that b has opened by itself"
    node.held = {}
    await node.set_valves_right()
    assert node.valves == (False, True) and node.was_right()
    assert node.valves_differ(await node.lines.state()) == ""
    node.valves = (True, True)
    assert node.valves_differ(await node.lines.state()) == "a valve beside line b"
    assert node.was_right(), "now it has"


async def test_a_valve_that_stuck_is_told_again_only_when_nothing_burns() -> None:
    node: Any = Tanks(950.0)
    node.note_gauge(gauge(1_000.0))
    node.held, valves = {"a": True}, []
    # The second try is after the burn; before it nothing has moved, and somebody wants the other.
    node.burns = [lambda: valves.append(node.valves), lambda: setattr(node, "line_wanted", "a")]
    with pytest.raises(DeviceFault):
        await node.use_line("b")
    assert valves == [(True, True)] and node.burns == [] and node.line_wanted == "a"


async def test_a_leak_is_not_isolated_in_a_burn_that_began_while_it_was_looked_at() -> None:
    node: Any = Tanks(950.0)
    node.note_gauge(gauge(1_000.0))
    fed: list[Any] = []
    node.burns = [lambda: fed.append(node.valves)]
    await node.isolate_leak()
    assert fed == [(True, False)] and node.valves == (False, True)


@pytest.mark.parametrize("mended", [True, False])
async def test_a_line_that_was_half_isolated_is_isolated_and_not_the_good_one(mended: bool) -> None:
    node = await half_isolated()
    assert node.told == [] and node.lines_suspected == [] and node.propellant_missing == 50.0
    node.held = {}
    if mended:
        await node.set_valves_right()  # by a look; what is missing is still the loss of before
    await node.isolate_leak()
    assert node.valves == (False, True) and node.lines_suspected == ["a"]
    assert node.told == [("line_isolated", {"line": "b", "missing": 50.0})]
    assert node.propellant_missing == 0.0 and node.line_isolating is None


async def test_a_line_half_isolated_is_not_taken_for_the_first_one() -> None:
    node: Any = Tanks(950.0)
    await node.use_line("b")
    node.note_gauge(gauge(1_000.0))
    node.held = {"b": True}
    for _ in range(2):
        with pytest.raises(DeviceFault, match="line a does not feed alone"):
            await node.isolate_leak()
    assert node.line_wanted == "a" and node.line_isolating == ("b", "a")
    node.held = {}
    await node.isolate_leak()
    assert node.valves == (True, False) and node.lines_suspected == ["b"]


async def test_what_is_not_missing_any_more_is_not_isolated_later() -> None:
    node = await half_isolated()
    node.held, node.says = {}, [1_000.0]
    await node.isolate_leak()
    assert node.line_isolating is None and node.told == [("leak_not_seen", {"looks": 3})]
    await node.set_valves_right()
    node.says = [950.0]
    await node.isolate_leak()
    assert node.lines_suspected == ["b"] and node.valves == (True, False)


async def test_who_commands_the_line_back_is_not_overruled_by_what_was_begun() -> None:
    node = await half_isolated()
    node.held = {}
    await node.use_line("a")
    assert node.line_isolating is None
    await node.set_valves_right()
    assert node.valves == (True, False) and node.was_right()
    again = await half_isolated()
    again.held = {}
    await again.use_line("b")
    assert again.line_isolating == ("a", "b"), "the loss of line a is not held against line b"


async def test_where_the_other_line_does_not_open_the_engines_are_fed_all_the_same() -> None:
    node: Any = Tanks(950.0)
    node.note_gauge(gauge(1_000.0))
    node.held = {"b": False}
    with pytest.raises(DeviceFault, match="line b does not feed alone: valve a open: False"):
        await node.isolate_leak()
    assert node.valves == (True, False) and node.line_wanted == "a" and not node.was_right()
    await node.set_valves_right()
    assert node.valves == (True, False) and node.was_right()
    node.held = {}
    await node.isolate_leak()
    assert node.valves == (False, True) and node.lines_suspected == ["a"]


async def test_valves_that_nobody_ever_told_are_set_to_the_first_line_when_both_are_off() -> None:
    node: Any = Tanks(1_000.0)
    node.valves = (True, True)
    assert node.valves_differ(await node.lines.state()) == "" and node.was_right()
    node.valves = (False, False)
    assert node.valves_differ(await node.lines.state()) == "both valves off"
    await node.set_valves_right()
    assert node.valves == (True, False)


async def test_a_look_does_not_feed_by_what_was_wanted_before() -> None:
    node: Any = Tanks(1_000.0)
    await node.use_line("a")
    node.valves, node.stuck = (True, True), 1
    told: list[tuple[bool, bool]] = []
    set_valves = node.lines.set_valves

    async def changed_meanwhile(a: bool, b: bool) -> Any:
        told.append((a, b))
        if len(told) == 1:
            node.line_seen, node.line_wanted = "", "b"  # by a command that waits to try again
        return await set_valves(a, b)

    node.lines.set_valves = changed_meanwhile
    with pytest.raises(DeviceFault):
        await node.set_valves_right()
    assert told == [(True, False)] and node.line_wanted == "b" and not node.was_right()


async def test_what_was_wanted_is_remembered_before_the_valves_are_told() -> None:
    node: Any = Tanks(1_000.0)
    await node.use_line("a")

    async def off(a: bool, b: bool) -> Any:
        raise KeyboardInterrupt  # a reset at that moment

    node.lines.set_valves = off
    with pytest.raises(KeyboardInterrupt):
        await node.use_line("b")
    assert node.line_wanted == "b" and node.line_seen == ""


class Stored(dict[str, Any]):
    """A storage of what is remembered, as JSON."""

    name = "memory"

    def get(self, space: str, name: str, default: Any = None) -> Any:  # type: ignore[override]
        return json.loads(self[name]) if name in self else default

    def put(self, space: str, name: str, value: Any) -> None:
        self[name] = json.dumps(value)


class Remembering(Tanks):
    """One that remembers the lines over a restart."""

    line_wanted, line_seen = FeedsFromLines.line_wanted, FeedsFromLines.line_seen
    line_isolating = FeedsFromLines.line_isolating

    def __init__(self, storage: Stored, *says: float) -> None:
        self.storage = Stored()  # what is set at first is not kept
        super().__init__(*says)
        self.storage = storage


async def test_what_was_begun_before_a_restart_is_ended_after_it() -> None:
    storage = Stored()
    node: Any = Remembering(storage, 950.0)
    node.note_gauge(gauge(1_000.0))
    node.held = {"a": True}
    with pytest.raises(DeviceFault):
        await node.isolate_leak()
    again: Any = Remembering(storage, 950.0)
    again.note_gauge(gauge(1_000.0))
    again.valves = node.valves
    assert (again.line_wanted, again.line_seen) == ("b", "")
    assert again.line_isolating == ("a", "b") and not again.was_right()
    await again.set_valves_right()
    await again.isolate_leak()
    assert again.valves == (False, True) and again.lines_suspected == ["a"]
    assert again.told == [("line_isolated", {"line": "b", "missing": 50.0})]
    last: Any = Remembering(storage, 950.0)
    assert (last.line_wanted, last.line_seen, last.line_isolating) == ("b", "b", None)
