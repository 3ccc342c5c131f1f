"""Drills on a bench: what it cannot do is refused before anything moves, with the next step."""

from pathlib import Path

import pytest

from ground.cli import main
from ground.testbed.bench.file import load_bench
from ground.testbed.bench.lines import why_not_on
from sim_hw.faults.actuation_kinds import Runaway
from sim_hw.faults.fault import Fault, Target
from sim_hw.faults.line_kinds import Delay, Open
from sim_hw.faults.value_kinds import Stuck

DRILL = """
format: 1
title: test
scenario: long_drive
start: {{at: 100 s}}
horizon: 1 sol
faults: [{{id: one, {fault}}}]
always: [tubes_accounted]
"""


@pytest.mark.requirement("HIL-06")
@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("line: rover.wheels, kind: open", "add open to devices.rover.wheels.faults"),
        ("device: rover.wheels, kind: dead_wheel, wheel: 1", "a failure of the simulated one"),
        ("device: rover.wheels, kind: runaway", "give devices.rover.wheels.limits"),
    ],
)
def test_a_fault_that_a_bench_does_not_allow(
    fault: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = tmp_path / "desk.yaml"
    text = Path("configs/benches/wheels_on_a_pty.yaml").read_text()
    bench.write_text("\n".join(x for x in text.splitlines() if "faults:" not in x) + "\n")
    drill = tmp_path / "drill.yaml"
    drill.write_text(DRILL.format(fault=fault))
    assert main(["drill", str(drill), "--bench", str(bench), "--out", str(tmp_path / "out")]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and "fault one" in said


@pytest.mark.parametrize(
    "words",
    [["--score"], ["--shrink"], ["--swarm", "3"], ["--nth", "rover.wheels.drive"],
     ["--cluster", "tcp://127.0.0.1:1"]],
)  # fmt: skip
def test_what_copies_a_run_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drills = [] if words[0] == "--swarm" else ["examples/wheels_line_cut"]
    command = ["drill", *drills, "--bench", "wheels_on_a_pty", "--out", str(tmp_path), *words]
    assert main(command) == 2
    assert "not on a bench: " in capsys.readouterr().err


def test_what_is_recorded_cannot_fail_otherwise_than_it_did_and_tells_what_it_is_made_to_tell(
    tmp_path: Path,
) -> None:
    (tmp_path / "bench.mcap").touch()
    file = tmp_path / "desk.yaml"
    text = Path("configs/benches/wheels_on_a_pty.yaml").read_text()
    kept = text[: text.index("    arm:")] + text[text.index("    rates:") : text.index("    heart")]
    old = "mode: real\n    adapter: protocol\n    wire: pty\n"
    file.write_text(kept.replace(old, "mode: replay\n    recording: bench.mcap\n"))
    _, bench = load_bench(str(file))

    def why(kind: object, sort: str) -> str:
        fault = Fault(id="one", target=Target(sort, "rover.wheels"), kind=kind)  # type: ignore[arg-type]
        return why_not_on(bench, fault)

    assert why(Stuck(), "device") == ""
    for no in (why(Open(), "line"), why(Runaway(), "device")):
        assert "rover.wheels is a recording" in no and "or fly it simulated" in no


def test_what_is_simulated_can_have_all_and_what_tells_something_else_is_harmless() -> None:
    _, bench = load_bench("wheels_on_a_pty")

    def why(kind: object, sort: str = "device", name: str = "rover.wheels") -> str:
        fault = Fault(id="one", target=Target(sort, name), kind=kind)  # type: ignore[arg-type]
        return why_not_on(bench, fault)

    assert why(Open(), "line") == why(Delay(by=0.1), "line") == why(Stuck()) == ""
    assert why(Runaway()) != "" and why(Runaway(), "device", "perseverance.wheels") == ""
    assert why(Open(), "line", "perseverance.wheels") == ""
