"""`msr fly`: flies a mission and leaves a run folder."""

import argparse
import json
import sys
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING

from flight.configuration.files import ConfigurationError
from ground.commands.children import Child, end_all
from ground.commands.hil_orders import stop_key, wait_of, who_of
from ground.commands.paces import pace_argument
from ground.missions.mission import LoadedMission, load_mission
from ground.terminal.descriptors import need_descriptors
from ground.terminal.exit_codes import exit_code_of
from ground.terminal.keys import single_keys
from ground.testbed.evidence.fingerprint import told_of
from ground.testbed.hosts.virtual import Virtual
from ground.testbed.kills import parse_kills
from ground.testbed.record.session import Session, read_session

if TYPE_CHECKING:
    from ground.mission_control import Drills
    from ground.testbed.host import HostKind
    from ground.testbed.run import Run
    from sim_hw.faults.fault import Fault

ONLY_PROCESSES = ("--rate", "--transport")
ONLY_BENCH = {"--arm": "arm", "--wait": "wait", "--as": "who", "--allow-network": "allow_network"}
"""Options that a bench alone has a use for, and under which name they are kept."""
ONE_PROCESS = "that is of a run in one process"
ONLY_VIRTUAL = {
    "--shuffle": "nothing is replayed with --processes",
    "--log-messages": ONE_PROCESS,
    "--in-memory": ONE_PROCESS,
    "--pace": "the pace of processes is that of --rate",
    "--from": "nothing is replayed with --processes",
    "--bench": "real devices fly in a run of one process",
}

DESCRIPTORS = 512
"""Open files that a flight needs at most: measured, 233 in virtual time with seven vehicles."""


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares the arguments."""
    parser.add_argument(
        "mission",
        nargs="?",
        default=None,
        help="name of a mission in configs/missions, or the path of a mission file "
        "(default: nominal)",
    )
    parser.add_argument(
        "--out", type=Path, default=None, help="folder of the run (default: runs/MISSION)"
    )
    parser.add_argument("--seed", type=int, default=None, help="seed of all chance (default: 1)")
    parser.add_argument(
        "--shuffle",
        type=int,
        default=None,
        metavar="N",
        help="perturb the order of what is ready, by the seed N",
    )
    parser.add_argument("--quiet", action="store_true", help="print the result only")
    parser.add_argument("--no-pictures", action="store_true", help="draw no pictures")
    parser.add_argument(
        "--log-messages", action="store_true", help="write every message into messages.log"
    )
    parser.add_argument(
        "--in-memory",
        action="store_true",
        help="queues instead of ZeroMQ, and stores that become files at the end: the same run, "
        "sooner",
    )
    parser.add_argument(
        "--processes",
        action="store_true",
        help="every vehicle, the hardware and the ground in a process of its own",
    )
    parser.add_argument(
        "--pace",
        type=pace_argument,
        default=None,
        metavar="R",
        help="hold the flight back to R mission seconds in a second (50x; 0: it stands; max), "
        "and serve who speaks to it: `msr pace`",
    )
    parser.add_argument(
        "--serve",
        action="store_true",
        help="with --pace, --processes or --bench: serve mission control to people and scripts as "
        "well, as `msr control` does",
    )
    parser.add_argument(
        "--operators",
        default=None,
        metavar="NAME",
        help="with --pace or --serve: who may ask for something, a file in configs/operators "
        "(default: demo)",
    )
    parser.add_argument(
        "--bench",
        default=None,
        metavar="NAME",
        help="fly with real devices: a bench in configs/benches, or the path of such a file",
    )
    parser.add_argument(
        "--allow-network",
        action="store_true",
        help="with --bench: also devices beyond this machine, which anyone on their network can "
        "move",
    )
    parser.add_argument(
        "--from",
        dest="session",
        type=Path,
        default=None,
        metavar="RECORD",
        help="fly an operated run again, with its inputs at their instants: a run folder, or its "
        "session.jsonl",
    )
    parser.add_argument(
        "--branch",
        default=None,
        metavar="AT",
        help="with --from: go on live from a checkpoint of that run, or from seconds of mission "
        "time, at the pace of --pace; until there its inputs come again, at full speed",
    )
    parser.add_argument(
        "--rate",
        type=float,
        default=None,
        help="with --processes: mission seconds per second at most "
        "(default: as fast as all get done what is due)",
    )
    parser.add_argument(
        "--transport",
        choices=("ipc", "tcp"),
        default=None,
        help="with --processes: what carries the messages (default: ipc)",
    )
    parser.add_argument(
        "--kill",
        action="append",
        default=[],
        metavar="VEHICLE@SECONDS",
        help="let that vehicle (or `ground`) die at that mission time; it is started again",
    )
    parser.add_argument(
        "--arm",
        action="append",
        default=[],
        metavar="SERVICE=SECONDS",
        help="with --bench: arm a real device that a person arms, from the beginning of the flight "
        "on and for so many seconds",
    )
    parser.add_argument(
        "--as",
        dest="who",
        default=None,
        metavar="NAME",
        help="with --bench: who you are, for locks and arming (default: the user's name)",
    )
    parser.add_argument(
        "--wait",
        default=None,
        metavar="TIME",
        help="with --bench: wait so long (such as 30m) for devices that somebody holds, behind "
        "those who wait already (default: refuse)",
    )
    parser.add_argument(
        "--fault",
        action="append",
        type=Path,
        default=[],
        metavar="FILE",
        help="break what that file says: a YAML file with `format: 1` and a list `faults:`",
    )


def run(arguments: argparse.Namespace) -> int:
    """Flies; YES when the mission succeeded, NO when it did not, UNKNOWN where its record was torn;
    raises ConfigurationError."""
    _check_options(arguments)
    session = None if arguments.session is None else read_session(arguments.session)
    if session is not None:
        _check_against(session, arguments)
        session = _branched(arguments, session)
        if session.torn is not None:
            print(f"warning: {session.torn.words}", file=sys.stderr)
        arguments.mission, arguments.seed = session.mission, session.head.seed
        arguments.shuffle = session.head.shuffle
    mission = load_mission(arguments.mission or "nominal")
    arguments.seed = 1 if arguments.seed is None else arguments.seed
    kills = parse_kills(arguments.kill)
    out = arguments.out if arguments.out is not None else Path("runs") / mission.name
    need_descriptors(DESCRIPTORS)
    from ground.commands.display import Display
    from ground.reports.flight import fly_mission
    from ground.testbed.processes.processes import Processes
    from ground.testbed.run import RunOptions

    host: HostKind = _host(arguments, session)
    if arguments.processes:
        operators = (arguments.operators or "demo") if arguments.serve else ""
        host = Processes(arguments.rate, arguments.transport or "ipc", operators)
    earlier = None if session is None or arguments.branch else session.file.parent
    options = RunOptions(
        arguments.seed, tuple(kills), _faults(arguments.fault, mission, session), drills=_drills
    )
    if arguments.bench is not None:
        _check_faults_on_bench(host, options.faults)
    display = Display(mission, quiet=arguments.quiet)
    edge = _edge(out, arguments)
    try:
        with display, single_keys(getattr(host, "key_descriptor", -1)):
            show = None if arguments.quiet else display.show
            record = fly_mission(mission, out, options, host, show)
    finally:
        end_all(edge)
    if arguments.bench is not None:
        from ground.hil.bench_report import write_reports

        write_reports(out)
    if not arguments.no_pictures:
        from ground.pictures.draw import draw_pictures

        display.say("drawing the pictures")
        draw_pictures(out)
    summary = json.loads((out / "summary.json").read_text())
    display.result(summary, out)
    if earlier is not None and earlier.resolve() != out.resolve():
        display.compared(told_of(earlier, summary))
    return exit_code_of(record.verdict)


def _drills(run: "Run") -> "Drills":
    """Who flies drills with people in it."""
    from ground.drills.begun import drills_of

    return drills_of(run)


def _faults(
    files: list[Path], mission: LoadedMission, session: Session | None
) -> "tuple[Fault, ...]":
    """The faults of all files, or of a record; raises ConfigurationError."""
    recorded = () if session is None else session.head.faults
    if not files and not recorded:
        return ()
    from ground.testbed.faults.connecting import targets_of
    from ground.testbed.seams.orders import recorded_faults
    from sim_hw.faults.reading import load_faults

    targets = targets_of(mission)
    if session is not None:
        return recorded_faults(recorded, targets, str(session.file))
    return load_faults(files, targets)


def _branched(arguments: argparse.Namespace, session: Session) -> Session:
    """The record, or as much of it as a branch has; raises ConfigurationError."""
    if arguments.branch is None:
        return session
    from ground.testbed.record.branching import branch_of, free_folder

    if arguments.out is None:
        raise ConfigurationError("command line", None, "--out", "say where the branch is to fly")
    free_folder(arguments.out)
    return branch_of(session, arguments.branch)


def _edge(out: Path, arguments: argparse.Namespace) -> list[Child]:
    """The process that serves people, started where it is asked for."""
    if not arguments.serve:
        return []
    from ground.api.operators import load_operators

    operators = arguments.operators or "demo"
    load_operators(operators)  # here: the edge would say the same once more
    edge = Child(
        "the edge",
        ["ground.cli", "control", str(out), "--operators", operators],
    )
    edge.start()
    return [edge]


def _host(arguments: argparse.Namespace, session: Session | None) -> Virtual:
    """In virtual time; held back, or from a record, where that is asked for."""
    from ground.testbed.hosts.throttled import Throttled

    bench = arguments.bench or (session.head.bench if session is not None else "")
    if bench:
        return _bench(arguments, session, bench)
    if arguments.pace is None and session is None:
        return Virtual(arguments.shuffle, arguments.log_messages, arguments.in_memory)
    return Throttled(
        arguments.shuffle,
        arguments.log_messages,
        arguments.in_memory,
        pace=inf if arguments.pace is None else arguments.pace,
        serve=arguments.pace is not None,
        session=session,
        operators=arguments.operators or "demo",
        ahead_ns=_ahead_ns(arguments, session),
    )


def _ahead_ns(arguments: argparse.Namespace, session: Session | None) -> int:
    """Mission time up to which a branch flies as fast as it goes."""
    parent = None if session is None or arguments.branch is None else session.head.parent
    return 0 if parent is None else parent.time_ns


def _bench(arguments: argparse.Namespace, session: Session | None, name: str) -> Virtual:
    """With real devices, or with what those said in a record; raises ConfigurationError."""
    from ground.testbed.bench.file import load_bench
    from ground.testbed.bench.host import Bench

    if session is None and arguments.pace is not None:
        raise ConfigurationError(
            "command line", None, "--pace", "the pace of a bench is that of its devices: leave "
            "--pace out, or --bench",
        )  # fmt: skip
    file, bench = load_bench(name, allow_network=arguments.allow_network)
    return Bench(
        arguments.shuffle,
        arguments.log_messages,
        arguments.in_memory,
        pace=inf if arguments.pace is None else arguments.pace,
        serve=session is None,
        session=session,
        operators=arguments.operators or "demo",
        file=file,
        bench=bench,
        allow_network=arguments.allow_network,
        armed=tuple(arming(each) for each in arguments.arm),
        who=who_of(arguments),
        key_descriptor=stop_key(bench) if session is None else -1,
        wait=wait_of(arguments),
    )


def _check_faults_on_bench(host: "HostKind", faults: "tuple[Fault, ...]") -> None:
    from ground.testbed.bench.host import Bench
    from ground.testbed.bench.lines import check_faults_on

    assert isinstance(host, Bench)
    check_faults_on(host.file, host.bench, faults)


def arming(text: str) -> tuple[str, float]:
    service, equals, seconds = text.partition("=")
    try:
        if equals:
            return service, float(seconds.removesuffix("s"))
    except ValueError:
        pass
    raise ConfigurationError(
        "command line", None, "--arm", f"= {text}: allowed is such as rover.wheels=600"
    )


def _check_against(session: Session, arguments: argparse.Namespace) -> None:
    """Refuses what the record says otherwise; raises ConfigurationError."""
    if arguments.mission is not None and str(Path(arguments.mission).resolve()) == session.mission:
        arguments.mission = session.head.mission  # the path of one's own file
    for option in ("mission", "seed", "shuffle"):
        given, told = getattr(arguments, option), getattr(session.head, option)
        if given is not None and given != told:
            told = session.mission if option == "mission" else told
            raise ConfigurationError(
                "command line", None, option, f"= {given}: the record of --from has {told}"
            )
    if arguments.bench is not None:
        raise ConfigurationError(
            "command line", None, "--bench", "what real devices said in a record is in the record"
        )
    if arguments.fault:
        raise ConfigurationError(
            "command line", None, "--fault", "the faults of a run from its record are in the record"
        )
    if arguments.kill:
        raise ConfigurationError(
            "command line", None, "--kill", "the deaths of a run from its record are in the record"
        )


def _check_options(arguments: argparse.Namespace) -> None:
    """Refuses options that have no meaning for this kind of run; raises ConfigurationError."""
    strange = dict.fromkeys(ONLY_PROCESSES, "it needs --processes")
    if arguments.processes:
        strange = {o: f"{why}; leave one of them out" for o, why in ONLY_VIRTUAL.items()}
    if arguments.pace is None and arguments.operators is not None and not arguments.serve:
        raise ConfigurationError("command line", None, "--operators", "needs --pace or --serve")
    held = arguments.pace is not None or arguments.processes or arguments.bench is not None
    if arguments.serve and not held:
        problem = "needs --pace, --processes or --bench"
        raise ConfigurationError("command line", None, "--serve", problem)
    for option, name in ONLY_BENCH.items():
        if getattr(arguments, name) not in (None, False, []) and arguments.bench is None:
            raise ConfigurationError("command line", None, option, "needs --bench")
    if arguments.branch is not None and (arguments.session is None or arguments.pace is None):
        raise ConfigurationError("command line", None, "--branch", "needs --from and --pace")
    for option, why in strange.items():
        name = "session" if option == "--from" else option.removeprefix("--").replace("-", "_")
        given = getattr(arguments, name)
        if given is not None and given is not False:
            raise ConfigurationError("command line", None, option, f"= {given}: {why}")
