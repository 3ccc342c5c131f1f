"""The driving skill of a vehicle, put together from its devices, parameters and memory."""

from typing import Any, Protocol

from flight.astrodynamics.ellipsoids import MARS_IAU
from flight.core.node import Node
from flight.icd.devices.attitude import InertialMeasurementUnit, SunSensor
from flight.icd.devices.mobility import Wheels
from flight.icd.devices.vision import StereoCamera
from flight.surface.dead_reckoning import DeadReckoning, Pose
from flight.surface.driving import DriveObserver, DrivingParameters, Locomotion
from flight.surface.route_planning import CostMap
from flight.surface.safeguards import (
    BELIEVABLE_WAY,
    EXTRACTION,
    SLIP_CHECK,
    SUN_SUBSTITUTION,
    TRAILING_WHEEL,
)


class DrivingHardware(Protocol):
    """The devices that driving takes."""

    @property
    def wheels(self) -> Wheels: ...

    @property
    def camera(self) -> StereoCamera: ...

    @property
    def imu(self) -> InertialMeasurementUnit: ...

    @property
    def sun_sensor(self) -> SunSensor: ...


class DrivingVehicle(DriveObserver, Protocol):
    """A vehicle that drives, and hears how it goes."""

    locomotion_memory: dict[str, Any]

    @property
    def hardware(self) -> DrivingHardware: ...


def stored_pose(vehicle: DrivingVehicle, first: Pose) -> Pose:
    """Where the vehicle was when it last stored that; `first` when it never did."""
    memory = vehicle.locomotion_memory
    return Pose.from_data(memory["pose"]) if "pose" in memory else first


def locomotion_of(
    node: Node,
    vehicle: DrivingVehicle,
    pose: Pose,
    cost_map: CostMap,
) -> Locomotion:
    """The driving skill at a pose, with what is known of the ground; `vehicle` is the node."""
    p, structure, hardware = node.parameters, node.context.structure, vehicle.hardware
    return Locomotion(
        wheels=hardware.wheels,
        camera=hardware.camera,
        imu=hardware.imu,
        sun_sensor=hardware.sun_sensor,
        reckoning=DeadReckoning(pose),
        cost_map=cost_map,
        parameters=DrivingParameters(
            segment=p["segment"],
            slip_limit=p["slip_limit"],
            last_slip_limit=p["last_slip_limit"],
            setbacks=p["setbacks"],
            checks_slip=structure.keeps(SLIP_CHECK),
            extracts=structure.keeps(EXTRACTION),
            doubts_images=structure.keeps(BELIEVABLE_WAY),
            trails=structure.keeps(TRAILING_WHEEL),
            goes_without_sun=structure.keeps(SUN_SUBSTITUTION),
        ),
        observer=vehicle,
        jd_tt=node.clock.jd_tt,
        latitude=MARS_IAU.planetographic(p["latitude"]),
        longitude=p["longitude"],
        memory=vehicle.locomotion_memory,
        remember=lambda data: setattr(vehicle, "locomotion_memory", data),
    )
