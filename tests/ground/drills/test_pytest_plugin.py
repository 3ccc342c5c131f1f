"""Drills as ordinary async tests: what such a test can do, and what fails it."""

from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.expressions import ExpressionError
from ground.drills.pytest_plugin import drill_bench, expect, inject, testbed

__all__ = ["drill_bench", "expect", "inject", "testbed"]  # also where the package is not installed
pytestmark = pytest.mark.mission
GAUGE = {"device": "lander.battery", "method": "state", "kind": "not_a_number"}


async def test_a_drill_breaks_waits_heals_and_holds(testbed: Any, inject: Any, expect: Any) -> None:
    async with testbed("surface", seed=3) as run:
        assert run.options.seed == 3
        expect.always("battery.lander > 0.15")
        gauge = inject(**GAUGE, fields=["voltage"])
        took = await expect.event("lander.reading_invalid", within="2 h", device="battery")
        assert 0.0 < took <= 7200.0 and gauge.count == len(gauge.hits) == 1
        gauge.heal()
        await expect.event("lander.reading_valid", within="2 h", device="battery")
        await expect.that("lander.battery_voltage > 0 V", within="2 h")  # when it tells of it next
        assert expect.holds("lander.battery_voltage > 0 V") is True
        assert expect.holds("lander.landed") is True
        with pytest.raises(AssertionError, match=r"state mav.launching did not come within 1 min"):
            await expect.state("mav.launching", within="1 min")
        with pytest.raises(ConfigurationError, match=r"did you mean lander\.battery"):
            inject(**{**GAUGE, "device": "lander.batery"})
        with pytest.raises(ExpressionError, match="no state or channel"):
            expect.never("lander.asleep")


async def test_what_does_not_hold_fails_the_test_at_the_end_of_its_block(
    testbed: Any, expect: Any
) -> None:
    with pytest.raises(AssertionError, match=r"battery\.lander > 0\.999 did not hold"):
        async with testbed("surface"):
            expect.always("battery.lander > 0.999")
            expect.never("lander.safe")
            await expect.that("battery.lander < 0.999", within="3 h")
    async with testbed("surface"):  # of another run nothing is expected any more
        await expect.that("battery.lander < 0.999", within="3 h")
