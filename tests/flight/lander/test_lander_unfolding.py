"""Unfolding, commissioning and boot of the lander step by step."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.astrodynamics.mars_time import SOL_SECONDS
from flight.core.activities import ActivityFailed
from flight.core.chart.statechart import Safing, Signal
from flight.core.fault_protection.structure import Structure
from flight.core.keeping.storage import StorageDamage
from flight.icd.devices.power import SolarArrayState
from flight.icd.devices.thermal import HeaterStates, ZoneState
from flight.lander import commissioning, descent_states
from flight.lander.commissioning import Commissioning
from flight.lander.descent_memory import Landing
from flight.lander.node import Lander
from flight.lander.vehicle import LanderVehicle
from flight.runtime.loop import VirtualLoop, run
from tests.flight.lander.descent_bench import MUTE, Answers
from tests.flight.lander.standing import Standing, do, reading, zone

# --------------------------------------------------------------- commissioning


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [(["ok"], 1), (["no", "invalid", MUTE, "ok"], 4), (["no", "no", MUTE, "invalid", "ok"], None)],
)
def test_the_array_is_unfolded_with_four_tries(answers: list[Any], attempts: int | None) -> None:
    states = {
        "ok": SolarArrayState(power=0.0, energy=0.0, deployed=True),
        "no": SolarArrayState(power=0.0, energy=0.0, deployed=False),
        "invalid": SolarArrayState(valid=False, power=0.0, energy=0.0, deployed=True),
    }
    array = Answers(
        deploy=[states.get(a, a) if isinstance(a, str) else a for a in answers],
        state=[SolarArrayState(power=20.0, energy=0.0, deployed=False)],
    )
    lander: Any = Standing(devices=SimpleNamespace(solar_array=array))
    if attempts is None:
        with pytest.raises(ActivityFailed, match="4 attempts"):
            do(commissioning.deploy_array(lander))
        assert len(array.of("deploy")) == 4
        return
    assert do(commissioning.deploy_array(lander)) == f"deployed at attempt {attempts}"


@pytest.mark.parametrize("kept", [True, False])
def test_what_an_array_gives_that_is_not_all_open_decides(kept: bool) -> None:
    half = SolarArrayState(power=20.1, energy=0.0, deployed=False)
    array = Answers(deploy=[MUTE], state=[half])
    off = frozenset() if kept else frozenset({"half_open_array"})
    context = SimpleNamespace(structure=Structure(left_out=off))
    lander: Any = Standing(devices=SimpleNamespace(solar_array=array), context=context)
    if kept:
        assert do(commissioning.deploy_array(lander)).endswith("4 attempts; it gives 20 W")
    else:
        with pytest.raises(ActivityFailed, match="4 attempts"):
            do(commissioning.deploy_array(lander))
    assert len(array.of("deploy")) == 4


@pytest.mark.parametrize(
    ("power", "array_valid", "gauge_valid", "passed"),
    [(20.1, True, True, True), (20.0, True, True, False), (99.0, False, True, False),
     (20.0, True, False, False)],
)  # fmt: skip
def test_power_must_come_from_the_array_within_two_sols(
    power: float, array_valid: bool, gauge_valid: bool, passed: bool
) -> None:
    array = Answers(
        state=[SolarArrayState(valid=array_valid, power=power, energy=0, deployed=True)]
    )
    battery = Answers(state=[reading(gauge_valid)])
    lander: Any = Standing(devices=SimpleNamespace(solar_array=array, battery=battery))

    async def story() -> float:
        try:
            found = await commissioning.check_power(lander)
            assert found == "array 20 W, battery 70 %" and passed
        except ActivityFailed as error:
            assert not passed
            assert f"at most {power if array_valid else 0.0:.0f} W" in str(error)
        return asyncio.get_running_loop().time()

    lasted = run(story(), VirtualLoop())
    assert lasted == 0.0 if passed else 2.0 * SOL_SECONDS <= lasted < 2.0 * SOL_SECONDS + 900.0
    assert len(array.asked) == (1 if passed else 198)


def test_a_gauge_that_says_nothing_is_waited_for_and_then_lived_without() -> None:
    array = Answers(state=[SolarArrayState(power=99.0, energy=0, deployed=True)])
    battery = Answers(state=[reading(False)])
    lander: Any = Standing(devices=SimpleNamespace(solar_array=array, battery=battery))

    async def story() -> float:
        found = await commissioning.check_power(lander)
        assert found == "array 99 W; the battery's gauge says nothing"
        return asyncio.get_running_loop().time()

    assert 2.0 * SOL_SECONDS <= run(story(), VirtualLoop()) < 2.0 * SOL_SECONDS + 900.0


@pytest.mark.parametrize(
    ("dead", "passed"),
    [((), True), (("igloo_1", "igloo_2"), True), (("igloo_1", "igloo_2", "igloo_3"), False),
     (("battery",), False), (("arm", "igloo_1"), False)],
)  # fmt: skip
def test_two_zones_of_the_igloo_may_be_dead_and_no_other(
    dead: tuple[str, ...], passed: bool
) -> None:
    names = ("battery", "arm", "igloo_1", "igloo_2", "igloo_3")
    before = {name: zone(240.0, enabled=name != "arm") for name in names}

    def set_zone(name: str, setpoint: float, enabled: bool) -> ZoneState:
        return zone(setpoint, enabled, on=setpoint == 320.0 and name not in dead)

    heaters = Answers(state=[HeaterStates(zones=before)], set_zone=[set_zone])
    lander: Any = Standing(devices=SimpleNamespace(heaters=heaters))
    if passed:
        assert do(commissioning.check_heaters(lander)) == f"{5 - len(dead)} of 5 zones heat"
    else:
        with pytest.raises(ActivityFailed, match=", ".join(dead)):
            do(commissioning.check_heaters(lander))
    assert lander.dead_zones == len(dead)
    # Each is set back to what it was.
    assert heaters.of("set_zone")[1::2] == [
        (name, 240.0, name != "arm") for name in names
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heard", "answer"),
    [({"relay", "earth"}, "relay and Earth heard"), ({"relay"}, "only relay heard"),
     ({"earth"}, "only earth heard"), (set(), None)],
)  # fmt: skip
def test_one_of_the_two_links_is_enough_after_three_sols(
    heard: set[str], answer: str | None
) -> None:
    lander: Any = Standing(heard=lambda peer: peer in heard)

    async def story() -> float:
        if answer is None:
            with pytest.raises(ActivityFailed, match="was heard"):
                await commissioning.check_radios(lander)
        else:
            assert await commissioning.check_radios(lander) == answer
        return asyncio.get_running_loop().time()

    lasted = run(story(), VirtualLoop())
    assert lasted == 0.0 if len(heard) == 2 else lasted >= 3.0 * SOL_SECONDS


def test_steps_that_are_done_are_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def step(name: str) -> Any:
        async def work(node: Any) -> str:
            done.append(name)
            return f"{name} is well"

        return work

    for name in ("deploy_array", "check_power", "check_heaters", "check_radios"):
        monkeypatch.setattr(commissioning, name, step(name))
    lander: Any = Standing(
        commissioning=Commissioning(1_000.0, {"solar array": "deployed", "thermal": "x"}),
        clock=SimpleNamespace(count=lambda: 1_000.0 + 3.0 * SOL_SECONDS),
    )

    async def story() -> float:
        assert await commissioning.commission(lander, Signal("commission")) == "done"
        return asyncio.get_running_loop().time()

    assert run(story(), VirtualLoop()) == pytest.approx(2.0 * SOL_SECONDS, abs=1.0)
    assert done == ["check_power", "check_radios"] and lander.commissioned
    steps = [data for name, data in lander.said if name == "commissioning_step"]
    assert steps == [
        {"step": "power", "result": "check_power is well"},
        {"step": "radios", "result": "check_radios is well"},
    ]
    lander.clock = SimpleNamespace(count=lambda: 1_000.0 + 6.0 * SOL_SECONDS)
    assert run(story(), VirtualLoop()) == 0.0


def test_the_array_is_unfolded_when_the_dust_has_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    at_time: list[float] = []

    async def deploy(node: Any) -> str:
        at_time.append(asyncio.get_running_loop().time())
        return ""

    monkeypatch.setattr(commissioning, "deploy_array", deploy)
    lander: Any = Standing()
    assert do(commissioning.unfold_after_landing(lander, Signal("x"))) == "done"
    assert do(commissioning.keep_array_open(lander, Signal("x"))) == "done"
    assert at_time == [1_500.0, 0.0] and lander.names() == ["say_where"]


# ------------------------------------------------------------- where it stands


@pytest.mark.parametrize(
    ("mission", "landing", "said"),
    [
        ({"start": "entry"}, Landing(1.0, 2.0, 9.0, True, "legs", 80.0, 5.0), (1.0, 2.0, 9.0)),
        ({"start": "entry", "lander": {"east": 5.0, "north": 6.0}}, None, None),
        ({"lander": {"east": 5.0, "north": 6.0}}, None, (5.0, 6.0, 1.0)),
        ({"lander": {"east": 5.0, "north": 6.0, "sigma": 3.0}}, None, (5.0, 6.0, 3.0)),
        ({}, None, None),
    ],
)
def test_it_says_where_it_stands_only_when_it_knows(
    mission: dict[str, Any], landing: Landing | None, said: tuple[float, ...] | None
) -> None:
    lander: Any = Standing(context=SimpleNamespace(mission=mission), landing=landing)
    LanderVehicle.say_where(lander)
    assert [tuple(data.values()) for name, data in lander.said] == ([said] if said else [])


# ------------------------------------------------------------------------ boot


@pytest.mark.parametrize(
    ("reduced", "critical", "stored", "found"),
    [
        (False, True, "entry.entering", "entry.entering"),
        (True, True, "entry.cruise_stage_separation", "entry.cruise_stage_separation"),
        (True, True, "entry.coasting", "entry.coasting"),
        (True, True, "entry.entering", "entry.entering"),
        (True, True, "entry.parachuting", "entry.parachuting"),
        (True, True, "entry.powered", "entry.powered"),
        (True, True, "no.such.state", None),
        (True, False, "entry.lost", "safe"),
        (True, False, "landed.operating.day", "safe"),
        (False, False, "landed.operating.day", "landed.operating.day"),
        (True, False, None, "safe"),
        (True, True, StorageDamage("node", "rest_state", Path("store")), "safe"),
        (True, StorageDamage("node", "critical", Path("store")), "entry.entering", "safe"),
    ],
)
def test_a_reduced_boot_in_the_air_goes_on_with_the_descent(
    reduced: bool, critical: Any, stored: Any, found: str | None
) -> None:
    kept = {"critical": critical, "rest_state": stored}
    lander, told = booting(kept, reduced=reduced)
    damaged = any(isinstance(each, Exception) for each in kept.values())
    assert lander._boot_state() == found
    assert bool(told) is damaged
    # Until it is back in that state, nothing sends it to safe.
    assert lander.safing_control.resumes_critical is (critical is True and not damaged)
    # What has led to safe is known, and nothing of it where it is not safe.
    assert bool(lander.safe_causes) is (found == "safe")


@pytest.mark.parametrize(
    "causes", [StorageDamage("memory", "safe_causes", "store"), "no list", ["commanded"]]
)
def test_causes_of_an_earlier_safe_state_do_not_end_the_descent(causes: Any) -> None:
    kept = {"critical": True, "rest_state": "entry.powered", "safe_causes": causes}
    lander, told = booting(kept, reduced=True)
    assert lander._boot_state() == "entry.powered"
    assert bool(told) is (causes != ["commanded"]) and lander.safe_causes == []


def booting(kept: dict[str, Any], *, reduced: bool) -> tuple[Any, list[str]]:
    """A lander that boots with what is stored, and what it tells of damage."""

    def get(namespace: str, key: str, otherwise: Any = None) -> Any:
        value = kept.get(key, otherwise)
        if isinstance(value, Exception):
            raise value
        return value

    def put(namespace: str, key: str, value: Any) -> None:
        kept[key] = value

    told: list[str] = []
    lander: Any = Lander.__new__(Lander)
    lander.boot = SimpleNamespace(reduced=reduced)
    lander.storage = SimpleNamespace(get=get, put=put, name="store")
    lander.safing_control = SimpleNamespace(resumes_critical=False)
    lander.record_damaged = lambda reason: told.append(reason)
    return lander, told


@pytest.mark.parametrize("state", ["entry.powered", "landed.waiting", "entry.lost"])
def test_a_boot_in_the_air_forbids_nothing_once_it_goes_on(state: str) -> None:
    """Until then it does: the first change of state ends it, wherever that leads."""
    kept: dict[str, Any] = {}
    lander: Any = Lander.__new__(Lander)
    lander._in_critical = True
    lander.safing_control = SimpleNamespace(resumes_critical=True)
    lander.storage = SimpleNamespace(put=lambda space, key, value: kept.update({key: value}))
    lander._note_critical(state)
    assert not lander.safing_control.resumes_critical
    assert kept == ({} if state == "entry.powered" else {"critical": False})


@pytest.mark.parametrize("state", ["entry.coasting", "entry.entering", "entry.powered"])
def test_in_the_air_safing_is_forbidden_and_after_it_is_not(state: str) -> None:
    assert Lander.statechart.safing(state) is Safing.FORBIDDEN
    assert Lander.statechart.safing("entry.lost") is not Safing.FORBIDDEN
    assert Lander.statechart.safing("landed.operating.day") is not Safing.FORBIDDEN


@pytest.mark.parametrize(
    ("mission", "signal"),
    [({"start": "entry"}, "in_space"), ({"start": "landed"}, "on_ground"), ({}, "on_ground")],
)
def test_where_a_flight_begins_is_in_the_load(mission: dict[str, Any], signal: str) -> None:
    lander: Any = Standing(context=SimpleNamespace(mission=mission))
    assert do(descent_states.wake(lander, Signal("boot"))) == signal
