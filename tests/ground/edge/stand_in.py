"""A run that is none: it answers on the control socket as a run does, and remembers what it did."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import zmq

from flight.icd.codec import decode_plain, encode
from ground.api.benches import why_may_not
from ground.api.reads import Since
from ground.client.frames import LARGEST_ANSWER
from ground.client.sockets import LoopSocket

Plain = dict[str, Any]


class StandIn:
    """One life of a run after another in a folder; `acted` are the requests that it has done."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        self.acted: list[Plain] = []
        self.answers: dict[tuple[str, str], Plain] = {}
        self.journal: list[Plain] = []
        self.values: dict[tuple[str, str], list[Any]] = {}
        self.versions: dict[tuple[str, str], int] = {}
        self.version = 0
        self.pace: float | None = 50.0
        self.told: dict[str, str] | None = None
        self.bench: Plain | None = None
        self.orders: list[Plain] = []
        self.polls = 0
        self.held: list[Callable[[], None]] | None = None  # answers that wait, where it is slow
        self.mute = False
        self.roles: dict[str, list[str]] = {}  # that an admin has given in this run
        self.refuses: dict[str, str] = {}  # sentences, by what is asked
        self.reads: dict[str, Plain] = {}  # what requests that only look are answered with

    def start(self) -> None:
        """Begins a life: another address, and nothing forgotten, as a run from its record."""
        self._sockets = Path(tempfile.mkdtemp(prefix="msr-"))
        self._context: zmq.Context[Any] = zmq.Context()
        self._socket = LoopSocket(
            self._context.socket(zmq.ROUTER), self._asked, largest=LARGEST_ANSWER, waiting=1000
        )
        address = self._socket.bind(f"ipc://{self._sockets / 'control'}")
        (self.folder / "control.json").write_text(json.dumps({"address": address}))

    def kill(self) -> None:
        """Dies; what announces it stays, as after `kill -9`."""
        self._socket.close()
        self._context.destroy(linger=0)
        shutil.rmtree(self._sockets, ignore_errors=True)

    def end(self, verdict: str = "success") -> None:
        """Ends in order."""
        self.kill()
        (self.folder / "control.json").unlink()
        (self.folder / "run.json").write_text(json.dumps({"state": "ended", "verdict": verdict}))

    # ------------------------------------------------------------- what it says

    def tell(self, topic: str, what: str = "told", **data: Any) -> int:
        """An entry of the journal."""
        number = len(self.journal) + 1
        self.journal.append(
            {"n": number, "t": number * 10**9, "topic": topic, "what": what, "who": "",
             "vehicle": data.get("vehicle", ""), "data": data}
        )  # fmt: skip
        return number

    def measure(self, vehicle: str, channel: str, value: Any) -> None:
        """A sample."""
        self.version += 1
        self.values[vehicle, channel] = [vehicle, channel, value, self.version, self.version, "OK"]
        self.versions[vehicle, channel] = self.version

    # --------------------------------------------------------------- answering

    def _asked(self, frames: list[bytes], _: str) -> None:
        if self.mute:
            return
        message = decode_plain(frames[-1])
        answer = {"ok": True, **self._answer(message)}

        def say() -> None:
            self._socket.send([*frames[:-1], encode(answer)])

        if self.held is not None and message["do"] == "ask":
            self.held.append(say)
        else:
            say()

    def _answer(self, message: Plain) -> Plain:
        if message["do"] == "poll":
            return self._poll(message)
        if message["do"] == "pace":
            self.pace, self.told = message["rate"], message.get("told")
            return {"time": 1.0, "pace": message["rate"], "until": message["until"], "inputs": 0}
        if message["do"] == "bench_look":
            return {"bench": self.bench}
        if message["do"] == "bench":
            why = why_may_not(message["who"], message["order"], message["roles"])
            if why:
                return {"ok": False, "refused": why}
            self.orders.append(message)
            return {"ok": self.bench is not None, "refused": "nothing is real in this run"}
        return self._ask(message)

    def _poll(self, message: Plain) -> Plain:
        self.polls += 1
        after, limit = message["journal"], message["limit"]
        changed = [
            row for name, row in self.values.items() if self.versions[name] > message["telemetry"]
        ]
        coming = {"vehicle": "rover", "start_ns": 10**12, "end_ns": 2 * 10**12}
        return {
            "time_ns": 10**9, "pace": self.pace, "until": None, "ended": None,
            "clock": {"utc": "2033-01-01T00:00:00Z", "next_pass": coming},
            "journal": self.journal[after : after + limit], "journal_last": len(self.journal),
            "telemetry": changed, "telemetry_version": self.version,
        }  # fmt: skip

    def _ask(self, message: Plain) -> Plain:
        request = message["request"]
        if request["do"] in self.refuses:
            return {"ok": False, "refused": self.refuses[request["do"]]}
        if request["do"] == "since":
            asked = msgspec.convert(request, Since)
            rows = [row for row in self.journal if row["n"] > asked.number]
            last = len(self.journal)
            return {"result": {"entries": rows[: asked.limit], "journal_last": last}}
        if request["do"] in self.reads:
            return {"result": self.reads[request["do"]]}
        if request["do"] == "hello":
            return {
                "result": {
                    "you": {
                        "name": message["user"],
                        "roles": self.roles.get(message["user"], message["roles"]),
                    },
                    "vehicles": [{"name": "rover"}, {"name": "lander"}],
                    "epoch_utc": "2033-01-01T00:00:00Z",
                    "journal_last": len(self.journal),
                }
            }
        name = message["user"], message["key"]
        if name not in self.answers:
            self.acted.append(message)
            self.answers[name] = self._act(message["user"], request)
        return self.answers[name]

    def _act(self, user: str, request: Plain) -> Plain:
        number = len(self.acted)
        if request["do"] == "stage":
            hazardous = request["command"] == "launch"
            self.tell("stack", "staged", stage=f"st-{number}", state="ready", by=user)
            staged = {"stage": f"st-{number}", "problems": [], "approval_needed": hazardous}
            return {"result": {**staged, "hash": f"{number:064x}"}}
        if request["do"] == "release":
            self.tell("cmd", "issued", identifier=f"mc-{number}", status="WAITING")
            self.tell("cmd", "sent", identifier=f"mc-{number}", status="SENT")
            return {"result": {"identifiers": [f"mc-{number}"]}}
        if request["do"] == "fault_inject":
            fault = request["fault"]
            says = f"{fault['kind']} of {fault['device']}"
            return {"result": {"fault": fault["id"], "says": says}}
        if request["do"] == "approve":
            state = {"stage": request["stage"], "state": "approved", "hash": request["hash"]}
            self.tell("stack", "approved", **state)
        if request["do"] == "expire":
            self.tell("stack", "expired", stage=request["stage"], state="expired")
        return {"result": {"number": number}}


async def until(true: Callable[[], Any], what: str = "") -> None:
    """Waits for something that comes soon."""
    for _ in range(2000):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"it has not come: {what}")
