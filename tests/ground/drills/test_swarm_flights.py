"""Swarms that are flown: one of a hundred branches, and a big one over all phases."""

import random
from pathlib import Path

import pytest

from ground.cli import main
from ground.drills.record import Judged
from ground.drills.results import read_results
from tests.drawn import Worse, above, beyond
from tests.ground.drills.commanded import msr_drill

FEW = 5  # drills of the swarm that the quick tests fly


def swarm(folder: Path, count: int, seed: int, *arguments: str) -> tuple[list[Judged], str]:
    """So many drills as they were judged, and what was told of them."""
    ended = msr_drill(folder, "--swarm", str(count), "--seed", str(seed), "--quiet", *arguments)
    assert ended.returncode in (0, 1, 3), ended.stdout + ended.stderr
    judged = [each.judged for each in read_results(folder, "--from")]
    assert len(judged) == count
    return judged, ended.stdout


def on_the_ground(folder: Path, count: int, seed: int) -> tuple[list[Judged], str]:
    """A swarm where a branch is short: at most one of twenty stays without effect."""
    judged, told = swarm(folder, count, seed, "--scenario", "surface")
    assert sum(each.verdict == "UNKNOWN" for each in judged) <= count // 20
    assert not any(each.verdict == "ERROR" for each in judged)
    return judged, told


@pytest.mark.mission
def test_a_few_branches_of_one_trunk_have_effects(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last of them is flown twice, and over ZeroMQ. A hundred are among the checks."""
    monkeypatch.setattr("ground.drills.twins.FIRST", FEW - 1)
    words = ["--swarm", str(FEW), "--seed", "11", "--scenario", "surface", "--quiet"]
    assert main(["drill", *words, "--out", str(tmp_path)]) in (0, 1)
    judged = [each.judged for each in read_results(tmp_path, "--from")]
    assert len(judged) == FEW
    assert {each.verdict for each in judged} <= {"PASS", "FAIL"}
    told = capsys.readouterr().out
    assert "1 flown twice as branches, 1 from the beginning over ZeroMQ: the same hashes" in told


@pytest.mark.check
def test_a_hundred_branches_of_one_trunk_have_effects_and_go_on(tmp_path: Path) -> None:
    """Most of them reach the next milestone in time."""
    judged, told = on_the_ground(tmp_path, 100, seed=1)
    healed = [each.record.heal for each in judged if each.record.heal is not None]
    assert sum(heal.met is not None for heal in healed) >= 0.9 * len(healed)
    assert "5 flown twice as branches, 1 from the beginning over ZeroMQ: the same hashes" in told


def over_all_phases(folder: Path, count: int, seed: int, worse: Worse) -> None:
    """The bars: at most 5 % without effect, no invariant broken, 99 % in time after healing."""
    judged, told = swarm(folder, count, seed)
    assert "the same hashes" in told, told
    phases = {each.record.phase for each in judged}
    assert phases >= {"entry", "surface", "loading", "ascent", "rendezvous", "cruise", "earth"}
    assert not worse(sum(each.verdict == "UNKNOWN" for each in judged), count, 0.05), told
    assert not any(each.record.broken for each in judged), told
    healed = [each.record.heal for each in judged if each.record.heal is not None]
    late = sum(heal.met is None for heal in healed)
    assert not worse(late, len(healed), 0.01), told


@pytest.mark.check
def test_two_hundred_over_all_phases(draw: random.Random, tmp_path: Path) -> None:
    """The shares as far as so few can show that they are not met."""
    over_all_phases(tmp_path, 200, draw.randrange(10**6), beyond)


@pytest.mark.soak
@pytest.mark.timeout(0)
def test_a_thousand_over_all_phases(draw: random.Random, tmp_path: Path) -> None:
    """From two trunks."""
    over_all_phases(tmp_path, 1000, draw.randrange(10**6), above)
