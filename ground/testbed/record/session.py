"""The record of an operated run: what was flown, and each input with its instant and order.

JSON, a line for the run and a line for each input, written before the input acts: a run that was
killed leaves all that it had admitted. It holds no secrets, and nothing that is no input, but for
which checkpoints were refused: these are none.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import msgspec

from flight.configuration.files import ConfigurationError
from flight.configuration.outside_files import UNDECODABLE
from flight.runtime.loop import NANOSECONDS
from flight.runtime.throttled_loop import Input
from ground.api.times import DEFAULT_TIMES
from ground.missions.run_folder import RunFolder, has_ended
from ground.testbed.record.inputs import InputRefused, RequestInput, change_of, read_input
from sim_hw.bench.recorder import CannotRecord
from sim_hw.bench.recording import Figures, NoRecording, read_recording

SESSION_FILE = "session.jsonl"
FORMAT = 1
LARGEST = 64 << 20  # bytes
LATEST_NS = 2**61  # 73 years, as the fields of requests have it


class Parent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The run that another branches off from: its folder, when (ns of mission time), after how many
    of its inputs, and the checkpoint where one was named."""

    run: str
    time_ns: Annotated[int, msgspec.Meta(ge=0, le=LATEST_NS)]
    inputs: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    checkpoint: str = ""


class SessionHead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was flown. `configuration`: SHA-256 of each file of configs that the run may read;
    `faults`: those that it was given; `bench`: the file of its bench, if there was one; `parent`:
    what it branches off from; `condition_sols`: see `ground.api.times`."""

    format: int
    mission: str
    seed: int
    shuffle: int | None
    configuration: Mapping[str, str]
    faults: tuple[dict[str, Any], ...] = ()
    bench: str = ""
    parent: Parent | None = None
    condition_sols: float = DEFAULT_TIMES.condition_sols


class SessionLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One input."""

    time_ns: Annotated[int, msgspec.Meta(ge=0, le=LATEST_NS)]
    order: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    input: dict[str, Any]


class RefusedLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The order of an input that has acted before: a checkpoint that was not made."""

    refused: Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class RealTimeLine(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why the verdict of a run stood on the wall's time: a flight from its record has none."""

    real_time: str


class Torn(msgspec.Struct, frozen=True):
    """Where a record ends before its run did (ns of mission time), and what is said of that. What
    comes after that nobody knows: a flight from the record ends there."""

    time_ns: int
    words: str


class Session(msgspec.Struct, frozen=True):
    """A record that was read. `refused`: the orders of checkpoints that were not made; `torn`: of
    one with real devices, whose words are missing from there on; `real_time`: why its verdict was
    unknown by the wall's time, as that of a flight from it is then."""

    file: Path
    head: SessionHead
    inputs: tuple[Input, ...]
    refused: tuple[int, ...] = ()
    torn: Torn | None = None
    real_time: str = ""

    @property
    def mission(self) -> str:
        """What was flown, as `load_mission` takes it: its name, or, of a mission file that lies
        outside of `configs`, its path."""
        own = next(iter(self.head.configuration), "")  # the mission file stands first
        outside = Path(own).is_absolute() and Path(own).stem == self.head.mission
        return own if outside else self.head.mission


class SessionWriter:
    """Writes the record of a run that is under way."""

    def __init__(self, folder: RunFolder, head: SessionHead) -> None:
        self.head = head
        self._file = folder.open_lines(SESSION_FILE)
        self._write(msgspec.to_builtins(head))

    def admitted(self, taken: Input) -> None:
        """An input is about to act."""
        self._write({"time_ns": taken.time_ns, "order": taken.order, "input": taken.data})

    def refused(self, order: int) -> None:
        """A checkpoint was not made: mission control was down, or would not."""
        self._write({"refused": order})

    def stood_on_real_time(self, why: str) -> None:
        """The verdict is unknown, and not by what has happened in the run."""
        self._write({"real_time": why})

    def _write(self, record: Any) -> None:
        self._file.write(json.dumps(record, ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        """No more inputs come."""
        self._file.close()


def read_session(place: Path) -> Session:
    """The record in a file, or in a run folder.

    A last line that a death has torn is left out: its input had not acted. Raises
    ConfigurationError for what is no record, or of another format.
    """
    if place.suffix == ".mcap":
        return session_in(place)
    file = place / SESSION_FILE if place.is_dir() else place
    try:
        if not file.is_file() or file.stat().st_size > LARGEST:
            raise ConfigurationError(
                str(file), None, "--from", f"no record of a run; allowed is a run folder with a "
                f"{SESSION_FILE}, or such a file of up to {LARGEST >> 20} MB",
            )  # fmt: skip
        text = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(str(file), None, "--from", error.strerror or str(error)) from error
    lines = text.split(b"\n")
    lines.pop()  # what a death has torn, or nothing
    if not lines:
        raise _refused(file, 1, "the record is empty, or torn in its first line")
    head = _read(file, 1, lines[0], SessionHead)
    if head.format != FORMAT:
        raise _refused(
            file, 1, f"format = {head.format}: this program reads format {FORMAT}; "
            "fly it again with the version that wrote it",
        )  # fmt: skip
    inputs: list[Input] = []
    refused: list[int] = []
    real_time = ""
    for number, line in enumerate(lines[1:], 2):
        if line.startswith(b'{"refused"'):
            order = _read(file, number, line, RefusedLine).refused
            if order > len(inputs):
                raise _refused(file, number, f"refused = {order}: allowed is an input before it")
            refused.append(order)
            continue
        if line.startswith(b'{"real_time"'):
            real_time = _read(file, number, line, RealTimeLine).real_time
            continue
        each = _read(file, number, line, SessionLine)
        if each.order != len(inputs) + 1 or (inputs and each.time_ns < inputs[-1].time_ns):
            raise _refused(file, number, f"input {each.order} is out of order: an input is missing")
        try:
            given = read_input(each.input)
            if isinstance(given, RequestInput):
                change_of(given)
        except InputRefused as error:
            raise _refused(file, number, str(error)) from error
        inputs.append(Input(each.time_ns, each.order, each.input))
    torn = _broken_off(file, head, inputs)
    return Session(file, head, tuple(inputs), tuple(refused), torn, real_time)


def _broken_off(file: Path, head: SessionHead, inputs: list[Input]) -> Torn | None:
    """Where the record of a run with real devices ends that has not come to its own end: killed,
    broken off, or still under way. A record without its run folder says nothing of that."""
    if not head.bench or has_ended(file.parent) is not False:
        return None
    time_ns = inputs[-1].time_ns if inputs else 0
    words = f"torn at t={time_ns / NANOSECONDS:.3f} s, {len(inputs)} inputs"
    return Torn(time_ns, f"{file.name} is {words}: its run has not come to its end")


def session_in(recording: Path) -> Session:
    """The record within the recording of a bench; raises ConfigurationError.

    The one beside it is taken where there is one: that has also what came when the bench was gone.
    One that ends before its run is `torn`.
    """
    beside = recording.with_name(SESSION_FILE)
    if beside.is_file():
        return read_session(beside)
    head: SessionHead | None = None
    inputs: list[Input] = []
    figures = Figures()
    real_time = ""
    try:
        for each in read_recording(recording, figures):
            if each.topic == "/run/head":
                told = {n: v for n, v in each.plain().items() if n != "mission_s"}
                head = msgspec.convert(told, SessionHead)
            elif each.topic == "/run/real_time":
                real_time = str(each.plain().get("real_time", ""))
            elif each.topic == "/run/input":
                told = {n: v for n, v in each.plain().items() if n != "mission_s"}
                line = msgspec.convert(told, SessionLine)
                if line.order != len(inputs) + 1:
                    raise NoRecording(f"input {len(inputs) + 1} was dropped")
                read_input(line.input)
                inputs.append(Input(line.time_ns, line.order, line.input))
    except (NoRecording, CannotRecord, msgspec.ValidationError, InputRefused) as error:
        raise ConfigurationError(str(recording), None, "--from", str(error)) from error
    if head is None or head.format != FORMAT:
        problem = f"no record of a run of format {FORMAT} is in it"
        raise ConfigurationError(str(recording), None, "--from", problem)
    torn = _torn(recording, figures, inputs)
    return Session(recording, head, tuple(inputs), torn=torn, real_time=real_time)


def _torn(recording: Path, figures: Figures, inputs: list[Input]) -> Torn | None:
    missing = figures.incomplete()
    if missing is None:
        return None
    words, since = missing
    time_ns = max(round(since * NANOSECONDS), inputs[-1].time_ns if inputs else 0)
    return Torn(time_ns, f"{recording.name} is {words}: what came after that nobody knows")


def _read(file: Path, number: int, line: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(line, type=kind)
    except UNDECODABLE as error:
        raise _refused(file, number, f"no line of a record: {error}") from error


def _refused(file: Path, line: int, problem: str) -> ConfigurationError:
    return ConfigurationError(str(file), line, "record", problem)
