"""A device in C in QEMU, in a bench session of its own."""

from collections.abc import Mapping
from pathlib import Path

from flight.configuration.allowed_values import choices_words
from ground.hil.bench_session import BenchSession, HeldDevice
from ground.testbed.bench.file import BenchFile, DeviceFile, IdentityFile, WireFile
from sim_hw.bench.building import DEVICES
from sim_hw.bench.emulated import Emulated
from sim_hw.bench.stand_ins.table import PLACES


class EmulatedBench:
    """QEMU, and the bench that has its UART. Raises NotBuilt, ValueError for no known device."""

    def __init__(self, folder: Path, name: str, defines: Mapping[str, float]) -> None:
        if name not in DEVICES:
            raise ValueError(f"{name}: {choices_words(name, list(DEVICES))}")
        interface = DEVICES[name]
        service = next(each.services[0] for each in PLACES if each.interface is interface)
        words = [f"{key}={value}" for key, value in defines.items()]
        self._emulated = Emulated(folder, name, words)
        bench = BenchFile(
            1, f"{name} in QEMU", {"uart": WireFile(self._emulated.address)},
            {service: DeviceFile("real", "uart", IdentityFile(interface.__name__))},
        )  # fmt: skip
        try:
            self._session = BenchSession(folder / "bench", bench, hold=False)
        except BaseException:
            self._emulated.kill()
            raise
        self.device: HeldDevice = self._session.device(service)

    def power_cycle(self) -> None:
        """Off and on: the bench sees another boot."""
        self._emulated.kill()
        self._emulated.start()

    def close(self) -> None:
        """Safe, and off."""
        self._session.close()
        self._emulated.kill()
