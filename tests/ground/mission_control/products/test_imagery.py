"""Where a vehicle stands by a picture: what is no measurement is no place."""

from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from flight.icd.devices.orbital_imagery import SurfaceFix
from ground.mission_control.products.imagery import Imagery

FIX = SurfaceFix(east=3.0, north=4.0, error=0.5)
BAD = SurfaceFix(valid=False, reason="east is no number", east=0.0, north=0.0, error=0.0)


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (FIX, FIX),
        (BAD, "SurfaceFix is not valid: east is no number"),
        (DeviceFault("not_imaged", "there is no picture yet"), "there is no picture yet"),
    ],
)
async def test_a_picture_that_says_nothing_is_told_and_no_place(answer: Any, found: Any) -> None:
    async def find(vehicle: str) -> SurfaceFix:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    bus: Any = None
    imagery = Imagery(bus, 1)
    imagery._driver = SimpleNamespace(find=find)  # type: ignore[assignment]
    assert await imagery.find("lander") == found
