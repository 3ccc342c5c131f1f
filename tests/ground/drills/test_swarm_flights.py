"""Swarms that are flown: one of a hundred branches, and a big one over all phases."""

import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from ground.drills.record import Judged
from ground.drills.results import read_results


def swarm(tmp_path: Path, *arguments: str) -> tuple[list[Judged], str]:
    command = [
        sys.executable, "-m", "ground.cli", "drill", "--swarm", *arguments, "--out", str(tmp_path),
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode in (0, 1, 3), ended.stdout + ended.stderr
    return [each.judged for each in read_results(tmp_path, "--from")], ended.stdout


@pytest.mark.mission
def test_twenty_branches_of_one_trunk_have_effects(tmp_path: Path) -> None:
    """On the ground alone, where a branch is short; one is flown twice, and one over ZeroMQ."""
    judged, told = swarm(tmp_path, "20", "--scenario", "surface", "--seed", "11", "--quiet")
    assert len(judged) == 20
    assert sum(each.verdict == "UNKNOWN" for each in judged) <= 1
    assert not any(each.verdict == "ERROR" for each in judged)
    assert "1 flown twice as branches, 1 from the beginning over ZeroMQ: the same hashes" in told


@pytest.mark.check
def test_a_hundred_branches_of_one_trunk_have_effects_and_go_on(tmp_path: Path) -> None:
    """On the ground alone; the most of them reach the next milestone in time."""
    judged, told = swarm(tmp_path, "100", "--scenario", "surface", "--seed", "1", "--quiet")
    assert len(judged) == 100
    assert sum(each.verdict == "UNKNOWN" for each in judged) <= 5
    assert not any(each.verdict == "ERROR" for each in judged)
    healed = [each.record.heal for each in judged if each.record.heal is not None]
    assert sum(heal.met is not None for heal in healed) >= 0.9 * len(healed)
    assert "5 flown twice as branches, 1 from the beginning over ZeroMQ: the same hashes" in told


@pytest.mark.check
def test_a_thousand_over_all_phases(tmp_path: Path) -> None:
    """The bars: at most 5 % without effect, no invariant broken, 99 % in time after healing."""
    seed = secrets.randbelow(10**6)
    judged, told = swarm(tmp_path, "1000", "--seed", str(seed), "--quiet")
    assert "the same hashes" in told, told
    phases = {each.record.phase for each in judged}
    assert phases >= {"entry", "surface", "loading", "ascent", "rendezvous", "cruise", "earth"}
    assert sum(each.verdict == "UNKNOWN" for each in judged) <= 50, told
    assert not any(each.record.broken for each in judged), told
    healed = [each.record.heal for each in judged if each.record.heal is not None]
    assert sum(heal.met is not None for heal in healed) >= 0.99 * len(healed), told
