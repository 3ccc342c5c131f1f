"""What a node refuses in a sequence when it is loaded, since it could never hold."""

from typing import Any

import pytest

from flight.core.commanding.commands import Hazard, highest
from flight.core.sequencing.conditions import condition_fault
from flight.core.sequencing.sequences import Comparison, WaitUntil
from flight.core.telling.channels import Channel
from flight.icd.messages import Rung
from ground.testbed.rig import Rig
from tests.flight.core.toy_node import toy

CHANNELS: dict[str, Channel[Any]] = {
    "latched": Channel(bool, doc="a flag"),
    "mode": Channel(str, doc="a text"),
    "count": Channel(int, doc="a number of things"),
    "charge": Channel(float, doc="a quantity"),
}


def fault(channel: str, comparison: str, value: Any) -> str:
    entry = WaitUntil(
        channel=channel, comparison=Comparison(comparison), value=value, timeout=10.0
    )
    return condition_fault(entry, CHANNELS, "toy")


@pytest.mark.parametrize(
    ("channel", "comparison", "value"),
    [
        ("latched", "==", True),
        ("latched", "!=", False),
        ("mode", "==", "idle"),
        ("mode", "!=", "safe"),
        ("count", "==", 2),
        ("count", "==", 2.0),
        ("count", ">", 2.5),
        ("charge", "==", 1),
        ("charge", "<=", 0.5),
    ],
)
def test_a_condition_that_can_hold_is_taken(channel: str, comparison: str, value: Any) -> None:
    assert fault(channel, comparison, value) == ""


@pytest.mark.parametrize(
    ("channel", "comparison", "value", "sentence"),
    [
        ("latched", "==", "yes", "latched is of type bool; allowed is == and != with true"),
        ("latched", "==", 1, "latched is of type bool"),
        ("latched", ">", 0, "latched is of type bool"),
        ("charge", ">", "0x10", "charge is of type float; allowed is any comparison with a number"),
        ("charge", "==", True, "charge is of type float"),
        ("mode", "==", 5, "mode is of type str; allowed is == and != with a text"),
        ("mode", "<", "idle", "mode is of type str"),
        ("count", "==", 2.5, "count is of type int"),
        ("count", "!=", 2.5, "count is of type int"),
        ("chrage", ">", 0.5, "toy has no such channel"),
    ],
)
def test_a_condition_that_never_can_is_refused_with_type_and_what_is_allowed(
    channel: str, comparison: str, value: Any, sentence: str
) -> None:
    assert sentence in fault(channel, comparison, value)


def test_a_misspelt_channel_is_told_which_was_meant() -> None:
    assert "did you mean charge?" in fault("chrage", ">", 0.5)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        (
            {
                "kind": "wait_until",
                "channel": "drven",
                "comparison": ">",
                "value": 1.0,
                "timeout": 5.0,
            },
            "did you mean driven?",
        ),
        (
            {"kind": "relative", "target": "rovr", "command": "drive"},
            "target = 'rovr': toy has no route to it",
        ),
    ],
)
async def test_such_a_sequence_is_refused_at_load(
    rig: Rig, entry: dict[str, Any], sentence: str
) -> None:
    report = await rig.command("toy", "load_sequence", sequence={"name": "s", "entries": [entry]})
    assert report.rung is Rung.REJECTED
    assert sentence in report.detail
    assert (await rig.command("toy", "start_sequence", name="s")).rung is Rung.REJECTED


RELEASE = [
    {
        "kind": "relative",
        "target": "toy",
        "command": "release",
        "arguments": {"tube": "M14"},
        "stage": stage,
        "lifetime": 60.0 if stage == "arm" else 0.0,
    }
    for stage in ("arm", "fire")
]
HARMLESS = [{"kind": "relative", "target": "toy", "command": "note", "arguments": {"text": "x"}}]


@pytest.mark.parametrize("name", ["load_sequence", "start_sequence"])
async def test_what_carries_a_hazardous_command_needs_arm_and_fire(rig: Rig, name: str) -> None:
    sequence = {"name": "s", "entries": RELEASE}
    arguments: dict[str, Any] = {"sequence": sequence}
    if name == "start_sequence":
        assert (await rig.command("toy", "load_sequence", **arguments)).rung is Rung.COMPLETED
        arguments = {"name": "s"}
    report = await rig.wait_for_end(rig.send("toy", name, **arguments))
    assert report.rung is Rung.REJECTED
    assert "carries a hazardous command: release of a tube" in report.detail
    rig.send("toy", name, stage="arm", **arguments)
    report = await rig.wait_for_end(rig.send("toy", name, stage="fire", **arguments))
    assert report.rung is Rung.COMPLETED


async def test_a_sequence_that_starts_a_hazardous_one_is_hazardous_too(rig: Rig) -> None:
    await rig.command("toy", "load_sequence", sequence={"name": "inner", "entries": RELEASE})
    start = {"kind": "relative", "target": "toy", "command": "start_sequence"}
    outer = [{**start, "arguments": {"name": "inner"}, "stage": "run"}]
    report = await rig.command("toy", "load_sequence", sequence={"name": "o", "entries": outer})
    assert report.rung is Rung.REJECTED
    assert "start_sequence is hazardous" in report.detail


async def test_what_carries_nothing_hazardous_runs_at_once(rig: Rig) -> None:
    sequence = {"name": "s", "entries": HARMLESS}
    report = await rig.wait_for_end(rig.send("toy", "load_sequence", sequence=sequence))
    assert report.rung is Rung.COMPLETED
    report = await rig.wait_for_end(rig.send("toy", "start_sequence", name="s"))
    assert report.rung is Rung.COMPLETED
    assert str(toy(rig).commands["start_sequence"].carries) == "the stored sequence that is named"


async def test_what_carries_nothing_hazardous_takes_arm_where_it_changes_something(
    rig: Rig,
) -> None:
    """Loading changes nothing yet, and is hazardous nowhere; starting is in some phases."""
    sequence = {"name": "s", "entries": HARMLESS}
    report = await rig.wait_for_end(
        rig.send("toy", "load_sequence", stage="arm", sequence=sequence)
    )
    assert report.rung is Rung.REJECTED and "takes no arm" in report.detail
    assert (await rig.command("toy", "load_sequence", sequence=sequence)).rung is Rung.COMPLETED
    fired = await rig.wait_for_end(rig.send("toy", "start_sequence", stage="fire", name="s"))
    assert fired.rung is Rung.REJECTED, "nothing was armed"
    rig.send("toy", "start_sequence", stage="arm", name="s")
    fired = await rig.wait_for_end(rig.send("toy", "start_sequence", stage="fire", name="s"))
    assert fired.rung is Rung.COMPLETED


async def test_a_ring_of_sequences_has_the_hazard_of_what_is_in_it(rig: Rig) -> None:
    def start(name: str) -> dict[str, Any]:
        return {
            "kind": "relative",
            "target": "toy",
            "command": "start_sequence",
            "arguments": {"name": name},
        }

    for name, other in (("a", "b"), ("b", "a")):
        report = await rig.command(
            "toy", "load_sequence", sequence={"name": name, "entries": [start(other)]}
        )
        assert report.rung is Rung.COMPLETED
    node = toy(rig)
    ring = node.hazards.of(node.commands["start_sequence"], {"name": "a"})
    assert ring is Hazard.NONE
    await rig.command("toy", "load_sequence", sequence={"name": "b", "entries": RELEASE})
    assert node.hazards.of(node.commands["start_sequence"], {"name": "a"}) is Hazard.RELEASE


def test_the_highest_of_some_hazards_is_the_most_severe() -> None:
    # By name "release" comes after "ignition": it is the order of severity that counts.
    assert highest([Hazard.RELEASE, Hazard.NONE, Hazard.IGNITION]) is Hazard.IGNITION
    assert highest([Hazard.DECOMMISSION, Hazard.SEALING]) is Hazard.DECOMMISSION
    assert highest([]) is Hazard.NONE
