"""Two computers: which flies, when the other is tried, and what each of them knows."""

from pathlib import Path

import pytest

from flight.runtime.discs import FileDisc
from ground.testbed.computers.protections import parts_without
from ground.testbed.computers.resets import Resets
from ground.testbed.computers.sides import Sides, exchange_memories
from sim_hw.faults.node_kinds import ClockStep, Crash, CrashLoop, Hang, SideSwap
from tests.ground.testbed.faults.flights import Flight, at, fault, flown

pytestmark = pytest.mark.requirement("FLT-11")


def two(*roles: str, swaps: bool = True) -> Sides:
    sides = Sides(swaps)
    for role in roles:
        sides.have_two(role)
    return sides


def test_five_starts_in_an_hour_that_nobody_asked_for_are_enough_and_four_are_not() -> None:
    sides = two("rover")
    asked = [sides.gives_up("rover", 100.0 * number) for number in range(5)]
    assert asked == [False] * 4 + [True]
    slowly = two("rover")
    step = 3600.0 / 4
    assert not any(slowly.gives_up("rover", step * number) for number in range(30))


def test_one_computer_or_a_swap_that_is_off_gives_way_to_nobody() -> None:
    for sides in (two("lander"), two("rover", swaps=False)):
        assert not any(sides.gives_up("rover", float(number)) for number in range(30))


def test_a_change_begins_a_new_count_and_is_told_at_the_first_start_alone() -> None:
    sides = two("rover", "lander")
    for number in range(5):
        sides.gives_up("rover", float(number))
    is_a = sides.of_this_side("rover")
    assert sides.change("rover") == ("A", "B") and sides.of("rover") == "B"
    assert not is_a() and sides.of("lander") == "A"
    assert not sides.gives_up("rover", 10.0)
    assert [sides.taken_from("rover") for _ in range(2)] == ["A", ""]
    assert sides.change("rover") == ("B", "A") and is_a()


def test_the_watchdog_tries_warm_then_cold_then_the_other_computer() -> None:
    resets, found = Resets(), []
    for number in range(8):
        now = float(number)
        helped = not resets.has_not_helped("rover", now)
        found.append(resets.next("rover", now, closely=False).name if helped else "swap")
    assert found == ["warm"] * 3 + ["cold"] + ["warm"] * 3 + ["swap"]
    late = Resets()
    for number in range(4):
        late.next("rover", float(number), closely=False)
    for number in range(3):  # an hour after the cold start it had helped
        late.next("rover", 3_610.0 + number, closely=False)
    assert not late.has_not_helped("rover", 3_620.0)


def test_without_a_cross_strap_each_side_has_its_own_memory(tmp_path: Path) -> None:
    disc, file = FileDisc(), tmp_path / "rover.sqlite"
    file.write_text("what A knows")
    exchange_memories(disc, file, "A", "B")
    assert not file.exists()
    file.write_text("what B knows")
    exchange_memories(disc, file, "B", "A")
    assert file.read_text() == "what A knows"
    exchange_memories(disc, file, "A", "B")
    assert file.read_text() == "what B knows"


def test_both_can_be_left_out() -> None:
    whole, without = parts_without(()), parts_without(("side_swap", "cross_strap"))
    assert whole.side_swap and whole.cross_strap
    assert not without.side_swap and not without.cross_strap


# ---------------------------------------------------------------------- in a run


def swaps(flight: Flight, who: str = "rover") -> list[tuple[float, str, str]]:
    told = flight.events(who, "computer_swapped")
    return [(round(time), event.data["before"], event.data["after"]) for time, event in told]


def test_a_side_that_gives_up_is_followed_by_the_other_which_knows_what_it_knew(
    tmp_path: Path,
) -> None:
    flight = flown(
        tmp_path,
        fault("first", "node:rover", SideSwap(), at(1000.0)),
        fault("second", "node:rover", SideSwap(), at(1500.0)),
    )
    assert swaps(flight) == [(1030, "A", "B"), (1530, "B", "A")]
    assert not flight.events("rover", "store_damaged")
    assert flight.record.boots["rover"] == 3 and flight.record.boots["lander"] == 1


def test_a_computer_that_dies_again_and_again_gives_way_and_its_fault_stays_with_it(
    tmp_path: Path,
) -> None:
    flight = flown(
        tmp_path,
        fault("loop", "node:rover", CrashLoop(after=50.0), at(1000.0), 1e6),
        fault("clock", "node:rover", ClockStep(by=-500.0), at(900.0), 1e6),
        sols=0.1,
    )
    ((time, before, after),) = swaps(flight)
    assert (before, after) == ("A", "B")
    assert time == 1000 + 80 * 4 + 30
    assert flight.record.boots["rover"] == 6, "the other does not die"
    late = [(t, e.time_ns / 1e9) for t, e in flight.events("rover") if t >= time - 0.5]
    assert late and all(stamp == pytest.approx(t, abs=1e-3) for t, stamp in late)


def test_one_computer_that_dies_often_and_a_hang_that_was_cured_swap_nothing(
    tmp_path: Path,
) -> None:
    flight = flown(
        tmp_path,
        *(fault(f"crash{n}", "node:arm", Crash(), at(1000.0 + 60.0 * n)) for n in range(8)),
        fault("hang", "node:rover", Hang(of="process"), at(1000.0)),
    )
    assert not swaps(flight, "arm") and flight.record.boots["arm"] == 9, "it has one computer"
    assert not swaps(flight), "a single hang is cured by a warm start"
