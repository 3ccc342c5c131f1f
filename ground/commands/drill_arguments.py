"""The arguments of `msr drill`."""

import argparse
from pathlib import Path

OUT = Path("runs") / "drills"


def configure(parser: argparse.ArgumentParser) -> None:
    """Declares them."""
    parser.add_argument(
        "drills",
        nargs="*",
        type=Path,
        metavar="FILE|FOLDER",
        help="drill files, or folders of them; a name is looked for in configs/drills, too",
    )
    _which(parser)
    _how(parser)
    _reports(parser)
    _more(parser)
    _bench(parser)


def _bench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--bench",
        default=None,
        metavar="NAME",
        help="fly each on a bench with real devices, from the beginning of its scenario and one "
        "after the other, beside the same in simulation",
    )
    parser.add_argument(
        "--arm",
        action="append",
        default=[],
        metavar="SERVICE=SECONDS",
        help="with --bench: arm a real device that a person arms, at the beginning of each flight",
    )
    parser.add_argument(
        "--as", dest="who", default=None, metavar="NAME", help="with --bench: who you are"
    )
    parser.add_argument(
        "--wait",
        default=None,
        metavar="TIME",
        help="with --bench: wait so long (such as 30m) before each flight for devices that "
        "somebody holds, behind those who wait already",
    )
    parser.add_argument(
        "--allow-network", action="store_true", help="with --bench: devices beyond this machine"
    )


def _which(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only drills of this name"
    )
    parser.add_argument(
        "--seeds", default=None, metavar="A..B", help="fly each with these seeds (7; 1..5; 1,4,9)"
    )
    parser.add_argument(
        "--from",
        dest="records",
        type=Path,
        default=None,
        metavar="RECORDS",
        help="fly the drills of an earlier campaign again, and say where they are not the same",
    )


def _how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--workers", type=int, default=2, help="processes (default 2)")
    parser.add_argument(
        "--cluster", default=None, metavar="ADDRESS", help="fly on a Dask cluster (extra `cluster`)"
    )
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="PROTECTION",
        help="switch a protection off ('*': all)",
    )
    parser.add_argument("--bare", action="store_true", help="leave out the faults")
    parser.add_argument(
        "--alone",
        action="store_true",
        help="fly each from the beginning and over ZeroMQ, not as a branch",
    )


def _reports(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--out", type=Path, default=OUT, help=f"folder of the records (default: {OUT})"
    )
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML")
    parser.add_argument("--html", type=Path, metavar="FILE", help="write the report as one page")
    parser.add_argument(
        "--fmeca",
        type=Path,
        metavar="FILE",
        help="write a table of failure modes and effects (.md, or CSV)",
    )
    parser.add_argument(
        "--coverage", action="store_true", help="print what was hit, in which phase"
    )
    parser.add_argument(
        "--compare", type=Path, metavar="BASELINE", help="say what is other than in an earlier one"
    )
    parser.add_argument("--quiet", action="store_true", help="print what did not pass, and the sum")


def _more(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--score",
        action="store_true",
        help="show what protections are for: without them a drill must fail with its faults, and "
        "pass without",
    )
    parser.add_argument(
        "--nth", metavar="METHOD", help="fail call 1, 2, ... of <vehicle>.<device>.<method> instead"
    )
    parser.add_argument(
        "--kind",
        default="",
        metavar="KIND",
        help="with --nth: the kind of fault that a call fails by",
    )
    parser.add_argument(
        "--swarm",
        type=int,
        metavar="N",
        help="fly N drills that are drawn from what the scenario does, evenly over its phases",
    )
    parser.add_argument(
        "--seed", type=int, default=None, help="with --swarm: what it is drawn by (default: anew)"
    )
    parser.add_argument(
        "--scenario",
        default=None,
        metavar="NAME",
        help="with --swarm and --write-hardware (default: return)",
    )
    parser.add_argument(
        "--shrink", action="store_true", help="make drills that fail smaller, as long as they fail"
    )
    parser.add_argument(
        "--write-hardware",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="write a drill for each device and phase of the scenario, with the single faults that "
        "show of themselves, and end",
    )
    parser.add_argument(
        "--matrix",
        metavar="SCENARIO",
        nargs="?",
        const="nominal",
        help="print which kinds of faults can be where (default: in `nominal`), and end",
    )
