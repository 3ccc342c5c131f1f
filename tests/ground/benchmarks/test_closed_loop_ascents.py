"""The closed-loop ascent is measured without and over the bus, and on several processes."""

import pytest

from ground.benchmarks.ascent_over_bus import (
    BURNING,
    COASTING,
    DIRECT,
    HOLDING,
    WHOLE,
    measure_control,
)
from ground.benchmarks.ascent_tables import control_table, fleet_table
from ground.benchmarks.closed_loop_ascents import fly_dispersed, measure_fleet
from ground.cli import main


def test_the_bus_carries_four_messages_a_cycle_at_50_hz() -> None:
    rows = {row.name: row for row in measure_control(1, warm_up=False)}
    assert list(rows) == [DIRECT, BURNING, HOLDING, COASTING, WHOLE]
    burning, whole = rows[BURNING], rows[WHOLE]
    assert burning.messages / burning.mission_seconds == pytest.approx(200.0, rel=0.05)
    assert burning.mission_seconds == pytest.approx(100.0, abs=5.0)
    assert whole.mission_seconds == pytest.approx(rows[DIRECT].mission_seconds, rel=0.1)
    parts = (BURNING, HOLDING, COASTING)
    assert whole.messages == sum(rows[name].messages for name in parts)
    assert whole.mission_seconds == pytest.approx(sum(rows[n].mission_seconds for n in parts))
    assert control_table(list(rows.values()))


@pytest.mark.check
@pytest.mark.processes
def test_a_fleet_flies_on_one_and_on_two_processes() -> None:
    figures = measure_fleet(2, 1)
    assert (figures.ascents, figures.in_height) == (2, 2)
    assert list(figures.seconds) == [1, 2]
    assert fleet_table(figures)
    assert fly_dispersed(1) == fly_dispersed(1)


def test_a_fleet_of_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "ascent", "--ascents", "0"]) == 2
    assert "--ascents = 0" in capsys.readouterr().err


def test_a_part_is_picked_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "statecharts", "--quick"]) == 0
    printed = capsys.readouterr().out
    assert "transitions a second" in printed
    assert "Bus" not in printed
    with pytest.raises(SystemExit):
        main(["measure", "assent"])
    assert "there is no part assent" in capsys.readouterr().err
