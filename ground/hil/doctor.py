"""Whether this machine and the wires of a bench are fit: one line each, with the next step."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from flight.configuration.files import ConfigurationError
from flight.icd.devices.base import DeviceError
from flight.runtime.loop import run
from flight.runtime.paced_loop import PacedLoop
from ground.hil.machine import FAIL, OK, WARN, Finding, machine, machine_floor, serial_lines
from ground.terminal.user_names import user_name
from ground.testbed.bench.adapters import is_local
from ground.testbed.bench.file import (
    REPLACEABLE,
    BenchFile,
    calibrations_of,
    setting_of,
    today,
)
from ground.testbed.bench.limits import PowerFile, overdue_words
from ground.testbed.bench.locks import Held, Locks
from ground.testbed.bench.opening import lock_keys, stop_problem
from ground.testbed.bench.tapes import read_tape
from sim_hw.bench.adapters.opening import end_of, opener_of
from sim_hw.bench.interlock import InputLine
from sim_hw.bench.process import RealDevice
from sim_hw.bench.wanted import Wanted
from sim_hw.bench.wire.addresses import read_address
from sim_hw.bench.wire.client import ProtocolClient
from sim_hw.bench.wire.hints import others_words, silence_words
from sim_hw.bench.wire.payloads import POWER
from sim_hw.bench.wire.wire import HELD, WireLost


def examine(bench: BenchFile | None, file: Path, *, allow_network: bool = False) -> list[Finding]:
    """The machine, and each device of a bench, which is asked who it is and not moved.

    `file`: of the bench.
    """
    timed = {} if bench is None else bench.timed
    devices = [] if bench is None else [each.address for each in bench.wires.values()]
    found = [*machine(), machine_floor(list(timed.values())), serial_lines(devices)]
    if bench is not None:
        held = _held(bench)
        if held is not None:
            return [*found, held]  # whoever has them is not disturbed
        found += [_stop(bench), *_calibrations(bench, file)]
        found += _tapes(bench, file)
        seen: dict[str, str] = {}
        for real in setting_of(bench, file, allow_network=allow_network).devices:
            wanted = msgspec.convert(real.wanted, Wanted)
            device = bench.devices[wanted.service]
            if not is_local(device.adapter, real.address):
                words = "anyone on this network can move it: plain tcp and udp know no keys"
                found.append(Finding(WARN, real.address, words))
            finding, name = run(_ask(wanted, real, device.power, allow_network), PacedLoop())
            if name in seen and finding.verdict == OK:
                words = (
                    f"it is {name}, and so is the device of {seen[name]}: give each a serial "
                    "number of its own, and say it in the bench file"
                )
                finding = Finding(FAIL, finding.what, words)
            if name:
                seen.setdefault(name, wanted.service)
            found.append(finding)
    return found


def _held(bench: BenchFile) -> Finding | None:
    keys = lock_keys(bench)
    try:
        mine = user_name()
        for lock in Locks().held():
            if lock.key in keys and (lock.pid or lock.who != mine):
                words = f"{lock.words(time.time())}: {lock.next_step()}"
                return Finding(FAIL, "lock", words)
    except Held as error:
        return Finding(FAIL, "lock", str(error))
    return None


def _stop(bench: BenchFile) -> Finding:
    stop = bench.interlock.e_stop
    if problem := stop_problem(bench):
        return Finding(FAIL, "stop", problem)
    if stop.file and os.path.lexists(stop.file):
        words = f"the file {stop.file} is there: all is stopped until it is removed"
        return Finding(FAIL, "stop", words)
    line = InputLine(stop.input, stop.runs)
    why = line.says_stop(takes=False)
    line.close()
    if why:
        return Finding(FAIL, "stop", why.removeprefix("stopped: "))
    named = (("key", stop.key), ("file", stop.file), ("input", stop.input))
    ways = [f"{what} {name}" for what, name in named if name]
    words = ", ".join((*ways, "`msr hil stop RUN`"))
    return Finding(OK, "stop", words)


def _calibrations(bench: BenchFile, file: Path) -> Iterator[Finding]:
    for service, device in bench.devices.items():
        for calibration in calibrations_of(file, device).values():
            late = overdue_words(calibration, today(), required=device.calibration_required)
            words = late or f"{calibration.serial}, due on {calibration.due}"
            yield Finding(WARN if late else OK, f"calibration of {service}", words)


def _tapes(bench: BenchFile, file: Path) -> Iterator[Finding]:
    for service, device in bench.devices.items():
        if not device.is_recorded:
            continue
        what = f"{service}, recorded in {device.recording}"
        try:
            calls = len(read_tape(file, service, device).calls)
        except ConfigurationError as error:
            yield Finding(FAIL, what, str(error))
        else:
            yield Finding(OK, what, f"{calls} calls")


async def _ask(
    wanted: Wanted, real: RealDevice, power: PowerFile | None, allow_network: bool
) -> tuple[Finding, str]:
    """What is found, and what the device calls itself."""
    what = f"{wanted.service} at {real.address}"
    address = None if real.adapter else read_address(real.address, allow_network=allow_network)
    hint = ""
    opener = opener_of(real.address, real.adapter, allow_network=allow_network)
    try:
        wire = await opener()
        client = ProtocolClient(wire, "doctor")
        try:
            client.start(1)
            told = await client.own("identity")
        finally:
            hint = silence_words(address, wire, client) if address else ""
            client.close()
    except (WireLost, DeviceError) as error:
        holders = others_words(address, must=HELD in str(error)) if address else ""
        return Finding(FAIL, what, f"{error}{hint}{holders}"), ""
    finally:
        await end_of(opener)
    wrong = wanted.wrong(told)
    if wrong:
        return Finding(FAIL, what, wrong), ""
    named = [str(told.get(name)) for name in ("vendor", "model", "serial", "firmware")]
    words = f"{', '.join(named)}: {REPLACEABLE[wanted.service].__name__}"
    features = told.get("features")
    if power is not None and not (isinstance(features, list) and POWER in features):
        words += (
            f"; while {power.switch} is open it is made safe and its supply stays on: it has not "
            f"the feature {POWER}"
        )
        return Finding(WARN, what, words), " ".join(named[:3])
    return Finding(OK, what, words), " ".join(named[:3])
