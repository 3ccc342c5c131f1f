"""The conformance kit passes a right device, and finds each defect that one can have."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.ascent import AttitudeEffectors, Igniter
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery
from ground.hil.conformance import FAILED, NO_MATTER, NOT_SHOWN, PASSED, Kit, check_device
from ground.hil.own_probes import OWN_PROBES
from ground.hil.place_probes import PLACE_PROBES
from ground.hil.probes import PROBES
from sim_hw.bench.building import SOURCES, build
from sim_hw.bench.library import LibraryDevice
from sim_hw.bench.wire.memory_wire import MemoryWire
from sim_hw.bench.wire.wire import Wire
from tests.ground.hil import strange_devices as strange
from tests.sim_hw.bench.reference_device import DEFECTS, ReferenceDevice

FOUND_BY = {
    "moves_before_hello": "safe before hello",
    "not_safe_at_power_on": "safe after hello",
    "no_dead_man": "silence of the bench",
    "dead_man_forgets_safe": "silence of the bench",
    "dead_man_says_nothing": "silence of the bench",
    "does_repeats_again": "a number that comes again",
    "takes_unknown_method": "an unknown method",
    "takes_unknown_argument": "wrong arguments",
    "takes_missing_argument": "wrong arguments",
    "takes_wrong_type": "wrong arguments",
    "takes_nan": "wrong arguments",
    "takes_out_of_range": "wrong arguments",
    "takes_late": "a late call",
    "two_motions": "a second motion",
    "dies_of_garbage": "senseless bytes",
    "acts_on_damaged": "senseless bytes",
    "wrong_hash": "identity",
    "wrong_type_of_reading": "types of all readings",
    "leaves_out_a_field": "types of all readings",
    "out_of_range_reading": "types of all readings",
    "few_effects": "effects",
    "no_last_effect": "effects",
    "ignores_cancel": "cancel",
    "clock_runs_backwards": "its clock",
    "effect_beyond": "effects",
    "power_of_any": "its supply",
    "power_stays": "its supply",
    "power_ends_it": "its supply",
}


def kit_for(device: ReferenceDevice, *, still: bool = False) -> Kit:
    async def open_wire() -> Wire:
        return device.wire()

    return Kit(Wheels, open_wire, still=still)


async def test_a_right_device_passes() -> None:
    kit = kit_for(ReferenceDevice())
    rows = await check_device(kit, PROBES)
    assert [row for row in rows if row.verdict != PASSED] == []
    assert {row.rule for row in rows} == set(range(8))
    assert len(kit.latencies["state"]) > 100
    switched = await check_device(kit_for(ReferenceDevice(power=True)), OWN_PROBES)
    assert {row.verdict for row in switched} == {PASSED}
    assert "off and on; it answers meanwhile" in {row.words for row in switched}


@pytest.mark.parametrize("defect", DEFECTS)
async def test_each_defect_is_found_by_the_probe_of_its_rule(defect: str) -> None:
    rows = await check_device(kit_for(ReferenceDevice(defect)), PROBES)
    failed = [row.name for row in rows if row.verdict == FAILED]
    assert FOUND_BY[defect] in failed, failed


WAY, STOPPED = "places that it is told", "places when it is stopped"


@pytest.mark.parametrize(
    ("right", "wrong", "found"),
    [
        ("", "", ""),
        ("first += m->arguments[before].items > 0 ? m->arguments[before].items : 1;", ";", WAY),
        ('stop(d, "safed", true); be_safe(d);', 'stop(d, "safed", true);', STOPPED),
        ('boot", false);\n    be_safe(d);', 'boot", false);\n    d->safe = true;', STOPPED),
        ("= false;\n    be_safe(d);\n}", "= false;\n    d->safe = true;\n}", STOPPED),
    ],
    ids=["right", "another place", "made safe", "greeted", "unplugged"],
)
async def test_a_nozzle_is_where_it_was_told_to_be_and_stands_when_it_is_stopped(
    right: str, wrong: str, found: str, tmp_path: Path
) -> None:
    """It answers at once: what it does after that its next answer tells."""
    shutil.copytree(SOURCES, tmp_path / "sources")
    core = tmp_path / "sources" / "device.c"
    text = core.read_text()
    assert right in text
    core.write_text(text.replace(right, wrong, 1))
    device = LibraryDevice(build("nozzle", "library", tmp_path, sources=core.parent))

    async def open_wire() -> Wire:
        return device.wire()

    rows = await check_device(Kit(AttitudeEffectors, open_wire), PLACE_PROBES)
    assert {row.name: row.verdict for row in rows} == {
        name: FAILED if name == found else PASSED for name in (WAY, STOPPED)
    }, rows
    device.close()


def test_there_are_enough_defects() -> None:
    assert len(DEFECTS) >= 20 and set(FOUND_BY) == set(DEFECTS)


async def test_without_a_motion_what_needs_one_is_not_shown_and_nothing_moves() -> None:
    device = ReferenceDevice()
    rows = await check_device(kit_for(device, still=True), PROBES)
    assert not [row for row in rows if row.verdict == FAILED]
    assert len([row for row in rows if row.verdict == NOT_SHOWN]) >= 10
    assert device.asked == []


async def test_rules_of_motions_are_no_matter_of_what_has_none() -> None:
    device = ReferenceDevice()

    async def open_wire() -> Wire:
        return device.wire()

    cancel = [probe for probe in PROBES if probe.name == "cancel"]
    (row,) = await check_device(Kit(Battery, open_wire), cancel)
    assert (row.verdict, row.words) == (NO_MATTER, "it actuates nothing")
    (row,) = await check_device(Kit(Igniter, open_wire), cancel)  # it could, and once alone
    assert row.verdict == NOT_SHOWN


class GoesOnUnplugged(ReferenceDevice):
    def stop(self, state: str, *, reply: bool) -> None:
        if state != "unplugged":
            super().stop(state, reply=reply)


class RemembersBoots(ReferenceDevice):
    def take(self, payload: bytes) -> None:
        kept = dict(self.answered)
        super().take(payload)
        self.answered = kept | self.answered


class StopsByAnyCancel(ReferenceDevice):
    def take(self, payload: bytes) -> None:
        super().take(payload)
        if b"\xa6cancel" in payload:
            self.stop("cancelled", reply=False)


class KnowsNoWideLists(ReferenceDevice):
    def take(self, payload: bytes) -> None:
        if b"\xdd\x00" not in payload:
            super().take(payload)


class BeginsBeforeItIsAsked(ReferenceDevice):
    def begin(self, number: int, method: str, arguments: dict[str, Any]) -> None:
        super().begin(number, method, arguments)
        assert self.motion is not None
        self.motion["begun"] -= 0.15


class TakesTheLateOfBefore(ReferenceDevice):
    def call(self, number: int, method: str, arguments: Any, valid_ms: int) -> None:
        super().call(number, method, arguments, 1000 if valid_ms < 0 else valid_ms)


class TakesAnyTable(ReferenceDevice):
    def call(self, number: int, method: str, arguments: Any, valid_ms: int) -> None:
        super().call(number, method, arguments or {}, valid_ms)


class PassesOverWhatHasNoName(ReferenceDevice):
    def call(self, number: int, method: str, arguments: Any, valid_ms: int) -> None:
        if method:
            super().call(number, method, arguments, valid_ms)


class RemembersNoRefusals(ReferenceDevice):
    def reply(self, number: int, result: Any, error: str = "", *words: str) -> None:
        super().reply(number, result, error, *words)
        if error == "fault":
            del self.answered[number]


class IsGreetedByThePlug(ReferenceDevice):
    def wire(self) -> MemoryWire:
        wire = super().wire()
        self.greeted = self.born < self.loop.time()
        return wire


@pytest.mark.parametrize(
    ("kind", "probe"),
    [
        (TakesAnyTable, "a reading with an unknown argument"),
        (PassesOverWhatHasNoName, "an unknown method"),
        (RemembersNoRefusals, "a number among many"),
        (IsGreetedByThePlug, "safe before hello"),
        (GoesOnUnplugged, "the end of its link"),
        (RemembersBoots, "a number of an earlier boot"),
        (StopsByAnyCancel, "calls that are none"),
        (KnowsNoWideLists, "values in every form"),
        (BeginsBeforeItIsAsked, "effects"),
        (TakesTheLateOfBefore, "calls that are none"),
    ],
)
async def test_what_a_device_does_wrong_beside_the_rules_words_is_found_by_one_probe(
    kind: type[ReferenceDevice], probe: str
) -> None:
    rows = await check_device(kit_for(kind()), PROBES)
    assert [row.name for row in rows if row.verdict == FAILED] == [probe]


@pytest.mark.parametrize(
    ("kind", "probe", "words"),
    [
        (strange.MovesOnAfterHello, "hello of a new boot", "it moves on after the hello"),
        (strange.AnswersOtherThanItTold, "effects", "and the last effect 0.2: what it says by"),
        (strange.CountsFromTheMotionBefore, "effects", "it counts from the start of its call"),
        (strange.IsOfTomorrow, "identity", "payloads of it are no message of the protocol, the"),
        (strange.HasWordsOfItsOwn, "an unknown method", "it is to be rejected"),
        (strange.GivesNoCode, "safe after hello", "has the code 'E42'; allowed is busy, cold, "),
        (strange.ChecksItsFirstMotionAlone, "wrong arguments", "turn: an unknown argument was"),
        (strange.IsKeptAliveByNoise, "silence of the bench", "and the call was not ended"),
        (strange.IsDeafWhileItMoves, "a second motion", "state is not answered while it moves"),
        (strange.TakesNumbersOfAnyKind, "calls that are none", "it moved by a call that is none"),
        (strange.ReadsALateOneAsNow, "calls that are none", "'drive', {'distance': 10.0}"),
        (strange.CountsMilliseconds, "its clock", "of the wall: allowed are microseconds"),
    ],
)
async def test_devices_of_strangers_are_found_out_and_told_what_is_wrong(
    kind: type[ReferenceDevice], probe: str, words: str
) -> None:
    probes = [each for each in PROBES if each.name in (probe, "identity", "a late call")]
    rows = {row.name: row for row in await check_device(kit_for(kind()), probes)}
    assert rows[probe].verdict == FAILED and words in rows[probe].words, rows[probe].words


async def test_who_is_told_of_the_end_of_a_link_is_asked_at_once_after_it() -> None:
    kit = kit_for(strange.StaysFreeOverThePlug())
    wanted = ("the end of its link", "safe before hello")
    rows = await check_device(kit, [each for each in PROBES if each.name in wanted])
    assert [row.name for row in rows if row.verdict == FAILED] == ["safe before hello"]


@pytest.mark.parametrize(
    ("by", "found"), [(1.0, False), (0.85, False), (1.15, False), (0.5, True), (2.0, True)]
)
async def test_a_clock_may_drift_and_not_count_something_else(by: float, found: bool) -> None:
    class Drifts(ReferenceDevice):
        def now(self) -> float:
            return by * super().now()

    (named,) = [each for each in PROBES if each.name == "its clock"]
    (row,) = await check_device(kit_for(Drifts()), [named])
    assert (row.verdict == FAILED) is found, row.words


async def test_silence_that_a_probe_has_waited_for_is_not_waited_for_again() -> None:
    """And one that is let move anew is: what was found of it before says nothing."""
    kit = kit_for(ReferenceDevice())
    kit.tells_its_end = lambda wire: False  # type: ignore[method-assign]
    ends, safe = (
        next(each for each in PROBES if each.name == name)
        for name in ("the end of its link", "safe before hello")
    )
    loop = asyncio.get_running_loop()
    took = []
    for named in (safe, ends, safe, ends, PROBES[0], safe):
        begun = loop.time()
        assert (await check_device(kit, [named]))[0].verdict == PASSED
        took.append(loop.time() - begun)
    assert took[0] > 1.0 and took[1] > 1.0 and took[2] < 0.1 and took[5] > 1.0
