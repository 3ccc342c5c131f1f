"""The design trade: real flights decide; what cannot be is refused before anything is flown."""

import json
import re
import shutil
from pathlib import Path

import pytest

from flight.configuration import files as configuration
from flight.configuration.files import configs_folder
from ground.cli import main
from ground.studies.trade.flight import DesignFlight, TradeResult
from ground.studies.trade.statistics import exceeded_by, wilson
from ground.studies.trade.study import fly_designs
from ground.studies.trade.trade_file import Trade, load_trade
from ground.studies.trade.verdict import decide

TEXT = (configs_folder() / "trades" / "mav_design.yaml").read_text()
VEHICLE = (configs_folder() / "vehicles" / "mav.yaml").read_text()
FLOWN = ("two_solid_stages", "heavier_container", "hybrid")


def line_of(text: str, piece: str) -> int:
    return text[: text.index(piece)].count("\n") + 1


def short_trade() -> str:
    """The trade file with the variants that are flown here, and no others."""
    head, _, tail = TEXT.partition("variants:\n")
    blocks = re.split(r"(?m)^  (?=[a-z_]+:\n)", re.sub(r"(?m)^  # .*\n", "", tail))
    few = [block for block in blocks if block.partition(":")[0] in FLOWN]
    assert len(few) == len(FLOWN)
    return f"{head}variants:\n" + "".join(f"  {block}" for block in few)


@pytest.fixture(scope="module")
def trade(tmp_path_factory: pytest.TempPathFactory) -> Trade:
    file = tmp_path_factory.mktemp("trade") / "short.yaml"
    file.write_text(short_trade())
    return load_trade(str(file))


@pytest.fixture(scope="module")
def results(trade: Trade) -> dict[str, list[TradeResult]]:
    return fly_designs(trade.designs, 2, 2, first=5)


def test_solid_stages_and_a_hybrid_reach_the_orbit_and_a_heavy_container_falls_short(
    trade: Trade, results: dict[str, list[TradeResult]]
) -> None:
    solid, heavy, hybrid = (results[name] for name in FLOWN)
    for flight in (*solid, *hybrid):
        assert 300.0 < flight.periapsis_km <= flight.apoapsis_km < 380.0
        assert flight.plane_error < 0.1 and flight.margin > 0.0
    for flight in heavy:
        assert flight.margin < 0.0 and flight.periapsis_km < 300.0
    # It is shut off when it is fast enough: what it does not need stays in the tank.
    assert all(flight.propellant_left > 1.0 and flight.trim < 3.0 for flight in hybrid)


def test_a_flight_that_comes_down_again_ends(tmp_path: Path) -> None:
    head, _, tail = TEXT.partition("variants:\n")
    tumbling = tail[tail.index("  delft:") : tail.index("  # ---------------", tail.index("delft"))]
    file = tmp_path / "delft.yaml"
    file.write_text(f"{head}variants:\n{tumbling}")

    flight = DesignFlight(load_trade(str(file)).designs[0], 4, 0.04)
    result = flight.result()
    assert not result.in_orbit and result.periapsis_km < 0.0
    assert flight.time < flight.launch + 1000.0


def test_the_decision_follows_the_criterion_of_the_file(
    trade: Trade, results: dict[str, list[TradeResult]], tmp_path: Path
) -> None:
    decision = decide(trade, results)
    against = {verdict.design: verdict.against for verdict in decision.verdicts}
    assert decision.recommended == "two_solid_stages" and not against["two_solid_stages"]
    assert "m/s short" in against["heavier_container"][0]
    assert "of the 300 asked for" in against["hybrid"][0]
    text = short_trade().replace("value: 300, unit: m/s", "value: 100, unit: m/s")
    text = text.replace("prefer: lift_off_mass", "prefer: margin")
    file = tmp_path / "other.yaml"
    file.write_text(text)
    assert decide(load_trade(str(file)), results).recommended == "hybrid"


def test_the_days_are_the_same_for_all_and_for_any_number_of_workers(
    trade: Trade, results: dict[str, list[TradeResult]]
) -> None:
    design = next(design for design in trade.designs if design.name == "hybrid")
    assert fly_designs([design], 1, 1, first=6)["hybrid"] == results["hybrid"][1:]


def test_the_baseline_flies_as_the_study_of_the_ascent_does(
    results: dict[str, list[TradeResult]],
) -> None:
    from ground.studies.ascent_study import fly_one

    flown, traded = fly_one((5, True, 0.04)), results["two_solid_stages"][0]
    assert (flown.periapsis_km, flown.apoapsis_km) == (traded.periapsis_km, traded.apoapsis_km)
    assert flown.gas_left == traded.gas_left


def test_the_command_prints_the_decision_and_writes_flights_and_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "one.yaml"
    text = short_trade()
    file.write_text(text[: text.index("  heavier_container:")])
    out = tmp_path / "out"
    assert main(["trade", str(file), "--runs", "1", "--workers", "1", "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "Recommended: two_solid_stages" in said
    data = json.loads((out / "trade.json").read_text())
    assert data["recommended"] == "two_solid_stages" and len(data["flights"]) == 1
    assert "| two_solid_stages | 400.0 |" in (out / "trade.md").read_text()
    assert {path.name for path in out.glob("*.png")} == {
        "ascents.png", "margins.png", "orbits.png",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("good", "bad", "key", "allowed"),
    [
        ("title: container of 20 kg\n", "titel: container of 20 kg\n", "titel", "title"),
        ("elevation: {value: 30, unit: deg", "elevation: {value: 30, unit: rad", "unit", '"deg"'),
        ("      tube:\n", "      tuba:\n", "tuba", "tube"),
        ("like: more_propellant", "like: more_fuel", "like", "more_propellant"),
        ("mass: {value: 389", "mass: {value: -389", "lift_off_mass.value", "> 0"),
        ("impulse: {value: 284.87", "impulse: {value: 0", "specific_impulse.value", "> 0"),
        (
            "second_stage_mass: {value: 120.8", "second_stage_mass: {value: 520.8",
            "second_stage_mass.value", "lift_off_mass 404 kg",
        ),
        (
            "propellant: {value: 206", "propellant: {value: 306",
            "first_motor.propellant.value", "structure",
        ),
        ("burn_time: {value: 71.5", "burn_time: {value: 300", "burn_time.value", "weight"),
        ("oxidizer_flow: {value: 2.0", "oxidizer_flow: {value: 0.2", "oxidizer_flow", "weight"),
        ("oxidizer: {value: 235", "oxidizer: {value: 435", "lift_off_mass", "together"),
        ("grain_length: {value: 0.75", "grain_length: {value: 0.2", "motor.fuel", "inside"),
        ("lowest: {value: 300", "lowest: {value: 390", "orbit.lowest.value", "380 km"),
    ],
)  # fmt: skip
def test_a_wrong_trade_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], good: str, bad: str, key: str, allowed: str
) -> None:
    assert good in TEXT
    file = tmp_path / "trade.yaml"
    text = TEXT.replace(good, bad, 1)
    file.write_text(text)
    assert main(["trade", str(file), "--runs", "1", "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == "" and not (tmp_path / "out").exists()
    place = re.match(r"msr: .*trade\.yaml:(\d+): ", said.err)
    assert place is not None, said.err
    assert abs(int(place[1]) - line_of(text, bad)) <= 10
    assert key in said.err.partition(" = ")[0]
    assert allowed in said.err.partition("allowed is")[2]


@pytest.mark.parametrize(
    ("good", "bad", "key", "allowed"),
    [
        (
            "second_stage_mass: {value: 116.8", "second_stage_mass: {value: 516.8",
            "hardware.vehicle.second_stage_mass.value = 516.8", "lift_off_mass 400 kg",
        ),
        (
            "lift_off_mass: {value: 400", "lift_off_mass: {value: -400",
            "flight.lift_off_mass.value = -400", ">= 1",
        ),
        (
            "first_propellant: {value: 216", "first_propellant: {value: 416",
            "flight.first_propellant.value = 416", "less than lift_off_mass (400 kg)",
        ),
        (
            "second_propellant: {value: 54", "second_propellant: {value: 154",
            "flight.second_propellant.value = 154", "less than second_ignition_mass",
        ),
        (
            "first_burn_time: {value: 75", "first_burn_time: {value: 300",
            "flight.first_burn_time.value = 300", "weight",
        ),
        (
            "launch_latitude: {value: 18.45263", "launch_latitude: {value: 28.45263",
            "flight.target_inclination.value = 25", "28.4526 deg",
        ),
        (
            "      burn_time: {value: 75", "      burn_time: {value: 299",
            "hardware.vehicle.first_motor.burn_time.value = 299", "weight",
        ),
    ],
)  # fmt: skip
@pytest.mark.parametrize("call", [["trade"], ["study", "ascent"], ["fly", "short"]])
def test_an_impossible_vehicle_file_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    good: str, bad: str, key: str, allowed: str, call: list[str],
) -> None:  # fmt: skip
    assert good in VEHICLE
    folder = tmp_path / "configs"
    shutil.copytree(configs_folder(), folder)
    (folder / "vehicles" / "mav.yaml").write_text(VEHICLE.replace(good, bad, 1))
    monkeypatch.setattr(configuration, "configs_folder", lambda: folder)
    out = tmp_path / "out"
    assert main([*call, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert re.match(r"msr: .*mav\.yaml:\d+: ", said), said
    assert key in said and allowed in said.partition("allowed is")[2]
    assert not out.exists()


def test_wrong_calls_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trade", "--runs", "0"]) == 2
    assert "--runs = 0" in capsys.readouterr().err
    assert main(["trade", "mav_desing"]) == 2
    assert "mav_design" in capsys.readouterr().err


def test_shares_have_intervals_and_margins_a_risk() -> None:
    # Newcombe, Statistics in Medicine 17 (1998) 857, table I: 81 of 263, and 0 of 20.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    with pytest.raises(ValueError, match="no share"):
        wilson(0, 0)
    assert exceeded_by([float(n) for n in range(101)], 0.05) == pytest.approx(5.0)
    assert exceeded_by([1.0, float("nan")], 0.0) == float("-inf")
