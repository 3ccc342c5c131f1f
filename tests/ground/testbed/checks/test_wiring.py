"""What the flight software asks for is there, by name and kind, or the run is refused unstarted."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flight.configuration import files as configuration
from flight.configuration.files import ConfigurationError, configs_folder
from flight.core.telling.communications import wire
from flight.rover.vehicle import RoverVehicle
from ground import cli
from ground.missions.mission import load_mission
from ground.testbed.checks.mission import check_mission
from sim_hw.assembly import lander, rover

Build = Callable[..., tuple[Any, dict[str, Any]]]


def refusal(mission: str = "surface") -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        check_mission(load_mission(mission))
    return caught.value


def built_otherwise(
    monkeypatch: pytest.MonkeyPatch, module: Any, change: Callable[[dict[str, Any]], None]
) -> None:
    """Has a vehicle's devices changed before they are put to use."""
    build: Build = module.build

    def other(*given: Any) -> tuple[Any, dict[str, Any]]:
        power, devices = build(*given)
        change(devices)
        return power, devices

    monkeypatch.setattr(module, "build", other)


def renamed(old: str, new: str) -> Callable[[dict[str, Any]], None]:
    def change(devices: dict[str, Any]) -> None:
        devices[new] = devices.pop(old)

    return change


@pytest.fixture
def configs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A copy of the configurations, which is what is read."""
    copy = tmp_path / "configs"
    shutil.copytree(configs_folder(), copy)
    monkeypatch.setattr(configuration, "configs_folder", lambda: copy)
    return copy


def edited(file: Path, old: str, new: str) -> int:
    """Writes a file with one text changed; returns the line of it."""
    text = file.read_text(encoding="utf-8")
    assert text.count(old) == 1
    file.write_text(text.replace(old, new), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


def test_a_device_of_another_name_is_refused_with_the_line_that_asks_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built_otherwise(monkeypatch, rover, renamed("wheels", "wheelz"))
    error = refusal()
    assert error.file == "flight/rover/hardware.py"
    line = Path(error.file).read_text(encoding="utf-8").splitlines()[(error.line or 0) - 1]
    assert 'node.driver(Wheels, "wheels")' in line
    assert "rover asks for 'rover.wheels', which nobody serves" in str(error)
    assert "did you mean rover.wheelz?" in str(error)
    assert "lander.battery" not in str(error)  # only what the rover has is offered


def test_a_device_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def change(devices: dict[str, Any]) -> None:
        devices["battery"] = devices["solar_array"]

    built_otherwise(monkeypatch, rover, change)
    error = refusal()
    assert (error.file, error.key) == ("flight/rover/hardware.py", "rover.battery")
    assert "takes rover.battery for a Battery: what is served is a SimSolarArray" in str(error)


def test_a_device_that_is_to_be_coupled_and_is_not_there_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built_otherwise(monkeypatch, lander, renamed("thermal_nodes", "thermal_node"))
    error = refusal()
    assert "the SimThermalNodes lander.thermal_nodes is to be coupled, and is missing" in str(error)
    assert "did you mean thermal_node?" in str(error)


def test_a_route_over_a_node_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RoverVehicle, "routes", {"arm": wire("landr")})
    error = refusal()
    assert error.file == "flight/rover/vehicle.py" and error.line
    assert "asks for 'landr.node', which nobody serves" in str(error)
    assert "did you mean lander.node?" in str(error)


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "meant"),
    [
        ("lander", "      computer: true", "      compter: true", "hardware.power.switches.compter",
         "did you mean computer?"),
        ("lander", "heated_by: [clock, core, computer]", "heated_by: [clock, core, compter]",
         "hardware.thermal.nodes.electronics.heated_by[2]", "did you mean computer?"),
        ("lander", "      battery:\n        node: battery", "      battry:\n        node: battery",
         "hardware.thermal.zones", "did you mean battry?"),
        ("lander", "      battery:\n        node: battery", "      battery:\n        node: battry",
         "hardware.thermal.zones.battery.node", "did you mean battery?"),
        ("rover", "      avionics: true\n", "", "hardware.power.switches",
         'one with "avionics", which the software asks for (flight/rover/hardware.py:'),
    ],
)  # fmt: skip
def test_a_name_in_a_vehicle_file_that_means_nothing_is_refused_where_it_stands(
    configs: Path, file: str, old: str, new: str, key: str, meant: str
) -> None:
    path = configs / "vehicles" / f"{file}.yaml"
    line = edited(path, old, new)
    error = refusal()
    assert (error.file, error.key) == (str(path), key)
    assert meant in str(error)
    assert error.line is not None and abs(error.line - line) <= 40
    if key.endswith(("compter", "[1]")):
        assert error.line == line


def test_the_antenna_of_a_vehicle_that_there_is_not_is_refused(configs: Path) -> None:
    path = configs / "links" / "nominal.yaml"
    line = edited(path, "    rover: {value", "    rovr: {value")
    error = refusal()
    assert (error.file, error.line) == (str(path), line)
    assert "did you mean rover?" in str(error)


def test_a_run_that_is_wired_wrongly_touches_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    built_otherwise(monkeypatch, rover, renamed("gripper", "griper"))
    out = tmp_path / "run"
    assert cli.main(["fly", "surface", "--out", str(out)]) == 2
    assert not out.exists()
    assert "flight/rover/hardware.py:" in capsys.readouterr().err


@pytest.mark.parametrize("mission", ["short", "nominal", "surface", "return"])
def test_what_is_wired_rightly_is_not_refused(mission: str) -> None:
    assert check_mission(load_mission(mission))
