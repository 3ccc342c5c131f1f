"""A pace as people write it."""

import argparse
from math import inf

from flight.runtime.throttled_loop import checked_rate


def checked_pace(text: str) -> float:
    """`50`, `50x`, `max`: mission seconds in a second; raises ValueError."""
    try:
        rate = inf if text == "max" else float(text.removesuffix("x"))
    except ValueError:
        raise ValueError(f"{text!r}: allowed is a number, or max") from None
    return checked_rate(rate)


def pace_argument(text: str) -> float:
    """The same, as an option of a command; raises ArgumentTypeError, whose words are printed."""
    try:
        return checked_pace(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
