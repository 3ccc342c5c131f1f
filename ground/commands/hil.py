"""`msr hil`: checks a device, builds an example, measures this machine."""

import argparse
import contextlib
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from ground.commands import hil_evidence, hil_orders, hil_replay
from ground.terminal.destinations import check_folder
from ground.terminal.exit_codes import NO, REFUSED, UNKNOWN, YES

if TYPE_CHECKING:
    from flight.icd.devices.base import DeviceInterface
    from ground.hil.conformance import Kit, Row
    from sim_hw.bench.adapters.opening import Opener

MARKS = {"passed": "ok  ", "failed": "FAIL", "not shown": "?   ", "does not apply": "-   "}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    works = parser.add_subparsers(dest="work", metavar="WORK", required=True)
    works.add_parser("list", help="the benches that there are")
    show = works.add_parser("show", help="what is real on a bench")
    show.add_argument("bench", help="name in configs/benches, or the path of such a file")
    doctor = works.add_parser("doctor", help="whether machine and devices are fit; nothing moves")
    doctor.add_argument("bench", nargs="?", default=None, help="also its devices")
    doctor.add_argument(
        "--allow-network", action="store_true", help="also devices beyond this machine"
    )
    check = works.add_parser("check", help="whether a device keeps the rules; it will move")
    check.add_argument(
        "address",
        help="tcp://127.0.0.1:5000, unix:///path, serial:///dev/tty..., or a bench file, with the "
        "service of a device on it as INTERFACE: also one with an adapter",
    )
    check.add_argument("interface", help="such as Wheels: see docs/reference/devices.md")
    check.add_argument("--still", action="store_true", help="nothing moves; less is shown")
    check.add_argument("--json", action="store_true", help="print a JSON object instead")
    check.add_argument(
        "--allow-network",
        action="store_true",
        help="also an address beyond this machine: anyone on that network can move the device",
    )
    build = works.add_parser("build", help="build an example device in C")
    build.add_argument("device", help="wheels, nozzle, igniter (a dummy) or battery")
    build.add_argument("--host", default="posix", help="what it is built for (default: posix)")
    build.add_argument("--out", type=Path, default=Path("build"), help="folder (default: build)")
    report = works.add_parser("report", help="how late the devices of a flight were; again")
    report.add_argument("folder", type=Path, help="folder of the run")
    hil_orders.configure(works)
    hil_replay.configure(works)
    hil_evidence.configure(works)
    floor = works.add_parser("floor", help="how late this machine is with no device at all")
    floor.add_argument("--rate", type=float, default=100.0, help="cycles a second (default: 100)")
    floor.add_argument("--seconds", type=float, default=15.0, help="in all (default: 15)")
    floor.add_argument("--realtime", action="store_true", help="SCHED_FIFO and memory locked")


def run(arguments: argparse.Namespace) -> int:
    """Does the work; raises ConfigurationError."""
    works = {
        **dict.fromkeys(hil_orders.ORDERS, hil_orders.order),
        "lock": hil_orders.lock, "unlock": hil_orders.lock, "locks": hil_orders.locks,
        "list": _list, "show": _show, "doctor": _doctor, "check": _check, "build": _build,
        "floor": _floor, "report": _report,
        "replay": hil_replay.replay, "compare": hil_evidence.compare,
    }  # fmt: skip
    return works[arguments.work](arguments)


def refused(key: str, problem: str) -> ConfigurationError:
    """The refusal of an argument."""
    return ConfigurationError("command line", None, key, problem)


# ------------------------------------------------------------------------ benches


def _list(arguments: argparse.Namespace) -> int:
    from flight.configuration.files import configs_folder
    from ground.testbed.bench.file import FOLDER, load_bench

    for file in sorted((configs_folder() / FOLDER).glob("*.yaml")):
        try:
            _, bench = load_bench(file.stem, allow_network=True)
        except ConfigurationError as error:  # such as for want of an adapter's library
            print(f"{file.stem:20} cannot be used here: {error}")
            continue
        print(f"{file.stem:20} {', '.join(bench.devices)}: {bench.title}")
    return YES


def _show(arguments: argparse.Namespace) -> int:
    from ground.testbed.bench.file import RATE_UNITS, code_of_loss, load_bench

    file, bench = load_bench(arguments.bench, allow_network=True)
    print(f"{bench.title} ({file})")
    print(f"pace {bench.pace:g} while one works or is missing, for {bench.patience:g} s at most")
    for service, device in bench.devices.items():
        if device.mode == "sim":
            print(f"{service}: simulated, and recorded")
            continue
        wanted = device.identity
        words = " ".join(filter(None, (wanted.model, wanted.serial, wanted.firmware)))
        print(f"{service}: {device.mode}, {wanted.interface} {words or 'of any kind'}")
        through = "" if device.adapter == "protocol" else f" by the adapter {device.adapter}"
        if device.is_recorded:
            print(f"    as {device.recording} has it, within {device.hold:g} s")
        else:
            print(f"    at {bench.wires[device.wire].address}{through}, armed: {device.arm}")
        for name, rate in device.rates.given().items():
            print(f"    {name}: at most {rate:g} {RATE_UNITS[name]} are believed")
        for name, limit in device.limits.items():
            print(f"    {name}: {limit.ge:g} to {limit.le:g} {limit.unit}")
        print(f"    lost: fault {code_of_loss(service, device)}")
    return YES


def _doctor(arguments: argparse.Namespace) -> int:
    from ground.hil.doctor import FAIL, examine
    from ground.testbed.bench.file import load_bench

    network = arguments.allow_network
    bench, file = None, Path()
    if arguments.bench is not None:
        file, bench = load_bench(arguments.bench, allow_network=network)
    findings = examine(bench, file, allow_network=network)
    for each in findings:
        print(f"{each.verdict:4} {each.what}: {each.words}")
    return REFUSED if any(each.verdict == FAIL for each in findings) else YES


# ------------------------------------------------------------------------- check


def _check(arguments: argparse.Namespace) -> int:
    from flight.runtime.loop import run as run_loop
    from flight.runtime.paced_loop import PacedLoop
    from ground.hil.conformance import Kit, check_device
    from ground.hil.probes import PROBES
    from ground.hil.witness import Witness
    from sim_hw.bench.adapters.opening import end_of
    from sim_hw.bench.wire.wire import WireLost

    interface, opener = _checked(arguments)
    kit = Kit(interface, opener, still=arguments.still, witness=Witness())

    async def check() -> "list[Row]":
        try:
            return await check_device(kit, PROBES)
        finally:
            await end_of(opener)

    begun = time.monotonic()
    try:
        rows = run_loop(check(), PacedLoop())
    except WireLost as error:
        raise refused("ADDRESS", f"{error}{_others(arguments.address, str(error))}") from None
    _print_check(arguments, kit, rows, time.monotonic() - begun)
    verdicts = {row.verdict for row in rows}
    if "failed" in verdicts:
        return NO
    return UNKNOWN if "not shown" in verdicts and not arguments.still else YES


def _checked(arguments: argparse.Namespace) -> "tuple[type[DeviceInterface], Opener]":
    """The interface, and what opens the wire: of an address, or of a service of a bench file."""
    from ground.hil.interfaces import interface_called
    from ground.testbed.bench.file import REPLACEABLE, load_bench, setting_of
    from sim_hw.bench.adapters.opening import opener_of
    from sim_hw.bench.wire.addresses import AddressRefused, read_address

    network = arguments.allow_network
    if arguments.address.endswith((".yaml", ".yml")):
        file, bench = load_bench(arguments.address, allow_network=network)
        for service, real in zip(
            bench.wired, setting_of(bench, file, allow_network=network).devices, strict=True
        ):
            if service == arguments.interface:
                return REPLACEABLE[service], opener_of(
                    real.address, real.adapter, allow_network=network
                )
        known = ", ".join(bench.wired) or "none"
        raise refused("INTERFACE", f"= {arguments.interface}: allowed is one of {known}")
    interface = interface_called(arguments.interface)
    try:
        read_address(arguments.address, allow_network=network)
    except AddressRefused as error:
        raise refused("ADDRESS", str(error)) from None
    return interface, opener_of(arguments.address, None, allow_network=network)


def _others(text: str, words: str) -> str:
    """Who else is on a line."""
    from sim_hw.bench.wire.addresses import AddressRefused, read_address
    from sim_hw.bench.wire.hints import others_words
    from sim_hw.bench.wire.wire import HELD

    try:
        return others_words(read_address(text, allow_network=True), must=HELD in words)
    except AddressRefused:  # a bench file
        return ""


def _print_check(
    arguments: argparse.Namespace, kit: "Kit", rows: "list[Row]", seconds: float
) -> None:
    from sim_hw.bench.histogram import Histogram

    latencies = {name: Histogram.of(times) for name, times in kit.latencies.items()}
    counts = {v: len([row for row in rows if row.verdict == v]) for v in MARKS}
    if arguments.json:
        told: dict[str, Any] = {
            "format": 1, "address": arguments.address, "interface": kit.interface.__name__,
            "identity": kit.identity, "seconds": round(seconds, 3), "counts": counts,
            "rows": [vars(row) for row in rows],
            "latency_s": {
                name: {"n": h.count, "p50": h.at(0.5), "p99": h.at(0.99), "max": h.largest}
                for name, h in latencies.items()
            },
        }  # fmt: skip
        print(json.dumps(told, indent=1))
        return
    for row in rows:
        rule = f"rule {row.rule}" if row.rule else "type  "
        print(f"{MARKS[row.verdict]} {rule}  {row.name}: {row.words}")
    for name, histogram in latencies.items():
        print(f"     {name}: {histogram.words()}")
    print(", ".join(f"{n} {v}" for v, n in counts.items() if n) + f" in {seconds:.1f} s")


# ----------------------------------------------------------------- build, floor


def _build(arguments: argparse.Namespace) -> int:
    from ground.missions.earlier_run import nearest_made, remove_empty
    from sim_hw.bench.building import DEVICES, HOSTS, NotBuilt, build

    for key, given, known in (
        ("DEVICE", arguments.device, DEVICES), ("--host", arguments.host, HOSTS),
    ):  # fmt: skip
        if given not in known:
            raise refused(key, f"= {given}: allowed is {', '.join(known)}")
    check_folder("--out", arguments.out)
    made = nearest_made(arguments.out)
    arguments.out.mkdir(parents=True, exist_ok=True)
    try:
        print(build(arguments.device, arguments.host, arguments.out))
    except NotBuilt as error:
        if made is not None:
            with contextlib.suppress(OSError):
                remove_empty(arguments.out, made)
        raise refused("--host", str(error)) from None
    return YES


def _report(arguments: argparse.Namespace) -> int:
    from ground.hil.bench_report import read_evidence, summary, write_reports

    told = read_evidence(arguments.folder)
    for line in summary(told):
        print(line)
    for file in write_reports(arguments.folder):
        print(file)
    return {"ok": YES, "missed": NO}.get(told["timing"], UNKNOWN)


def _floor(arguments: argparse.Namespace) -> int:
    from sim_hw.bench.floor import measure_floor
    from sim_hw.bench.realtime import PRIORITY

    if not 1.0 <= arguments.rate <= 1000.0:
        raise refused("--rate", f"= {arguments.rate:g}: allowed is 1 to 1000")
    if not 1.0 <= arguments.seconds <= 600.0:
        raise refused("--seconds", f"= {arguments.seconds:g}: allowed is 1 to 600")
    priority = PRIORITY if arguments.realtime else None
    floor = measure_floor(arguments.rate, arguments.seconds, priority=priority)
    for sentence in floor.refused:
        print(f"warn {sentence}")
    for way, histogram in floor.lateness.items():
        print(f"{way:16} late by {histogram.words()}, {floor.slips[way]} slips")
    print(
        f"timerfd / epoll: p50 {floor.ratio('loop, timerfd', 'loop, epoll', 0.5):.2f}, "
        f"p99 {floor.ratio('loop, timerfd', 'loop, epoll', 0.99):.2f}; "
        f"timerfd / thread: p99 {floor.ratio('loop, timerfd', 'sleeping thread', 0.99):.2f}"
    )
    return YES
