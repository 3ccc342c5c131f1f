"""Parts of the fault protection by themselves: budgets, readings, safing, timers, actions."""

import math
from types import SimpleNamespace
from typing import Annotated, Any

import msgspec
import pytest

from flight.core.chart.statechart import Safing, State, Statechart
from flight.core.commanding.commands import CommandRejected
from flight.core.fault_protection import watching
from flight.core.fault_protection.actions import (
    ActionError,
    action,
    declared_actions,
    parse_action,
)
from flight.core.fault_protection.budgets import Budgets
from flight.core.fault_protection.names import _bare
from flight.core.fault_protection.protection_commands import (
    ProtectionCommands,
    differences,
    merged,
)
from flight.core.fault_protection.readings import Readings
from flight.core.fault_protection.safing import SafingControl
from flight.core.fault_protection.tables import Budget, Monitor, Table
from flight.core.fault_protection.timers import CommandLossTimer, Confirmation
from flight.core.fault_protection.watching import Watch
from flight.core.keeping.storage import Storage
from flight.icd.devices.measured import measured
from flight.runtime.reading_gate import ReadingGate


def test_a_budget_is_for_its_time_and_over_boots_where_it_says_so() -> None:
    storage, clock = Storage(":memory:"), SimpleNamespace(now=100.0)

    def budgets() -> Budgets:
        return Budgets(storage, lambda: clock.now)

    kept, fleeting = Budget(times=2, per=10.0, over_boots=True), Budget(times=1, per=10.0)
    made = budgets()
    assert made.left("a", None) and made.left("a", kept)
    made.use("a", None)
    for name, budget in (("a", kept), ("b", fleeting), ("a", kept)):
        assert made.left(name, budget)
        made.use(name, budget)
    assert not made.left("a", kept) and not made.left("b", fleeting)
    again = budgets()
    assert not again.left("a", kept) and again.left("b", fleeting), "of another boot"
    clock.now = 109.999
    assert not made.left("a", kept)
    clock.now = 110.0
    assert made.left("a", kept) and made.left("b", fleeting), "the time is over"
    clock.now = 50.0
    assert not budgets().left("a", kept), "a count that began anew hides nothing"
    made.forget("a")
    made.forget("unknown")
    assert made.left("a", kept) and budgets().left("a", kept)


def test_what_has_acted_and_is_not_undone_is_owed_once_and_over_boots() -> None:
    storage = Storage(":memory:")
    made = Budgets(storage, lambda: 0.0)
    for name, owes in (("a", True), ("b", True), ("a", True), ("c", False)):
        made.owe(name, owes)
    assert made.owed() == ["a", "b"] == Budgets(storage, lambda: 0.0).owed()
    made.owe("a", False)
    made.owe("a", True)
    assert made.owed() == ["b", "a"]
    storage.put("fault_protection", "owed", "nonsense")
    storage.put("fault_protection", "shots", {"a": [1.0, "x"], "b": 3, "c": [2, 3.5]})
    assert made.owed() == [] and Budgets(storage, lambda: 4.0)._shots == {"c": [2.0, 3.5]}
    storage.put("fault_protection", "shots", ["a"])
    assert Budgets(storage, lambda: 4.0)._shots == {}


def reading(valid: bool = True, reason: str = "") -> Any:
    return SimpleNamespace(valid=valid, reason=reason, no_fault=frozenset())


def test_a_reading_that_is_refused_is_told_once_for_each_reason_and_when_it_is_well_again() -> None:
    told: list[Any] = []
    heard: list[Any] = []
    readings = Readings(
        lambda *given: told.append(("invalid", *given)), lambda *given: told.append(given)
    )
    readings.listeners.append(lambda *given: heard.append(given))
    hear = readings._listener("imu")
    for wrong in ("rate = 7: too fast", "rate = 8: too fast", "rate = 9: stale"):
        hear("read", reading(), wrong)
    hear("read", reading(), "")
    hear("read", reading(), "")
    assert told == [
        ("invalid", "imu", "read", "rate = 7: too fast"),
        ("invalid", "imu", "read", "rate = 9: stale"), ("imu", "read", 3),
    ]  # fmt: skip
    assert len(heard) == 5 and readings.good_since() != {} and readings.good_since() == {}
    told.clear()
    for _ in range(4):
        hear("read", reading(False), "")
    hear("read", reading(), "")
    assert told == [], "a device may say so itself four times in a row"
    for number in range(6):
        hear("read", reading(False, "cloudy" if number else ""), "")
    hear("read", None, "no answer")
    hear("read", reading(), "")
    assert told == [
        ("invalid", "imu", "read", "the device says so itself, 5 times in a row: cloudy"),
        ("imu", "read", 6),
    ]  # fmt: skip
    assert readings.gate("imu") is readings.gate("imu") is not readings.gate("wheels")


def safing(state: str) -> tuple[SafingControl, list[Any], Any]:
    told: list[Any] = []
    now = SimpleNamespace(state=state)
    chart = Statechart(
        State("free", initial=True), State("later", safing=Safing.DEFERRED),
        State("never", safing=Safing.FORBIDDEN),
    )  # fmt: skip
    made = SafingControl(
        chart, lambda: now.state, lambda why: told.append(("safe", why)),
        lambda why: told.append(("withheld", why)), lambda why: told.append(("deferred", why)),
    )  # fmt: skip
    return made, told, now


def test_who_may_go_safe_now_later_or_never() -> None:
    made, told, now = safing("free")
    assert made.admits("a") and not made.is_critical() and told == []
    now.state = "later"
    still = [True, False]
    assert not made.admits("a", lambda: still[0]) and not made.admits("b", lambda: still[1])
    assert not made.admits("a") and not made.is_critical()
    assert told == [("deferred", "a"), ("deferred", "b")], "each reason once"
    made.look()
    now.state = "never"
    made.look()
    assert not made.admits("c") and made.is_critical() and told[2:] == [("withheld", "c")]
    now.state = "free"
    made.look()
    made.look()
    assert told[3:] == [("safe", "a")], "the other has passed"
    made.resumes_critical = True
    assert made.now() is Safing.FORBIDDEN and made.is_critical() and not made.admits("d")


def test_a_stretch_within_another_is_not_broken_off_before_both_have_ended() -> None:
    made, told, _ = safing("free")
    with made.critical("burn"):
        with made.critical("burn"):
            assert not made.admits("a") and made.is_critical()
        assert made.now() is Safing.DEFERRED and told == [("deferred", "a")]
    assert told[1:] == [("safe", "a")] and not made.is_critical()
    with made.critical("burn"):
        made.admits("b")
        made.forget()
    assert told[2:] == [("deferred", "b")], "it is safe already"


def test_silence_that_was_announced_is_waited_out_and_a_limit_is_that_of_the_innermost_state() -> (
    None
):
    clock, storage = SimpleNamespace(now=1_000.0), Storage(":memory:")
    entry: Any = SimpleNamespace(after=100.0, in_states={"work": 50.0, "work.dig": 20.0})
    timer = CommandLossTimer(entry, storage, lambda: clock.now)
    assert [timer.limit(s) for s in ("idle", "work", "work.dig", "work.dig.deep", "worker")] == [
        100.0, 50.0, 20.0, 20.0, 100.0,
    ]  # fmt: skip
    clock.now += 30.0
    assert (timer.age, timer.left("idle"), timer.announced) == (30.0, 70.0, 0.0)
    timer.announce_silence(500.0)
    assert (timer.age, timer.left("idle"), timer.announced) == (0.0, 600.0, 500.0)
    clock.now += 100.0
    timer.heard()
    assert (timer.left("idle"), timer.announced) == (500.0, 400.0), "it holds to its end"
    again = CommandLossTimer(entry, storage, lambda: clock.now)
    assert again.left("idle") == 500.0
    clock.now = 10.0
    anew = CommandLossTimer(entry, storage, lambda: clock.now)
    assert (anew.left("idle"), anew.announced) == (500.0, 400.0), "another oscillator"
    storage.put("timers", "command_loss", "nonsense")
    assert CommandLossTimer(entry, storage, lambda: clock.now).left("idle") == 100.0
    timer.announce_silence(0.0)
    assert timer.announced == 0.0


def test_settings_of_the_radio_go_back_after_their_passes_to_what_was_confirmed_last() -> None:
    storage, reverted = Storage(":memory:"), []  # type: ignore[var-annotated]
    entry: Any = SimpleNamespace(parameters=("rate", "power"), passes=2, within=None)

    def begun() -> Confirmation:
        return Confirmation(
            entry, storage, lambda values: reverted.append(dict(values)), lambda: 0.0
        )

    def end_pass() -> None:
        made.link_changed("relay", True)
        made.link_changed("relay", False)

    made = begun()
    end_pass()
    assert not made.confirm() and reverted == []
    made.changed({"rate": 1, "power": 5, "other": 0}, {"rate": 1, "power": 5, "other": 9})
    assert not made.confirm(), "none of these settings"
    made.changed({"rate": 1, "power": 5}, {"rate": 2, "power": 5})
    end_pass()
    made.changed({"rate": 2, "power": 5}, {"rate": 3, "power": 6})
    made = begun()
    end_pass()
    assert reverted == [], "the passes are counted anew from the last change"
    end_pass()
    end_pass()
    assert reverted == [{"rate": 1, "power": 5}]
    made.changed({"rate": 1, "power": 5}, {"rate": 2, "power": 5})
    assert made.confirm() and not made.confirm()
    end_pass()
    end_pass()
    assert len(reverted) == 1


class Acting:
    @action()
    def heat(self, zone: str, level: float = 1.0) -> str:
        """Heats."""
        return f"{zone} {level:g}"

    @action(name="rest", keeps_going=True, leaves_safe=True, about={"zone": "device"})
    def _do_rest(self, zone: str) -> None: ...


def test_an_action_is_a_name_with_its_arguments_and_may_say_nothing_of_itself() -> None:
    actions = declared_actions(Acting)
    heat, rest = actions["heat"], actions["rest"]
    assert (heat.doc, heat.keeps_going, heat.leaves_safe) == ("Heats.", False, False)
    assert heat.about == {}
    assert (rest.doc, rest.keeps_going, rest.leaves_safe) == ("", True, True)
    assert rest.about == {"zone": "device"} and rest.method == "_do_rest"
    for text, did in (("heat arm", "arm 1"), ("heat arm 2.5", "arm 2.5"),
                      ("heat level=3 zone='an arm'", "an arm 3")):  # fmt: skip
        call = parse_action(text, actions)
        assert call.on(Acting()) == did and call.text == text
    assert parse_action("heat " + "a" * 295, actions)
    for text, why in (
        ("heat " + "a" * 296, "300 characters"), ("", "a name and its arguments"),
        ("heat 'arm", "cannot be read"), ("heet arm", "heat"), ("heat arm 1 2", "'2' is too much"),
        ("heat arm zone=leg", "zone is given twice"), ("heat", "zone"), ("heat arm x", "level"),
        ("rest a b", "takes zone"),
    ):  # fmt: skip
        with pytest.raises(ActionError, match=why):
            parse_action(text, actions)


def test_a_change_of_a_table_goes_over_what_there_is_and_nothing_takes_an_entry_out() -> None:
    base = {"monitors": {"a": 1, "b": 2}, "charge": "x", "timers": {"t": 1}}
    change = {"monitors": {"b": None, "c": 3}, "responses": {"r": 4}, "timers": {"u": 2}}
    assert merged(base, change) == {
        "monitors": {"a": 1, "c": 3}, "responses": {"r": 4}, "charge": "x",
        "timers": {"t": 1, "u": 2},
    }  # fmt: skip
    assert base["monitors"] == {"a": 1, "b": 2}

    def watching(**monitors: str) -> Table:
        made = {name: Monitor(says=says, violated_if="x > 1") for name, says in monitors.items()}
        return Table(monitors=made)

    before, after = watching(a="1", b="2"), watching(a="1", b="3", c="4")
    assert differences(before, after) == ["monitors.b", "monitors.c"]
    assert differences(after, watching(a="1")) == ["monitors.b", "monitors.c"]
    assert differences(before, before) == []
    assert differences(Table(), Table(charge="soc")) == ["charge"]


def test_what_is_as_old_as_may_be_is_stale_and_a_watch_begins_when_its_state_does() -> None:
    found: Any = object.__new__(Watch)
    clock = SimpleNamespace(now=100.0)
    found._clock = lambda: clock.now
    found.names = SimpleNamespace(channels={"speed": 1}, quantities={"slip": 1}, parameters={"p"})
    found._node = SimpleNamespace(channels=SimpleNamespace(age=lambda name: 4.0))
    found._known_at, found._heard_at = {"slip": 97.0}, {("imu", "read"): 94.0}
    assert [found._age(n) for n in ("speed", "slip", "p", "imu.read.rate", "imu.other")] == [
        4.0, 3.0, 0.0, 6.0, math.inf,
    ]  # fmt: skip
    found._looks_at = {"m": ("speed", "imu.read.rate", "p")}
    found._active_since = {}
    run: Any = SimpleNamespace(name="m", entry=SimpleNamespace(stale_after=6.0))
    assert found._oldest(run) == 6.0 and found._is_stale(run), "at the very limit"
    run.entry.stale_after = 6.001
    assert not found._is_stale(run)
    run.entry.stale_after = 6.0
    found._active_since = {"m": 94.001}
    assert not found._is_stale(run), "it has looked for less"
    run.entry.stale_after = None
    clock.now = 1e9
    assert not found._is_stale(run)


def test_a_table_that_is_taken_down_leaves_no_check_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = SimpleNamespace(judge=lambda reading, now_ns: ("rate", f"too fast at {now_ns}"))
    monkeypatch.setattr(watching, "ReadingChecks", lambda rules, value: checks)
    gates = {"imu": ReadingGate()}
    found: Any = object.__new__(Watch)
    ended: list[bool] = []
    run = SimpleNamespace(active=True, activate=ended.append)
    vars(found).update(
        _node=SimpleNamespace(readings=SimpleNamespace(gate=gates.__getitem__)), _installed=[],
        runs={"m": run}, _timer=None,
    )  # fmt: skip
    found._install(run, SimpleNamespace(device="imu", method="read"))
    [judge] = gates["imu"].further["read"]
    assert judge(None, 7) == ("rate", "too fast at 7")
    run.active = False
    assert judge(None, 7) is None, "it watches in its states alone"
    found.take_down()
    assert gates["imu"].further["read"] == [] and ended == [False]


def test_a_table_that_was_activated_is_staged_no_more_and_none_is_while_a_response_acts() -> None:
    found: Any = object.__new__(ProtectionCommands)
    replaced: list[Table] = []
    audited: list[Any] = []
    before, after = Table(charge="charge"), Table(charge="soc")
    responder = SimpleNamespace(running=SimpleNamespace(name="heat"))
    vars(found).update(
        protection=SimpleNamespace(responder=responder, table=before, replace=replaced.append),
        _staged=after, _audit=lambda *given: audited.append(given),
    )  # fmt: skip
    with pytest.raises(CommandRejected, match="response heat acts: not while it does"):
        found._replace(after)
    assert replaced == [] and found._staged is after
    responder.running = None
    found._replace(after)
    assert replaced == [after] and found._staged is None
    assert audited == [("charge", '"charge"', '"soc"')]


def test_what_a_figure_is_stands_below_its_unit_and_its_being_optional() -> None:
    metres = Annotated[float, measured("m", 0.0, 1.0)]
    for annotation in (float, float | None, metres, metres | None, Annotated[float | None, "x"]):
        assert _bare(annotation) is float
    for annotation in (float | int | None, list[float], dict[str, float], tuple[float]):
        assert _bare(annotation) == annotation


@pytest.mark.parametrize(
    ("fields", "good"),
    [
        ({"set": 0.0}, True), ({"set": 1e9}, True), ({"set": 1.001e9}, False),
        ({"set": -1.0}, False), ({"clear": 1e9}, True), ({"clear": 1.001e9}, False),
        ({"stale_after": 0.0}, False), ({"stale_after": 1e9}, True),
        ({"stale_after": 1.001e9}, False), ({"says": "x" * 300}, True),
        ({"says": "x" * 301}, False), ({"says": ""}, False), ({"violated_if": "x" * 500}, True),
        ({"violated_if": "x" * 501}, False), ({"violated_if": ""}, False),
        ({"of": "imu.read"}, False), ({"checks": {}}, False), ({"when_stale": "hold"}, True),
        ({"when_stale": "never"}, False), ({"nonsense": 1}, False),
    ],
)  # fmt: skip
def test_a_monitor_is_one_within_its_limits(fields: dict[str, Any], good: bool) -> None:
    plain = {"says": "x", "violated_if": "x", **fields}
    if good:
        assert msgspec.convert(plain, Monitor)
    else:
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(plain, Monitor)
