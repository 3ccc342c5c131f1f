"""The modes of each device: it fails, it heals, and it is as it was."""

import copy
from typing import Any

import msgspec
import pytest

from sim_hw.faults.device_call import DevicePart
from sim_hw.faults.device_seam import DeviceSeam
from sim_hw.faults.own_kinds import OWN, mode_as_kind, own_kinds
from sim_hw.serving.failure_modes import FailureMode
from tests.sim_hw.faults.parts import Held, all_parts

PARTS = all_parts()
MODES = [
    pytest.param(part, mode, id=f"{service}-{mode.name}")
    for service, part in PARTS.items()
    for mode in getattr(type(part.device), "modes", {}).values()
]
OTHERS: dict[str, dict[str, Any]] = {
    "gauge_bias": {"bias": -0.5},
    "capacity_fade": {"fraction": 0.3},
    "biased": {"metres": 100.0},
    "weak": {"share": 0.9, "fraction": 0.9},
    "stuck": {"switch": "", "engine": 3},
    "stuck_off": {"zone": ""},
    "stuck_on": {"zone": ""},
    "sensor_broken": {"sensor": ""},
    "sensor_bias": {"sensor": "", "bias": 3.0},
}


def options_of(part: DevicePart, mode: FailureMode) -> dict[str, Any]:
    """Options with which the mode changes something."""
    device = part.device
    given = {k: v for k, v in OTHERS.get(mode.name, {}).items() if k in fields(mode)}
    if "switch" in given:
        given["switch"] = next(iter(device._electrical.switches)) if part.service else ""
    if "zone" in given:
        given["zone"] = next(iter(device._network.zones))
    if "sensor" in given:
        given["sensor"] = next(iter(device.network.nodes))
    return given


def fields(mode: FailureMode) -> tuple[str, ...]:
    return tuple(mode.options.__struct_fields__)


def inside(device: Any) -> dict[Any, Any]:
    """What a device and its plant know, and what it can change around itself."""
    around = {
        "capacity": getattr(getattr(device, "_electrical", None), "capacity_fade", None),
        "shut": getattr(getattr(device, "_electrical", None), "array_shut", None),
        "zones": getattr(getattr(device, "_network", None), "zones", None),
        "sample": getattr(getattr(device, "truth", None), "sample", None),
    }
    own = {
        (type(owner).__name__, name): value
        for owner in (device, getattr(device, "plant", None))
        for name, value in getattr(owner, "__dict__", {}).items()
        if isinstance(value, bool | int | float | str | tuple | list | dict | bytearray | None)
    }
    return copy.deepcopy({**own, **{k: str(v) for k, v in around.items()}})


@pytest.mark.parametrize(("part", "mode"), MODES)
def test_a_mode_changes_the_device_and_healing_leaves_nothing_of_it(
    part: DevicePart, mode: FailureMode
) -> None:
    device = part.device
    if mode.name == "corrupt":
        device.memory += b"\x01\x02\x03"
    before = inside(device)
    heal = device.fail(mode.name, **options_of(part, mode))
    assert inside(device) != before
    heal()
    assert inside(device) == before
    heal()  # once more does nothing
    assert inside(device) == before


@pytest.mark.parametrize(("part", "mode"), MODES)
def test_a_mode_of_which_nothing_more_is_said_changes_something_or_asks_for_what_it_needs(
    part: DevicePart, mode: FailureMode
) -> None:
    """None is quietly no failure at all: a drill would be flown, and nothing would be broken."""
    needs = [f.name for f in msgspec.structs.fields(mode.options) if f.required]
    before = inside(part.device)
    if needs:
        with pytest.raises(ValueError, match=f"{mode.name} needs {needs[0]}: allowed is "):
            part.device.fail(mode.name)
        assert inside(part.device) == before
    elif mode.name != "corrupt":  # there is nothing yet that could be spoilt
        heal = part.device.fail(mode.name)
        assert inside(part.device) != before
        heal()


async def test_as_a_kind_it_hits_when_the_device_is_asked_and_only_until_it_is_healed() -> None:
    part = PARTS["rover.tube_rack"]
    held = Held()
    seam = DeviceSeam(part)
    kind = mode_as_kind(part.device, "stuck_closed", {"slot": 3})
    held.active = True
    heal = kind.begin(seam, held)  # type: ignore[arg-type]
    assert held.hits == []
    state = part.interface.methods["state"]
    told = await seam.call(state, {}, part.device.state)
    assert told["seated"][3] is True and [hit[0] for hit in held.hits] == ["rover.tube_rack.state"]
    heal()
    told = await seam.call(state, {}, part.device.state)
    assert told["seated"][3] is False and len(held.hits) == 1 and seam.is_clear


def test_one_that_acts_at_once_hits_at_once() -> None:
    part = PARTS["lander.heaters"]
    held = Held()
    held.active = True
    zone = next(iter(part.device._network.zones))
    kind = mode_as_kind(part.device, "stuck_on", {"zone": zone})
    heal = kind.begin(DeviceSeam(part), held)  # type: ignore[arg-type]
    assert held.hits == [("lander.heaters", "sound", "stuck_on")]
    heal()


def test_a_mode_that_is_called_as_a_general_kind_is_told_apart() -> None:
    kinds = own_kinds(PARTS["mav.ejector"].device, ["stuck", "jam"])
    assert list(kinds) == [f"{OWN}stuck"]
    assert list(own_kinds(PARTS["mav.ejector"].device, [])) == ["stuck"]


@pytest.mark.parametrize(
    ("service", "mode", "options", "said"),
    [
        (
            "rover.wheels",
            "dead_wheels",
            {},
            "has no failure 'dead_wheels' (did you mean dead",
        ),
        ("rover.wheels", "dead_wheel", {"wheel": 4}, ">= 0 and < 4"),
        ("rover.wheels", "dead_wheel", {"wheels": 1}, "wheels"),
        ("lander.heaters", "stuck_on", {"zone": "attic"}, "zone"),
        ("lander.heaters", "stuck_on", {}, "zone"),
        ("lander.power_switches", "stuck", {"switch": "none"}, "switch"),
        ("lander.thermal_nodes", "sensor_broken", {"sensor": "none"}, "sensor"),
        ("mav.container", "debris", {"socket": 42}, "socket"),
        ("mav.systems", "check", {"check": "paint"}, "paint"),
        ("lander.descent_engines", "stuck", {"thrust": 1e9}, "thrust"),
    ],
)
def test_options_that_have_no_meaning_are_refused_and_leave_the_device_sound(
    service: str, mode: str, options: dict[str, Any], said: str
) -> None:
    device = PARTS[service].device
    before = inside(device)
    with pytest.raises(ValueError) as refusal:
        device.fail(mode, **options)
    assert any(part in str(refusal.value) for part in said.split("|"))
    assert inside(device) == before


def test_there_are_as_many_modes_as_there_were() -> None:
    every = {(type(p.device), n) for p in PARTS.values() for n in getattr(p.device, "modes", {})}
    assert len(every) >= 75
    for _, mode in (
        (p, m) for p in PARTS.values() for m in getattr(p.device, "modes", {}).values()
    ):
        assert mode.doc.endswith(".") and issubclass(mode.options, msgspec.Struct)
