"""Command loss, and settings that go back by themselves: exactly when, and over reboots."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.communications import LinkState
from tests.flight.core.fault_protection.guarded import Deck, on_deck

HOUR = 3600.0
LOSS: dict[str, Any] = {
    "timers": {
        "command_loss": {
            "after": 2 * HOUR,
            "in_states": {"working": 10 * HOUR},
            "do": ["ring 1"],
            "then": {"not_cleared_in": HOUR, "do": ["enter_safe"]},
        }
    }
}


async def command(deck: Deck) -> None:
    await deck.rig.command("guarded", "report_status")


def lost(deck: Deck) -> list[tuple[Any, ...]]:
    return deck.events("command_lost")


def test_silence_of_exactly_so_long_is_too_long(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await command(deck)
        await asyncio.sleep(2 * HOUR - 1.0)
        assert lost(deck) == []
        await asyncio.sleep(2.0)
        assert lost(deck) == [("command_lost", 7200)]
        assert deck.node.deeds == ["ring 1"]
        assert deck.events("monitor_violated")[0][1] == "command_loss"

    on_deck(tmp_path, LOSS, story)


def test_what_does_not_help_is_followed_by_more_and_a_command_ends_it(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await asyncio.sleep(3.5 * HOUR)
        assert deck.node.state == "safe"
        await command(deck)
        assert deck.events("monitor_cleared") == [("monitor_cleared", "command_loss")]
        await asyncio.sleep(1.9 * HOUR)
        assert len(lost(deck)) == 1
        await asyncio.sleep(0.2 * HOUR)
        assert len(lost(deck)) == 2

    on_deck(tmp_path / "more", LOSS, story)

    async def helped(deck: Deck) -> None:
        await asyncio.sleep(2.5 * HOUR)
        await command(deck)
        await asyncio.sleep(1.5 * HOUR)
        assert deck.node.state == "idle"

    on_deck(tmp_path / "helped", LOSS, helped)


def test_only_valid_commands_count(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await asyncio.sleep(HOUR)
        report = await deck.rig.command("guarded", "leave_safe")  # not allowed here
        assert report.rung == "REJECTED"
        await deck.rig.wait_for_end(deck.rig.send("guarded", "no_such_command"))
        await asyncio.sleep(1.1 * HOUR)
        assert len(lost(deck)) == 1

    on_deck(tmp_path, LOSS, story)


def test_a_hazardous_command_that_is_fired_unarmed_does_not_count(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await asyncio.sleep(1.9 * HOUR)
        fired = deck.rig.send("guarded", "activate_protection", stage="fire")
        assert (await deck.rig.wait_for_end(fired)).rung == "REJECTED"
        itself = await deck.rig.command("guarded", "confirm_communication")
        assert itself.rung == "REJECTED"
        await asyncio.sleep(0.2 * HOUR)
        assert len(lost(deck)) == 1
        armed = deck.rig.send("guarded", "activate_protection", stage="arm")
        assert (await deck.rig.wait_for_end(armed)).rung == "COMPLETED"
        assert deck.events("monitor_cleared") == [("monitor_cleared", "command_loss")]

    on_deck(tmp_path, LOSS, story)


def test_without_a_command_the_ladder_is_gone_up_again_and_again(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await asyncio.sleep(4.9 * HOUR)  # 2 h of silence, 1 h of its ladder, and 2 h of rest
        assert deck.node.deeds == ["ring 1"] and deck.node.state == "safe"
        await asyncio.sleep(0.2 * HOUR)
        assert deck.node.deeds == ["ring 1", "ring 1"]
        await deck.reboot()  # which is no command
        await asyncio.sleep(0.1 * HOUR)
        assert deck.node.deeds == ["ring 1"]
        await asyncio.sleep(3.1 * HOUR)
        assert deck.node.deeds == ["ring 1", "ring 1"]
        await command(deck)
        await asyncio.sleep(1.9 * HOUR)
        assert deck.node.deeds == ["ring 1", "ring 1"] and deck.node.state == "safe"
        await asyncio.sleep(0.2 * HOUR)
        assert deck.node.deeds == ["ring 1"] * 3

    on_deck(tmp_path, LOSS, story)


def test_how_long_it_rests_between_is_said_by_the_table(tmp_path: Path) -> None:
    loss = {"timers": {"command_loss": {**LOSS["timers"]["command_loss"], "again": 0.5 * HOUR}}}

    async def story(deck: Deck) -> None:
        await asyncio.sleep(3.4 * HOUR)
        assert deck.node.deeds == ["ring 1"]
        await asyncio.sleep(0.2 * HOUR)
        assert deck.node.deeds == ["ring 1", "ring 1"]

    on_deck(tmp_path, loss, story)


def test_what_a_sequence_on_board_sends_does_not_count(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        entry = {"kind": "relative", "target": "guarded", "command": "report_status", "delay": HOUR}
        sequence = {"name": "watch", "entries": [entry]}
        await deck.rig.command("guarded", "load_sequence", sequence=sequence)
        await deck.rig.command("guarded", "start_sequence", name="watch")
        await asyncio.sleep(1.9 * HOUR)
        done = [each.command.name for each in deck.node.dispatcher.entries()]
        assert done[-1] == "report_status" and lost(deck) == []
        await asyncio.sleep(0.2 * HOUR)
        assert len(lost(deck)) == 1

    on_deck(tmp_path, LOSS, story)


def test_each_phase_has_its_own_patience(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.go("work")
        await asyncio.sleep(9.9 * HOUR)
        assert lost(deck) == []
        await deck.go("rest")  # here it has been too long already
        assert len(lost(deck)) == 1

    on_deck(tmp_path, LOSS, story)


def test_where_nothing_is_safer_than_going_on_nobody_is_missed(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await asyncio.sleep(2 * HOUR - 50.0)
        await deck.go("fly")
        await asyncio.sleep(99.0)
        assert lost(deck) == []
        await asyncio.sleep(2.0)
        assert len(lost(deck)) == 1

    on_deck(tmp_path, LOSS, story)


def test_the_rest_survives_reboots_and_no_correction_of_the_clock_moves_it(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await command(deck)
        for _ in range(3):
            await asyncio.sleep(0.6 * HOUR)
            await deck.reboot()
            deck.node.clock.correct(1e6)
        assert lost(deck) == []
        await asyncio.sleep(0.3 * HOUR)
        assert len(lost(deck)) == 1

    on_deck(tmp_path, LOSS, story)


@pytest.mark.requirement("FP-05")
def test_silence_that_was_announced_is_none(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.rig.command("guarded", "announce_silence", seconds=20 * HOUR)
        await asyncio.sleep(21.9 * HOUR)  # and then as long as without
        assert lost(deck) == []
        await asyncio.sleep(0.2 * HOUR)
        assert len(lost(deck)) == 1
        await deck.rig.command("guarded", "announce_silence", seconds=20 * HOUR)
        await command(deck)  # what comes meanwhile does not end it
        await asyncio.sleep(2.1 * HOUR)
        assert len(lost(deck)) == 1
        await deck.reboot()
        await asyncio.sleep(19.0 * HOUR)
        assert len(lost(deck)) == 1
        await asyncio.sleep(1.0 * HOUR)
        assert len(lost(deck)) == 2

    on_deck(tmp_path, LOSS, story)


SHORT: dict[str, Any] = {
    "timers": {
        "command_loss": {
            **LOSS["timers"]["command_loss"], "announced": 20 * HOUR,
            "announced_in": {"working": 30 * HOUR}, "longest": 40 * HOUR,
        }
    }
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "signal", "hours", "rung"),
    [("announce_silence", "", 20.0, "COMPLETED"), ("announce_silence", "", 20.1, "REJECTED"),
     ("announce_silence", "work", 30.0, "COMPLETED"),
     ("announce_silence", "work", 30.1, "REJECTED"),
     ("announce_long_silence", "", 40.0, "COMPLETED"),
     ("announce_long_silence", "", 40.1, "REJECTED")],
)  # fmt: skip
def test_more_silence_than_is_planned_is_armed_and_too_much_is_refused(
    tmp_path: Path, name: str, signal: str, hours: float, rung: str
) -> None:
    async def story(deck: Deck) -> None:
        if signal:
            await deck.go(signal)
        before = deck.node.protection.command_loss.announced
        report = await deck.rig.command("guarded", name, seconds=hours * HOUR)
        assert report.rung == rung
        taken = rung == "COMPLETED"
        assert (deck.node.protection.command_loss.announced > before) is taken
        if not taken and name == "announce_silence":
            assert "to 1.6 sols by announce_long_silence" in report.detail

    on_deck(tmp_path, SHORT, story)


def test_nobody_is_silent_beyond_what_the_ground_is_needed_for(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.node.ground_is_needed_in = lambda: HOUR  # type: ignore[method-assign]
        for name in ("announce_silence", "announce_long_silence"):
            late = await deck.rig.command("guarded", name, seconds=HOUR + 1.0)
            assert late.rung == "REJECTED" and "by announce_long" not in late.detail
            just = await deck.rig.command("guarded", name, seconds=HOUR)
            assert just.rung == "COMPLETED"

    on_deck(tmp_path, LOSS, story)


def test_a_long_silence_is_not_announced_without_an_arming(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        run = deck.rig.send("guarded", "announce_long_silence", seconds=HOUR)
        assert (await deck.rig.wait_for_end(run)).rung == "REJECTED"
        assert deck.node.protection.command_loss.announced == 0.0

    on_deck(tmp_path, LOSS, story)


def test_an_announcement_can_be_taken_back(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await deck.rig.command("guarded", "announce_silence", seconds=20 * HOUR)
        await deck.rig.command("guarded", "announce_silence", seconds=0.0)
        await asyncio.sleep(1.9 * HOUR)
        assert lost(deck) == []
        await asyncio.sleep(0.2 * HOUR)
        assert len(lost(deck)) == 1
        changes = deck.events("protection_changed")
        assert [each[1] for each in changes] == ["silence", "silence"]

    on_deck(tmp_path, LOSS, story)


def test_a_repeat_of_a_valid_command_counts_and_one_of_a_refused_one_does_not(
    tmp_path: Path,
) -> None:
    async def story(deck: Deck) -> None:
        rig = deck.rig
        valid = rig.send("guarded", "report_status")
        await rig.wait_for_end(valid)
        refused = rig.send("guarded", "no_such_command")
        await rig.wait_for_end(refused)
        await asyncio.sleep(1.5 * HOUR)
        rig.send("guarded", "report_status", identifier=valid)
        await asyncio.sleep(1.5 * HOUR)
        assert lost(deck) == []
        rig.send("guarded", "no_such_command", identifier=refused)
        await asyncio.sleep(0.6 * HOUR)
        assert len(lost(deck)) == 1

    on_deck(tmp_path, LOSS, story)


def test_who_counts_no_silence_refuses_to_hear_of_it(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        report = await deck.rig.command("guarded", "announce_silence", seconds=5.0)
        assert report.rung == "REJECTED"
        await asyncio.sleep(1e7)
        assert lost(deck) == []

    on_deck(tmp_path, {}, story)


# -------------------------------------------------------------------- confirmation

CONFIRM: dict[str, Any] = {
    "timers": {"confirm_communication": {"passes": 2, "parameters": ["window"]}}
}


async def change(deck: Deck, **values: float) -> None:
    await deck.rig.command("guarded", "load_parameters", values=values)
    await deck.rig.command("guarded", "activate_parameters")
    await asyncio.sleep(0.01)


def end_pass(deck: Deck, peer: str = "relay") -> None:
    deck.node._link_changed(LinkState(peer, up=True))
    deck.node._link_changed(LinkState(peer, up=False))


def test_settings_that_nobody_confirms_go_back(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await change(deck, window=7.0)
        end_pass(deck)
        assert deck.node.parameters["window"] == 7.0
        end_pass(deck, "rover")  # no way to Earth
        assert deck.node.parameters["window"] == 7.0
        end_pass(deck)
        assert deck.node.parameters["window"] == 5.0
        await asyncio.sleep(0.01)
        assert deck.events("communication_reverted") == [
            ("communication_reverted", {"window": 5.0})
        ]
        for _ in range(5):
            end_pass(deck)
        assert deck.node.parameters["window"] == 5.0  # and that waits for nobody

    on_deck(tmp_path, CONFIRM, story)


def test_what_is_confirmed_stays(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        refused = await deck.rig.command("guarded", "confirm_communication")
        assert refused.rung == "REJECTED"
        await change(deck, window=7.0)
        end_pass(deck)
        kept = await deck.rig.command("guarded", "confirm_communication")
        assert kept.rung == "COMPLETED"
        for _ in range(5):
            end_pass(deck)
        assert deck.node.parameters["window"] == 7.0

    on_deck(tmp_path, CONFIRM, story)


def test_other_parameters_wait_for_nobody(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await change(deck, speed=2.0)
        for _ in range(5):
            end_pass(deck)
        assert deck.node.parameters["speed"] == 2.0

    on_deck(tmp_path, CONFIRM, story)


def test_the_second_change_goes_back_to_what_was_confirmed_last(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await change(deck, window=7.0)
        end_pass(deck)
        await change(deck, window=9.0)
        end_pass(deck)
        assert deck.node.parameters["window"] == 9.0
        end_pass(deck)
        assert deck.node.parameters["window"] == 5.0

    on_deck(tmp_path, CONFIRM, story)


def test_passes_are_counted_over_reboots(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        await change(deck, window=7.0)
        end_pass(deck)
        await deck.reboot()
        assert deck.node.parameters["window"] == 7.0
        end_pass(deck)
        assert deck.node.parameters["window"] == 5.0

    on_deck(tmp_path, CONFIRM, story)


def test_a_link_that_falls_without_having_risen_is_no_pass(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        deck.node._link_changed(LinkState("relay", up=True))
        await change(deck, window=7.0)
        for peer in ("relay", "relay", "earth", "relay"):  # the radio is switched; it was up before
            deck.node._link_changed(LinkState(peer, up=False))
        deck.node._link_changed(LinkState("earth", up=True))
        deck.node._link_changed(LinkState("relay", up=False))  # not the one that has risen
        deck.node._link_changed(LinkState("earth", up=False))
        assert deck.node.parameters["window"] == 7.0
        end_pass(deck)
        assert deck.node.parameters["window"] == 5.0

    on_deck(tmp_path, CONFIRM, story)


def test_each_pass_in_which_earth_can_confirm_is_told_and_no_other(tmp_path: Path) -> None:
    async def story(deck: Deck) -> None:
        end_pass(deck)
        await change(deck, window=7.0)
        end_pass(deck)
        deck.node._link_changed(LinkState("rover", up=True))
        deck.node._link_changed(LinkState("relay", up=True))
        await deck.rig.command("guarded", "confirm_communication")
        deck.node._link_changed(LinkState("relay", up=False))
        end_pass(deck)
        await asyncio.sleep(0.01)
        told = deck.events("communication_to_confirm")
        assert [each[1] for each in told] == [2, 1]

    on_deck(tmp_path, CONFIRM, story)


def test_where_no_pass_comes_at_all_they_go_back_after_a_time_also_over_a_reboot(
    tmp_path: Path,
) -> None:
    timed: dict[str, Any] = {
        "timers": {"confirm_communication": {
            "passes": 2, "within": 40 * HOUR, "parameters": ["window"],
        }}
    }  # fmt: skip

    async def story(deck: Deck) -> None:
        await change(deck, window=7.0)
        await asyncio.sleep(20 * HOUR)
        await deck.reboot()
        await asyncio.sleep(19.9 * HOUR)
        deck.node.protection.housekeeping()
        assert deck.node.parameters["window"] == 7.0
        await asyncio.sleep(0.2 * HOUR)
        deck.node.protection.housekeeping()
        assert deck.node.parameters["window"] == 5.0
        await change(deck, window=7.0)
        await deck.rig.command("guarded", "confirm_communication")
        await asyncio.sleep(50 * HOUR)
        deck.node.protection.housekeeping()
        assert deck.node.parameters["window"] == 7.0

    on_deck(tmp_path, timed, story)
