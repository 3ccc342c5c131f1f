"""Checks all that a mission refers to, before anything of it is started or written."""

import inspect
from typing import Any, get_type_hints

import msgspec

from flight.configuration.allowed_values import allowed_words, choices_words
from flight.configuration.files import configs_folder, refusal
from ground.missions.mission import Failure, LoadedMission
from ground.missions.vehicle_files import VehicleFile
from ground.testbed.control_room import make_dictionary, make_program
from ground.testbed.hardware import Hardware, load_vehicle_files
from ground.testbed.wiring import check_wiring
from sim_hw.links.parameters import load_link_parameters

COARSE = 20.0  # m: of a map that nobody lands by


def check_mission(mission: LoadedMission) -> dict[str, VehicleFile]:
    """Checks procedure, vehicles, links, wiring and failures of a mission.

    Returns the vehicle files; raises ConfigurationError.
    """
    procedure = mission.mission.procedure
    names = sorted(file.stem for file in (configs_folder() / "procedures").glob("*.yaml"))
    if procedure not in names and not procedure.endswith((".yaml", ".yml")):
        allowed = choices_words(procedure, names, "")
        raise refusal(mission.file, "procedure", f"{allowed}, or a path")
    load_link_parameters()
    make_program(mission, make_dictionary())
    files = load_vehicle_files(mission)
    hardware = Hardware(mission, files, 0, map_half_width=COARSE)  # to be thrown away
    hardware.world.clock = lambda: 0.0
    check_wiring(mission, files, hardware)
    _check_failures(mission, hardware)
    return files


def _check_failures(mission: LoadedMission, hardware: Hardware) -> None:
    """Tries each failure of a device on hardware that is thrown away."""
    wanted = [(i, f) for i, f in enumerate(mission.mission.failures) if f.what == "device"]
    services = [name for name in hardware.services() if hasattr(hardware.device(name), "fail")]
    for index, failure in wanted:
        if failure.target not in services:
            allowed = choices_words(failure.target, services, "")
            raise refusal(mission.file, f"failures[{index}].target", allowed)
        _try(mission, index, failure, hardware.device(failure.target))


def _try(mission: LoadedMission, index: int, failure: Failure, device: Any) -> None:
    _check_options(mission, index, failure, device)
    try:
        device.fail(failure.mode, **failure.options)
    except ValueError as error:
        allowed = f"what the device honours ({error})"
        raise refusal(mission.file, f"failures[{index}].mode", allowed) from None
    except (TypeError, LookupError) as error:
        allowed = f"what {failure.mode} takes ({error})"
        raise refusal(mission.file, f"failures[{index}].options", allowed) from None


def _check_options(mission: LoadedMission, index: int, failure: Failure, device: Any) -> None:
    """Checks names and types of a failure's options: some a device uses only much later."""
    key = f"failures[{index}].options"
    parameters = inspect.signature(device.fail).parameters.values()
    known = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
    types = get_type_hints(device.fail)
    for name, value in failure.options.items():
        if name not in known:
            raise refusal(mission.file, f"{key}.{name}", choices_words(name, known, ""))
        try:
            msgspec.convert(value, types[name])
        except msgspec.ValidationError:
            raise refusal(mission.file, f"{key}.{name}", allowed_words(types[name])) from None
