"""A battery that is an FMU of ours, built here with gcc, and stepped in the time of the wall."""

import asyncio
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from flight.runtime.loop import run
from flight.runtime.paced_loop import PacedLoop
from ground.testbed.bench.file import load_bench, setting_of
from sim_hw.bench.adapters.opening import AdapterOpener
from sim_hw.bench.wire.client import LinkLost, ProtocolClient
from tests.sim_hw.bench.adapters.desks import adapter_from, refused, written

SOURCES = Path(__file__).with_name("fmu")
MAP = """\
map:
  step: {value: 0.01, unit: s, source: "test"}
  parameters: {capacity: 10}
  inputs: {current: {variable: current, unit: A}}
  readings:
    state:
      state_of_charge: {variable: charge, unit: "1"}
      voltage: {variable: voltage, unit: V}
      current: {constant: 0, unit: A}
      temperature: {variable: temperature, offset: 273.15, unit: K}
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fmu")
    built, fmu = folder / "battery_model.so", folder / "battery.fmu"
    source = SOURCES / "battery_model.c"
    words = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", source, "-o", built]
    subprocess.run(words, check=True, timeout=60)
    with zipfile.ZipFile(fmu, "w") as archive:
        archive.write(SOURCES / "modelDescription.xml", "modelDescription.xml")
        archive.write(built, "binaries/linux64/battery_model.so")
    (folder / "device.fmu").symlink_to("/dev/null")
    return fmu


def bench(folder: Path, model: Path, text: str = MAP) -> Path:
    pytest.importorskip("fmpy", reason="needs the extra fmi, which `make check` installs")
    return written(folder, "rover.battery", "Battery", "fmi", f"fmi:{model}", text)


def opened(folder: Path, model: Path, text: str = MAP) -> tuple[Any, list[float]]:
    """The adapter, and the clock that it goes by."""
    adapter = adapter_from(bench(folder, model, text))
    clock = [100.0]
    adapter.now = lambda: clock[0]
    return adapter, clock


@pytest.mark.check
def test_it_is_stepped_by_the_clock_and_told_what_the_world_does_to_it(
    model: Path, tmp_path: Path
) -> None:
    adapter, clock = opened(tmp_path, model)
    told = adapter.open()
    assert (told.model, told.serial, told.firmware, told.vendor) == (
        "desk battery", "{threeforks-battery-1}", "1.3", "the desk"
    )  # fmt: skip
    first = adapter.read("state", {}).values
    assert first == pytest.approx(
        {"state_of_charge": 0.5, "voltage": 28.8, "current": 0.0, "temperature": 293.15}
    )
    clock[0] += 5.0
    adapter.feel({"current": -36.0, "state_of_charge": 0.1})  # the model has no input for that
    assert adapter.read("state", {}).values["state_of_charge"] == 0.5  # from now on, not before
    clock[0] += 10.0
    told = adapter.read("state", {})
    assert told.values["state_of_charge"] == pytest.approx(0.49, abs=2e-5)
    assert told.values["voltage"] == pytest.approx(24.0 + 9.6 * 0.49 - 1.8, abs=1e-3)
    clock[0] += 0.006
    assert adapter.read("state", {}).age == pytest.approx(0.006, abs=1e-3)
    assert adapter._folder is not None
    folder = adapter._folder.path
    assert folder.is_dir()
    adapter.close()
    adapter.close()
    assert not folder.exists()


@pytest.mark.check
@pytest.mark.parametrize(
    ("bad", "words"), [(1, "fmi2DoStep"), (3, "s behind: it is slower than")]
)
def test_a_model_that_fails_or_is_too_slow_is_no_reading(
    bad: int, words: str, model: Path, tmp_path: Path
) -> None:
    text = MAP.replace("{capacity: 10}", f"{{capacity: 10, bad: {bad}}}")
    adapter, clock = opened(tmp_path, model, text)
    adapter.open()
    clock[0] += 60.0
    with pytest.raises(Exception, match=words):
        adapter.idle()
    adapter.close()


@pytest.mark.check
@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("variable: charge", "variable: charges", "allowed is one of charge, voltage"),
        ("variable: current,", "variable: voltage,", "allowed is one of current"),
        ("variable: temperature, offset: 273.15", "variable: temperature", "degC, as the"),
        ("{capacity: 10}", "{size: 10}", "allowed is one of capacity, resistance, bad"),
        ("{value: 0.01, unit: s", "{value: 0, unit: s", "step.value = 0"),
        ("battery.fmu", "none.fmu", "none that can be read"),
        ("battery.fmu", "device.fmu", "is no regular file"),
    ],
)
def test_what_does_not_fit_is_refused(
    old: str, new: str, words: str, model: Path, tmp_path: Path
) -> None:
    file = bench(tmp_path, model)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))
    assert words in refused(file)


@pytest.mark.check
@pytest.mark.processes
def test_one_that_crashes_is_lost_with_its_process_alone(model: Path, tmp_path: Path) -> None:
    async def ask(text: str) -> tuple[Any, str]:
        path, bench_file = load_bench(str(bench(tmp_path, model, text)))
        (real,) = setting_of(bench_file, path).devices
        assert real.adapter is not None
        opener = AdapterOpener(real.adapter)
        client = ProtocolClient(await opener(), "test")
        try:
            client.start(1)
            identity = await client.own("identity")
            assert identity["features"] == ["stimulus"]
            await client.own("stimulus", current=-3600.0)
            await asyncio.sleep(0.3)
            return (await client.call("state", {}, limit=2.0)).result, client.lost
        except LinkLost:
            return None, client.lost
        finally:
            client.close()
            await opener.close()

    told, lost = run(ask(MAP), PacedLoop())
    assert 0.4 < told["state_of_charge"] < 0.49 and lost == ""  # 0.1 a second
    told, lost = run(ask(MAP.replace("{capacity: 10}", "{bad: 2}")), PacedLoop())
    assert told is None and "its process was ended by signal 6" in lost
