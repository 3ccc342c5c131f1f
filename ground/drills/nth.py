"""Fail the n-th call: of one method of a device, the first, the second, ... each in a drill."""

from pathlib import Path
from typing import Any

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import ConfigurationError
from ground.drills.drill import Drill
from ground.drills.generated import plain_of, write_drill
from ground.drills.scenario import load_scenario

READING, ACTUATION = "dropout", "acknowledged_without_effect"
"""How a call fails where nothing else is said: a reading without an answer, an actuation that is
acknowledged and does nothing."""
MOST = 200


def target_of(drill: Drill, path: str) -> tuple[str, str, str]:
    """Service, method, and the kind of fault of `<vehicle>.<device>.<method>`.

    Raises ConfigurationError with those that there are.
    """
    service, _, method = path.rpartition(".")
    devices = load_scenario(drill.scenario).targets.parts["device"]
    if service not in devices:
        raise _refused(path, choices_words(service, list(devices)))
    methods = devices[service].interface.methods
    if method not in methods:
        raise _refused(path, choices_words(method, list(methods), f"a method of {service}: "))
    kind = READING if methods[method].kind == "reading" else ACTUATION
    return service, method, kind


def nth_drills(drill: Drill, path: str, kind: str, calls: int, folder: Path) -> list[Drill]:
    """A drill for each of the first `calls` calls; raises ConfigurationError."""
    service, method, usual = target_of(drill, path)
    found = []
    for number in range(1, min(calls, MOST) + 1):
        plain = plain_of(drill)
        plain["title"] = f"Call {number} of {path} fails"
        plain["faults"] = [_fault(service, method, kind or usual, number)]
        plain["within"] = _since_start(plain.get("within") or {})
        for key in ("protects", "known_fail", "heal"):
            plain.pop(key, None)
        name = f"{drill.file.stem}-{path.replace('.', '-')}-{number:03d}"
        found.append(write_drill(folder, name, plain))
    return found


def _fault(service: str, method: str, kind: str, number: int) -> dict[str, Any]:
    return {
        "id": "nth", "device": service, "method": method, "kind": kind,
        "when": {"nth": number, "calls": 1},
    }  # fmt: skip


def _since_start(within: dict[str, Any]) -> dict[str, Any]:
    """Only what does not count from faults that are no longer there."""
    return {name: each for name, each in within.items() if each.get("since") == "start"}


def _refused(path: str, allowed: str) -> ConfigurationError:
    return ConfigurationError("command line", None, "--nth", f"= {path}: {allowed}")
