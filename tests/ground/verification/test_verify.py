"""`msr verify`: how rows are judged, what is printed and written, which exit code comes out."""

import argparse
import contextlib
import io
import json
import math
import re
import runpy
from pathlib import Path

import pytest

from flight.astrodynamics.ephemeris import mars_to_earth_light_time
from flight.astrodynamics.gravity import EARTH
from flight.astrodynamics.time_scales import julian_date
from flight.configuration.files import ConfigurationError, find_configuration
from ground.commands import verify as verify_command
from ground.terminal import screen
from ground.verification.close_approach import two_impulse_approach
from ground.verification.container_orbit import circular_orbit
from ground.verification.depot_site import drop_jd_tt, mission_clock
from ground.verification.depot_site import rows as depot_rows
from ground.verification.integrator_order import fitted_order, position_error
from ground.verification.light_times import geometric_light_time
from ground.verification.rocket import (
    Burn,
    exhaust_speed_for,
    integrated_velocity_gain,
    propellant_for,
)
from ground.verification.rows import (
    Kind,
    Row,
    Verdict,
    day,
    format_clock,
    format_day,
    misses_required,
)
from ground.verification.targets import TARGETS, Target
from ground.verification.transfers import least_energy_transfer
from sim_hw.world.depot import load_depot

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "verification.md"


def row(published, computed, **settings) -> Row:
    return Row(quantity="q", source="s", published=published, computed=computed, **settings)


def verify(*words: str) -> int:
    parser = argparse.ArgumentParser()
    verify_command.configure(parser)
    return verify_command.run(parser.parse_args(words))


@pytest.fixture
def one_target(monkeypatch):
    """Puts one target, made of the rows given, in place of the real ones."""

    def put(*rows: Row) -> None:
        only = (Target("T1", "a target for tests", lambda: list(rows)),)
        monkeypatch.setattr(verify_command, "TARGETS", only)

    return put


@pytest.mark.parametrize(
    ("difference", "verdict"),
    [(0.0, "ok"), (0.5, "ok"), (-0.5, "ok"), (0.51, "MISS"), (-0.51, "MISS"), (math.nan, "MISS")],
)
def test_a_number_is_judged_by_its_tolerance_both_ways(difference, verdict):
    assert row(10.0, 10.0 + difference, tolerance=0.5).verdict.value == verdict


@pytest.mark.parametrize(
    ("computed", "verdict"), [(-209.9, "ok"), (-190.1, "ok"), (-211.0, "MISS"), (-189.0, "MISS")]
)
def test_a_relative_tolerance_is_a_part_of_the_published_size(computed, verdict):
    assert row(-200.0, computed, tolerance=0.05, relative=True).verdict.value == verdict


def test_a_difference_of_exactly_the_tolerance_is_no_miss_in_binary():
    assert row(5.43, 5.44, tolerance=0.01).verdict is Verdict.OK


def test_texts_agree_to_the_letter():
    assert row("Sol 653", "Sol 653", kind=Kind.TEXT).verdict is Verdict.OK
    assert row("Sol 653", "Sol 654", kind=Kind.TEXT).verdict is Verdict.MISS


def test_clocks_are_compared_across_midnight():
    assert row(1.0, 86_399.5, tolerance=2.0, kind=Kind.CLOCK).verdict is Verdict.OK
    assert row(1.0, 86_397.0, tolerance=2.0, kind=Kind.CLOCK).verdict is Verdict.MISS


def test_at_least_has_no_upper_end():
    assert row(3.0, 900.0, kind=Kind.AT_LEAST).verdict is Verdict.OK
    assert row(3.0, 2.99, kind=Kind.AT_LEAST).verdict is Verdict.MISS


def test_without_a_published_figure_there_is_no_verdict_and_no_miss():
    shown = row(None, 5.0)
    assert shown.verdict is Verdict.NO_FIGURE
    assert misses_required([shown]) == []


@pytest.mark.parametrize(
    ("julian", "text"),
    [
        (day(2031, 2, 22.7), "2031-02-22.70"),
        (day(2031, 2, 28.999), "2031-03-01.00"),
        (julian_date(2028, 1, 1), "2028-01-01.00"),
    ],
)
def test_days_are_written_with_two_decimals(julian, text):
    assert format_day(julian) == text


def test_clocks_are_written_truncated():
    assert format_clock(86_379.9) == "23:59:39"
    assert format_clock(-1.0) == "23:59:59"


def test_every_required_row_agrees_and_the_table_reads_in_a_pipe(capsys, tmp_path):
    file = tmp_path / "new" / "rows.json"
    assert verify("--all", "--json", str(file)) == 0
    printed = capsys.readouterr().out
    assert "\x1b" not in printed
    plain = json.loads(file.read_text(encoding="utf-8"))
    assert plain["required_misses"] == 0
    assert plain["summary"] in printed
    for entry in plain["rows"]:
        lines = [line for line in printed.splitlines() if line.startswith(entry["target"] + " ")]
        assert any(entry["quantity"] in line and entry["computed_text"] in line for line in lines)
    assert {entry["target"] for entry in plain["rows"]} == {target.name for target in TARGETS}
    light_time = next(entry for entry in plain["rows"] if "2031-01-01 TDB" in entry["quantity"])
    assert light_time["published"] == 780.316
    assert light_time["computed"] == pytest.approx(780.316, abs=1e-3)


def test_a_required_miss_makes_the_exit_code_1(one_target, capsys):
    one_target(row(1.0, 1.0), row(1.0, 2.0, tolerance=0.5))
    assert verify() == 1
    printed = capsys.readouterr().out
    assert " MISS" in printed
    assert "1 of 2 required rows agree" in printed


def test_an_informative_miss_is_shown_in_brackets_and_leaves_the_exit_code_0(one_target, capsys):
    one_target(row(1.0, 1.0), row(1.0, 2.0, required=False), row(None, 2.0))
    assert verify() == 0
    printed = capsys.readouterr().out
    assert "(MISS)" in printed
    assert "1 of 1 required rows agree; 0 of 1 informative ones; 1 have no" in " ".join(
        printed.split()
    )


def test_only_the_chosen_targets_are_computed(capsys):
    assert verify("--target", "v3", "--target", "rocket") == 0
    printed = capsys.readouterr().out
    assert "V3: Mars time" in printed
    assert "rocket: rocket equation" in printed
    assert "V7" not in printed


def test_by_default_the_families_are_counted_and_only_misses_are_rows(one_target, capsys):
    one_target(
        row(1.0, 1.0), Row(quantity="missed", source="s", published=1.0, computed=9.0)
    )
    assert verify() == 1
    lines = capsys.readouterr().out.splitlines()
    family = next(line for line in lines if "a target for tests" in line)
    assert family.split()[-3:] == ["1", "1", "0"]
    assert sum("missed" in line for line in lines) == 1
    assert not [line for line in lines if line.startswith("T1") and "  q  " in line]


def test_by_default_the_output_is_short_and_fits_80_columns(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(screen, "PIPED_WIDTH", 80)
    assert verify() == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) < 200


def test_an_unknown_target_is_refused_with_the_known_ones(capsys):
    with pytest.raises(ConfigurationError, match=r"V99.*allowed is one of") as refused:
        verify("--target", "V99")
    assert "V3" in str(refused.value) and "rk4" in str(refused.value)
    assert capsys.readouterr().out == ""


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_computed(
    monkeypatch, capsys, tmp_path
):
    def compute() -> list[Row]:
        raise AssertionError("computed")

    monkeypatch.setattr(verify_command, "TARGETS", (Target("T1", "not computed", compute),))
    with pytest.raises(ConfigurationError, match="is a folder; allowed is a file"):
        verify("--json", str(tmp_path))
    with pytest.raises(ConfigurationError, match="is no folder; allowed is a file in one"):
        (tmp_path / "file").write_text("")
        verify("--json", str(tmp_path / "file" / "rows.json"))


def test_the_list_names_every_target(capsys):
    assert verify("--list") == 0
    printed = capsys.readouterr().out
    assert all(target.name in printed and target.title in printed for target in TARGETS)


def test_a_depot_with_a_slip_misses(tmp_path):
    published = find_configuration("world", "three_forks_depot").read_text(encoding="utf-8")
    slipped = tmp_path / "depot.yaml"
    slipped.write_text(published.replace("dropped_sol: 690", "dropped_sol: 691"), encoding="utf-8")
    assert misses_required(depot_rows(load_depot())) == []
    missed = misses_required(depot_rows(load_depot(slipped)))
    assert [entry.quantity for entry in missed] == [
        "tube 10 Amalik: id and drop",
        "UTC day of the drop of Amalik",
    ]


def test_another_landing_gives_other_dates_and_the_same_clock():
    other = ("2028-08-01T12:00:00Z", 77.4)
    jd_tt = drop_jd_tt(12, "13:38:22", *other)
    assert mission_clock(jd_tt, *other) == "Sol 012 M 13:38:22"
    assert julian_date(2028, 8, 13) < jd_tt < julian_date(2028, 8, 15)


def test_an_approach_can_be_flown_about_another_body_and_misses_more_from_afar():
    near, far = (
        two_impulse_approach(distance, 0.25, body=EARTH, with_j2=False, radius=7.0e6)
        for distance in (1_000.0, 2_000.0)
    )
    assert far.miss / near.miss == pytest.approx(4.0, abs=0.05)
    assert far.first_impulse == pytest.approx(2.0 * near.first_impulse)
    oblate = two_impulse_approach(1_000.0, 0.25, body=EARTH, radius=7.0e6)
    assert oblate.miss > 2.0 * near.miss


def test_the_step_of_an_approach_does_not_matter():
    coarse, fine = (two_impulse_approach(5_000.0, 0.45, step=step).miss for step in (10.0, 2.5))
    assert coarse == pytest.approx(fine, abs=1e-3)


def test_an_orbit_of_another_body_has_its_known_period_and_sun_synchronous_drift():
    orbit = circular_orbit(800.0, 98.6, EARTH, mean_radius=6_378_137.0)
    assert orbit.period_minutes == pytest.approx(100.9, abs=0.05)
    assert orbit.node_degrees_per_day == pytest.approx(0.9856, abs=0.005)


def test_the_fitted_order_of_a_pure_power_is_its_exponent():
    steps = (8.0, 4.0, 2.0, 1.0)
    assert fitted_order(steps, [3.0 * step**4.0 for step in steps]) == pytest.approx(4.0)
    assert fitted_order(steps, [3.0 * step**2.5 for step in steps]) == pytest.approx(2.5)
    assert position_error(20.0, 1_000.0) > position_error(10.0, 1_000.0) > 0.0


def test_burns_obey_the_rocket_equation_and_refuse_what_cannot_be():
    burn = Burn(initial_mass=1_000.0, propellant=400.0, seconds=100.0, thrust=12_000.0)
    assert burn.exhaust_speed == 3_000.0
    assert burn.velocity_gain == pytest.approx(3_000.0 * math.log(1.0 / 0.6))
    assert integrated_velocity_gain(burn) == pytest.approx(burn.velocity_gain, abs=1e-6)
    assert exhaust_speed_for(burn.velocity_gain, 1_000.0, 400.0) == pytest.approx(3_000.0)
    assert propellant_for(burn.velocity_gain, 1_000.0, 3_000.0) == pytest.approx(400.0)
    with pytest.raises(ValueError, match="less than the whole vehicle"):
        Burn(100.0, 100.0, 10.0, 10.0)
    with pytest.raises(ValueError, match="no burn"):
        Burn(100.0, 10.0, 10.0, 0.0)


def test_light_moves_while_mars_does():
    jd_tdb = julian_date(2029, 6, 1)
    assert 0.0 < abs(geometric_light_time(jd_tdb) - mars_to_earth_light_time(jd_tdb)) < 0.2


def test_the_least_energy_of_a_year_is_not_beaten_by_either_type():
    best = least_energy_transfer("mars", "earth", 2030)
    by_type = [least_energy_transfer("mars", "earth", 2030, kind) for kind in (1, 2)]
    assert best.c3 == pytest.approx(min(transfer.c3 for transfer in by_type), abs=1e-4)
    assert [transfer.type for transfer in by_type] == [1, 2]


def test_the_examples_of_the_page_print_what_they_say(tmp_path):
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 10
    for block in blocks:
        expected = re.findall(r"^print\(.*\)  # (.*)$", block, re.MULTILINE)
        assert len(expected) == block.count("print(")
        example = tmp_path / "example.py"
        example.write_text(block, encoding="utf-8")
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            runpy.run_path(str(example))
        assert printed.getvalue().splitlines() == expected, block


def test_the_page_has_a_section_for_each_target():
    headings = re.findall(r"^### (.*)$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    for target in TARGETS:
        assert any(re.search(rf"\b{target.name}\b", heading) for heading in headings), target.name
