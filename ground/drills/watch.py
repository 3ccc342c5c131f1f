"""Watches one drill from its start to its horizon, and writes down what it sees.

It hears all that the vehicles publish and looks, in between, at states and at the truth. Whatever
goes wrong in here is an error of the harness, not of the run, and ends the drill as that.
"""

import traceback
from collections.abc import Callable
from typing import Any

from flight.icd.custody_account import agrees
from flight.icd.expressions import Expression
from flight.icd.messages import EventReport, Message, Severity
from flight.runtime.looking import watch_too
from flight.runtime.loop import NANOSECONDS, VirtualLoop
from ground.drills.asking import Asked
from ground.drills.awaiting import Awaited
from ground.drills.breaking import from_start, target_words
from ground.drills.curves import Curves, curves_of
from ground.drills.drill import Drill, Within
from ground.drills.invariant import Invariant
from ground.drills.invariants import ALWAYS_ON, INVARIANTS
from ground.drills.operator import Operator, ScriptedOperator
from ground.drills.phases import PhaseClock
from ground.drills.record import (
    ALL_MET,
    BROKEN_OFF,
    WITHOUT_EFFECT,
    Broken,
    FaultSpan,
    Mark,
    Record,
    Waited,
    Whereabouts,
)
from ground.drills.sight import Sight
from ground.drills.trail import Trail
from ground.drills.vocabulary import Vocabulary
from ground.testbed.run import Run
from sim_hw.faults.fault import Hit

LOOK = 0.1
"""s of mission time, at least, between looks; it is also looked after every message."""
AFTERWARDS = 0.7321
"""s from when all has come to the end of a drill: not when others have something to do."""
MOST_MARKS = 400
LISTED = 4  # items of a list that are shown
_TOLD = (Severity.ACTIVITY_HI, Severity.WARNING_LO, Severity.WARNING_HI, Severity.FATAL)


class _Awaiting:
    """Something that has to happen in time."""

    def __init__(self, within: Within, sight: Sight) -> None:
        self.within = within
        self.awaited = Awaited(within.what, sight)
        self.since: float | None = None
        self.met: float | None = None

    def waited(self) -> Waited:
        within = self.within
        return Waited(within.name, str(within.what), within.limit, self.since, self.met)


class Watch:
    """The watch over one drill in one run; `over` says when it has come to its end."""

    def __init__(
        self,
        run: Run,
        drill: Drill,
        vocabulary: Vocabulary,
        loop: VirtualLoop,
        phases: PhaseClock,
    ) -> None:
        self.run, self.drill, self.loop = run, drill, loop
        self._phases = phases
        self._phase = phases.phase
        self._hit_in: dict[str, str] = {}
        self.over = False
        self.end = "horizon"
        self._harness = ""
        self._broke: BaseException | None = None
        self._began = loop.time()
        self._holding: dict[str, bool] = {}
        self._sight = Sight(run, vocabulary, self._holding)
        named = [e.text for e in drill.always if e.text in INVARIANTS]
        names = list(dict.fromkeys([*ALWAYS_ON, *named]))
        self._invariants: dict[str, Invariant] = {name: INVARIANTS[name](run) for name in names}
        self._holding.update({name: True for name in names})
        self._asked = [
            Asked(e, True, self._sight) for e in drill.always if e.text not in INVARIANTS
        ] + [Asked(e, False, self._sight) for e in drill.never]
        self._awaiting = [_Awaiting(each, self._sight) for each in drill.within]
        then = drill.heal.then if drill.heal is not None else None
        self._heal = None if then is None else _Awaiting(then, self._sight)
        self._healed: float | None = None
        self._broken: list[Broken] = []
        self._marks: list[Mark] = []
        self._curves: Curves = curves_of(drill, vocabulary, self._sight)
        self._trail = Trail(run)
        self._operator: Operator = ScriptedOperator(run, drill.operator, self._sight, loop)
        self.looks_too = False
        """Whether somebody else looks at the run as well."""
        self.when_over: Callable[[], None] = lambda: None
        self._calls: dict[str, int] = {}
        self.wants_effect = False
        """Whether it ends when all is healed and nothing has hit."""

    # ---------------------------------------------------------------- under way

    def begin(self) -> None:
        """Begins to watch, and arms the faults."""
        self.run.observers.append(self._hear)
        if self.looks_too:
            watch_too(self.loop, self._look, round(LOOK * NANOSECONDS))
        else:
            self.loop.watch(self._look, round(LOOK * NANOSECONDS))
        self.loop.call_at(self._began + self.drill.horizon, self._at_horizon)
        self._curves.happened(self._began)
        self._guard(self._arm)
        for vehicle in self.run.mission.vehicles:
            state = self._sight.state_of(vehicle)
            self._marks.append(Mark(self._began, vehicle, "state", state or "(no computer runs)"))
        self._look()

    def let_people(self, operate: Callable[[Sight], Operator]) -> None:
        """Has the steps of the operator done by people, and not by a stand-in."""
        self._operator = operate(self._sight)

    def count_calls(self) -> None:
        """Notes, from now on, how often each method of a device is called."""

        def called(service: str, method: str) -> None:
            name = f"{service}.{method}"
            self._calls[name] = self._calls.get(name, 0) + 1

        self.run.hardware.called.append(called)

    @property
    def began(self) -> float:
        """When it began to watch, s of mission time."""
        return self._began

    def break_off(self) -> None:
        """Ends it before its horizon: somebody wishes so."""
        if not self.over:
            self.end = BROKEN_OFF
            self._guard(self._finish)

    def ended_by(self, error: BaseException | None) -> None:
        """The run has ended before the horizon: by itself, or by an error."""
        self._broke = error
        self.end = "the mission ended" if error is None else type(error).__name__
        self._guard(self._finish)

    def _arm(self) -> None:
        faults, heal = self.run.faults, self.drill.heal
        faults.drill = self.drill.name
        for fault in self.drill.faults:
            faults.arm(from_start(fault, self._began))
        if heal is not None and heal.at is not None:
            self.loop.call_at(self._began + heal.at, self._heal_all)

    def _heal_all(self) -> None:
        self._guard(self.run.faults.heal_all)
        self._healed = self.loop.time()
        counts = self.run.faults.counts
        hit = any(counts.get(fault.id) for fault in self.drill.faults)
        if self.wants_effect and not self.over and not hit:
            self.end, self.over = WITHOUT_EFFECT, True

    def _at_horizon(self) -> None:
        self._guard(self._finish)

    def _finish(self) -> None:
        if self.over:
            return
        self._poll()
        for name, invariant in self._invariants.items():
            self._judge(name, invariant.end(self._broke))
        self.over = True
        self.when_over()

    def _guard(self, work: Callable[[], None]) -> None:
        try:
            work()
        except Exception:
            self._harness = self._harness or traceback.format_exc()
            self.end, self.over = "harness", True
            self.when_over()

    def _hear(self, message: Message) -> None:
        if not self.over:
            self._guard(lambda: self._take(message))

    def _look(self) -> None:
        if not self.over:
            self._guard(self._poll)

    def _take(self, message: Message) -> None:
        now = self.loop.time()
        if isinstance(message, EventReport):
            self._mark(message, now)
        for name, invariant in self._invariants.items():
            self._judge(name, invariant.hear(message))
        self._operator.hear(message)
        self._poll()
        for each in self._all_awaiting():
            if each.met is None and each.awaited.hear(message) and each.since is not None:
                each.met = now

    def _poll(self) -> None:
        now = self.loop.time()
        self._count_since(now)
        for name, invariant in self._invariants.items():
            self._judge(name, invariant.look())
        for asked in self._asked:
            if asked.look():
                self._broken.append(Broken(asked.text, now, self._values(asked.expression)))
                self._curves.happened(now)
        for each in self._all_awaiting():
            came = each.awaited.poll()
            if came and each.since is not None and each.met is None:
                each.met = now
        self._operator.look()
        self._curves.look(now)
        self._trail.look(now)
        if self.drill.ends_when_met and not self.over and self._all_met():
            self.end = ALL_MET
            self.loop.call_later(AFTERWARDS, self._guard, self._finish)

    def _all_met(self) -> bool:
        waiting = [each.met for each in self._all_awaiting()]
        waiting += [each.met for each in self._operator.waited()]
        return self.end != ALL_MET and bool(waiting) and None not in waiting

    def _all_awaiting(self) -> list[_Awaiting]:
        return self._awaiting if self._heal is None else [*self._awaiting, self._heal]

    def _count_since(self, now: float) -> None:
        """Finds from when each wait counts, and in which phase each fault has hit."""
        own = [fault.id for fault in self.drill.faults]  # not those of the mission
        hits = [hit for hit in self.run.faults.hits if hit.fault in own]
        if hits and len(self._hit_in) < len(self.drill.faults):
            for hit in hits:
                if hit.fault not in self._hit_in:
                    self._hit_in[hit.fault] = self._phases.phase
                    self._curves.happened(now)
        for each in self._awaiting:
            if each.since is None:
                if each.within.since == "start":
                    each.since = self._began
                elif each.within.since == "hit" and hits:
                    each.since = hits[0].time
                elif each.within.since == "end":
                    each.since = self._all_ended()
        if self._heal is not None and self._heal.since is None:
            at_once = self.drill.heal is not None and self.drill.heal.at is not None
            self._heal.since = self._healed if at_once else self._all_ended()

    def _all_ended(self) -> float | None:
        healed = self.run.faults.healed
        ends = [healed[fault.id] for fault in self.drill.faults if fault.id in healed]
        return max(ends) if ends and len(ends) == len(self.drill.faults) else None

    # ------------------------------------------------------------ writing down

    def _judge(self, name: str, detail: str) -> None:
        if detail and self._holding[name]:
            self._holding[name] = False
            self._curves.happened(self.loop.time())
            self._broken.append(Broken(name, self.loop.time(), detail))

    def _values(self, expression: Expression) -> str:
        return ", ".join(f"{name} = {_shown(self._sight.value(name))}" for name in expression.names)

    def _mark(self, event: EventReport, now: float) -> None:
        if event.name == "mode_changed":
            self._add(Mark(now, event.source, "state", str(event.data.get("after", ""))))
        elif event.severity in _TOLD:
            kind = "event" if event.severity is Severity.ACTIVITY_HI else "warning"
            self._add(Mark(now, event.source, kind, f"{event.name}: {event.text}"[:200]))

    def _add(self, mark: Mark) -> None:
        if len(self._marks) < MOST_MARKS:
            self._marks.append(mark)

    def record(self) -> Record:
        """What was seen."""
        run, drill = self.run, self.drill
        return Record(
            drill=drill.name,
            file=str(drill.file),
            scenario=drill.scenario,
            seed=run.options.seed,
            began=self._began,
            ended=self.loop.time(),
            end=self.end,
            harness=self._harness,
            faults=self._fault_spans(),
            within=[each.waited() for each in self._awaiting] + self._operator.waited(),
            heal=None if self._heal is None else self._heal.waited(),
            healed=self._healed,
            broken=self._broken,
            unasked=[asked.text for asked in self._asked if not asked.known],
            marks=self._marks,
            tubes=self._whereabouts(),
            curves=self._curves.curves,
            phase=self._phase,
            calls=self._calls,
            trail=self._trail.steps,
        )

    def _whereabouts(self) -> list[Whereabouts]:
        tubes, said = self.run.hardware.world.tubes, self.run.auditor.statement()
        found = []
        for tube in tubes.tube_ids:
            place, account = tubes.state(tube).place, said[tube]
            true = agrees(account, place, dropped_to="ground")
            found.append(Whereabouts(tube, place, account.statement, true))
        return found

    def _fault_spans(self) -> list[FaultSpan]:
        faults = self.run.faults
        spans = []
        for fault in self.drill.faults:
            hits = [hit for hit in faults.hits if hit.fault == fault.id]
            spans.append(
                FaultSpan(
                    fault.id, fault.kind.name(), target_words(fault),
                    faults.counts.get(fault.id, 0),
                    hits[0].time if hits else None, hits[-1].time if hits else None,
                    faults.began.get(fault.id), faults.healed.get(fault.id),
                    hits[0].where if hits else "", _hit_words(hits),
                    self._hit_in.get(fault.id, ""),
                )
            )  # fmt: skip
        return spans


def _hit_words(hits: list[Hit]) -> str:
    """The first hit: what was, and what was made of it."""
    if not hits or (hits[0].before is None and hits[0].after is None):
        return ""
    before, after = hits[0].before, hits[0].after
    if isinstance(before, dict) and isinstance(after, dict):
        changed = [n for n in after if before.get(n) != after[n]]
        told = [f"{n}: {_shown(before.get(n))} → {_shown(after[n])}" for n in changed[:3]]
        return ", ".join([*told, *(["…"] if len(changed) > 3 else [])])
    return f"{_short(before)} → {_short(after)}"


def _short(value: Any) -> str:
    text = _shown(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _shown(value: Any) -> str:
    """A value for people: figures of six digits, of long lists the first."""
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, list | tuple):
        more = ["…"] if len(value) > LISTED else []
        return f"[{', '.join([*map(_shown, value[:LISTED]), *more])}]"
    return str(value)
