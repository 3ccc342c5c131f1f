"""Speaks to a run that is held back, from another process; see `run_control`.

What it imports is little: who starts a run waits for it with this.
"""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import zmq

from flight.configuration.outside_files import UNDECODABLE
from flight.icd.codec import CodecError, decode_plain, encode

if TYPE_CHECKING:
    from ground.testbed.record.inputs import RunInput

CONTROL_FILE = "control.json"
LARGEST_REQUEST = 64 << 10  # bytes


class ControlRefused(RuntimeError):
    """What was asked of a run is not so; the text says why."""


class RefusedByRun(ControlRefused):
    """The run was asked, and says no: nothing has changed."""


class NoRequest(ControlRefused):
    """What was to be asked cannot be sent, whatever the run is; nobody was asked."""


class RunControl:
    """Speaks to a run from another process: `with RunControl(folder) as run: run.pace(50.0)`.

    Waits up to `patience` wall seconds for each answer. Raises ControlRefused for what is refused,
    for a folder in which no run is held back, and when no answer comes.
    """

    def __init__(self, run_folder: Path, patience: float = 10.0) -> None:
        file = run_folder / CONTROL_FILE
        try:
            address = str(msgspec.json.decode(file.read_bytes(), type=dict[str, str])["address"])
        except (OSError, *UNDECODABLE, KeyError) as error:
            raise ControlRefused(
                f"{run_folder}: no run is held back there; fly one with `msr fly --pace`, or "
                "with --bench"
            ) from error
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = self._context.socket(zmq.REQ)
        self._socket.setsockopt(zmq.LINGER, 0)
        self._socket.setsockopt(zmq.RCVTIMEO, round(1000.0 * patience))
        self._socket.setsockopt(zmq.SNDTIMEO, round(1000.0 * patience))
        self._patience = patience
        try:
            self._socket.connect(address)
        except zmq.ZMQError as error:
            self.close()
            words = f"{file}: {address!r} is no address of a run ({error.strerror})"
            raise ControlRefused(words) from error

    def __enter__(self) -> "RunControl":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection; the run goes on."""
        self._context.destroy(linger=0)

    def look(self) -> dict[str, Any]:
        """`time` (s), `pace` (None: as fast as it goes), `until` (s or None); `inputs` so far, and
        `paces` that were set in this life of the run."""
        return self._ask({"do": "look"})

    def pace(
        self,
        rate: float | None,
        until: float | None = None,
        told: dict[str, str] | None = None,
        after: int | None = None,
    ) -> dict[str, Any]:
        """Sets the pace; None is as fast as it goes, 0 stands; `until`: up to that mission time;
        `told`: until that is heard, see `pace_goal`; `after`: refused unless so many were set."""
        asked = {"do": "pace", "rate": rate, "until": until, "told": told, "after": after}
        return self._ask(asked)

    def order(
        self,
        order: str,
        who: str,
        service: str = "",
        seconds: float | None = None,
        kind: str = "",
        figure: float | None = None,
    ) -> dict[str, Any]:
        """Orders something of the bench of the run; see `Order`."""
        until = time.monotonic() + self._patience
        asked = {"do": "bench", "order": order, "who": who, "service": service, "until": until}
        return self._ask({**asked, "seconds": seconds, "kind": kind, "figure": figure})

    def bench(self) -> dict[str, Any] | None:
        """How what is real is; None where nothing is."""
        told: dict[str, Any] | None = self._ask({"do": "bench_look"})["bench"]
        return told

    def put(self, given: "RunInput") -> dict[str, Any]:
        """Has an input admitted."""
        return self._ask({"do": "put", "input": msgspec.to_builtins(given)})

    def ask(
        self, user: str, request: dict[str, Any], key: str | None = None, session: str = ""
    ) -> dict[str, Any]:
        """A person's request; its result. A change has a `key`, and waits until it has acted."""
        asked = {"do": "ask", "user": user, "session": session, "request": request}
        result: dict[str, Any] = self._ask({**asked, "key": key})["result"]
        return result

    def poll(self, journal: int = 0, telemetry: int = 0, limit: int = 500) -> dict[str, Any]:
        """What is new since an entry of the journal and a version of the telemetry."""
        return self._ask(
            {"do": "poll", "journal": journal, "telemetry": telemetry, "limit": limit}
        )

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            frame = encode(request)
        except CodecError as error:
            raise NoRequest(f"no request: {error}") from error
        if len(frame) > LARGEST_REQUEST:
            raise NoRequest(f"the request has {len(frame)} bytes; allowed are {LARGEST_REQUEST}")
        try:
            self._socket.send(frame)
            answer = decode_plain(self._socket.recv())
        except (zmq.ZMQError, CodecError) as error:
            raise ControlRefused(
                f"the run has not answered within {self._patience:g} s: it may have ended, or hang"
            ) from error
        if not isinstance(answer, dict) or answer.get("ok") is not True:
            words = answer.get("refused", answer) if isinstance(answer, dict) else answer
            raise RefusedByRun(str(words))
        return answer
