"""How urgent a message is for Earth, and what a carrier keeps of those it carries."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.core import hearing
from flight.core.commanding.commands import CommandRejected
from flight.core.hearing import HearsPeers
from flight.core.telling.carried import keeper
from flight.core.telling.priorities import priority_of
from flight.core.two_computers import TwoComputers
from flight.icd.devices.communications import LinkState
from flight.icd.messages import (
    CommandReport,
    CustodyReport,
    EventReport,
    Message,
    Packet,
    Rung,
    Severity,
    Telemetry,
    decode_message,
)


def event(severity: Severity) -> EventReport:
    return EventReport("mav", "any", severity, 1, "x", {}, 1)


@pytest.mark.parametrize(
    ("message", "priority"),
    [
        (CommandReport("c", "mav", Rung.ACCEPTED, 1), 0),
        (CustodyReport("mav", 1, {}), 0),
        (event(Severity.FATAL), 0),
        (event(Severity.WARNING_HI), 1),
        (event(Severity.WARNING_LO), 1),
        (event(Severity.COMMAND), 3),
        (event(Severity.ACTIVITY_HI), 3),
        (event(Severity.ACTIVITY_LO), 3),
        (Telemetry("mav", 1, {}, 1), 5),
        (event(Severity.DIAGNOSTIC), 8),
    ],
)
def test_what_cannot_be_said_again_goes_first(message: Message, priority: int) -> None:
    assert priority_of(message) == priority
    kept: list[tuple[int, bytes, str]] = []
    pumped: list[int] = []
    node = SimpleNamespace(
        recorder=SimpleNamespace(record=lambda *what: kept.append(what)),
        communications=SimpleNamespace(pump=lambda: pumped.append(1)),
    )
    keeper(node, "mav")(message)
    [(as_kept, data, kind)] = kept
    packet = decode_message(data)
    assert isinstance(packet, Packet)
    assert (as_kept, packet.source, packet.destination) == (priority, "mav", "ground")
    assert decode_message(packet.body) == message and kind == type(message).__name__
    assert pumped == [1]


def test_a_carrier_knows_the_mode_that_was_told_last() -> None:
    modes: dict[str, str] = {}
    node = SimpleNamespace(
        recorder=SimpleNamespace(record=lambda *what: None),
        communications=SimpleNamespace(pump=lambda: None),
    )
    keep = keeper(node, "mav", modes)
    keep(Telemetry("mav", 1, {"charge": 1.0}, 1))
    keep(event(Severity.FATAL))
    assert modes == {}
    keep(Telemetry("mav", 2, {"mode": "idle"}, 2))
    assert modes == {"mav": "idle"}


def hears(monkeypatch: pytest.MonkeyPatch) -> tuple[Any, dict[str, float], dict[str, bool]]:
    """A vehicle that hears, the time, and which links are up."""
    now, up = {"s": 100.0}, {"relay": False, "lander": False}
    monkeypatch.setattr(hearing, "monotonic", lambda: now["s"])
    node: Any = object.__new__(HearsPeers)
    node._heard, node._up, node._silent_since_boot = {}, set(), 100.0
    node.communications = SimpleNamespace(link=lambda peer: SimpleNamespace(up=up[peer]))
    return node, now, up


def test_silence_counts_from_boot_until_one_is_heard_and_then_from_the_end_of_its_link(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node, now, up = hears(monkeypatch)
    node.link_changed(LinkState(peer="relay", up=False, rate_bps=0.0))  # was never up
    now["s"] = 150.0
    assert node.silence_of("relay") == node.relay_silence() == 50.0 and not node.heard("relay")
    up["relay"] = True
    node.link_changed(LinkState(peer="relay", up=True, rate_bps=1.0))
    now["s"] = 190.0
    assert node.silence_of("relay") == 0.0 and node.heard("relay")
    up["relay"] = False
    node.link_changed(LinkState(peer="relay", up=False, rate_bps=0.0))
    now["s"] = 200.0
    assert node.silence_of("relay") == 10.0  # since its link went down, not since it came up
    assert node.silence_of("lander") == 100.0 and not node.heard("lander")


def test_the_other_computer_is_asked_for_once_where_there_is_one() -> None:
    asked: list[int] = []
    node: Any = object.__new__(TwoComputers)
    node.name = "mav"
    node.context = SimpleNamespace(request_swap=lambda: asked.append(1))
    TwoComputers.swap_computer(node)
    assert asked == [1]
    node._do_swap_computer()
    assert asked == [1, 1]
    node.context = SimpleNamespace(request_swap=None)
    node._do_swap_computer()
    with pytest.raises(CommandRejected, match="nobody here can start"):
        TwoComputers.swap_computer(node)
