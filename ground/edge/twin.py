"""The twin of a run, a process of its own: it is warmed up when it is first asked, follows the run,
and flies what is to be sent before it is sent. Nothing of it reaches the run."""

import asyncio
import contextlib
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from flight.configuration.scratch_folder import ScratchFolder
from ground.api.fields import PERSON
from ground.api.reads import Preview
from ground.edge.news import News
from ground.edge.run_link import RESUMING, RunLink

PROGRAM = "ground.preview"
NEVER = "previews are switched off here, as in a drill with people"
COMPARED = ("mode", "state_of_charge", "east", "north")
PROCEDURE = "mission"
A_LOOK = 500  # entries of the journal
CHANCES = 4  # twins that are tried, one after the other
LONG = 20.0  # wall seconds to warm one up, beyond which no other is
LATELY = 20_000 * 1_000_000_000  # ns of mission time since all of them differed
STRIDE = 100_000 * 1_000_000_000  # ns of mission time between words of how far it is warm
PATIENCE = 12.0  # wall seconds for one answer of it
WARMING = 4.0  # wall seconds that a request waits for it to be where the run is
IDLE = 1800.0  # wall seconds after which one that nobody uses ends
FOLLOWS = 2.0  # wall seconds between looks whether the run has gone on
COMPARES = 10.0  # wall seconds between comparisons, while nobody asks
LONGEST_LINE = 4 << 20  # bytes
LOG = "twin.log"
STAGED = ("draft", "ready", "waiting_approval", "approved", "void")
ASSUMES = (
    "nothing is broken or breaks: the twin knows no fault, and no more than the vehicles have told",
    "its chance is another one than the run's: times and figures are examples, no forecast",
    "nobody commands anything else; the mission's own procedure goes on as it stands",
    "what waits for no condition leaves at once, and a condition holds when it does on the twin",
    "approvals, and who holds a vehicle, are not looked at",
)

Plain = dict[str, Any]


class Gone(Exception):
    """The twin is of no use any more; the text says why."""


class Twin:
    """Of the run of a folder; one request at a time is flown."""

    def __init__(
        self, folder: Path, state: Path, link: RunLink, news: News, allowed: bool
    ) -> None:
        self._folder, self._state = folder, state
        self._link, self._news = link, news
        self._allowed = allowed
        self._process: asyncio.subprocess.Process | None = None
        self._home: ScratchFolder | None = None
        self._at_ns = 0
        self._differs = ""
        self._entries = 0  # of the journal, up to which it was told of steps and ends
        self._of_people: set[str] = set()  # commands that somebody has sent
        self._pipe = asyncio.Lock()
        self._killed: list[asyncio.subprocess.Process] = []  # and not known to be gone
        self._starting = asyncio.Lock()  # two who ask first have one twin
        self._following: asyncio.Task[None] | None = None
        self._moved = asyncio.Event()
        self._used = self._compared = 0.0
        self._requests = 0  # under way: who waits for it uses it, for however long
        self._chance, self._tried = 1, 0
        self._gave_up_ns: int | None = None
        self._begun = self._warmed_in = 0.0

    async def close(self) -> None:
        """It ends, and nothing of it is left: neither its process nor the pipes to it."""
        following = self._following
        self.forget()
        if following is not None:
            await asyncio.wait([following])
        async with self._pipe:
            for process in self._killed:
                await process.communicate()
        self._killed.clear()

    def forget(self) -> None:
        """It ends: another life of the run begins, or none."""
        if self._following is not None:
            self._following.cancel()
            self._following = None
        self._end()

    def _end(self) -> None:
        self._following = None
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            self._killed = [each for each in self._killed if each.returncode is None]
            self._killed.append(self._process)
            self._process = None
        if self._home is not None:
            self._home.remove()
            self._home = None
        self._of_people.clear()
        self._at_ns, self._differs, self._entries = 0, "", 0  # another one begins at the beginning

    @property
    def why_never(self) -> str:
        """Why nothing is flown here, whatever the run does; empty where something is."""
        return "" if self._allowed else NEVER

    async def preview(self, user: str, asked: Preview) -> Plain:
        """Flies what is asked for; with nothing to fly the twin is warmed up."""
        why = self._why_not()
        if why:
            return _refused(why)
        try:
            items = await self._items(user, asked)
        except Gone as refusal:
            return _refused(str(refusal))
        self._requests += 1
        try:
            return await self._preview(user, items)
        except Gone as gone:
            self.forget()
            return _refused(f"there is no twin: {gone}")
        finally:
            self._requests -= 1
            self._used = asyncio.get_running_loop().time()

    async def _preview(self, user: str, items: list[Plain]) -> Plain:
        """Tries one twin after the other, each by another chance, until one is where the run is."""
        while True:
            if not await self._warm(user):
                way = {"at_ns": self._at_ns, "now_ns": self._now_ns()}
                return {"ok": True, "result": {"warming": way}}
            await self._compare(user)
            if not items:
                return {"ok": True, "result": {"at_ns": self._at_ns, "differs": self._differs}}
            at_last = self._is_last()
            answer = await self._ask({"do": "preview", "items": items, "at_last": at_last})
            if answer.get("ok"):
                self._tried = 0
                answer["result"] |= {"hash": _hash(items), "assumes": list(ASSUMES)}
                return answer
            if at_last or not answer.get("differs"):
                self._gave_up_ns = self._now_ns() if at_last else self._gave_up_ns
                self._tried = 0
                return _refused(str(answer.get("refused")))
            self._tried += 1
            self._chance += 1
            self.forget()

    def _is_last(self) -> bool:
        """Whether no other twin is tried: enough were, lately as well, or they take too long."""
        lately = self._gave_up_ns is not None and self._now_ns() - self._gave_up_ns < LATELY
        return lately or self._tried >= CHANCES - 1 or self._warmed_in > LONG

    def _why_not(self) -> str:
        if not self._allowed:
            return NEVER
        if not self._link.state.up:
            return f"{self._link.state.why or 'the run does not answer'}: nothing is flown"
        if self._news.clock.get("ended"):
            return "the run has ended: nothing can be sent any more"
        if self._link.resuming():
            return RESUMING
        return ""

    # ----------------------------------------------------------------- what is asked

    async def _items(self, user: str, asked: Preview) -> list[Plain]:
        """What is to be flown, as plain data; raises Gone for what cannot be."""
        items: list[Plain] = []
        if asked.stages:
            told = await self._of_the_run(user, {"do": "snapshot", "topics": ["stack"]})
            stack = {each["stage"]: each for each in told["stack"]}
            items += [_staged(stack, stage) for stage in asked.stages]
        for each in asked.commands:
            command = {
                "vehicle": each.vehicle, "command": each.command, "arguments": each.arguments,
                "lifetime": each.lifetime, "when": each.when, "not_after": each.not_after,
                "unit": each.unit,
            }  # fmt: skip
            would = await self._of_the_run(user, {"do": "dry_run", **command})
            items.append({"stage": "", "version": 0, **command, "problems": would["problems"]})
        return items

    async def _of_the_run(self, user: str, request: Plain) -> Any:
        answer = await self._link.ask(user, "", "preview", request)
        if not answer.get("ok"):
            raise Gone(str(answer.get("refused")))
        return answer["result"]

    # ---------------------------------------------------------------- the process

    async def _warm(self, user: str) -> bool:
        """Whether it is where the run is; it goes on to be, where it is not. Raises Gone."""
        loop = asyncio.get_running_loop()
        async with self._starting:
            if self._following is None:
                await self._start()
                self._following = loop.create_task(self._follow(user), name="the twin follows")
        following, wanted = self._following, self._now_ns()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WARMING):
                while self._at_ns < wanted and not following.done():
                    self._moved.clear()
                    await self._moved.wait()
        if following.done():
            error = None if following.cancelled() else following.exception()
            raise error if isinstance(error, Gone) else Gone("it has ended")
        if self._at_ns >= wanted and not self._warmed_in:
            self._warmed_in = loop.time() - self._begun
        return self._at_ns >= wanted

    def _now_ns(self) -> int:
        return int(self._news.clock.get("time_ns") or 0)

    async def _start(self) -> None:
        self._home = ScratchFolder("twin-")
        out, chance = str(self._home.path / "run"), str(self._chance)
        words = [sys.executable, "-m", PROGRAM, str(self._folder), out, chance]
        self._begun, self._warmed_in = asyncio.get_running_loop().time(), 0.0
        with (self._state / LOG).open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                *words, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=log,
                limit=LONGEST_LINE, env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
            )  # fmt: skip

    async def _follow(self, user: str) -> None:
        """Has it go along with the run, for as long as somebody uses it; raises Gone."""
        loop = asyncio.get_running_loop()
        try:
            while self._requests or loop.time() - self._used < IDLE:
                now_ns = self._now_ns()
                if now_ns > self._at_ns:
                    known = await self._known(user)
                    await self._follow_to(min(now_ns, self._at_ns + STRIDE), known)
                    if self._at_ns >= now_ns and loop.time() - self._compared > COMPARES:
                        await self._compare(user)
                    self._moved.set()
                await asyncio.sleep(0.0 if self._at_ns < now_ns else FOLLOWS)
            self._end()
        finally:
            self._moved.set()

    async def _follow_to(self, until_ns: int, known: Plain) -> None:
        order = {"do": "follow", "until_ns": until_ns, "rows": None, "tubes": {}}
        await self._stand_at({**order, **known})

    async def _known(self, user: str) -> Plain:
        """What the journal of the run has told since it was asked last: which steps its procedure
        has begun, and when people heard of the ends of their commands."""
        known: Plain = {"steps": [], "ends": []}
        asked = {"do": "since", "topics": ["proc", "cmd"], "limit": A_LOOK}
        while True:
            told = await self._link.ask(user, "", "twin", {**asked, "number": self._entries})
            entries = told["result"]["entries"] if told.get("ok") else []
            for each in entries:
                self._entries = int(each["n"])
                self._learn(known, int(each["t"]), str(each["what"]), each["data"])
            if not entries:
                return known

    def _learn(self, known: Plain, time_ns: int, what: str, data: Plain) -> None:
        if what == "step" and data.get("procedure") == PROCEDURE:
            known["steps"].append([time_ns, int(data["position"])])
        elif what == "issued" and str(data.get("origin")).startswith(PERSON):
            self._of_people.add(str(data["identifier"]))
        elif what == "ended" and data.get("identifier") in self._of_people:
            known["ends"].append(time_ns)

    async def _compare(self, user: str) -> None:
        """Has it compare what is known of the run now with what it knows; raises Gone. The run is
        asked, since it alone knows who has been silent for too long."""
        self._compared = asyncio.get_running_loop().time()
        values = await self._link.ask(user, "", "twin", {"do": "values"})
        custody = await self._link.ask(user, "", "twin", {"do": "custody"})
        if not (values.get("ok") and custody.get("ok")):
            return  # mission control is down: nothing new is known
        rows = [row for row in values["result"]["values"] if row[1] in COMPARED]
        tubes = {each["id"]: each["place"] for each in custody["result"]["tubes"]}
        known = await self._known(user)
        order = {"do": "follow", "until_ns": self._now_ns(), "rows": rows, "tubes": tubes}
        await self._stand_at({**order, **known})

    async def _stand_at(self, order: Plain) -> None:
        answer = await self._ask(order)
        if "at_ns" not in answer:
            raise Gone(str(answer.get("refused") or answer))
        self._at_ns, self._differs = int(answer["at_ns"]), str(answer["differs"])

    async def _ask(self, order: Plain) -> Plain:
        """Its answer; raises Gone where it gives none."""
        async with self._pipe:
            process = self._process
            if process is None or process.stdin is None or process.stdout is None:
                raise Gone("it has ended")
            try:
                async with asyncio.timeout(PATIENCE):
                    process.stdin.write(json.dumps(order).encode() + b"\n")
                    await process.stdin.drain()
                    line = await process.stdout.readline()
                return dict(json.loads(line))
            except TimeoutError:
                raise Gone(f"it did not answer within {PATIENCE:g} s") from None
            except (ValueError, OSError):
                raise Gone(f"it has ended; see {self._state / LOG}") from None


FLOWN = (
    "stage", "version", "vehicle", "command", "arguments", "lifetime", "when", "not_after", "unit",
    "problems",
)  # fmt: skip
"""What of an item of the stack matters on a twin."""


def _staged(stack: dict[str, Plain], stage: str) -> Plain:
    item = stack.get(stage)
    if item is None or item["state"] not in STAGED:
        raise Gone(f"{stage} is not staged: allowed is one of {', '.join(stack) or 'none'}")
    return {name: item[name] for name in FLOWN if name in item}


def _hash(items: list[Plain]) -> str:
    """Of all that a preview was made from; what is asked anew, and changed, has another."""
    about = [{name: value for name, value in each.items() if name != "problems"} for each in items]
    return hashlib.sha256(json.dumps(about, sort_keys=True).encode()).hexdigest()


def _refused(sentence: str) -> Plain:
    return {"ok": False, "refused": sentence}
