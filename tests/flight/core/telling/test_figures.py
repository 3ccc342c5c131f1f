"""The text of an event gives figures that can be read; its data give them in full."""

from typing import Any

import pytest

from flight.core.telling.events import Event, event
from flight.icd.messages import Severity


def figure(text: str) -> Event[Any]:
    class Teller:
        @event(Severity.ACTIVITY_LO, text)
        def figure(self, *, value: object) -> None: ...

    return Teller.figure


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.123456789, "0.12346"), (43.20000000000001, "43.2"), (-1234.5678, "-1234.6"),
        (99_999.4, "99999"), (1_234_567.89, "1234568"), (float("nan"), "nan"),
        (float("-inf"), "-inf"), (123_456_789, "123456789"), (True, "True"),
        ("1.23456789", "1.23456789"),
    ],
)  # fmt: skip
def test_a_float_is_written_with_five_digits(value: object, shown: str) -> None:
    event = figure("it is {value}")
    assert event.render({"value": value}) == f"it is {shown}"


def test_a_format_of_the_text_goes_before() -> None:
    event = figure("{value:.7f}")
    assert event.render({"value": 0.123456789}) == "0.1234568"
