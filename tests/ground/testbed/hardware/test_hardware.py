"""What breaks in the hardware of a run, and what does not break with it."""

from ground.missions.mission import load_mission
from ground.testbed.hardware.hardware import Hardware, load_vehicle_files


def test_the_lander_keeps_its_power_when_what_it_carries_is_lost() -> None:
    mission = load_mission("surface")
    hardware = Hardware(mission, load_vehicle_files(mission), 1)
    hardware.world.clock = lambda: 5.0
    hardware.services()  # builds it
    off: list[str] = []
    hardware.on_lost = off.append
    for vehicle in ("arm", "mav", "rover", "rover"):
        hardware.lose(vehicle)
    assert off == ["arm", "mav", "rover"]
    assert hardware.lost == {"arm": 5.0, "mav": 5.0, "rover": 5.0}
    assert hardware.vehicles["rover"].electrical.brownout
    assert not hardware.vehicles["lander"].electrical.brownout
