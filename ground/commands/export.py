"""`msr export`: what a run's archive holds, for other programs."""

import argparse
from dataclasses import replace
from pathlib import Path

from ground.commands.asking import finite
from ground.reports.archive_export import NANOSECONDS, Wanted, epoch_of, export
from ground.terminal.destinations import check_file
from ground.terminal.exit_codes import NO, YES


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument("folder", type=Path, metavar="RUN", help="folder of a run")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="what is written: FILE.mcap (Foxglove) or FILE.csv"
    )
    parser.add_argument("--vehicle", default=None, help="of one vehicle (default: of all)")
    parser.add_argument("--channel", default=None, help="one channel, and nothing but values")
    parser.add_argument(
        "--since", type=finite, default=None, metavar="S", help="from that mission time on, s"
    )
    parser.add_argument(
        "--until", type=finite, default=None, metavar="S", help="up to that mission time, s"
    )
    parser.add_argument(
        "--epoch", default=None, metavar="UTC",
        help="UTC of mission time zero (default: as the run's summary says)",
    )  # fmt: skip
    parser.add_argument(
        "--training", action="store_true",
        help="with what trainers did, which the journal hides from who is trained",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Writes the file."""
    check_file("FILE", arguments.file)
    epoch = arguments.epoch or epoch_of(arguments.folder)
    wanted = Wanted(arguments.vehicle, arguments.channel, training=arguments.training)
    if arguments.since is not None:
        wanted = replace(wanted, since_ns=round(arguments.since * NANOSECONDS))
    if arguments.until is not None:
        wanted = replace(wanted, until_ns=round(arguments.until * NANOSECONDS))
    told = export(arguments.folder, arguments.file, epoch, wanted)
    print(f"{arguments.file}: {told.entries} {'entry' if told.entries == 1 else 'entries'}")
    if told.damaged:
        blocks, are = ("block", "is") if told.damaged == 1 else ("blocks", "are")
        print(f"{told.damaged} {blocks} of samples in the archive {are} damaged, and left out")
        return NO
    return YES
