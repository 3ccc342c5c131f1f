"""`msr measure` measures and prints; how fast things are is not tested."""

import cProfile

import pytest

from ground.benchmarks.measurement import Comparison, Sample
from ground.benchmarks.mission_profile import part_of, profile_entries, shares_by_part
from ground.benchmarks.virtual_nodes import MESSAGES_PER_SECOND, measure_nodes
from ground.cli import main


def test_a_quick_run_prints_every_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["measure", "--quick"]) == 0
    printed = capsys.readouterr().out
    for pattern in ("DEALER-ROUTER", "XPUB-SUB"):
        for transport in ("inproc", "ipc", "tcp"):
            lines = [line for line in printed.splitlines() if pattern in line.split()]
            assert sum(transport in line.split() for line in lines) == 2, (pattern, transport)
    assert "times real time" in printed
    assert "transitions a second" in printed
    assert max(map(len, printed.splitlines())) <= 80


def test_the_nodes_carry_the_load_that_the_aim_is_stated_for() -> None:
    figures = measure_nodes(4.0, beats_per_transition=5)
    assert figures.messages / 4.0 == pytest.approx(MESSAGES_PER_SECOND, rel=0.1)
    assert figures.transitions / 4.0 == pytest.approx(MESSAGES_PER_SECOND / 3 / 5, rel=0.15)


def test_a_ratio_is_one_of_medians_and_noise_is_half_the_spread() -> None:
    compared = Comparison(Sample((1.0, 9.0, 1.2)), Sample((2.2, 2.4, 2.6)))
    assert compared.speed == pytest.approx(0.5)
    assert compared.noise == pytest.approx(8.0 / 2.4)


@pytest.mark.parametrize(
    ("file", "name", "part"),
    [
        ("/somewhere/flight/runtime/bus.py", "send", "bus"),
        ("/somewhere/flight/core/keeping/storage.py", "put", "storage"),
        ("/somewhere/flight/core/chart/statechart.py", "change", "statechart"),
        ("/somewhere/flight/core/node.py", "react", "node kernel"),
        ("/somewhere/flight/rover/driving.py", "drive", "vehicles"),
        ("/somewhere/sim_hw/devices/wheels.py", "turn", "devices: simulated"),
        ("/somewhere/sim_hw/world/world.py", "sun", "world"),
        ("/lib/site-packages/transitions/core.py", "trigger", "statechart: transitions"),
        ("~", "<method 'execute' of 'sqlite3.Connection' objects>", "storage"),
        ("~", "<built-in method builtins.len>", None),
        ("/lib/python3.11/copy.py", "copy", None),
    ],
)
def test_time_belongs_to_the_part_that_the_file_belongs_to(
    file: str, name: str, part: str | None
) -> None:
    assert part_of((file, 1, name)) == part


def test_what_everybody_uses_goes_to_who_called_it() -> None:
    bus, node, common = (
        ("/x/flight/runtime/bus.py", 1, "a"),
        ("/x/flight/core/node.py", 1, "b"),
        (
            "~",
            0,
            "<len>",
        ),
    )
    entries = [
        (bus, 1.0, {}),
        (node, 2.0, {}),
        (common, 4.0, {bus: (1, 1, 1.0, 1.0), node: (3, 3, 3.0, 3.0)}),
    ]
    shares = dict(shares_by_part(entries))
    assert shares == {"node kernel": pytest.approx(5 / 7), "bus": pytest.approx(2 / 7)}


def test_a_real_profile_can_be_shared_out() -> None:
    profile = cProfile.Profile()
    profile.runcall(measure_nodes, 0.5)
    shares = dict(shares_by_part(profile_entries(profile)))
    assert sum(shares.values()) == pytest.approx(1.0)
    assert {"bus", "storage", "node kernel", "codec and messages"} <= set(shares)
