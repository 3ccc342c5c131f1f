"""What each vehicle watches and does by itself: the tables of fault protection as pages."""

from flight.core.fault_protection.actions import ActionSpec, declared_actions
from flight.core.fault_protection.quantities import declared_quantities
from flight.core.fault_protection.tables import (
    Budget,
    Checks,
    CommandLoss,
    Monitor,
    Policy,
    Response,
    Rung,
    Table,
)
from flight.core.node import Node
from ground.missions.protection_files import load_protection
from ground.reference.markdown import code, duration, one_line, page, table

FOLDER = "reference/fault-protection"


def protection_pages(kinds: list[type[Node]]) -> dict[str, str]:
    """The pages by their path in the folder of the documentation."""
    return {f"{FOLDER}/{kind.name}.md": _page(kind) for kind in kinds}


def _page(kind: type[Node]) -> str:
    table_ = load_protection(kind.name)
    return page(
        f"Fault protection: {kind.name}",
        f"configs/fault_protection/{kind.name}.yaml and flight/{kind.name}",
        "How to read it: [fault protection](../../explanation/fault-protection.md). Each name in "
        "the first column can be off: `protects:` in a drill, `--without`. What sees that an "
        "actuation has happened: [witnesses](../witnesses.md).",
        *_section("Monitors", "What is watched", _monitors(table_)),
        *_section("Responses", "What is done, the higher priority first", _responses(table_)),
        *_section("Timers", "What happens when nothing does", _timers(table_)),
        *_section("Loads", f"Shed by `{table_.charge}`, in this order", _loads(kind, table_)),
        *_section("Safeguards", "What its code does by itself", _safeguards(kind)),
        *_section("Actions", "What a table may name in `do:`", _actions(kind)),
        *_section("Quantities", "What a condition may name beside channels", _quantities(kind)),
    )


def _section(title: str, words: str, rows: str) -> list[str]:
    return [f"## {title}", f"{words}.", rows] if rows else []


def _monitors(of: Table) -> str:
    head = ("Monitor", "Says", "Violated if", "Well again if", "Set, clear", "Else", "Where")
    return table(
        head,
        [
            [
                code(name), each.says, _violated(each), code(each.clear_if or ""),
                f"{duration(each.set)}, {duration(each.clear)}", _else(each), _where(each),
            ]
            for name, each in of.monitors.items()
        ],
    )  # fmt: skip


def _violated(monitor: Monitor) -> str:
    if monitor.violated_if:
        return code(monitor.violated_if)
    checks = "" if monitor.checks is None else f" {_checks(monitor.checks)}"
    return f"{code(monitor.of)} is not valid{',' if checks else ''}{checks}"


def _checks(checks: Checks) -> str:
    said = []
    if checks.range is not None:
        low, high = checks.range.value
        said.append(f"outside {low:g} to {high:g} {checks.range.unit}")
    if checks.rate is not None:
        said.append(f"faster than {checks.rate.value:g} {checks.rate.unit}")
    if checks.frozen_after is not None:
        said.append(f"the same {checks.frozen_after} times")
    if checks.stamp_age is not None:
        said.append(f"older than {duration(checks.stamp_age)}")
    for name, each in checks.against.items():
        bound = f"{each.within.value:g} {each.within.unit} and {100 * each.part:g} %"
        said.append(f"off `{name}` by more than {bound}")
    return ", or ".join(said)


def _else(monitor: Monitor) -> str:
    """What a verdict that tells nothing counts for, where it is not simply held."""
    said = []
    if monitor.stale_after is not None:
        said.append(f"older than {duration(monitor.stale_after)}: {monitor.when_stale.value}")
    if monitor.when_invalid is not Policy.HOLD and monitor.violated_if:
        said.append(f"not known: {monitor.when_invalid.value}")
    return ", ".join(said)


def _where(monitor: Monitor) -> str:
    inside = ", ".join(map(code, monitor.active_in))
    outside = ", ".join(map(code, monitor.not_in))
    if inside and outside:
        return f"{inside}, not in {outside}"
    return inside or (f"not in {outside}" if outside else "everywhere")


def _responses(of: Table) -> str:
    head = ("Response", "Says", "To", "Does", "Priority", "Budget", "When clear")
    ordered = sorted(of.responses.items(), key=lambda item: -item[1].priority)
    return table(
        head,
        [
            [
                code(name), each.says, ", ".join(map(code, each.monitors)),
                _ladder(each.do, each.then), _priority(each), _budget(each.budget, each.cool_down),
                ", ".join(map(code, each.when_clear)),
            ]
            for name, each in ordered
        ],
    )  # fmt: skip


def _ladder(do: tuple[str, ...], then: Rung | None) -> str:
    words = ", ".join(map(code, do))
    while then is not None:
        steps = ", ".join(map(code, then.do))
        words += f"; not clear in {duration(then.not_cleared_in)}: {steps}"
        then = then.then
    return words


def _priority(response: Response) -> str:
    words = str(response.priority)
    if response.interruptible:
        words += ", interruptible"
    return words if response.mode == "active" else f"{words}, {response.mode}"


def _budget(budget: Budget | None, cool_down: float) -> str:
    words = []
    if budget is not None:
        boots = ", over boots" if budget.over_boots else ""
        words.append(f"{budget.times} in {duration(budget.per)}{boots}")
    if cool_down:
        words.append(f"rests {duration(cool_down)}")
    return "; ".join(words)


def _timers(of: Table) -> str:
    rows = []
    loss, confirm = of.timers.command_loss, of.timers.confirm_communication
    if loss is not None:
        rows.append([code("command_loss"), _silence(loss), _of_silence(loss)])
    if confirm is not None:
        names = ", ".join(map(code, confirm.parameters))
        when = f"{confirm.passes} passes without `confirm_communication`"
        if confirm.within is not None:
            when += f", or {duration(confirm.within)}"
        rows.append([code("confirm_communication"), when, f"as before again: {names}"])
    return table(("Timer", "After", "Does"), rows)


def _of_silence(loss: CommandLoss) -> str:
    return f"{_ladder(loss.do, loss.then)}; all of it again each {duration(loss.rest)}"


def _silence(loss: CommandLoss) -> str:
    words = f"{duration(loss.after)} without a valid command"
    for state, seconds in loss.in_states.items():
        words += f"; in {code(state)} {duration(seconds)}"
    return words


def _loads(kind: type[Node], of: Table) -> str:
    return table(
        ("Load", "What it is", "Shed below", "Back above", "In safe"),
        [
            [
                code(name), kind.loads[name].doc, f"{100 * each.below:g} %",
                f"{100 * each.back_above:g} %", "shed" if each.in_safe else "",
            ]
            for name, each in of.shedding.items()
        ],
    )  # fmt: skip


def _safeguards(kind: type[Node]) -> str:
    return table(
        ("Safeguard", "What it does", "Learned from"),
        [[code(each.name), each.doc, each.lesson] for each in kind.safeguards],
    )


def _actions(kind: type[Node]) -> str:
    return table(
        ("Action", "What it does", "Where safing is forbidden"),
        [
            [_call(each), one_line(each.doc), "allowed" if each.keeps_going else "no"]
            for each in declared_actions(kind).values()
        ],
    )


def _call(action: ActionSpec) -> str:
    return code(" ".join([action.name, *(name.upper() for name in action.names)]))


def _quantities(kind: type[Node]) -> str:
    return table(
        ("Quantity", "Unit", "What it is", "Comes from"),
        [
            [code(name), each.unit, one_line(each.doc), ", ".join(map(code, each.sources))]
            for name, each in declared_quantities(kind).items()
        ],
    )
