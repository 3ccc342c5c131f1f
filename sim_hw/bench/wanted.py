"""Which device belongs on a wire, and what one says of itself."""

import re
from dataclasses import dataclass
from typing import Any

from sim_hw.bench.wire.client import HEARTBEAT, SILENCE
from sim_hw.bench.wire.payloads import LEAST_FRAME, shown

HASH = 12  # characters of a hash that are shown, or up to where two differ
MOST_NAMES = 32  # of what a device says of itself: more than the protocol has

_VERSION = re.compile(r"(>=|==)?\s*([0-9]+(?:\.[0-9]+)*)\Z")


@dataclass(frozen=True)
class Wanted:
    """The device that belongs on a wire; an empty text: any."""

    service: str
    interface: str
    interface_hash: str
    model: str = ""
    serial: str = ""
    firmware: str = ""
    heartbeat: float = HEARTBEAT
    silence: float = SILENCE
    automatic: bool = True
    """Armed by itself; else by a named person, and for a time."""
    self_test: str = ""
    """A row of its self-test that is to be passed, within `self_test_range`, before it is safe."""
    self_test_range: tuple[float, float] = (0.0, 0.0)
    positions: bool = False
    """It moves to a place: lost in motion, nobody knows where it stands until a person looks."""

    def wrong(self, told: Any) -> str:
        """Why a device is another one than is wanted, with the next step; "" when it is it."""
        if not isinstance(told, dict):
            return "it does not say what it is"
        pairs = (("interface", self.interface), ("model", self.model), ("serial", self.serial))
        for name, wanted in pairs:
            if wanted and told.get(name) != wanted:
                return _other(name, told.get(name), wanted)
        if told.get("interface_hash") != self.interface_hash:
            theirs, ours = told_apart(shown(told.get("interface_hash")), self.interface_hash)
            return (
                f"it was made for another version of {self.interface} ({theirs}, here {ours}): "
                "build its firmware anew"
            )
        if self.firmware and not _is_version(str(told.get("firmware")), self.firmware):
            return _other("firmware", told.get("firmware"), self.firmware)
        most = told.get("maximum_frame", LEAST_FRAME)
        if type(most) is not int or most < LEAST_FRAME:
            return f"its maximum_frame is {shown(most)}; allowed are {LEAST_FRAME} bytes and more"
        return ""


def told_apart(theirs: str, ours: str) -> tuple[str, str]:
    """As much of two hashes that differ as shows it."""
    same = next((at for at, (a, b) in enumerate(zip(theirs, ours, strict=False)) if a != b), 0)
    return theirs[: max(HASH, same + 1)], ours[: max(HASH, same + 1)]


def _other(name: str, told: Any, wanted: str) -> str:
    step = "build it anew" if name == "firmware" else "put that one on its wire"
    return (
        f"its {name} is {shown(told)}; the bench file wants {wanted}: {step}, or correct "
        f"identity.{name} in the file"
    )


def is_version_rule(rule: str) -> bool:
    """Whether a text says which versions are wanted: `>=1.2`, `==1.2` or `1.2`."""
    return _VERSION.match(rule) is not None


def _is_version(told: str, rule: str) -> bool:
    found, wanted = _VERSION.match(told), _VERSION.match(rule)
    if found is None or wanted is None:
        return False
    ours, theirs = ([int(each) for each in m[2].split(".")] for m in (wanted, found))
    return theirs >= ours if wanted[1] == ">=" else theirs == ours


def who_of(told: Any) -> Any:
    """An identity as others may print and keep it: texts in print, and what else there is of it
    without its depths."""
    if not isinstance(told, dict):
        return told
    found: dict[str, Any] = {}
    for name, each in list(told.items())[:MOST_NAMES]:
        if isinstance(each, list):
            found[shown(name)] = [shown(one) for one in each[:MOST_NAMES]]
        else:
            found[shown(name)] = each if isinstance(each, int | float | None) else shown(each)
    return found
