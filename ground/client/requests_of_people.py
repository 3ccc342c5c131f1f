"""What a person or a script asks of mission control, each as a method: see the API's messages."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Asks(Protocol):
    """Sends one request and returns its result."""

    async def ask(self, do: str, /, *, key: str | None = None, **fields: Any) -> Any: ...


class Reads:
    """Requests that only look."""

    async def hello(self: Asks) -> Any:
        """Who one is here, and what the run is."""
        return await self.ask("hello")

    async def dictionary(self: Asks, vehicle: str | None = None) -> Any:
        """Commands, channels and events of the vehicles."""
        return await self.ask("dictionary", vehicle=vehicle)

    async def snapshot(self: Asks, *topics: str) -> Any:
        """How all is now, with the number of the journal at which that is true."""
        return await self.ask("snapshot", topics=list(topics))

    async def history(self: Asks, **only: Any) -> Any:
        """Commands, the newest first: `vehicle`, `name`, `user`, `limit`, `before`."""
        return await self.ask("history", **only)

    async def values(self: Asks, at_ns: int | None = None, vehicle: str | None = None) -> Any:
        """Each channel's value as it was known at an instant (ns of mission time), or now."""
        return await self.ask("values", at_ns=at_ns, vehicle=vehicle)

    async def series(
        self: Asks, vehicle: str, channel: str, t0_ns: int, t1_ns: int, pixels: int = 1000
    ) -> Any:
        """A channel between two instants, as at most `pixels` rows [t_ns, min, max, last]."""
        return await self.ask(
            "series", vehicle=vehicle, channel=channel, t0_ns=t0_ns, t1_ns=t1_ns, pixels=pixels
        )

    async def events(self: Asks, **only: Any) -> Any:
        """Events: `source`, `name`, `severity`, `since_ns`, `until_ns`, `text`, `limit`."""
        return await self.ask("events", **only)

    async def alarms(self: Asks, all: bool = False, at_ns: int | None = None) -> Any:
        """The alarms that are not over, or every one; now, or as known at an instant (ns)."""
        return await self.ask("alarms", all=all, at_ns=at_ns)

    async def passes(self: Asks, from_ns: int | None = None, to_ns: int | None = None) -> Any:
        """Passes, predicted and past."""
        return await self.ask("passes", from_ns=from_ns, to_ns=to_ns)

    async def custody(self: Asks, tube: str | None = None, at_ns: int | None = None) -> Any:
        """Where each tube is, or every step of one; now, or as known at an instant (ns)."""
        return await self.ask("custody", tube=tube, at_ns=at_ns)

    async def changes(
        self: Asks,
        since_ns: int | None = None,
        since_pass: int | None = None,
        at_ns: int | None = None,
    ) -> Any:
        """What changed since an instant, or since so many passes ago, up to now or an instant."""
        return await self.ask("changes", since_ns=since_ns, since_pass=since_pass, at_ns=at_ns)

    async def on_board(self: Asks, vehicle: str, at_ns: int | None = None) -> Any:
        """What a vehicle has loaded: as we think, and as it has told; now, or as known at an
        instant (ns)."""
        return await self.ask("on_board", vehicle=vehicle, at_ns=at_ns)

    async def procedures(self: Asks) -> Any:
        """The procedures that there are."""
        return await self.ask("procedures")

    async def procedure(self: Asks, name: str | None = None) -> Any:
        """One procedure with its steps and its place; without a name the one that runs."""
        return await self.ask("procedure", name=name)

    async def dry_run(
        self: Asks,
        vehicle: str,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Any:
        """What staging would say: problems, bytes on the link, windows; `when`, `lifetime`,
        `not_after`, `unit` as with `stage`."""
        arguments = dict(arguments or {})
        return await self.ask(
            "dry_run", vehicle=vehicle, command=command, arguments=arguments, **more
        )

    async def preview(
        self: Asks, *stages: str, commands: Sequence[Mapping[str, Any]] = ()
    ) -> Any:
        """What would become of staged commands, or of `commands` {vehicle, command, arguments}, on
        a twin of the run; `warming` in the answer: ask again."""
        return await self.ask("preview", stages=list(stages), commands=list(map(dict, commands)))


class Changes:
    """Requests that change something. The same `key` again is the same request, done once."""

    async def stage(
        self: Asks,
        vehicle: str,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        *,
        key: str | None = None,
        **more: Any,
    ) -> Any:
        """Puts a command on the stack: `note`, `when`, `lifetime`, `not_after`."""
        arguments = dict(arguments or {})
        return await self.ask(
            "stage", key=key, vehicle=vehicle, command=command, arguments=arguments, **more
        )

    async def edit(self: Asks, stage: str, *, key: str | None = None, **changes: Any) -> Any:
        """Changes what is staged; an approval of it is void."""
        return await self.ask("edit", key=key, stage=stage, **changes)

    async def unstage(self: Asks, stage: str, *, key: str | None = None) -> Any:
        """Takes a command from the stack."""
        return await self.ask("unstage", key=key, stage=stage)

    async def approve(
        self: Asks, stage: str, hash: str, note: str = "", *, key: str | None = None
    ) -> Any:
        """Agrees, as a second person, to what has this hash."""
        return await self.ask("approve", key=key, stage=stage, hash=hash, note=note)

    async def refuse(self: Asks, stage: str, note: str, *, key: str | None = None) -> Any:
        """Disagrees with what is staged."""
        return await self.ask("refuse", key=key, stage=stage, note=note)

    async def release(self: Asks, *stages: str, key: str | None = None) -> Any:
        """Lets what is staged leave, in this order."""
        return await self.ask("release", key=key, stages=list(stages))

    async def cancel(self: Asks, identifier: str, *, key: str | None = None) -> Any:
        """Takes back what was released and has not left."""
        return await self.ask("cancel", key=key, identifier=identifier)

    async def take(self: Asks, vehicle: str) -> Any:
        """Takes hold of a vehicle that nobody holds."""
        return await self.ask("authority_take", vehicle=vehicle)

    async def offer(self: Asks, vehicle: str, to: str) -> Any:
        """Offers a vehicle that one holds to somebody."""
        return await self.ask("authority_offer", vehicle=vehicle, to=to)

    async def accept(self: Asks, vehicle: str) -> Any:
        """Takes hold of a vehicle that was offered."""
        return await self.ask("authority_accept", vehicle=vehicle)

    async def give_up(self: Asks, vehicle: str) -> Any:
        """Lets go of a vehicle."""
        return await self.ask("authority_release", vehicle=vehicle)

    async def alarm(self: Asks, do: str, number: int, **more: Any) -> Any:
        """`ack`, `shelve`, `unshelve`, `own` or `note` an alarm."""
        return await self.ask(f"alarm_{do}", number=number, **more)

    async def set_limits(self: Asks, name: str, vehicle: str | None = None) -> Any:
        """Puts a set of limits in force, for a vehicle or for all."""
        more = {} if vehicle is None else {"vehicle": vehicle}
        return await self.ask("limits_set", name=name, **more)

    async def run_procedure(self: Asks, name: str) -> Any:
        """Starts a procedure that is approved."""
        return await self.ask("procedure_run", name=name)

    async def save_procedure(self: Asks, name: str, text: str) -> Any:
        """Keeps a draft, in YAML; refused by line and key where it is none."""
        return await self.ask("procedure_save", name=name, text=text)

    async def submit_procedure(self: Asks, name: str) -> Any:
        """Gives a draft to be reviewed; the answer has its version."""
        return await self.ask("procedure_submit", name=name)

    async def approve_procedure(self: Asks, name: str, version: str, note: str = "") -> Any:
        """Agrees, as another person, to the version that was submitted."""
        return await self.ask("procedure_approve", name=name, version=version, note=note)

    async def control_procedure(self: Asks, do: str, **more: Any) -> Any:
        """`pause`, `step`, `go`, `retry`, `stop`, `jump`, `answer` or `poll` of a procedure."""
        return await self.ask(f"procedure_{do}", **more)

    async def pace(
        self: Asks,
        rate: float | None,
        until: float | str | None = None,
        told: Mapping[str, str] | None = None,
    ) -> Any:
        """Mission seconds in a second (None: as fast as it goes; 0: it stands), up to `until`:
        seconds of mission time, or `pass`, the start of the next one; or to what is `told`:
        {vehicle, event}, or {verdict: identifier of a command}."""
        given = None if told is None else dict(told)
        return await self.ask("pace", rate=rate, until=until, told=given)
