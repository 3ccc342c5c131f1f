"""`msr trade`: flies variants of the MAV over the same dispersed days, and chooses between them."""

import argparse

from ground.commands.study_arguments import add_study_arguments, check_study_arguments
from ground.terminal.exit_codes import YES


def configure(parser: argparse.ArgumentParser) -> None:
    """Its arguments."""
    parser.add_argument(
        "trade",
        nargs="?",
        default="mav_design",
        help="name of a trade in configs/trades, or the path of a trade file",
    )
    add_study_arguments(parser, "flights of each variant", 40)
    parser.add_argument("--no-pictures", action="store_true", help="draw no pictures")


def run(arguments: argparse.Namespace) -> int:
    """YES: flown and judged; raises ConfigurationError."""
    check_study_arguments(arguments)
    # Imported late: other calls of `msr` need none of it.
    from ground.studies.trade.report import print_table, write
    from ground.studies.trade.study import fly_designs
    from ground.studies.trade.trade_file import load_trade
    from ground.studies.trade.verdict import decide
    from ground.terminal import progress
    from ground.terminal.screen import make_screen

    trade = load_trade(arguments.trade)

    results = fly_designs(
        trade.designs,
        arguments.runs,
        arguments.workers,
        first=arguments.first,
        progress=progress.count("flights"),
    )
    decision = decide(trade, results)
    console = make_screen()
    print_table(trade, decision, console)
    if arguments.out is None:
        return YES
    pictures = []
    if not arguments.no_pictures:
        try:
            from ground.studies.trade.pictures import draw_trade
        except ModuleNotFoundError as error:
            if error.name != "matplotlib":
                raise
            console.print("No pictures: matplotlib is missing; install threeforks[plots].")
        else:
            pictures = draw_trade(arguments.out, trade, results, decision, arguments.first)
    write(arguments.out, trade, results, decision, pictures)
    console.print(f"Wrote {arguments.out}")
    return YES
