"""A bench as people look at it while a flight goes on."""

from typing import Any

import pytest

from ground.testbed.bench.evidence import BenchEvidence
from ground.testbed.bench.file import BenchFile, load_bench
from ground.testbed.bench.view import BenchView
from sim_hw.bench.floor import Floor
from sim_hw.bench.histogram import Histogram
from sim_hw.bench.port import BenchPort

WHEELS = "rover.wheels"
WHO = {"vendor": "Desk", "model": "demo-motor", "serial": "SN0001", "firmware": "0.1"}


def told(view: BenchView, bench: BenchFile, now: float, floor: Floor | None = None) -> Any:
    port = BenchPort(list(bench.wired), lambda packet: None)
    return view.told(port, BenchEvidence(bench, floor), now)


def view_of(name: str) -> tuple[BenchView, BenchFile]:
    _, bench = load_bench(name)
    return BenchView(bench), bench


def test_who_has_armed_it_and_for_how_long_from_the_instant_that_it_was_told() -> None:
    view, bench = view_of("wheels_on_a_pty")
    (before,) = told(view, bench, 5.0)["devices"]
    assert (before["state"], before["mode"], before["armed_by"]) == ("absent", "real", "")
    view.heard(["state", WHEELS, "armed", "by anna, for 600 s", 3, WHO], 10.0)
    view.heard(["reply", WHEELS, 1, {}, "", "", "", 0, 0], 11.0)  # is no state
    (device,) = told(view, bench, 130.0)["devices"]
    assert (device["armed_by"], device["armed_left_s"], device["words"]) == ("anna", 480.0, "")
    assert (device["boot"], device["identity"]) == (3, "Desk demo-motor SN0001 0.1")
    assert told(view, bench, 9e9)["devices"][0]["armed_left_s"] == 0.0
    view.heard(["state", WHEELS, "armed", "", 3, WHO], 20.0)
    (device,) = told(view, bench, 20.0)["devices"]
    assert (device["armed_by"], device["armed_left_s"]) == ("the bench file", None)
    view.heard(["state", WHEELS, "safe", "by anna, for 600 s", 3, WHO], 21.0)  # safe is safe
    (device,) = told(view, bench, 21.0)["devices"]
    assert (device["armed_by"], device["words"]) == ("", "by anna, for 600 s")


def test_a_stop_is_told_until_it_is_released() -> None:
    view, bench = view_of("wheels_on_a_pty")
    view.heard(["interlock", "", "stopped by ben"], 1.0)
    assert told(view, bench, 1.0)["stopped"] == "stopped by ben"
    view.heard(["interlock", "", ""], 2.0)
    assert told(view, bench, 2.0)["stopped"] == ""


def test_lateness_stands_beside_the_floor_and_a_bad_floor_makes_it_unknown() -> None:
    view, bench = view_of("nozzle_on_a_pty")
    assert told(view, bench, 0.0)["floor"] is None and told(view, bench, 0.0)["timing"] == "unknown"
    good = Floor(50.0, {"sleeping thread": Histogram.of([0.001] * 99)}, {"sleeping thread": 0}, [])
    shown = told(view, bench, 0.0, good)["floor"]
    assert shown["rate_hz"] == 50.0 and shown["miss_rate"] == 0.0
    assert shown["p50_s"] == pytest.approx(0.001, rel=0.04)
    assert not shown["during"]
    bad = Floor(50.0, {"sleeping thread": Histogram.of([0.5] * 99)}, {"sleeping thread": 0}, [])
    assert told(view, bench, 0.0, bad)["floor"]["miss_rate"] == 1.0


def test_how_its_clock_goes_stands_with_each_device() -> None:
    view, bench = view_of("wheels_on_a_pty")
    port = BenchPort(list(bench.wired), lambda packet: None)
    evidence = BenchEvidence(bench, None)
    assert view.told(port, evidence, 0.0)["devices"][0]["clock"] is None
    evidence.clocks[WHEELS] = {"offset": -3.0, "ppm": 12.0}
    assert view.told(port, evidence, 0.0)["devices"][0]["clock"]["ppm"] == 12.0


def test_its_life_is_told_in_changes_of_state_and_in_so_many_alone() -> None:
    view, bench = view_of("wheels_on_a_pty")
    assert told(view, bench, 5.0)["devices"][0]["life"] == []
    for at, state, words in ((1.0, "found", ""), (2.0, "safe", ""), (2.5, "safe", "again")):
        view.heard(["state", WHEELS, state, words, 1, WHO], at)
    assert told(view, bench, 12.0)["devices"][0]["life"] == [[11.0, "found"], [10.0, "safe"]]
    for number in range(200):
        view.heard(["state", WHEELS, ("lost", "safe")[number % 2], "", 1, WHO], 20.0 + number)
    life = told(view, bench, 300.0)["devices"][0]["life"]
    assert len(life) == 60 and life[-1] == [81.0, "safe"]


def test_how_times_are_spread_is_told_in_few_bars_that_count_them_all() -> None:
    view, bench = view_of("nozzle_on_a_pty")
    port, evidence = BenchPort(list(bench.wired), lambda packet: None), BenchEvidence(bench, None)
    for number in range(2000):
        evidence.began("mav.effectors", "steer", number, 0.0, 0.0)
        evidence.answered("mav.effectors", number, 1e-6 * 1.01**number)
    (method,) = view.told(port, evidence, 0.0)["devices"][0]["methods"]
    uppers = [upper for upper, _ in method["bars"]]
    assert sum(count for _, count in method["bars"]) == 2000 and len(uppers) <= 80
    assert uppers == sorted(uppers) and uppers[0] == pytest.approx(1e-6, rel=0.5)


def test_which_faults_a_line_may_have_and_which_a_person_has_put_there() -> None:
    view, bench = view_of("wheels_on_a_pty")
    port, evidence = BenchPort(list(bench.wired), lambda packet: None), BenchEvidence(bench, None)
    (device,) = view.told(port, evidence, 0.0)["devices"]
    assert (device["faults"], device["broken"]) == (bench.devices[WHEELS].faults, "")
    (device,) = view.told(port, evidence, 0.0, {WHEELS: "delay"})["devices"]
    assert device["broken"] == "delay"
