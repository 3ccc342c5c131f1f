"""A pace as people write it."""

from math import inf

from flight.runtime.throttled_loop import checked_rate


def checked_pace(text: str) -> float:
    """`50`, `50x`, `max`: mission seconds in a second; raises ValueError."""
    try:
        rate = inf if text == "max" else float(text.removesuffix("x"))
    except ValueError:
        raise ValueError(f"{text!r}: allowed is a number, or max") from None
    return checked_rate(rate)
