"""Mission control, for scripts: all that a person can do."""

import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Self

from ground.client import following
from ground.client.connection import PATIENCE, Connection
from ground.client.errors import Refused
from ground.client.finding import find_api, save_session, saved_session
from ground.client.following import JournalEntry, Value
from ground.client.requests_of_people import Changes, Reads

ENDS = ("COMPLETED", "REJECTED", "FAILED", "TIMED_OUT", "ABORTED", "UNANSWERED", "CANCELLED")
"""What a command's status is in the end."""


class Sent(NamedTuple):
    """A command that was released: `identifiers` (ARM's before FIRE's), and when its answer can
    come at the earliest (ns of mission time; None: no pass is predicted)."""

    identifiers: list[str]
    stage: str
    earliest_answer_ns: int | None


class NeedsApproval(Refused):
    """What is staged waits for a second person; `stage` and `hash` are what they approve."""

    def __init__(self, text: str, stage: str, hash: str) -> None:
        super().__init__(text)
        self.stage = stage
        self.hash = hash


class MissionControl(Reads, Changes):
    """`async with MissionControl("runs/demo", user="anna") as mc: ...`

    `place`: a run folder that is served, or a person's key file. Who one is: `session`, a token;
    or `user` with `password`; or `user` alone, with the session that this machine has saved.
    Raises Refused for what is not allowed, and Unanswered where nobody knows.
    """

    def __init__(
        self,
        place: Path | str,
        *,
        user: str = "",
        password: str = "",
        session: str = "",
        patience: float = PATIENCE,
    ) -> None:
        self._user, self._password = user, password
        if user and not session and not password:
            session = saved_session(find_api(place), user)
            if not session:
                raise Refused(f"{place}: no session of {user} is saved here; give a password")
        self.connection = Connection(place, session=session, patience=patience)

    async def __aenter__(self) -> Self:
        await self.connection.__aenter__()
        if self._password:
            try:
                await self.log_in(self._user, self._password)
            except BaseException:
                await self.connection.__aexit__()
                raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.connection.__aexit__()

    async def log_in(self, user: str, password: str) -> str:
        """Opens a session and uses it from now on; returns its token."""
        answer = await self.ask("login", user=user, password=password)
        self.connection.session = str(answer["session"])
        return self.connection.session

    def remember(self) -> None:
        """Saves the session for the next command of this person on this machine."""
        save_session(self.connection.api, self._user, self.connection.session)

    async def ask(self, do: str, /, *, key: str | None = None, **fields: Any) -> Any:
        """Any request of the API by its name; fields that are None are left out."""
        given = {name: value for name, value in fields.items() if value is not None or do == "pace"}
        return await self.connection.ask({"do": do, **given}, key=key)

    async def send(
        self,
        vehicle: str,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        **more: Any,
    ) -> "Sent":
        """Stages and releases a command.

        Raises Refused with what is wrong, and NeedsApproval where it waits for a second person.
        """
        key = key or secrets.token_hex(16)
        staged = await self.stage(vehicle, command, arguments, key=f"{key}.stage", **more)
        stage, problems = str(staged["stage"]), staged.get("problems") or []
        if problems:
            await self.unstage(stage, key=f"{key}.unstage")
            raise Refused("; ".join(map(str, problems)))
        if staged.get("approval_needed"):
            raise NeedsApproval(
                f"{vehicle} {command} is hazardous: it is staged as {stage}, and somebody else "
                "has to approve it before it is released",
                stage,
                str(staged.get("hash", "")),
            )
        released = await self.release(stage, key=f"{key}.release")
        estimated = staged.get("estimated") or {}
        names = [str(each) for each in released["identifiers"]]
        return Sent(names, stage, estimated.get("earliest_answer_ns"))

    def journal(self, since: int = 0, topics: Sequence[str] = ()) -> AsyncIterator[JournalEntry]:
        """The journal after a number, then each entry as it comes."""
        return following.journal(self.connection, since, topics)

    def telemetry(self, vehicle: str | None = None) -> AsyncIterator[Value]:
        """The newest value of every channel, then each change."""
        return following.telemetry(self.connection, vehicle)

    def clock(self) -> AsyncIterator[dict[str, Any]]:
        """How the run stands, at least once a second."""
        return following.clock(self.connection)

    async def ladder(self, identifier: str, since: int = 0) -> AsyncIterator[JournalEntry]:
        """The rungs of one command as they come, to its last."""
        async for entry in self.journal(since, ("cmd",)):
            if entry.data.get("identifier") != identifier:
                continue
            yield entry
            if entry.data.get("status") in ENDS:
                return
