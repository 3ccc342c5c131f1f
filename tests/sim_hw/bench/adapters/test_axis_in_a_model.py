"""Wheels that are an FMU of ours, FMI 3.0, built here with gcc: an axis moved by its inputs."""

import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from tests.sim_hw.bench.adapters.desks import adapter_from, refused, written

pytestmark = pytest.mark.check

SOURCES = Path(__file__).with_name("fmu")
AXIS = """\
rates:
  drive: {value: 3, unit: m/s, source: test}
  turn: {value: 3, unit: rad/s, source: test}
map:
  step: {value: 0.01, unit: s, source: test}
  stop: [{variable: motion, value: 0}]
  readings:
    state:
      odometer: {variable: way, unit: m}
      turned: {variable: turned, unit: rad}
      motor_temperature: {constant: 290, unit: K}
      motor_current: {constant: 0, unit: A}
      dead_wheels: {constant: 0, unit: "1"}
  motions:
    drive: &drive
      arguments: {distance: {variable: target, relative_to: distance}}
      begin: [{variable: motion, value: 0}, {variable: motion, value: 1}]
      status: state
      moving: [1]
      done: [2]
      faults: {"3": stall}
      effects:
        distance: {variable: way, unit: m, relative: true}
        turned: {constant: 0, unit: rad}
      elapsed: seconds
    turn:
      arguments: {angle: {variable: target, relative_to: turned}}
      begin: [{variable: motion, value: 0}, {variable: motion, value: 2}]
      status: state
      moving: [1]
      done: [2]
      effects:
        distance: {constant: 0, unit: m}
        turned: {variable: turned, unit: rad, relative: true}
      elapsed: seconds
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fmu")
    built, fmu = folder / "axis_model.so", folder / "axis.fmu"
    source = SOURCES / "axis_model.c"
    words = ["gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", source, "-o", built]
    subprocess.run([*words, "-lm"], check=True, timeout=60)
    with zipfile.ZipFile(fmu, "w") as archive:
        archive.write(SOURCES / "axisDescription.xml", "modelDescription.xml")
        archive.write(built, "binaries/x86_64-linux/axis_model.so")
    return fmu


def bench(folder: Path, model: Path, text: str = AXIS) -> Path:
    pytest.importorskip("fmpy", reason="needs the extra fmi, which `make check` installs")
    return written(folder, "rover.wheels", "Wheels", "fmi", f"fmi:{model}", text)


class Clock:
    """Of the wall, which goes on whenever somebody looks at it."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        self.now += 0.01
        return self.now


def opened(folder: Path, model: Path, text: str = AXIS) -> Any:
    adapter = adapter_from(bench(folder, model, text))
    adapter.now = adapter.clock = Clock()
    return adapter


def ended(adapter: Any) -> tuple[Any, list[dict[str, Any]]]:
    told = []
    while True:
        progress = adapter.advance()
        told.append(dict(progress.effects))
        if progress.done:
            return progress.result, told


def test_it_is_moved_and_halted_and_what_its_outputs_say_is_done(
    model: Path, tmp_path: Path
) -> None:
    adapter = opened(tmp_path, model)
    who = adapter.open()
    assert (who.model, who.serial, who.firmware) == ("desk axis", "{threeforks-axis-1}", "0.3")
    adapter.make_safe()
    for method, way in (("drive", {"distance": 3.0}), ("turn", {"angle": -1.0})):
        adapter.begin(method, way)
        result, told = ended(adapter)
        field, wanted = ("distance", 3.0) if method == "drive" else ("turned", -1.0)
        assert result[field] == pytest.approx(wanted)
        ways = [abs(each[field]) for each in told]
        assert ways == sorted(ways) and any(0.0 < each < abs(wanted) for each in ways)
    assert adapter.read("state", {}).values["odometer"] == pytest.approx(10.0)
    adapter.begin("drive", {"distance": 3.0})
    while adapter.advance().effects["distance"] < 1.0:
        pass
    done = adapter.halt()
    assert 1.0 <= done["distance"] < 3.0
    assert adapter.read("state", {}).values["odometer"] == pytest.approx(10.0 + done["distance"])
    adapter.make_safe()
    adapter.close()


def test_what_stalls_is_a_fault_and_a_model_that_wants_to_end_is_lost(
    model: Path, tmp_path: Path
) -> None:
    text = AXIS.replace("  stop:", "  parameters: {jams_at: 8}\n  stop:")
    adapter = opened(tmp_path, model, text)
    adapter.open()
    adapter.begin("drive", {"distance": 3.0})
    with pytest.raises(DeviceFault, match="drive ended in state 3") as fault:
        ended(adapter)
    assert fault.value.code == "stall"
    adapter.close()
    adapter = opened(tmp_path, model, text.replace("jams_at: 8", "jams_at: -1"))
    adapter.open()
    with pytest.raises(OSError, match="the model wants to end"):
        adapter.begin("drive", {"distance": 3.0})
    adapter.close()


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("status: state", "status: states", "drive.status"),
        ("status: state", "status: count", "allowed is one of way, turned, state"),
        ("{distance: {variable: target", "{distance: {variable: way", "one of target, motion"),
        ("begin: [{variable: motion", "begin: [{variable: motions", "drive.begin[0].variable"),
        ("stop: [{variable: motion", "stop: [{variable: state", "stop[0].variable"),
        ("stop: [{variable: motion, value: 0}]", "stop: []", "moves and is never made safe"),
        ("axis.fmu", "none.fmu", "none that can be read"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(
    old: str, new: str, words: str, model: Path, tmp_path: Path
) -> None:
    file = bench(tmp_path, model)
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))
    assert words in refused(file)


def test_a_model_of_another_version_is_refused_with_what_is_known(
    model: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.fmu"
    with zipfile.ZipFile(model) as given, zipfile.ZipFile(other, "w") as archive:
        for name in given.namelist():
            data = given.read(name)
            if name == "modelDescription.xml":
                data = data.replace(b"<CoSimulation", b"<ScheduledExecution")
            archive.writestr(name, data)
    said = refused(bench(tmp_path, other))
    assert "for co-simulation, FMI 2.0 or 3.0" in said and "and for no co-simulation" in said
