"""Checks all that a mission refers to, before anything of it is started or written."""

from collections.abc import Sequence
from typing import Any

import msgspec

from flight.configuration.allowed_values import choices_words
from flight.configuration.files import (
    ConfigurationError,
    NotAllowed,
    configs_folder,
    refusal,
)
from flight.configuration.sections import load_section
from ground.mission_control import check_rules
from ground.missions.mission import Failure, LoadedMission
from ground.missions.vehicle_files import VehicleFile
from ground.testbed.checks.wiring import check_wiring
from ground.testbed.control_room.control_room import make_dictionary, make_program
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files
from ground.testbed.host import HostKind
from sim_hw.faults.fault import Fault
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
    check_rules(make_dictionary())
    make_program(mission, make_dictionary())
    files = load_vehicle_files(mission)
    hardware = Hardware(mission, files, 0, map_half_width=COARSE)  # to be thrown away
    hardware.world.clock = lambda: 0.0
    check_wiring(mission, files, hardware)
    _check_failures(mission, hardware)
    return files


def check_faults(faults: Sequence[Fault], kind: HostKind) -> None:
    """Refuses faults that there cannot be on that host; raises ConfigurationError."""
    for fault in faults:
        reason = kind.why_not(fault.kind)
        if reason:
            what = f"{fault.target.kind} = {fault.target.name}, kind = {fault.kind.name()}"
            raise ConfigurationError(
                f"fault {fault.id}", None, "", f"{what}: there is no such fault here: {reason}"
            )


def _check_failures(mission: LoadedMission, hardware: Hardware) -> None:
    """Tries each failure of a device on hardware that is thrown away."""
    wanted = [(i, f) for i, f in enumerate(mission.mission.failures) if f.what == "device"]
    services = [name for name in hardware.services() if hardware.device(name).modes]
    for index, failure in wanted:
        if failure.target not in services:
            allowed = choices_words(failure.target, services, "")
            raise refusal(mission.file, f"failures[{index}].target", allowed)
        _try(mission, index, failure, hardware.device(failure.target))


def _try(mission: LoadedMission, index: int, failure: Failure, device: Any) -> None:
    key = f"failures[{index}]"
    section = load_section(mission.file).at("failures").items()[index]
    if failure.mode not in device.modes:
        allowed = choices_words(failure.mode, list(device.modes), "what the device honours: ")
        raise refusal(mission.file, f"{key}.mode", allowed)
    mode = device.modes[failure.mode]
    options = section.get("options")
    if options is None:
        missing = [f.name for f in msgspec.structs.fields(mode.options) if f.required]
        if missing:
            allowed = f"what {failure.mode} takes ({', '.join(missing)})"
            raise refusal(mission.file, f"{key}.options", allowed)
        read = mode.options()
    else:
        read = options.read(mode.options)
    try:
        mode.begin(device, read)
    except NotAllowed as error:
        raise refusal(mission.file, f"{key}.options.{error.keys[0]}", error.allowed) from None
