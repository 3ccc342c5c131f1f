"""What the lander switches on the ground: once, as it was told, and again where it was not so."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flight.core.hearing import HearsPeers
from flight.icd.devices.communications import RadioState
from flight.lander.node import Lander
from flight.lander.rhythm import Energy, Wanted
from flight.lander.vehicle import LanderVehicle
from flight.runtime.loop import VirtualLoop, run
from tests.flight.lander.descent_bench import MUTE, Answers
from tests.flight.lander.standing import Standing, do

ON, OFF = (RadioState(on=on, temperature=280.0, links=[]) for on in (True, False))
NO_SENSE = RadioState(valid=False, on=True, temperature=280.0, links=[])


def closed(valid: bool = True, **switches: bool) -> Any:
    return SimpleNamespace(valid=valid, closed=switches)


class Grounded(Standing):
    """A lander whose switches and radios answer as told; `kept` is how often its rhythm was."""

    def __init__(self, **values: Any) -> None:
        self.switches = Answers(set_switch=[lambda name, on: closed(**{name: on})])
        self.uhf, self.x_band = (Answers(set_power=[None], state=[ON]) for _ in range(2))
        super().__init__(
            devices=SimpleNamespace(
                power_switches=self.switches, uhf=self.uhf, x_band=self.x_band
            ),
            _radios_on={}, _radios_told={}, _radios_resting={}, _switched={}, _switches_told={},
            **values,
        )  # fmt: skip
        self.heated = self.kept = 0
        self.shed: set[str] = set()

    def is_shed(self, load: str) -> bool:
        return load in self.shed

    async def _switch(self, name: str, on: bool) -> None:
        await Lander._switch(self, name, on)  # type: ignore[arg-type]

    async def _switch_radio(self, name: str, device: Any, on: bool) -> None:
        await Lander._switch_radio(self, name, device, on)  # type: ignore[arg-type]

    async def _control_heat(self) -> None:
        self.heated += 1

    async def _read_temperatures(self) -> None:
        pass

    async def _keep_rhythm(self) -> None:
        self.kept += 1

    def troubled(self) -> list[str]:
        return [data["device"] for name, data in self.said if name == "device_trouble"]


# ------------------------------------------------------------------------------------ switches


def test_a_switch_is_set_once_and_again_where_it_is_another_way() -> None:
    lander: Any = Grounded()
    for on in (True, True, False):
        do(lander._switch("core", on))
    assert lander.switches.of("set_switch") == [("core", True), ("core", False)]
    lander.switches.answers["set_switch"] = [closed(core=False), closed(core=True)]
    for _ in range(3):
        do(lander._switch("core", True))
    assert len(lander.switches.of("set_switch")) == 4, "until it says so, and no longer"
    assert lander._switches_told == {"core": True}


@pytest.mark.parametrize("answer", [MUTE, closed(False, core=True), closed(other=True)])
def test_a_switch_of_which_nobody_knows_is_set_again_and_what_was_told_is_kept(
    answer: Any,
) -> None:
    lander: Any = Grounded()
    lander.switches.answers["set_switch"] = [answer]
    for _ in range(2):
        do(lander._switch("core", True))
    assert len(lander.switches.of("set_switch")) == 2 and lander._switches_told == {"core": True}
    assert lander.troubled() == (["power_switches"] * 2 if answer is MUTE else [])


# -------------------------------------------------------------------------------------- radios


def test_a_radio_is_on_when_it_says_so_and_switched_again_until_then() -> None:
    lander: Any = Grounded()
    lander.uhf.answers["state"] = [OFF, NO_SENSE, ON, OFF]
    for _ in range(4):
        do(lander._switch_radio("uhf", lander.uhf, True))
    assert lander.uhf.of("set_power") == [(True,)] * 3
    assert lander.uhf_on is True and lander._radios_told == {"uhf": True}
    do(lander._switch_radio("uhf", lander.uhf, False))
    assert lander.uhf_on is False and lander.uhf.of("set_power")[3:] == [(False,)]
    do(lander._switch_radio("x_band", lander.x_band, True))
    assert lander.x_band_on is True and lander.uhf_on is False


def test_a_radio_that_rests_is_told_nothing_and_one_that_does_not_answer_is_told_of() -> None:
    lander: Any = Grounded()
    lander._radios_resting["uhf"] = None
    do(lander._switch_radio("uhf", lander.uhf, True))
    assert not lander.uhf.asked and lander._radios_told == {"uhf": True}
    lander.x_band.answers["set_power"] = [MUTE, None]
    for _ in range(2):
        do(lander._switch_radio("x_band", lander.x_band, True))
    assert lander.troubled() == ["x_band"] and lander.x_band_on is True


@pytest.mark.parametrize("mute", [False, True])
def test_a_radio_is_restarted_after_ten_seconds_of_rest_and_then_as_the_hour_wants(
    mute: bool,
) -> None:
    lander: Any = Grounded()
    lander._radios_on = {"uhf": True, "x_band": True}
    lander.uhf.answers["set_power"] = [MUTE] if mute else [None]
    loop = VirtualLoop()

    async def story() -> list[Any]:
        task = loop.create_task(Lander.restart_radio(lander, "uhf"))
        await asyncio.sleep(9.9)
        seen = [dict(lander._radios_resting), lander.kept]
        await asyncio.gather(task, return_exceptions=True)
        return [*seen, loop.time()]

    resting, kept, at = run(story(), loop)
    assert resting == ({} if mute else {"uhf": None}) and kept == 0
    assert lander.uhf.of("set_power") == [(False,)] and not lander.x_band.asked
    assert lander._radios_on == {"x_band": True} and not lander._radios_resting
    assert lander.kept == (0 if mute else 1) and at == (9.9 if mute else 10.0)


# -------------------------------------------------------------------------------- what is wanted


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ({"must_be_silent": True, "hibernation": object()}, Wanted(False, False, False, False)),
        ({"hibernation": object()}, Wanted(True, False, True, False)),
        ({}, Wanted(True, True, True, True)),
    ],
)
def test_silent_it_wants_nothing_and_asleep_its_radio_alone(
    values: dict[str, Any], wanted: Wanted
) -> None:
    asked: list[Any] = []
    lander: Any = Standing(
        clock=SimpleNamespace(jd_tt=lambda: 5.0), energy=Energy.LOW, state="safe",
        rhythm=SimpleNamespace(
            wanted=lambda *given: asked.append(given) or Wanted(True, True, True, True)
        ),
        **values,
    )  # fmt: skip
    assert Lander._wanted(lander) == wanted
    assert asked == ([] if values else [(5.0, Energy.LOW, True)])


@pytest.mark.parametrize(
    ("wanted", "shed", "on"),
    [
        (Wanted(True, True, True, True), set(), True),
        (Wanted(True, True, True, True), {"x_band"}, False),
        (Wanted(True, True, True, True, direct=True), {"x_band"}, True),
        (Wanted(True, True, True, False, direct=True), set(), False),
    ],
)
def test_the_direct_link_is_shed_outside_its_own_hour_alone(
    wanted: Wanted, shed: set[str], on: bool
) -> None:
    lander: Any = Grounded()
    lander.shed = shed
    lander._wanted = lambda: wanted
    lander.x_band.answers["state"] = [ON if on else OFF]
    do(Lander._keep_rhythm(lander))
    assert lander.switches.of("set_switch") == [("computer", True)]
    assert lander.uhf.of("set_power") == [(True,)] and lander.x_band.of("set_power") == [(on,)]
    assert lander.heated == 1


@pytest.mark.parametrize(
    ("mav", "switched"),
    [("dormant", True), ("loading", True), ("safe", True), ("ready", False), ("launching", False),
     (None, False)],
)  # fmt: skip
@pytest.mark.parametrize("listens", [True, False])
def test_by_the_light_it_takes_power_from_a_mav_that_loses_nothing_and_from_no_other(
    mav: str | None, switched: bool, listens: bool
) -> None:
    lander: Any = Grounded(carried_modes={} if mav is None else {"mav": mav})
    do(Lander.live_by(lander, listens=listens))
    told = {"heaters": False, "core": listens} | ({"mav": listens} if switched else {})
    assert dict(lander.switches.of("set_switch")) == told and lander.kept == 1
    lander = Grounded()
    do(Lander.live_again(lander))
    assert dict(lander.switches.of("set_switch")) == {"core": True, "heaters": True, "mav": True}
    assert lander.kept == 1


@pytest.mark.parametrize(
    ("charge", "energy"),
    [(None, Energy.NONE), (0.5, Energy.NONE), (0.5001, Energy.LOW), (0.0, Energy.NONE)],
)
def test_asleep_the_cells_come_first_and_the_mav_is_warmed_with_what_they_do_without(
    charge: float | None, energy: Energy
) -> None:
    lander: Any = Standing(state_of_charge=charge)
    lander.parameters["igloo_charge"] = 0.5
    assert Lander._energy_in_hibernation(lander) is energy


def test_asleep_no_igloo_is_kept_warm_for_a_flight() -> None:
    asked: list[Any] = []

    async def apply(*given: Any) -> None:
        asked.append(given)

    lander: Any = Standing(
        hibernation=object(), mav_conditioning=True, conditioning_kept=True, is_shed=lambda load: 0,
        thermal=SimpleNamespace(apply=apply), _energy_in_hibernation=lambda: Energy.NONE,
        _switches_told={"heaters": False},
    )  # fmt: skip
    do(Lander._control_heat(lander))
    assert asked == [(lander.parameters, Energy.NONE, False, True, False)]
    assert lander.mav_conditioning


@pytest.mark.parametrize(
    ("failed", "words"), [({}, "all zones set"), ({"arm": "x", "battery": "y"}, "2 zones cannot")]
)
@pytest.mark.parametrize("on", [True, False])
def test_the_mav_is_kept_warm_as_it_was_ordered_also_after_a_boot(
    failed: dict[str, str], words: str, on: bool
) -> None:
    lander: Any = Grounded(thermal=SimpleNamespace(failed=failed))
    assert do(Lander.condition_mav(lander, on)).startswith(words)
    assert lander.mav_conditioning is lander.conditioning_kept is on and lander.heated == 1


def test_earths_word_about_the_arm_is_kept_and_told() -> None:
    lander: Any = Standing()
    for clear in (True, False):
        Lander.judge_arm(lander, clear)
        assert lander.arm_clear is clear and lander.said[-1] == ("arm_judged", {"clear": clear})


@pytest.mark.parametrize("stays", [True, False])
def test_safe_is_left_where_nobody_else_had_a_cause_for_it(stays: bool) -> None:
    lander: Any = Standing(stays_safe=lambda: stays)
    Lander.work_again(lander)
    assert lander.said == ([] if stays else [("post", ("energy_recovered",))])


def test_landing_is_claimed_by_a_signal() -> None:
    lander: Any = Standing()
    Lander.claim_landing(lander)
    assert lander.said == [("post", ("claim_landing",))]


@pytest.mark.parametrize(
    ("peer", "seen"),
    [("relay", (True, False)), ("earth", (False, True)), ("rover", (False, False)),
     ("perseverance", (False, False))],
)  # fmt: skip
def test_who_is_in_view_is_told_of_the_orbiter_and_of_earth_alone(
    monkeypatch: pytest.MonkeyPatch, peer: str, seen: tuple[bool, bool]
) -> None:
    monkeypatch.setattr(HearsPeers, "link_changed", lambda self, link: None)
    lander: Any = Lander.__new__(Lander)
    given = vars(lander)
    given["relay_in_view"] = given["earth_in_view"] = False
    told: dict[str, bool] = {"relay_in_view": False, "earth_in_view": False}
    monkeypatch.setattr(
        LanderVehicle, "__setattr__", lambda self, name, value: told.update({name: value})
    )
    for up in (True, False, True):
        lander.link_changed(SimpleNamespace(peer=peer, up=up))
        shown = (told["relay_in_view"], told["earth_in_view"])
        assert shown == (seen if up else (False, False))
