"""What is measured is printed part by part, what a part needs is looked for where it is asked for,
and files and ports are refused at their limits, not before."""

import errno
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import console_checks, drill_files, measure
from tests.ground.commands.asked import given


class Shown:
    """A screen that keeps what is printed on it."""

    def __init__(self) -> None:
        self.printed: list[Any] = []

    def print(self, *parts: Any) -> None:
        self.printed += parts


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """Each measurement gives its name and is noted with what it was given; so is each table."""
    asked: list[tuple[Any, ...]] = []

    def stands_for(name: str) -> Any:
        def measured(*words: Any, **more: Any) -> str:
            asked.append((name, *words, *more.values()))
            return name

        return measured

    for name in ("served", "archive", "one", "many", "fleet", "control", "bus"):
        monkeypatch.setattr(measure, f"measure_{name}", stands_for(name))
    for module, tables in (
        (measure.console_tables, ("served_table", "archive_table", "plain")),
        (measure.report, ("throughput_table", "round_trip_table")),
        (measure.ascent_tables, (
            "one_ascent_table", "many_ascents_table", "fleet_table", "control_table",
        )),
    ):  # fmt: skip
        for table in tables:
            monkeypatch.setattr(module, table, lambda what, table=table: f"{table} of {what}")
    monkeypatch.setattr(measure, "run_loop", lambda work, loop: (loop.close(), work)[1])
    return asked


def test_a_console_is_measured_and_printed_with_what_it_missed(
    named: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missed: list[str] = []
    compared: list[Any] = []
    monkeypatch.setattr(
        measure.console_tables, "missed", lambda *those: (compared.append(those), missed)[1]
    )
    for samples, kept in ((None, 10_000_000), (20_000, 20_000)):
        screen: Any = Shown()
        measure._print_console(screen, measure.FULL, samples, None)
        assert [each[:2] for each in named[-2:]] == [
            ("served", measure.FULL.served_samples), ("archive", kept),
        ]  # fmt: skip
        assert screen.printed[0] == "served_table of served"
        assert screen.printed[2] == "archive_table of archive"
        assert screen.printed[-1].endswith("All within budget.")
    assert compared == [("served", "archive")] * 2
    missed += ["looking", "archiving"]
    file = tmp_path / "told.json"
    measure._print_console(screen, measure.QUICK, None, file)
    assert screen.printed[-1].endswith("Not within its budget: looking; archiving.")
    assert file.read_text(encoding="utf-8").split('"')[1:8:2] == [
        "served", "plain of served", "archive", "plain of archive",
    ]  # fmt: skip


def test_each_measurement_of_an_ascent_and_of_the_bus_has_its_table(
    named: list[tuple[Any, ...]],
) -> None:
    screen: Any = Shown()
    measure._print_ascent(screen, measure.FULL)
    measure._print_bus(screen, measure.FULL)
    assert [each for each in screen.printed if " of " in each and "table" in each.split()[0]] == [
        "one_ascent_table of one", "many_ascents_table of many", "fleet_table of fleet",
        "control_table of control", "throughput_table of bus", "round_trip_table of bus",
    ]  # fmt: skip
    assert len(screen.printed) == 11  # with a note each, but one for both of the bus
    rounds = measure.FULL.ascent_rounds
    assert named[0] == ("one", 2 * rounds + 1) and named[3] == ("control", rounds)
    assert named[1] == ("many", measure.FULL.point_ascents, rounds)
    assert named[2] == ("fleet", measure.FULL.closed_loop_ascents, rounds)


@pytest.mark.parametrize(("part", "needs"), [("hil", "hil"), ("console", "page"), ("nodes", "")])
def test_what_a_part_needs_is_looked_for_where_it_is_asked_for(
    part: str, needs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(what: str) -> Any:
        def check() -> None:
            raise ConfigurationError("command line", None, "", f"lacks {what}")

        return check

    monkeypatch.setattr(measure.hil_measurement, "check", refuse("hil"))
    monkeypatch.setattr(measure.served_console, "check", refuse("page"))
    monkeypatch.setattr(measure, "measure_nodes", lambda *words, **more: None)
    monkeypatch.setattr(measure.report, "nodes_table", lambda rows: "table")
    if needs:
        with pytest.raises(ConfigurationError, match=f"lacks {needs}"):
            measure.run(given(measure, part))
    else:
        assert measure.run(given(measure, part)) == 0


def test_a_drill_file_may_have_as_many_characters_of_any_size(tmp_path: Path) -> None:
    file = tmp_path / "drill.yaml"
    file.write_text("\N{CLOUD}\N{ROCKET}" + "\N{ROCKET}" * 49_998, encoding="utf-8")
    assert len(drill_files.text_of(file)) == 50_000
    file.write_text("\N{ROCKET}" * 50_001, encoding="utf-8")
    with pytest.raises(ConfigurationError):
        drill_files.text_of(file)


@pytest.mark.parametrize(
    ("number", "waits"), [(errno.EADDRINUSE, True), (errno.EACCES, False), (errno.ENOMEM, False)]
)
def test_a_port_is_waited_for_where_it_is_in_use_and_for_no_other_reason(
    number: int, waits: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]

    class Refusing:
        def __enter__(self) -> "Refusing":
            return self

        def __exit__(self, *how: object) -> None:
            pass

        def setsockopt(self, *option: object) -> None:
            pass

        def bind(self, address: tuple[str, int]) -> None:
            assert address == ("127.0.0.1", 80)
            raise OSError(number, "no")

    monkeypatch.setattr(console_checks, "socket", SimpleNamespace(
        socket=Refusing, SOL_SOCKET=1, SO_REUSEADDR=2,
    ))  # fmt: skip
    monkeypatch.setattr(console_checks, "time", SimpleNamespace(
        monotonic=lambda: now[0], sleep=lambda seconds: now.append(now.pop() + seconds),
    ))  # fmt: skip
    with pytest.raises(ConfigurationError, match="--port"):
        console_checks._check_port(80, 1.0)
    assert now[0] == pytest.approx(1.0 if waits else 0.0, abs=0.06)
