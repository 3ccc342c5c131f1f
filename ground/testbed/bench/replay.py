"""One device from a recording, all others simulated: in virtual time, and the same each time."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgspec

from flight.configuration.files import ConfigurationError
from ground.mission_control import Outcome
from ground.missions.mission import LoadedMission
from ground.testbed.bench.file import REPLACEABLE, BenchFile
from ground.testbed.bench.host import Bench, BenchHost
from ground.testbed.host import Happenings, Setting
from sim_hw.bench.recorded_device import RecordedDevice, RecordedPeer, recorded_device
from sim_hw.bench.recorder import CannotRecord
from sim_hw.bench.recording import NoRecording


@dataclass(frozen=True)
class ReplayedDevice(Bench):
    """A flight whose device `device` says what it said in `recording`."""

    recording: Path = Path()
    device: RecordedDevice = field(default_factory=lambda: RecordedDevice(""))
    hosts: "list[ReplayedHost]" = field(default_factory=list, compare=False)
    """The host of the flight, once there is one."""

    @property
    def is_live(self) -> bool:
        """Nothing is real."""
        return False

    @property
    def bench_name(self) -> str:
        """No bench: the record of such a flight is not flown again without its recording."""
        return f"{self.device.service} of {self.recording.resolve()}"

    @property
    def not_deterministic(self) -> tuple[str, ...]:
        """Two flights of one recording are the same."""
        return ()

    def options(self, mission: LoadedMission) -> dict[str, Any]:
        """What comes from the recording."""
        return {**super().options(mission), "devices": {self.device.service: "replay"}}

    def open(self, setting: Setting, happenings: Happenings) -> "ReplayedHost":
        """The host of one run."""
        self.hosts.append(ReplayedHost(setting, happenings, self))
        return self.hosts[-1]


class ReplayedHost(BenchHost):
    """The run's side of a recording."""

    def __init__(self, setting: Setting, happenings: Happenings, kind: ReplayedDevice) -> None:
        super().__init__(setting, happenings, kind)
        service = kind.device.service
        self.peer = RecordedPeer(
            kind.device, REPLACEABLE[service], self.port.admit, self._diverged
        )

    def _send(self, packet: bytes) -> None:
        self.peer.send(packet)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        self.peer.begin()
        return self

    def _diverged(self, why: str) -> None:
        """From here on nobody knows what the device would have said."""
        words = f"the flight is another than the recorded one: {why}"
        self._happenings.told("replay_diverged", words)
        self._happenings.procedure_ended(Outcome("unknown", words, []))


def device_of(file: Path, bench: BenchFile, recording: Path, service: str) -> ReplayedDevice:
    """The host of a flight with one device of a recording; raises ConfigurationError."""
    known = [name for name, each in bench.devices.items() if each.flies]
    if service not in known:
        allowed = f"allowed is one of {', '.join(known) or 'none: nothing has flown'}"
        raise ConfigurationError("command line", None, "--device", f"= {service}: {allowed}")
    try:
        device = recorded_device(recording, service)
    except (NoRecording, CannotRecord, KeyError, TypeError, ValueError) as error:
        raise ConfigurationError(str(recording), None, "--device", str(error)) from error
    alone = msgspec.structs.replace(bench, devices={service: bench.devices[service]})
    return ReplayedDevice(
        in_memory=True, serve=False, file=file, bench=alone, recording=recording, device=device
    )
