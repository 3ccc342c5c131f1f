"""The rules of a bench file between its devices: which cannot be, and what is told of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from flight.configuration.files import refusal
from ground.testbed.bench.limits import RuleFile
from sim_hw.bench.between import Rule


def check_rules(path: Path, rules: Sequence[RuleFile], modes: Mapping[str, str]) -> None:
    """Refuses rules of devices that are not there or never move, and rings: of what is armed, in
    which nobody knows who is, and of what is real, in which nobody ever moves; raises
    ConfigurationError. `modes`: of all devices of the file."""
    wired = [name for name, mode in modes.items() if mode not in ("sim", "replay")]
    moved = [name for name in wired if modes[name] != "monitor"]
    behind = {what: _behind(_beside(rules_of(rules, modes), what)) for what in ("armed", "real")}
    for number, rule in enumerate(rules):
        key = f"interlock.rules[{number}]"
        if rule.inhibit not in moved:
            allowed = f"a device of this bench that may move: {', '.join(moved) or 'none'}"
            raise refusal(path, f"{key}.inhibit", allowed)
        known = list(modes) if rule.what == "real" else wired
        if rule.beside not in known or rule.beside == rule.inhibit:
            others = [name for name in known if name != rule.inhibit]
            allowed = f"another device of this bench: {', '.join(others) or 'there is none'}"
            raise refusal(path, f"{key}.while", allowed)
        if rule.what in ("moving", "armed") and rule.beside not in moved:
            raise refusal(
                path, f"{key}.is", f"missing or real: {rule.beside} is only looked at, and is "
                "never armed",
            )  # fmt: skip
        holds = rule.what == "real" and modes[rule.beside] == "real"
        if holds and rule.inhibit in behind["real"].get(rule.beside, ()):
            raise refusal(
                path, key, f"no ring: {rule.beside} is inhibited by {rule.inhibit} itself, for "
                "that is real as well, and neither would ever move; say which of them may, or is: "
                "moving",
            )  # fmt: skip
        if rule.what == "armed" and rule.inhibit in behind["armed"].get(rule.beside, ()):
            raise refusal(
                path, key, f"no ring: {rule.beside} is inhibited by {rule.inhibit} itself while "
                "that is armed; say which of them comes first, or is: moving",
            )  # fmt: skip


def _beside(rules: Sequence[Rule], what: str) -> dict[str, set[str]]:
    """Which other devices inhibit each by being so."""
    found: dict[str, set[str]] = {}
    for rule in rules:
        if rule.what == what:
            found.setdefault(rule.inhibit, set()).add(rule.beside)
    return found


def _behind(beside: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """All that inhibit each, or inhibit one that does."""
    every: dict[str, set[str]] = {}
    for service in beside:
        found: set[str] = set()
        waits = [service]
        while waits:
            new = beside.get(waits.pop(), set()) - found
            found |= new
            waits += new
        every[service] = found
    return every


def rules_of(rules: Sequence[RuleFile], modes: Mapping[str, str]) -> list[Rule]:
    """As the bench process is told: each once, and of those that another one is real, the ones that
    hold."""
    told = (
        Rule(each.inhibit, each.beside, each.what, each.after)
        for each in rules
        if each.what != "real" or modes.get(each.beside) == "real"
    )
    return list(dict.fromkeys(told))
