"""What a device answers that claims to have done what it was told to."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from sim_hw.faults.device_call import DeviceCall
from sim_hw.faults.leaves import fields_of, zero

Claim = Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]]
"""From arguments and what was told last, the fields of an answer that claims success."""


def _said(**fields: Any) -> Claim:
    return lambda arguments, last: fields


CLAIMS: Mapping[str, Claim] = {
    "Ejector.eject": _said(charged=False, in_tube=False),
    "Igniter.fire": lambda a, last: {"charges": max(0, last["charges"] - 1)},
    "Separation.separate_stage": _said(first_stage=False),
    "Separation.release_fairing": _said(fairing=False),
    "Separation.release_container": _said(container=False),
    "Beacon.set_sending": lambda a, last: {"sending": a["on"]},
    "AscentRecorder.append": lambda a, last: {"size": last["size"] + len(a["data"])},
    "AscentRecorder.erase": _said(size=0, overwritten=0),
    "BitCarousel.present": lambda a, last: {"port": True, "presented": a["slot"]},
    "BitCarousel.store": lambda a, last: {"port": False, "presented": None},
    "BitCarousel.release": _said(port=False),
    "CaptureCone.close_on_trigger": _said(triggered=True, lid_closed=True),
    "CaptureCone.open": _said(lid_closed=False),
    "Containment.orient": _said(present=True),
    "Containment.sterilise": lambda a, last: {"hot_seconds": a["seconds"]},
    "Containment.seal": _said(sealed=True),
    "Containment.insert_into_capsule": _said(in_capsule=True, capsule_closed=True),
    "CapsuleRelease.release": _said(separated=True),
    "Radio.transmit": _said(acknowledged=True),
    "Container.latch": _said(latched=True),
    "Container.unlatch": _said(latched=False),
    "Pyrotechnics.fire": _said(fired=True, separated=True),
    "TouchdownSensors.clear": lambda a, last: {"latched": [False] * len(last["latched"])},
    "CapsuleTimer.set_entry": lambda a, last: {"entry_after": a["seconds"]},
    "GSwitch.clear": _said(has_closed=False),
    "CapsuleAccelerometer.clear": _said(peak=0.0),
    "ImpactSensor.clear": _said(latched=False),
    "RoverArm.move_to": _said(pose="place"),
    "RoverArm.move_to_slot": _said(pose="slot"),
    "RoverArm.move_to_container": _said(pose="container"),
    "RoverArm.present": _said(pose="presented"),
    "RoverArm.stow": _said(pose="stowed"),
    "MavSystems.set_power": lambda a, last: {"powered": a["on"]},
    "Wheels.turn": lambda a, last: {"turned": a["angle"]},
    "Thrusters.fire": _said(completed=True),
    "MainEngine.burn": _said(completed=True),
    "SolarArray.deploy": _said(deployed=True),
    "PowerSwitches.set_switch": lambda a, last: {
        "closed": last["closed"] | {a["name"]: a["closed"]}
    },
    "TransferArm.set_brakes": lambda a, last: {"brakes": a["engaged"]},
    "TransferArm.move_to_pose": _said(reached=True),
    "TransferArm.stop": _said(moving=False),
}
"""By interface and method; fields that are called as an argument are claimed to be as it is."""


async def acknowledgement(
    call: DeviceCall, arguments: dict[str, Any], answer: Mapping[str, Any]
) -> Any:
    """The answer, as plain data: what the device reads now or told last, with what is claimed."""
    kind = call.method.result
    if not fields_of(kind):
        return zero(kind)
    told = await _now(call)
    claim = CLAIMS.get(f"{call.part.interface.__name__}.{call.method.name}")
    like = {name: value for name, value in arguments.items() if name in fields_of(kind)}
    claimed = {} if claim is None else claim(arguments, told)
    return told | like | claimed | dict(answer)


async def _now(call: DeviceCall) -> dict[str, Any]:
    """What the device would tell: by a reading of the same type, or as it did last."""
    part, kind = call.part, call.method.result
    for name, method in part.interface.methods.items():
        if method.kind == "reading" and method.result is kind and part.device is not None:
            told = await getattr(part.device, name)()
            return dict(msgspec.to_builtins(told, builtin_types=(bytes,)))
    last = call.last(call.method.name)
    plain = dict(last) if isinstance(last, dict) else dict(zero(kind))
    if "time_ns" in plain and part.device is not None and hasattr(part.device, "time_ns"):
        plain["time_ns"] = part.device.time_ns()
    return plain
