"""`msr docs`: writes the generated pages of the documentation, or checks that they are current."""

import argparse
import importlib
import sys
from pathlib import Path
from typing import Any

import flight
from flight.configuration.files import ConfigurationError
from flight.configuration.whole_files import replace_file
from ground.reference.markdown import GENERATED
from ground.terminal.destinations import check_folder
from ground.terminal.exit_codes import NO, YES

REFERENCE = "reference"


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "--check", action="store_true", help="write nothing; name the pages that are stale"
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the documentation (default: docs)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Writes or checks; NO when a page is stale; raises ConfigurationError."""
    folder = arguments.out if arguments.out is not None else docs_folder()
    if not arguments.check:
        check_folder("--out", folder)
    pages = generate()
    stale = stale_pages(folder, pages)
    if arguments.check:
        for name, why in stale.items():
            print(f"{folder / name}: {why}", file=sys.stderr)
        if stale:
            print("`make docs` writes the generated pages anew.", file=sys.stderr)
        return NO if stale else YES
    write_pages(folder, pages)
    for name, why in stale.items():
        print(f"{folder / name}: {why}; " + ("written" if name in pages else "removed"))
    print(f"{len(pages)} pages are current")
    return YES


def docs_folder() -> Path:
    """The folder `docs` of the checkout; raises ConfigurationError where there is none."""
    folder = Path(flight.__file__).resolve().parents[1] / "docs"
    if not folder.is_dir():
        raise ConfigurationError(
            str(folder), None, "--out", "there is no folder of documentation here: name one"
        )
    return folder


def generate() -> dict[str, str]:
    """The text of every generated page, by its path in the folder of the documentation."""
    from ground.missions.mission import load_mission
    from ground.reference.api_page import api_page
    from ground.reference.command_page import command_page
    from ground.reference.device_page import device_page
    from ground.reference.dictionary_pages import dictionary_pages
    from ground.reference.fault_page import fault_page
    from ground.reference.fmeca_page import WORKSHEET, fmeca_page, read_severities
    from ground.reference.message_page import message_page
    from ground.reference.protection_pages import protection_pages
    from ground.reference.protocol_page import protocol_page
    from ground.reference.statechart_pages import statechart_pages
    from ground.reference.witness_page import witness_page
    from ground.testbed.faults.connecting import targets_of
    from ground.testbed.participants.vehicles import vehicle_classes
    from sim_hw.faults.catalogue import Catalogue, builtin_kinds

    kinds, devices = vehicle_classes(), assembled_devices()
    return {
        **dictionary_pages(kinds),
        **statechart_pages(kinds),
        **protection_pages(kinds),
        **device_page(devices),
        **fault_page(Catalogue(builtin_kinds()), targets_of(load_mission("nominal"))),
        **fmeca_page(kinds, devices, read_severities(docs_folder() / WORKSHEET)),
        **message_page(),
        **api_page(),
        **protocol_page(),
        **witness_page(kinds),
        # By its name, as the command knows this module: neither stands on the other.
        **command_page(importlib.import_module("ground.cli").SUBCOMMANDS),
    }


def assembled_devices() -> dict[str, Any]:
    """Every simulated device of the nominal mission by its service, built and not served."""
    from flight.icd.devices.ground_station import STATIONS_SERVICE
    from flight.icd.devices.orbital_imagery import IMAGERY_SERVICE
    from ground.missions.mission import load_mission
    from ground.testbed.hardware.hardware import Hardware, load_vehicle_files

    mission = load_mission("nominal")
    hardware = Hardware(mission, load_vehicle_files(mission), seed=1)
    hardware.world.clock = lambda: 0.0
    hardware.services()  # builds them
    devices = {
        f"{vehicle}.{name}": device
        for vehicle, built in hardware.vehicles.items()
        for name, device in built.devices.items()
    }
    ground = {STATIONS_SERVICE: hardware.links.stations, IMAGERY_SERVICE: hardware.imagery}
    return {**devices, **ground}


def stale_pages(folder: Path, pages: dict[str, str]) -> dict[str, str]:
    """Path -> what is wrong with it, of those that are not as they were to be."""
    stale = {}
    for name, text in sorted(pages.items()):
        path = folder / name
        if not path.exists():
            stale[name] = "missing"
        elif path.read_text(encoding="utf-8") != text:
            stale[name] = "out of date"
    for path in sorted((folder / REFERENCE).rglob("*.md")):
        name = path.relative_to(folder).as_posix()
        if name not in pages and path.read_text(encoding="utf-8").startswith(GENERATED):
            stale[name] = "generated, and of nothing that there is any more"
    return stale


def write_pages(folder: Path, pages: dict[str, str]) -> None:
    """Writes every page that is stale, and removes what is generated no more."""
    for name in stale_pages(folder, pages):
        path = folder / name
        if name in pages:
            path.parent.mkdir(parents=True, exist_ok=True)
            replace_file(path, pages[name])
        else:
            path.unlink()
