"""Mission control as a service: composes what people can ask of it, and does it.

It has no screen, no socket and no wall clock: a request comes with the name of who asks it, by the
word of the edge, and is answered at once. All that it knows it has from the journal, from which it
goes on after a restart.
"""

from pathlib import Path
from typing import Any

import msgspec

from flight.icd.messages import CommandReport, EventReport
from ground.api.commanding import Expire
from ground.api.entries import Answer
from ground.api.fields import Change, Read, Request
from ground.api.requests import plain_request
from ground.mission_control.commanding.origins import user_of
from ground.mission_control.commanding.tracker import Taken, TrackedCommand
from ground.mission_control.mission_control import MissionControl
from ground.mission_control.service.desk import About, ControlDesk
from ground.mission_control.service.handling import EDGE, Asked, Handler, Refused
from ground.mission_control.service.journal import LARGEST
from ground.mission_control.service.polling import news
from ground.mission_control.service.requests.table import all_handlers, attach_all
from ground.mission_control.service.simulation import Simulation

RUN = "run"
"""The source of events that the run itself tells."""


class Service:
    """The service of one mission control, from its start to its death.

    `simulation`: what a trainer can break; None where nothing is simulated. `configs`: the folder
    of what it is watched by; None: that of the operators. Raises ConfigurationError.
    """

    def __init__(
        self,
        control: MissionControl,
        about: About,
        simulation: Simulation | None = None,
        configs: Path | None = None,
    ) -> None:
        self.desk = ControlDesk(control, about, simulation, configs)
        self._handlers = all_handlers().by_kind
        attach_all(self.desk)
        control.tracker.on_change = self._changed
        control.tracker.together = control.archive.together
        control.downlink.together = control.archive.together
        control.downlink.on_report = self._reported
        control.downlink.on_news = self._heard
        control.on_event = self._event
        control.uplink.why_not_leave = self.desk.releases.why_not_leave
        control.uplink.about_to_leave = self.desk.releases.about_to_leave
        control.uplink.keep_back = self.desk.releases.keep_back

    def close(self) -> None:
        """Mission control ends or has died."""
        self.desk.releases.close()

    # ------------------------------------------------------------------- asking

    def read(self, asked: Asked, request: Read) -> Answer:
        """Answers a request that only looks: nothing is the other for it."""
        try:
            self._check_place(request)
            return Answer(True, self._handler(request).handle(self.desk, asked, request))
        except Refused as error:
            return Answer(False, refused=str(error))

    def _check_place(self, request: Read) -> None:
        """Raises Refused where it looks at a vehicle that is not in this run: an answer with
        nothing in it would say that nothing came of it."""
        vehicle = getattr(request, "vehicle", None)
        if vehicle is not None:
            self.desk.need_vehicle(vehicle)
        source = getattr(request, "source", None)
        if source is not None and source not in (*self.desk.vehicles, RUN):
            allowed = ", ".join((*self.desk.vehicles, RUN))
            raise Refused(f"source = {source!r}: allowed is one of {allowed}")

    def answered(self, asked: Asked) -> Answer | None:
        """The answer that was given under a key; None: it is new."""
        entry = self.desk.journal.by_key(_key(asked))
        if entry is None:
            return None
        return msgspec.convert(entry.data["answer"], Answer)

    def asked_under(self, asked: Asked) -> dict[str, Any] | None:
        """The request that came under a key; None: the key is new."""
        entry = self.desk.journal.by_key(_key(asked))
        return None if entry is None else entry.data["request"]

    def change(self, asked: Asked, request: Change) -> Answer:
        """Does a request, all of it or nothing; a repeated key is answered, and not done again."""
        before = self.answered(asked)
        if before is not None:
            if self.asked_under(asked) != plain_request(request):
                return Answer(False, refused=f"key = {asked.key!r}: was used for another request")
            return before
        with self.desk.control.archive.all_or_nothing():
            try:
                handler = self._handler(request)
                if asked.user == EDGE and not isinstance(request, Expire):
                    raise Refused(f"{EDGE} tells that people's time is over, and nothing else")
                self.desk.people.need(asked, handler.roles, _name(request))
                answer = Answer(True, handler.handle(self.desk, asked, request))
            except Refused as error:
                answer = Answer(False, refused=str(error))
            self._audit(asked, request, answer)
        return answer

    def _audit(self, asked: Asked, request: Request, answer: Answer) -> None:
        self.desk.journal.add(
            "audit",
            _name(request),
            who=asked.user,
            data={
                "request": plain_request(request),
                "session": asked.session,
                "key": asked.key,
                "ok": answer.ok,
                "refused": answer.refused,
                "answer": msgspec.to_builtins(answer),
            },
            key=_key(asked),
        )

    def _handler(self, request: Request) -> Handler:
        handler = self._handlers.get(type(request))
        if handler is None:
            raise Refused(f"{_name(request)}: this mission control does not do that")
        return handler

    def poll(self, journal: int, telemetry: int, limit: int) -> dict[str, Any]:
        """What is new since a number of the journal and a version of the telemetry."""
        return news(self.desk, journal, telemetry, limit)

    # ------------------------------------------------------------- what comes down

    def _reported(self, report: CommandReport, taken: Taken) -> None:
        self.desk.ladder.reported(report, taken)
        if self.desk.simulation is not None:
            self.desk.simulation.drills.heard(report)
        self.desk.releases.reported(report, taken)

    def _heard(self, vehicle: str) -> None:
        self.desk.approvals.heard(vehicle)
        self.desk.releases.heard(vehicle)

    def _event(self, event: EventReport) -> None:
        data: dict[str, Any] = {
            "name": event.name, "severity": str(event.severity), "text": event.text,
            "occurred_ns": event.time_ns, "number": event.number, "boot": event.boot,
        }  # fmt: skip
        if len(msgspec.json.encode(event.data)) <= LARGEST:
            data["data"] = event.data
        key = f"ev/{event.source}/{event.boot}/{event.number}/{event.time_ns}"
        self.desk.journal.add("ev", event.name, vehicle=event.source, data=data, key=key)
        self._heard(event.source)
        if self.desk.simulation is not None:
            self.desk.simulation.drills.heard(event)

    def _changed(self, command: TrackedCommand, what: str) -> None:
        self.desk.ladder.changed(command, what)
        if what == "issued" and self.desk.simulation is not None:
            order = command.order
            self.desk.simulation.drills.issued(order, user_of(order.origin))


def _key(asked: Asked) -> str:
    return msgspec.json.encode(["ask", asked.user, asked.key]).decode()


def _name(request: Request) -> str:
    return str(type(request).__struct_config__.tag)
