"""The arguments of a command that starts a state are declared once, and reach the work typed."""

import ast
from pathlib import Path
from typing import Annotated

import msgspec
import pytest

import flight
from flight.core.chart.statechart import ANY, On, Signal, State, Statechart
from flight.core.commanding.arguments import Arguments
from flight.core.commanding.commands import (
    CommandRejected,
    Restart,
    argument_unit,
    command,
    declared_commands,
)
from flight.core.node import Node
from flight.icd.messages import Rung
from flight.runtime.loop import VirtualLoop, run
from ground.missions.vehicles import ALL_VEHICLES
from ground.testbed.control_room.dictionary import build_dictionary
from ground.testbed.participants.vehicles import vehicle_class
from ground.testbed.rig import Rig

Metres = Annotated[float, msgspec.Meta(ge=0.0, le=50.0, extra={"unit": "m"})]


class Dig(Arguments, frozen=True):
    """How deep, and with which bits."""

    depth: Metres
    bits: list[str] = msgspec.field(default_factory=lambda: ["new"])


async def dig(node: "Digger", signal: Signal) -> Signal:
    wanted = signal.given(Dig)
    node.done.append(wanted)
    return Signal("done", {"result": f"{wanted.depth:g} m with {', '.join(wanted.bits)}"})


async def rest(node: "Digger", signal: Signal) -> str:
    signal.given(Dig)  # whoever comes here brings none
    return "done"


class Digger(Node):
    """A digger."""

    name = "digger"
    statechart = Statechart(
        State("idle", initial=True),
        State("digging", activity=dig),
        State("resting", activity=rest),
        State("safe"),
        transitions=[
            On("dig", "idle", "digging"),
            On("rest", "idle", "resting"),
            On("done", ("digging", "resting"), "idle"),
            On("failed", ("digging", "resting"), "idle"),
            On("abort", ("digging", "resting"), "idle"),
            On("enter_safe", ANY, "safe"),
            On("leave_safe", "safe", "idle"),
        ],
        ignored=("abort",),
    )

    def attach(self) -> None:
        self.done: list[Dig] = []

    @command(deadline=60.0, starts="digging", restart=Restart.RESUME)
    def dig(self, wanted: Dig) -> None:
        """Digs."""
        if wanted.depth == 13.0:
            raise CommandRejected("dig: depth = 13.0: allowed is another")

    @command(deadline=60.0, starts="resting")
    def rest(self) -> None:
        """Rests."""


def test_the_fields_are_the_arguments_on_the_wire_and_in_the_dictionary() -> None:
    spec = declared_commands(Digger)["dig"]
    assert spec.check({"depth": 2}) == {"depth": 2.0, "bits": ["new"]}
    with pytest.raises(CommandRejected, match=r"depth = 51: allowed is .* <= 50"):
        spec.check({"depth": 51})
    with pytest.raises(CommandRejected, match="wanted"):
        spec.check({"wanted": {"depth": 2.0}})
    plain = build_dictionary([Digger])["vehicles"]["digger"]["commands"]["dig"]
    assert {name: entry["required"] for name, entry in plain["arguments"].items()} == {
        "depth": True, "bits": False,
    }  # fmt: skip
    assert argument_unit(Dig.__annotations__["depth"]) == plain["arguments"]["depth"]["unit"] == "m"


def test_they_reach_the_work_as_what_they_are(tmp_path: Path) -> None:
    async def story() -> None:
        async with Rig(tmp_path) as rig:
            node = rig.add_node(Digger, {})
            assert isinstance(node, Digger)
            report = await rig.command("digger", "dig", depth=3)
            assert (report.rung, report.detail) == (Rung.COMPLETED, "3 m with new")
            assert node.done == [Dig(depth=3.0, bits=["new"])]
            refused = await rig.command("digger", "dig", depth=13)
            assert (refused.rung, refused.detail) == (
                Rung.REJECTED, "dig: depth = 13.0: allowed is another",
            )  # fmt: skip
            assert len(node.done) == 1

    run(story(), VirtualLoop())


def test_a_state_that_is_entered_by_another_signal_is_told_so(tmp_path: Path) -> None:
    async def story() -> str:
        async with Rig(tmp_path) as rig:
            rig.add_node(Digger, {})
            report = await rig.command("digger", "rest")
            assert report.rung is Rung.FAILED
            return report.detail

    assert "signal rest carries NoneType, not Dig" in run(story(), VirtualLoop())


def test_arguments_as_a_whole_stand_alone() -> None:
    class Wrong(Node):
        """Mixed."""

        @command(deadline=1.0)
        def dig(self, wanted: Dig, fast: bool) -> None:
            """Digs."""

    with pytest.raises(TypeError, match="dig: wanted are all its arguments: there are others"):
        declared_commands(Wrong)


# ------------------------------------------------------------------------------ all vehicles


@pytest.mark.parametrize("vehicle", ALL_VEHICLES)
def test_a_command_that_starts_a_state_declares_its_arguments_as_a_type(vehicle: str) -> None:
    for spec in declared_commands(vehicle_class(vehicle)).values():
        kept = spec.name == "rendezvous"  # its method keeps the argument: no work reads it
        if spec.starts is not None and msgspec.structs.fields(spec.arguments) and not kept:
            assert issubclass(spec.arguments, Arguments), spec.name


def test_no_work_reads_an_argument_by_a_word() -> None:
    """What a signal says in words is a reason, whether it still holds, or a result."""
    words = []
    for file in sorted(Path(flight.__path__[0]).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("signal.data"):
                words.append(f"{file.name}: {ast.unparse(node)}")
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("signal.data.get"):
                words.append(f"{file.name}: {ast.unparse(node.args[0])}")
    asked = {word.partition(": ")[2] for word in words}
    assert asked <= {"'reason'", "'still'", "'result'", "ended.signal.data['reason']"}, words
