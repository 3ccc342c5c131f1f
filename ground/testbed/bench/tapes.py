"""Devices of a bench that are recordings of an earlier flight: read, checked, and answering."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from flight.configuration.files import ConfigurationError, refusal
from flight.icd.codec import decode_plain
from flight.icd.devices.description import interface_hash
from ground.testbed.bench.file import REPLACEABLE, BenchFile, DeviceFile
from ground.testbed.bench.tape_file import recording_of
from ground.testbed.evidence.evidence import file_hash
from sim_hw.bench.recorded_beside import Put, RecordedBeside
from sim_hw.bench.recorded_device import RecordedDevice, recorded_device
from sim_hw.bench.recorder import CannotRecord
from sim_hw.bench.recording import NoRecording
from sim_hw.bench.wanted import Wanted


def read_tape(path: Path, service: str, device: DeviceFile) -> RecordedDevice:
    """What a device of the bench file at `path` has said, as its recording has it; raises
    ConfigurationError for none, and for that of another device."""
    key = f"devices.{service}.recording"
    try:
        found = recorded_device(recording_of(path, device.recording), service)
    except (NoRecording, CannotRecord, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(str(path), None, key, str(error)) from error
    interface = REPLACEABLE[service]
    identity = device.identity
    wrong = Wanted(
        service, identity.interface, interface_hash(interface), identity.model, identity.serial,
        identity.firmware,
    ).wrong(found.identity)  # fmt: skip
    if wrong:
        raise refusal(path, key, f"the recording of such a device: {wrong}")
    return found


def hashes_of_tapes(path: Path, bench: BenchFile) -> dict[str, str]:
    """SHA-256 of each recording that a bench flies by."""
    return {
        f"recording of {service}": file_hash(recording_of(path, each.recording))
        for service, each in bench.devices.items() if each.is_recorded
    }  # fmt: skip


class Tapes:
    """Those of one run. They are read at once; raises ConfigurationError."""

    def __init__(self, path: Path, bench: BenchFile, *, live: bool = True) -> None:
        """Unless `live`, nothing answers: what they have said comes from the record of a run."""
        self._files = {
            service: each for service, each in bench.devices.items() if each.is_recorded
        }
        self._read = {
            service: read_tape(path, service, each)
            for service, each in self._files.items() if live
        }  # fmt: skip
        self._devices: dict[str, RecordedBeside] = {}

    def begin(self, put: Put, tell: Callable[[str, str], None]) -> None:
        """From now on they answer; `tell` hears of events: the name, and in words."""
        for service, device in self._read.items():
            answering = RecordedBeside(
                device, REPLACEABLE[service], self._files[service].hold, put,
                lambda words: tell("replay_refused", words),
            )  # fmt: skip
            self._devices[service] = answering
            answering.begin()

    def take(self, packet: bytes) -> None:
        """What the run hands to the bench: calls of recorded devices are answered here."""
        if not self._devices:
            return
        kind, service, *values = decode_plain(packet)
        device = self._devices.get(service)
        if device is None:
            return
        if kind == "call":
            device.call(*values[:3])
        elif kind == "cancel":
            device.cancel(*values)

    def end(self) -> None:
        """Nothing is told any more."""
        for each in self._devices.values():
            each.end()

    def told(self) -> dict[str, dict[str, Any]]:
        """As evidence, by service."""
        return {
            service: {
                "file": self._files[service].recording, "answered": each.answered,
                "refused": each.refused, "reasons": list(each.reasons.values()),
                "farthest_s": each.farthest,
            }
            for service, each in self._devices.items()
        }  # fmt: skip

    def not_theirs(self) -> list[str]:
        """Why it may be a recording, and nothing that flies, that a flight has failed."""
        return [
            f"{each.refused} calls of {service} are not in its recording: "
            f"{next(iter(each.reasons.values()))}"
            for service, each in self._devices.items() if each.refused
        ]  # fmt: skip
