"""Asks each monitor when something came that it looks at: a channel, a reading, a state, its time.

A monitor that looks at something that comes often costs what its condition costs; all others cost
nothing meanwhile.
"""

import asyncio
import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from flight.core.fault_protection.monitors import MonitorRun, Verdict
from flight.core.fault_protection.names import Names
from flight.core.fault_protection.reading_checks import ReadingChecks, figure_of
from flight.core.fault_protection.reading_rules import Rules, rules_of
from flight.core.fault_protection.table_checks import active_leaves
from flight.core.fault_protection.tables import Table
from flight.icd.compiled_expressions import Answer, Tell, compile_condition
from flight.icd.expressions import parse_expression
from flight.icd.field_paths import field_of


class _Condition:
    """A monitor with a condition: what it asks, and of what."""

    def __init__(self, run: MonitorRun, watch: "Watch") -> None:
        self.run = run
        entry = run.entry
        asked = parse_expression(entry.violated_if or "")
        self.names = asked.names
        find, resolve = watch.teller, watch.names.resolve
        self.violated: Answer = compile_condition(asked.asked, find, resolve)
        self.clear: Answer | None = None
        if entry.clear_if:
            cleared = parse_expression(entry.clear_if)
            self.names = tuple(dict.fromkeys((*self.names, *cleared.names)))
            self.clear = compile_condition(cleared.asked, find, resolve)
        told = [name not in watch.names.quantities and name not in watch.names.parameters
                for name in self.names]  # fmt: skip
        self.is_asked_of_all = all(told)
        """Whether it is asked of each change of what it looks at: quantities and parameters change
        without a word."""
        self.asked_at = -math.inf

    def judge(self) -> Verdict:
        violated = self.violated()
        if violated is False and self.run.is_set and self.clear is not None:
            clear = self.clear()
            violated = None if clear is None else not clear
        if violated is None:
            return Verdict.INVALID
        return Verdict.VIOLATED if violated else Verdict.OK


class Watch:
    """All monitors of one vehicle, and when each is asked."""

    def __init__(self, node: Any, table: Table, names: Names, tell: Callable[[MonitorRun], None]):
        self.names = names
        self.runs = {name: MonitorRun(name, each, tell) for name, each in table.monitors.items()}
        self._node = node
        self._clock: Callable[[], float] = asyncio.get_running_loop().time
        self._conditions: list[_Condition] = []
        self._of_channel: dict[str, list[_Condition]] = {}
        self._of_reading: dict[tuple[str, str], list[_Condition]] = {}
        self._judged: dict[tuple[str, str], list[tuple[MonitorRun, Rules]]] = {}
        self._wanted: dict[tuple[str, str], Any] = {}
        self._heard_at: dict[tuple[str, str], float] = {}
        self._known_at: dict[str, float] = {}
        self._installed: list[tuple[str, str, Any]] = []
        self._active_at: dict[str, tuple[MonitorRun, ...]] = {}
        self._active_since: dict[str, float] = {}
        self._aging: list[MonitorRun] = []
        self._looks_at: dict[str, tuple[str, ...]] = {}
        self._timer: asyncio.TimerHandle | None = None
        for run in self.runs.values():
            self._add(run)
        leaves = {name: active_leaves(each, names) for name, each in table.monitors.items()}
        for leaf in names.chart.leaves:
            self._active_at[leaf] = tuple(
                run for name, run in self.runs.items() if leaf in leaves[name] and run.entry.enabled
            )

    # ------------------------------------------------------------ being put up

    def _add(self, run: MonitorRun) -> None:
        entry = run.entry
        if entry.of:
            rules = rules_of(entry, self.names)
            self._judged.setdefault((rules.device, rules.method), []).append((run, rules))
            self._install(run, rules)
            self._looks_at[run.name] = (f"{rules.device}.{rules.method}",)
        else:
            condition = _Condition(run, self)
            self._conditions.append(condition)
            self._looks_at[run.name] = condition.names
            for trigger in dict.fromkeys(self._triggers(condition.names)):
                if trigger in self.names.channels:
                    self._of_channel.setdefault(trigger, []).append(condition)
                else:
                    device, method, _ = self.names.reading(trigger)
                    key = (device, method.name)
                    self._of_reading.setdefault(key, []).append(condition)
        if entry.stale_after is not None:
            self._aging.append(run)

    def _triggers(self, names: Iterable[str]) -> Iterable[str]:
        """Channels and readings after which a condition on some names is asked."""
        for name in names:
            if name in self.names.quantities:
                yield from self.names.quantities[name].after
                continue
            if name in self.names.parameters:
                continue
            if name not in self.names.channels:
                device, method, _ = self.names.reading(name)
                self._wanted.setdefault((device, method.name), None)
            yield name

    def _install(self, run: MonitorRun, rules: Rules) -> None:
        checks = ReadingChecks(rules, self.value)

        def judge(reading: Any, now_ns: int) -> tuple[str, str] | None:
            return checks.judge(reading, now_ns) if run.active else None

        self._node.readings.gate(rules.device).further.setdefault(rules.method, []).append(judge)
        self._installed.append((rules.device, rules.method, judge))

    def take_down(self) -> None:
        """Ends all watching; a table of another kind is put up."""
        for device, method, judge in self._installed:
            self._node.readings.gate(device).further[method].remove(judge)
        self.stop()
        for run in self.runs.values():
            run.activate(False)

    def stop(self) -> None:
        """Waits for no time any more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # ------------------------------------------------------------------ values

    def value(self, name: str) -> Any:
        """What a name in a condition is now; None: not known."""
        names = self.names
        if name in names.channels:
            return self._node.channels.value(name)
        if name in names.quantities:
            return self._quantity(name)
        if name in names.parameters:
            return self._node.parameters[name]
        device, _, rest = name.partition(".")
        method, _, field = rest.partition(".")
        reading = self._wanted.get((device, method))
        return None if reading is None else figure_of(reading, field)

    def teller(self, name: str) -> Tell:
        """Tells what a name in a condition is now, for who asks again and again."""
        if name in self.names.channels:
            tell: Tell = self._node.channels.teller(name)
            return tell
        if name in self.names.quantities:
            return partial(self._quantity, name)
        return partial(self.value, name)

    def _quantity(self, name: str) -> Any:
        try:
            value = self.names.quantities[name].function(self._node)
        except Exception:  # what cannot be worked out is not known, and ends nothing
            return None
        if value is not None:
            self._known_at[name] = self._clock()
        return value

    def detail(self, run: MonitorRun) -> str:
        """What a monitor looks at, in figures, for people."""
        if run.detail:
            return run.detail
        said = []
        for name in self._looks_at[run.name]:
            value = self.value(name)
            figure = f"{value:.5g}" if isinstance(value, float) else value
            said.append(f"{name} = {figure}")
        return ", ".join(said)

    # ---------------------------------------------------------------- arriving

    def channel_set(self, name: str) -> None:
        """A channel has been set."""
        for condition in self._of_channel.get(name, ()):
            self._ask(condition)

    def reading_heard(self, device: str, method: str, reading: Any, wrong: str) -> None:
        """A reading has come, or (None) has not."""
        key = (device, method)
        judged, asked = self._judged.get(key), self._of_reading.get(key)
        if judged is None and asked is None:
            return
        now = self._clock()
        if reading is not None:
            self._heard_at[key] = now
        for run, rules in judged or ():
            run.take(_verdict(reading, wrong, rules.field), now, wrong)
        if asked is not None:
            if key in self._wanted:
                self._wanted[key] = reading if reading is not None and reading.valid else None
            for condition in asked:
                self._ask(condition)

    def take_up(self, monitor: str) -> bool:
        """After a reboot: goes on with a monitor that was violated; False: it does not watch here.
        """
        run = self.runs.get(monitor)
        if run is None or not run.active:
            return False
        run.is_set = True
        self._ask_all_again()
        return True

    def state_entered(self, leaf: str) -> None:
        """The vehicle is in another state: some monitors end, others begin."""
        active = self._active_at.get(leaf, ())
        now = self._clock()
        for run in self.runs.values():
            if run in active and not run.active:
                self._active_since[run.name] = now
            run.activate(run in active)
        self._ask_all_again()
        self._look_for_age()

    def look(self) -> None:
        """Asks all conditions; at each housekeeping. What was asked at this very instant, of all
        that it looks at, would say the same once more: most channels have just been set."""
        now = self._clock()
        for condition in self._conditions:
            if not (condition.is_asked_of_all and condition.asked_at == now):
                self._ask(condition)

    def _ask_all_again(self) -> None:
        """What a monitor was is not what it would say now."""
        for condition in self._conditions:
            condition.asked_at = -math.inf

    def _ask(self, condition: _Condition) -> None:
        run = condition.run
        if run.active:
            condition.asked_at = now = self._clock()
            verdict = Verdict.STALE if self._is_stale(run) else condition.judge()
            run.take(verdict, now)

    # --------------------------------------------------------------------- age

    def _age(self, name: str) -> float:
        """Seconds since something was last known; infinite: never."""
        if name in self.names.channels:
            return float(self._node.channels.age(name))
        if name in self.names.quantities:
            return self._clock() - self._known_at.get(name, -math.inf)
        if name in self.names.parameters:
            return 0.0
        device, method, _ = (*name.split(".", 2), "")[:3]
        return self._clock() - self._heard_at.get((device, method), -math.inf)

    def _is_stale(self, run: MonitorRun) -> bool:
        limit = run.entry.stale_after
        return limit is not None and self._oldest(run) >= limit

    def _oldest(self, run: MonitorRun) -> float:
        """The age (s) of the oldest that a monitor looks at; it looks since it is active."""
        watched = self._clock() - self._active_since.get(run.name, -math.inf)
        return min(watched, max(self._age(name) for name in self._looks_at[run.name]))

    def _look_for_age(self) -> None:
        """Finds what has become too old, and comes back when the next might."""
        self.stop()
        nearest = math.inf
        now = self._clock()
        for run in self._aging:
            if not run.active:
                continue
            limit = run.entry.stale_after or math.inf
            left = limit - self._oldest(run)
            if left <= 0.0:
                run.take(Verdict.STALE, now)
                left = limit
            nearest = min(nearest, left)
        if nearest < math.inf:
            self._timer = asyncio.get_running_loop().call_later(nearest, self._look_for_age)


def _verdict(reading: Any, wrong: str, field: str) -> Verdict:
    if reading is None:
        return Verdict.INVALID
    if not reading.valid:
        return Verdict.VIOLATED if wrong else Verdict.INVALID
    if not field:
        return Verdict.VIOLATED if wrong else Verdict.OK
    flag = reading.own_validity.get(field_of(field))
    value = figure_of(reading, field)
    said = flag is None or getattr(reading, flag) is not False
    if said and value is not None and value == value:
        return Verdict.OK
    another = flag is not None and not wrong.startswith(field_of(field))
    return Verdict.VIOLATED if wrong and not another else Verdict.INVALID
