"""A device of a bench file that is a recording: what goes with it, and whose it may be."""

import json
from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from flight.icd.codec import pack
from flight.icd.devices.description import interface_hash
from flight.icd.devices.mobility import Wheels
from ground.mission_control import Outcome
from ground.testbed.bench.evidence import judged
from ground.testbed.bench.file import load_bench, setting_of
from ground.testbed.bench.opening import lock_keys
from ground.testbed.bench.tapes import Tapes, hashes_of_tapes
from tests.ground.testbed.bench.test_file import GOOD, written
from tests.sim_hw.bench.test_recorded_device import WHEELS, Tape

TAPED = GOOD.replace("mode: real\n    wire: line", "mode: replay\n    recording: early/bench.mcap")
WHO = {"interface": "Wheels", "interface_hash": interface_hash(Wheels), "serial": "SN1",
       "firmware": "0.2"}  # fmt: skip


def recorded(folder: Path, identity: dict[str, Any]) -> Path:
    (folder / "early").mkdir()
    tape = Tape(folder / "early" / "bench.mcap")
    tape.told(0.0, ["state", WHEELS, "armed", "", 1, identity])
    tape.call(1.0, 1, "state")
    tape.reply(1.25, 1, {"odometer": 3.0})
    return tape.close()


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        load_bench(written(folder, text))
    assert str(refused.value).count("\n") == 0 and "desk.yaml" in str(refused.value)
    return str(refused.value)


def test_it_is_no_device_that_is_there_and_names_its_file_or_its_run(tmp_path: Path) -> None:
    recorded(tmp_path, WHO)
    for name in ("early/bench.mcap", "early"):
        text = TAPED.replace("early/bench.mcap", name)
        path, bench = load_bench(written(tmp_path, text))
        assert setting_of(bench).devices == [] and lock_keys(bench) == []
        assert bench.wired == {} and list(bench.said) == [WHEELS]
        assert bench.devices[WHEELS].flies and list(hashes_of_tapes(path, bench)) == [
            "recording of rover.wheels"
        ]


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("early/bench.mcap", "late/bench.mcap", "that is there"),
        ("    recording: early/bench.mcap\n", "", "or its run folder"),
        ("mode: replay", "mode: replay\n    wire: line", ".wire = "),
        ("mode: replay", "mode: replay\n    arm: required", "none of a recording"),
        ("mode: replay", "mode: replay\n    faults: [open]", "none of a recording"),
        ("mode: replay", "mode: replay\n    hold: {value: -1, unit: s, source: t}", ".hold"),
        ("mode: replay", "mode: shadow\n    wire: line", "none but of mode: replay"),
        ("mode: replay", "mode: sim", "none but of mode: replay"),
        ("interface: Wheels", "interface: Battery", "identity.interface"),
        ("      drive: {value: 1.2, unit: m/s, source: test}\n", "", ".rates"),
    ],
)
def test_what_does_not_go_with_it_is_refused(
    before: str, after: str, words: str, tmp_path: Path
) -> None:
    recorded(tmp_path, WHO)
    assert before in TAPED and words in refusal(tmp_path, TAPED.replace(before, after))


@pytest.mark.parametrize(
    ("identity", "words"),
    [
        ({**WHO, "serial": "SN2"}, "its serial is SN2; the bench file wants SN1"),
        ({**WHO, "interface_hash": "0" * 64}, "another version of Wheels"),
        ({}, "it does not say what it is"),
    ],
)
def test_the_recording_of_another_device_is_refused_before_the_flight(
    identity: dict[str, Any], words: str, tmp_path: Path
) -> None:
    recorded(tmp_path, identity)
    path, bench = load_bench(written(tmp_path, TAPED))
    with pytest.raises(ConfigurationError, match=words):
        Tapes(path, bench)
    assert Tapes(path, bench, live=False).told() == {}  # of a record nobody reads it


def test_one_that_is_torn_and_one_of_others_are_refused(tmp_path: Path) -> None:
    file = recorded(tmp_path, WHO)
    path, bench = load_bench(written(tmp_path, TAPED))
    whole = file.read_bytes()
    file.write_bytes(whole[:-40])
    with pytest.raises(ConfigurationError, match=r"what rover.wheels said after that is not known"):
        Tapes(path, bench)
    text = TAPED.replace("rover.wheels", "perseverance.wheels")
    file.write_bytes(whole)
    path, bench = load_bench(written(tmp_path, text))
    with pytest.raises(ConfigurationError, match="asked for nothing in it: allowed is one of r"):
        Tapes(path, bench)


async def test_what_it_does_not_have_is_in_the_evidence_and_no_failure_of_what_flies(
    tmp_path: Path,
) -> None:
    recorded(tmp_path, WHO)
    tapes, heard, events = Tapes(*load_bench(written(tmp_path, TAPED))), [], []
    tapes.begin(heard.append, lambda *event: events.append(event))
    tapes.take(pack(["call", "rover.battery", 1, "state", {}, 9.0, 9.0]))  # another's
    assert heard == [["state", WHEELS, "armed", "", 1, WHO]]
    assert judged(Outcome("failed", "it stood", []), tapes.not_theirs()).verdict == "failed"
    for number in (2, 3):
        tapes.take(pack(["call", WHEELS, number, "drive", {"distance": 1.0}, 9.0, 9.0]))
    told = tapes.told()[WHEELS]
    assert (told["answered"], told["refused"], len(told["reasons"])) == (0, 2, 1)
    assert json.dumps(told) and events == [("replay_refused", told["reasons"][0])]
    outcome = judged(Outcome("failed", "it stood", []), tapes.not_theirs())
    assert outcome.verdict == "unknown"
    assert "2 calls of rover.wheels are not in its recording" in outcome.reason
    assert judged(Outcome("success", "", []), tapes.not_theirs()).verdict == "success"
    tapes.end()


