"""What a device does once and for good, and what must have come before: nothing is undone of it.

One row for each method that the interfaces call irreversible (`flight.icd.devices`).
"""

from dataclasses import dataclass

Command = tuple[str, str]


@dataclass(frozen=True)
class Before:
    """What allows it: a FIRE of one of these commands (vehicle, name), ever, or that the vehicle is
    in one of these states; with neither, `why` nothing is asked."""

    fired: tuple[Command, ...] = ()
    states: tuple[str, ...] = ()
    why: str = ""


_LAUNCH = Before(fired=(("mav", "launch"),))
_CAPTURE = Before(fired=(("orbiter", "capture"),))
_DESCENT = Before(states=("entry",))
_GRIPPER = "grippers open to grasp as well; a tube that falls is told by ledgers_agree"
BEFORE: dict[tuple[str, str], Before] = {
    ("lander.pyrotechnics", "fire"): _DESCENT,
    ("lander.descent_engines", "prime"): _DESCENT,
    ("lander.descent_engines", "shut_down"): Before(states=("entry", "landed", "safe")),
    ("lander.solar_array", "deploy"): Before(states=("landed", "safe")),
    ("rover.solar_array", "deploy"): Before(states=("egressing", "surface", "safe")),
    ("rover.gripper", "open"): Before(why=_GRIPPER),
    ("arm.gripper", "open"): Before(why=_GRIPPER),
    ("perseverance.bit_carousel", "release"): Before(fired=(("perseverance", "drop_tube"),)),
    ("mav.container", "latch"): Before(fired=(("mav", "seal_container"),)),
    ("mav.ejector", "eject"): _LAUNCH,
    ("mav.first_igniter", "fire"): _LAUNCH,
    ("mav.second_igniter", "fire"): _LAUNCH,
    ("mav.separation", "separate_stage"): _LAUNCH,
    ("mav.separation", "release_fairing"): _LAUNCH,
    ("mav.separation", "release_container"): Before(
        fired=(("mav", "launch"), ("mav", "release_container"))
    ),
    ("orbiter.capture_cone", "close_on_trigger"): _CAPTURE,
    ("orbiter.containment", "sterilise"): _CAPTURE,
    ("orbiter.containment", "seal"): _CAPTURE,
    ("orbiter.containment", "insert_into_capsule"): _CAPTURE,
    ("orbiter.capsule_release", "release"): Before(fired=(("orbiter", "release_capsule"),)),
    ("orbiter.main_engine", "burn"): Before(
        why="a burn is paid for and corrected by the next: propellant_closes weighs it"
    ),
    ("entry.timer", "set_entry"): Before(fired=(("entry", "arm"),)),
}
