"""`msr hil replay`: flies a recording again; all of it, one device of it, or a drill on a bench."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from ground.terminal.exit_codes import NO, UNKNOWN, YES, exit_code_of

if TYPE_CHECKING:
    from ground.testbed.bench.replay import ReplayedDevice
    from ground.testbed.record.session import Session


def configure(works: Any) -> None:
    """Declares the work and its arguments."""
    replay = works.add_parser(
        "replay", help="fly a run with real devices again, without them, in virtual time"
    )
    replay.add_argument(
        "recording", type=Path, help="a run folder, its session.jsonl, or a bench.mcap; also the "
        "folder of a drill that was flown on a bench",
    )  # fmt: skip
    replay.add_argument(
        "--device", default=None, metavar="SERVICE", help="only this device says what it said "
        "then; all others are simulated",
    )  # fmt: skip
    replay.add_argument(
        "--out", type=Path, default=None, help="folder of the run (default: beside it, -replay)"
    )
    replay.add_argument(
        "--twice", action="store_true", help="fly it twice; both must leave the same, bit by bit"
    )


def replay(arguments: argparse.Namespace) -> int:
    """YES when the hash is the recorded one (and that of the second time); NO when it is not;
    UNKNOWN where nothing was recorded to hold it against, and where the record is torn. Raises
    ConfigurationError."""
    place: Path = arguments.recording
    folder = place if place.is_dir() else place.parent
    beside = folder.resolve()
    out = arguments.out or beside.parent / f"{beside.name}-replay"
    if arguments.device is not None:
        return _replay_device(arguments, folder, out)
    from ground.drills.bench_drill import DRILL_FILE

    if (folder / DRILL_FILE).is_file():
        return _replay_drill(arguments, folder, out)
    return _replay_all(arguments, folder, out)


def _replay_all(arguments: argparse.Namespace, folder: Path, out: Path) -> int:
    from ground.testbed.record.session import read_session

    place: Path = arguments.recording
    found = [_fly(place, out) for _ in range(2 if arguments.twice else 1)]
    for hash_ in found:
        print(f"replayed: {hash_}")
    if not all(found):
        print("a replay has left no hash: whether it is the same is unknown")
        return UNKNOWN
    torn = read_session(place).torn
    if torn is not None:
        if len(set(found)) > 1:
            print("not the same")
            return NO
        print(f"{torn.words}; the flight from it ends there, and how its run ended is unknown")
        return UNKNOWN
    return same_as(_hash_in(folder), found)


def same_as(recorded: str, found: list[str]) -> int:
    """Prints whether all hashes are one; the exit code of that."""
    if recorded:
        print(f"recorded: {recorded}")
        found = [*found, recorded]
    if len(found) == 1:
        print("the run has left no hash to hold it against: fly it --twice")
        return UNKNOWN
    same = len(set(found)) == 1
    print("all the same, bit by bit" if same else "not the same")
    return YES if same else NO


def _fly(place: Path, out: Path) -> str:
    from ground.commands import fly

    parser = argparse.ArgumentParser()
    fly.configure(parser)
    words = ["--from", str(place), "--in-memory", "--quiet", "--no-pictures", "--out", str(out)]
    fly.run(parser.parse_args(words))
    return _hash_in(out)


def _hash_in(folder: Path) -> str:
    try:
        return str(json.loads((folder / "summary.json").read_bytes())["log_sha256"])
    except (OSError, *UNDECODABLE, KeyError, TypeError):
        return ""


# ------------------------------------------------------------------------ a drill


def _replay_drill(arguments: argparse.Namespace, folder: Path, out: Path) -> int:
    """The drill with its faults, from its start to its end; the record of such a flight alone would
    not know of them."""
    import msgspec

    from ground.drills.bench_drill import fly_again, read_flown
    from ground.testbed.bench.file import load_bench
    from ground.testbed.bench.host import Bench
    from ground.testbed.record.session import SESSION_FILE, read_session

    flown = read_flown(folder)
    # A drill ends before its mission does: that is no tear in its record.
    session = msgspec.structs.replace(read_session(folder / SESSION_FILE), torn=None)
    file, bench = load_bench(session.head.bench, allow_network=True)
    kind = Bench(in_memory=True, serve=False, session=session, file=file, bench=bench)
    found = []
    for _ in range(2 if arguments.twice else 1):
        record = fly_again(flown, kind, out)
        if record.harness:
            print(f"the drill could not be flown again: {record.harness}")
            return UNKNOWN
        found.append(record.sha256)
        print(f"{flown.job.drill}, up to its end: replayed: {record.sha256}")
    return same_as(flown.sha256, found)


# -------------------------------------------------------------------- one device


def _replay_device(arguments: argparse.Namespace, folder: Path, out: Path) -> int:
    """YES when the mission succeeded with it (and twice the same), NO when it did not, UNKNOWN
    where the flight has come to be another than the recorded one."""
    from ground.testbed.record.session import read_session
    from sim_hw.bench.recording import RECORDING

    place: Path = arguments.recording
    recording = place if place.suffix == ".mcap" else folder / RECORDING
    session = read_session(place)
    found, code = [], UNKNOWN
    for _ in range(2 if arguments.twice else 1):
        hash_, code = _fly_device(session, recording, arguments.device, out)
        found.append(hash_)
    if len(set(found)) > 1:
        print("two flights were not the same")
        return NO
    if arguments.twice:
        print("twice the same, bit by bit")
    return code


def _fly_device(session: "Session", recording: Path, service: str, out: Path) -> tuple[str, int]:
    from ground.commands.display import Display
    from ground.commands.fly import _faults
    from ground.missions.mission import load_mission
    from ground.reports.flight import fly_mission
    from ground.testbed.run import RunOptions

    kind = _kind(session, recording, service)
    mission = load_mission(session.mission)
    options = RunOptions(session.head.seed, (), _faults([], mission, session))
    display = Display(mission, quiet=True)
    record = fly_mission(mission, out, options, kind)
    display.result(json.loads((out / "summary.json").read_bytes()), out)
    peer = kind.hosts[0].peer
    print(
        f"{service}: {peer.answered} calls were answered as they were recorded, {peer.again} of "
        f"them readings that were told before; replayed: {record.log_sha256}"
    )
    if peer.diverged:
        print(f"then the flight became another than the recorded one: {peer.diverged}")
    return record.log_sha256, UNKNOWN if peer.diverged else exit_code_of(record.verdict)


def _kind(session: "Session", recording: Path, service: str) -> "ReplayedDevice":
    from ground.testbed.bench.file import load_bench
    from ground.testbed.bench.replay import device_of

    if not session.head.bench:
        problem = f"= {service}: nothing was real in that run"
        raise ConfigurationError("command line", None, "--device", problem)
    file, bench = load_bench(session.head.bench, allow_network=True)
    return device_of(file, bench, recording, service)
