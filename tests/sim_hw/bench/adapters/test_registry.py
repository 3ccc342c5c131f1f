"""An adapter that could leave on what it switches on is refused, before anything is opened."""

from pathlib import Path

import pytest

from flight.icd.devices.base import DeviceInterface
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.power import Battery, PowerSwitches
from sim_hw.bench.adapters.adapter import Adapter, AdapterSetting, Identity
from sim_hw.bench.adapters.process import Told, adapter_of
from sim_hw.bench.adapters.registry import AdapterRefused, adapter_called, check_safe
from sim_hw.bench.adapters.trial import wire_to
from tests.sim_hw.bench.adapters.bad import install
from tests.sim_hw.bench.adapters.desks import refused, written
from tests.sim_hw.bench.adapters.motor_adapter import (
    HaltsAdapter,
    MotorAdapter,
    NeverSafeAdapter,
)

RATES = """\
rates:
  drive: {value: 1.2, unit: m/s, source: test}
  turn: {value: 1.2, unit: rad/s, source: test}
"""


@pytest.mark.parametrize(
    ("kind", "interface", "fits"),
    [
        (NeverSafeAdapter, Battery, True),
        (NeverSafeAdapter, Wheels, False),
        (NeverSafeAdapter, PowerSwitches, False),
        (HaltsAdapter, Wheels, True),
        (HaltsAdapter, PowerSwitches, False),  # a switch that is closed stays so
        (MotorAdapter, PowerSwitches, True),
        (adapter_called("modbus"), PowerSwitches, True),
        (adapter_called("scpi"), PowerSwitches, True),
        (adapter_called("can"), Wheels, True),
        (adapter_called("fmi"), Battery, True),
        (adapter_called("fmi"), PowerSwitches, False),
    ],
)
def test_what_moves_something_can_make_it_safe(
    kind: type[Adapter], interface: type[DeviceInterface], fits: bool
) -> None:
    if fits:
        check_safe("own", kind, interface)
        return
    with pytest.raises(AdapterRefused, match=rf"{interface.__name__} safe; own has no make_safe"):
        check_safe("own", kind, interface)


def test_others_are_refused_in_the_file_in_their_process_and_in_a_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch)
    words = "can make Wheels safe; never_safe has no make_safe of its own"
    said = refused(written(tmp_path, "rover.wheels", "Wheels", "never_safe", "desk", RATES))
    assert words in said and 'devices.rover.wheels.adapter = "never_safe"' in said
    where = f"{Wheels.__module__}:{Wheels.__qualname__}"
    with pytest.raises(AdapterRefused, match=words):
        adapter_of(Told("never_safe", where, "desk", str(tmp_path), {}, 0.8, 1.0))
    adapter = NeverSafeAdapter(AdapterSetting(Wheels, "desk", None, tmp_path))
    with pytest.raises(AdapterRefused, match="Wheels safe; NeverSafeAdapter has no make_safe"):
        wire_to(adapter, Identity("m", "s", "1"))
