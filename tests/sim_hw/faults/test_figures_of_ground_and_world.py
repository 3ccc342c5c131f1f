"""What people on the ground do wrong, and what the world does, kind by kind, by their figures."""

from typing import Any

import pytest

from flight.configuration.files import NotAllowed
from flight.icd.messages import Command
from sim_hw.faults.ground_kinds import (
    CommandGarbled,
    CommandRepeated,
    Conflicting,
    OperatorLate,
    OutOfOrder,
    UploadMalformed,
    UploadStale,
    UploadWrong,
    WrongVehicle,
)
from sim_hw.faults.targets import NamedPart
from sim_hw.faults.world_kinds import (
    BrownOut,
    BusShort,
    CellLoss,
    Crater,
    Debris,
    DustStorm,
    HeaterStuck,
    PanelDust,
    ParasiticLoad,
    PropellantLeak,
    Rock,
    SlipPatch,
    Wind,
    WorldKind,
)
from tests.sim_hw.faults.test_figures_of_faults import Held

# --------------------------------------------------------------------- people on the ground


def order(name: str = "drive_to", target: str = "rover", **arguments: Any) -> Any:
    return target, Command("c/1", target, name, arguments or {"east": 2.0, "way": "a"}, "ground")


def left(kind: Any, *orders: Any, held: Any = None) -> list[tuple[float, list[Any]]]:
    """What leaves instead: after how many s, each command with whom it goes to."""
    return [(delay, list(each)) for delay, each in kind.leaves(orders, held or Held())]


def test_what_is_sent_again_has_its_name_or_another() -> None:
    ((now, one), (later, again)) = left(CommandRepeated(), order())
    assert (now, later) == (0.0, 60.0) and one == again
    ((_, one), (_, again)) = left(CommandRepeated(anew=True, after=9.0), order())
    assert one[0][1].identifier == "c/1" and again[0][1].identifier == "c/1/again"
    assert left(OperatorLate(by=9.0), order()) == [(9.0, [order()])]
    held = Held()
    left(OperatorLate(by=0.0), order(), held=held)
    assert held.hits == [], "in time"


def test_a_bundle_waits_for_the_next_and_then_follows_it() -> None:
    held, kind = Held(), OutOfOrder()
    assert left(kind, order(), held=held) == []
    assert left(kind, order("other"), held=held) == [(0.0, [order("other")]), (0.0, [order()])]
    assert left(kind, order(), held=held) == [] and kind.at_most == 3600.0


@pytest.mark.parametrize(("relabelled", "target"), [(False, "rover"), (True, "lander")])
def test_a_command_for_one_goes_to_another(relabelled: bool, target: str) -> None:
    kind = WrongVehicle(to="lander", relabelled=relabelled, vehicle="rover")
    held = Held()
    ((_, ((to, command), other)),) = left(kind, order(), order(target="arm"), held=held)
    assert (to, command.target) == ("lander", target) and other == order(target="arm")
    assert len(held.hits) == 1
    left(kind, order(target="arm"), held=held)
    assert len(held.hits) == 1, "nothing of it has changed"


@pytest.mark.parametrize(
    ("place", "names"),
    [("behind", ["drive_to", "safe", "look"]), ("before", ["safe", "drive_to", "look"])],
)
def test_a_contradiction_travels_with_its_command(place: Any, names: list[str]) -> None:
    kind = Conflicting(command="safe", arguments={"a": 1}, place=place)
    held = Held(method="drive_to")
    ((_, orders),) = left(kind, order(), order("look"), held=held)
    assert [command.name for _, command in orders] == names
    other = next(command for _, command in orders if command.name == "safe")
    assert other.identifier == "c/1/conflict" and other.arguments == {"a": 1}
    assert (other.stage, other.lifetime, other.target) == ("run", 0.0, "rover")


@pytest.mark.parametrize(
    ("character", "name"), [(1, "rive_to"), (7, "drive_o"), (8, "drive_t"), (9, "drive_to")]
)
def test_one_character_of_a_name_is_missing(character: int, name: str) -> None:
    ((_, ((_, command),)),) = left(CommandGarbled(character=character), order())
    assert command.name == name


@pytest.mark.parametrize(
    ("how", "arguments"),
    [("type", {"east": {"malformed": [2.0]}, "way": "a"}), ("missing", {"way": "a"}),
     ("surplus", {"east": 2.0, "way": "a", "no_such_argument": 1})],
)  # fmt: skip
def test_an_upload_is_malformed_in_its_first_argument(how: Any, arguments: dict[str, Any]) -> None:
    ((_, ((_, command),)),) = left(UploadMalformed(how=how), order())
    assert command.arguments == arguments
    bare = ("rover", Command("c/1", "rover", "undock", {}, "ground"))
    ((_, ((_, command),)),) = left(UploadMalformed(how=how), bare)
    assert command.arguments == {"no_such_argument": 1}


def test_an_old_upload_is_the_first_of_its_name_to_its_vehicle() -> None:
    held, kind = Held(), UploadStale()
    for east in (1.0, 2.0, 3.0):
        ((_, ((_, command),)),) = left(kind, order(east=east), held=held)
        assert command.arguments == {"east": 1.0}
    ((_, ((_, command),)),) = left(kind, order("other", east=9.0), held=held)
    assert command.arguments == {"east": 9.0} and len(held.hits) == 2


@pytest.mark.parametrize(
    ("more", "arguments"),
    [
        ({"argument": "a.1", "value": 7}, {"a": [1, 7], "n": 3, "on": True, "x": 1.5}),
        ({"argument": "a.2", "value": 7}, {"a": [1, 2], "n": 3, "on": True, "x": 1.5}),
        ({"argument": "n", "factor": 0.5}, {"a": [1, 2], "n": 2, "on": True, "x": 1.5}),
        ({"argument": "x", "factor": 2.0}, {"a": [1, 2], "n": 3, "on": True, "x": 3.0}),
        ({"argument": "on", "factor": 2.0}, {"a": [1, 2], "n": 3, "on": True, "x": 1.5}),
        ({"argument": "a", "factor": 3.0}, {"a": [3, 6], "n": 3, "on": True, "x": 1.5}),
        ({"argument": "x", "address": "n"}, {"a": [1, 2], "n": 1.5, "on": True}),
    ],
)  # fmt: skip
def test_a_wrong_upload_is_wrong_in_one_argument(more: Any, arguments: dict[str, Any]) -> None:
    given = order(a=[1, 2], n=3, on=True, x=1.5)
    ((_, ((_, command),)),) = left(UploadWrong(**more), given)
    assert command.arguments == arguments


# -------------------------------------------------------------------------------- the world


class Site:
    """Notes what is asked of the world."""

    name = "site"

    def __init__(self) -> None:
        self.asked: list[Any] = []

    def place_of(self, vehicle: str, ahead: float) -> tuple[float, float]:
        return (100.0, ahead)

    def __getattr__(self, name: str) -> Any:
        def act(*given: Any, **more: Any) -> Any:
            self.asked.append((name, *given, *more.items()))
            return lambda: self.asked.append(f"no {name}")

        return act


@pytest.mark.parametrize(
    ("kind", "asked"),
    [
        (DustStorm(depth=9.0), ("storm", 9.0, 6.0, 60.0)), (Wind(east=1.0), ("blow", 1.0, 0.0)),
        (Wind(north=-1.0), ("blow", 0.0, -1.0)),
        (SlipPatch(east=1.0, north=2.0), ("lay_patch", 1.0, 2.0, 5.0, 0.9, 0.0)),
        (SlipPatch(before="rover"), ("lay_patch", 100.0, 2.0, 5.0, 0.9, 0.0)),
        (Crater(east=1.0, north=2.0), ("dig", 1.0, 2.0, 50.0, 10.0, 20.0)),
        (Rock(east=1.0, north=2.0), ("put_rock", 1.0, 2.0, 0.6, 0.4)),
        (Rock(before="rover", ahead=3.0), ("put_rock", 100.0, 3.0, 0.6, 0.4)),
        (PanelDust(share=0.4), ("cover_panel", 0.4)), (BrownOut(), ("drain", 0.0)),
        (BrownOut(to=0.2), ("drain", 0.2)), (CellLoss(fraction=0.3), ("lose_cells", 0.3)),
        (ParasiticLoad(power=30.0), ("load", 30.0)), (BusShort(share=0.5), ("short", 0.5, 60.0,
                                                                           1800.0)),
        (HeaterStuck(zone="a"), ("fail", "heaters", "stuck_on", ("zone", "a"))),
        (HeaterStuck(zone="a", state="off"), ("fail", "heaters", "stuck_off", ("zone", "a"))),
        (Debris(), ("fail", "container", "debris", ("socket", 0), ("height", 0.01))),
        (PropellantLeak(rate=0.1), ("leak", "tank", 0.1)),
    ],
)  # fmt: skip
def test_what_the_world_is_asked_for(kind: WorldKind, asked: Any) -> None:
    site: Any = Site()
    held = Held()
    heal = kind.begin(site, held)
    assert site.asked == [asked] and held.hits == [("site", "as it was", kind.name())]
    heal()
    assert site.asked[1:] == [f"no {asked[0]}"]


@pytest.mark.parametrize(
    "kind",
    [Wind(), Crater(east=1.0, north=2.0, depth=0.0), PanelDust(share=1.0), BrownOut(to=1.0),
     CellLoss(fraction=0.0), ParasiticLoad(power=0.0), BusShort(share=1.0),
     PropellantLeak(rate=0.0)],
)  # fmt: skip
def test_what_has_no_size_changes_nothing(kind: WorldKind) -> None:
    site: Any = Site()
    held = Held()
    kind.begin(site, held)()
    assert site.asked == [] and held.hits == []


def test_a_place_is_given_whole_or_before_a_vehicle_that_there_is() -> None:
    part = NamedPart("site", ("ground",), ("rover",))
    Rock(east=1.0, north=2.0).check(part, None, ())
    Rock(before="rover").check(part, None, ())
    for kind in (Rock(), Rock(east=1.0), Rock(north=1.0)):
        with pytest.raises(NotAllowed, match="before a vehicle"):
            kind.check(part, None, ())
    with pytest.raises(NotAllowed, match="rover"):
        Rock(before="lander").check(part, None, ())
    sockets = NamedPart("mav", ("container", "socket 0", "socket 1"))
    Debris(socket=1).check(sockets, None, ())
    with pytest.raises(NotAllowed, match="from 0 to 1"):
        Debris(socket=2).check(sockets, None, ())
    with pytest.raises(NotAllowed, match="of the whole"):
        Debris(socket=1).check(sockets, "fly", ())
