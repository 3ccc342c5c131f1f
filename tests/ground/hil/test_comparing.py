"""Two recordings side by side: what is off and when, what is refused, and the exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest

from flight.configuration.files import ConfigurationError
from ground.cli import main
from ground.commands import hil_replay
from ground.hil.comparing import compared, comparison_lines
from sim_hw.bench.recorder import Recorder
from sim_hw.bench.recording import RECORDING

HEAD = {"format": 1, "mission": "short", "seed": 1, "bench": ""}


def recorded(folder: Path, sides: dict[str, list[float]], **head: Any) -> Path:
    """A run folder with drives of these lengths; of each, what came of it."""
    folder.mkdir()
    recorder = Recorder(folder / RECORDING)
    recorder.told("/run/head", {**HEAD, **head})
    for number, (real, simulated) in enumerate(
        zip(sides.get("real", sides.get("sim", [])), sides.get("sim", sides.get("real", [])),
            strict=True), 1,
    ):  # fmt: skip
        recorder.mission_ns = number * 10**9
        call = {"number": number, "method": "drive", "arguments": {"distance": 2.0}}
        if "sim" in sides:
            answer = {"result": {"distance": simulated}, "error": "", "seconds": 2.0}
            recorder.told("/rover.wheels/sim", {**call, **answer, "asked_s": float(number)})
        if "real" in sides:
            recorder.told("/rover.wheels/call", call)
            answer = {"number": number, "result": {"distance": real}, "error": ""}
            recorder.told("/rover.wheels/reply", answer)
    recorder.close()
    return folder


def test_simulated_beside_real_of_two_flights(tmp_path: Path) -> None:
    first = recorded(tmp_path / "a", {"sim": [2.0, 2.0, 2.0, 2.0]})
    second = recorded(tmp_path / "b", {"real": [2.0, 2.1, 1.7]})
    told = compared(first, second, {"drive.distance": 0.3 + 1e-12})
    method = told["methods"]["rover.wheels.drive"]
    field = method["fields"]["drive.distance"]
    assert (method["calls"], method["compared"], told["within"]) == ([4, 3], 3, True)
    assert field["mean"] == pytest.approx(-0.2 / 3) and field["max"] == pytest.approx(0.3)
    assert field["worst"][0] == {"at_s": 3.0, "simulated": 2.0, "real": 1.7}
    told = compared(first, second, {"rover.wheels.distance": 0.29})
    assert told["within"] is False
    assert any("at 3.000 s: 2.0 and 1.7" in line for line in comparison_lines(told))


def test_the_two_sides_of_a_shadow(tmp_path: Path) -> None:
    shadow = recorded(tmp_path / "a", {"sim": [2.0, 2.0], "real": [2.0, 2.25]})
    told = compared(shadow, shadow, {})
    field = told["methods"]["rover.wheels.drive"]["fields"]["drive.distance"]
    assert field["max"] == 0.25 and told["within"] is None


@pytest.mark.parametrize(
    ("words", "code"),
    [(["--tolerance", "distance=0.25"], 0), (["--tolerance", "distance=0.2"], 1), ([], 3),
     (["--tolerance", "depth=1"], 2), (["--tolerance", "distance"], 2),
     (["--tolerance", "distance=-1"], 2), (["--tolerance", "distance=inf"], 2),
     (["--tolerance", "distance=nan"], 2), (["--tolerance", "rover.wheels.drive.distance=1"], 0),
     (["--tolerance", "rover.wheels.drive.distence=1"], 2),
     (["--tolerance", "distance=1", "--tolerance", "rover.wheels.depth=1"], 2),
     (["--tolerance", "distance=1", "--tolerance", "drive.seconds=1"], 2),
     (["--tolerance", "distance=1", "--tolerance", "distance=2"], 2)],
)  # fmt: skip
def test_the_exit_code_is_that_of_the_bands(
    words: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shadow = str(recorded(tmp_path / "a", {"sim": [2.0], "real": [2.25]}))
    assert main(["hil", "compare", shadow, shadow, "--json", *words]) == code
    out, error = capsys.readouterr()
    if code == 2:
        assert error.count("\n") == 1 and "allowed is" in error
    else:
        assert json.loads(out)["methods"]["rover.wheels.drive"]["compared"] == 1


@pytest.mark.parametrize(
    ("head", "words"),
    [({"mission": "surface"}, "two runs of one mission and seed"), ({"seed": 2}, "seed"),
     ({}, "it has one side alone")],
)  # fmt: skip
def test_what_cannot_be_compared_is_refused(
    head: dict[str, Any], words: str, tmp_path: Path
) -> None:
    first = recorded(tmp_path / "a", {"sim": [2.0]})
    second = recorded(tmp_path / "b", {"real": [2.0]}, **head) if head else first
    with pytest.raises(ConfigurationError, match=words):
        compared(first, second, {})


def test_no_call_of_one_method_and_no_recording_are_refused(tmp_path: Path) -> None:
    first = recorded(tmp_path / "a", {"sim": [2.0]})
    with pytest.raises(ConfigurationError, match="no method of one device was called in both"):
        compared(first, recorded(tmp_path / "b", {}), {})
    with pytest.raises(ConfigurationError, match="there is no such recording: fly"):
        compared(first, tmp_path / "c", {})


def test_from_where_they_were_asked_others_on_nothing_is_compared(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, distances in ((first, [1.0, 2.0, 3.0]), (second, [1.0, 2.5, 3.0])):
        folder.mkdir()
        recorder = Recorder(folder / RECORDING)
        recorder.told("/run/head", HEAD)
        for number, distance in enumerate(distances):
            call = {"number": number, "method": "drive", "arguments": {"distance": distance}}
            recorder.told("/rover.wheels/call", call)
            answer = {"number": number, "result": {"distance": 0.0}, "error": ""}
            recorder.told("/rover.wheels/reply", answer)
        recorder.close()
    told = compared(first, second, {})
    assert told["methods"]["rover.wheels.drive"]["compared"] == 1
    assert "then they were asked others" in comparison_lines(told)[1]
    told = compared(first, second, {"distance": 1.0})
    words = "rover.wheels.drive: 2 of 3 and 2 of 3 calls, for they were asked others"
    assert told["within"] is True and told["not_compared"] == [words]
    assert comparison_lines(told)[-2:] == [f"not compared: {words}", "what was compared is within"]


@pytest.mark.parametrize(
    ("ours", "theirs", "band", "within"),
    [(4, 2, 1.0, True), (5, 2, 1.0, None), (2, 5, 1.0, None), (5, 2, 0.0, False)],
)
def test_too_few_calls_are_no_verdict_but_one_that_is_off_is(
    ours: int, theirs: int, band: float, within: bool | None, tmp_path: Path
) -> None:
    first = recorded(tmp_path / "a", {"sim": [2.0] * ours})
    second = recorded(tmp_path / "b", {"real": [2.1] * theirs})
    told = compared(first, second, {"distance": band})
    assert told["within"] is within
    assert bool(told["not_compared"]) is (max(ours, theirs) == 5)
    last = {True: "all within", None: "unknown: what was compared is within", False: "not within"}
    assert comparison_lines(told)[-1] == last[within]


def test_a_method_that_was_not_called_in_the_other_is_told_and_is_no_yes(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    for folder, methods in ((first, ("drive", "turn")), (second, ("drive",))):
        folder.mkdir()
        recorder = Recorder(folder / RECORDING)
        recorder.told("/run/head", HEAD)
        for number, method in enumerate(methods):
            call = {"number": number, "method": method, "arguments": {}}
            recorder.told("/rover.wheels/call", call)
            answer = {"number": number, "result": {"distance": 0.0}, "error": ""}
            recorder.told("/rover.wheels/reply", answer)
        recorder.close()
    for one, other, where in ((first, second, "second"), (second, first, "first")):
        told = compared(one, other, {"drive.distance": 1.0})
        assert told["within"] is None
        assert told["not_compared"] == [f"rover.wheels.turn: not called in the {where}"]
    with pytest.raises(ConfigurationError, match=r"turn\.distance: allowed is one of"):
        compared(first, second, {"turn.distance": 1.0})
    told = compared(first, second, {"turn.distance": 1.0}, all_held=False)  # of a bench file
    assert told["within"] is None


@pytest.mark.parametrize("name", ["nosuch", "nosuch.mcap", ".", "session.jsonl"])
def test_a_replay_of_what_is_not_there_is_refused(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "run").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    assert main(["hil", "replay", name]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "run"] and not list((tmp_path / "run").iterdir())


@pytest.mark.parametrize("words", [[], ["--twice"]])
def test_replays_that_leave_no_hash_are_not_the_same(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    outs: list[Path] = []

    def flies(place: Path, out: Path) -> str:
        outs.append(out)
        return ""

    monkeypatch.setattr(hil_replay, "_fly", flies)
    monkeypatch.chdir(tmp_path)
    assert main(["hil", "replay", "bench.mcap", *words]) == 3
    assert "unknown" in capsys.readouterr().out
    assert set(outs) == {tmp_path.parent / f"{tmp_path.name}-replay"}


def test_what_a_shadow_was_not_asked_shifts_nothing(tmp_path: Path) -> None:
    """It was lost for the second call, and its third is held against the third."""
    folder = tmp_path / "a"
    folder.mkdir()
    recorder = Recorder(folder / RECORDING)
    recorder.told("/run/head", HEAD)
    for number in (1, 2, 3):
        recorder.mission_ns = number * 10**10
        call = {"number": number, "method": "state", "arguments": {}}
        if number != 2:
            recorder.told("/rover.wheels/call", call)
            answer = {"number": number, "result": {"odometer": 1.0 * number}, "error": ""}
            recorder.told("/rover.wheels/reply", answer)
        told = {"result": {"odometer": 1.0 * number}, "error": "", "seconds": 0.0}
        recorder.told("/rover.wheels/sim", {**call, **told, "asked_s": 10.0 * number})
    recorder.close()
    told = compared(folder, folder, {"odometer": 0.0})
    method = told["methods"]["rover.wheels.state"]
    assert (method["calls"], method["compared"], told["within"]) == ([3, 2], 2, True)
