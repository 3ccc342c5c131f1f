"""Odometer and gyroscopes that begin to count anew are never taken for a way or a turn."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from flight.icd.devices.base import DeviceFault
from tests.flight.surface.test_extraction import Dune, vehicle


class Restarting(Dune):
    """Wheels and gyroscopes with boots: at a restart the odometer begins at 0 again."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.boot, self.inertial_boot, self.turned_at_boot = 1, 1, 0.0
        self.in_mid_drive: Callable[[], None] = lambda: None

    def restart(self) -> None:
        self.boot, self.odometer = self.boot + 1, 0.0

    def restart_gyroscopes(self) -> None:
        self.inertial_boot, self.turned_at_boot = self.inertial_boot + 1, self.heading

    async def drive(self, distance: float) -> None:
        before = self.boot
        await super().drive(distance / 2.0)
        self.in_mid_drive()
        if self.boot != before:
            raise DeviceFault("no_power", "lost")
        await super().drive(distance / 2.0)

    async def state(self) -> Any:
        told = (await super().state()).__dict__
        return SimpleNamespace(**told | {"boot": self.boot})


class Gyroscopes:
    """The same vehicle, as its inertial unit tells."""

    def __init__(self, vehicle: Restarting) -> None:
        self.vehicle = vehicle

    async def state(self) -> Any:
        it = self.vehicle
        yaw = it.heading - it.turned_at_boot
        return SimpleNamespace(valid=True, yaw=yaw, saturated=False, boot=it.inertial_boot)


def made(dune: Restarting, memory: dict[str, Any] | None = None) -> Any:
    driving = vehicle(dune, memory)
    driving.imu = Gyroscopes(dune)  # type: ignore[assignment]
    return driving


async def test_wheels_that_restart_in_mid_drive_tell_no_way() -> None:
    dune = Restarting(rim=100.0, slip=0.0, odometer=21.0)
    driving = made(dune)
    dune.in_mid_drive = dune.restart
    with pytest.raises(DeviceFault, match="lost"):
        await driving.drive(4.0)
    # By its images it has come two metres; by the odometers it would be 21 m back.
    assert driving.pose.north == pytest.approx(dune.north, abs=0.05)
    assert dune.north == pytest.approx(1.96, abs=0.05)


async def test_without_images_the_pose_is_less_sure_by_all_that_was_asked_for() -> None:
    dune = Restarting(rim=100.0, slip=0.0, odometer=21.0, blind=True)
    driving = made(dune)
    dune.in_mid_drive = dune.restart
    before = driving.pose.error
    with pytest.raises(DeviceFault, match="lost"):
        await driving.drive(4.0)
    assert driving.pose.north == 0.0
    assert driving.pose.error >= before + 4.0


async def test_wheels_that_restarted_since_are_not_caught_up_with() -> None:
    dune = Restarting(rim=100.0, slip=0.0)
    driving = made(dune)
    await driving.drive(5.0)
    here, error = driving.pose.north, driving.pose.error
    dune.restart()
    again = made(dune, driving.memory)
    await again.catch_up()
    assert again.pose.north == pytest.approx(here)
    assert again.pose.error >= error + again.parameters.segment
    # From here on it is the new count: the same question again changes nothing,
    error = again.pose.error
    await again.catch_up()
    assert again.pose.error == error
    # and a way that nobody counted is caught up with as ever.
    dune.odometer += 2.0
    await again.catch_up()
    assert again.pose.north == pytest.approx(here + 2.0 * 0.975)


async def test_gyroscopes_that_restarted_tell_no_turn() -> None:
    dune = Restarting(rim=100.0, slip=0.0, heading=1.0)
    driving = made(dune)
    driving.pose.heading = 1.0
    await driving.drive(1.0)
    dune.restart_gyroscopes()
    again = made(dune, driving.memory)
    await again.catch_up()
    assert again.pose.heading == pytest.approx(1.0)
    dune.in_mid_drive = dune.restart_gyroscopes
    await again.drive(1.0)
    assert again.pose.heading == pytest.approx(1.0)


async def test_devices_that_keep_what_they_count_are_as_ever() -> None:
    dune = Dune(rim=100.0, slip=0.0)
    driving = vehicle(dune)
    await driving.drive(5.0)
    assert "wheels_boot" not in driving.memory
    dune.odometer += 3.0
    here = driving.pose.north
    await driving.catch_up()
    assert driving.pose.north == pytest.approx(here + 3.0 * 0.975)
