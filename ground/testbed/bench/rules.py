"""The rules of a bench file between its devices: which cannot be, and what is told of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from flight.configuration.files import refusal
from ground.testbed.bench.limits import RuleFile
from sim_hw.bench.between import Rule


def check_rules(path: Path, rules: Sequence[RuleFile], modes: Mapping[str, str]) -> None:
    """Refuses rules of devices that are not there or never move, and rings of what is armed, in
    which nobody knows who is; raises ConfigurationError. `modes`: of all devices of the file."""
    wired = [name for name, mode in modes.items() if mode != "sim"]
    moved = [name for name in wired if modes[name] != "monitor"]
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
        if rule.what == "armed" and rule.inhibit in _armed_behind(rules, rule.beside):
            raise refusal(
                path, key, f"no ring: {rule.beside} is inhibited by {rule.inhibit} itself while "
                "that is armed; say which of them comes first, or is: moving",
            )  # fmt: skip


def _armed_behind(rules: Sequence[RuleFile], service: str) -> set[str]:
    """All whose arming inhibits a device, or inhibits one that does."""
    found: set[str] = set()
    waits = [service]
    while waits:
        each = waits.pop()
        for rule in rules:
            if rule.what == "armed" and rule.inhibit == each and rule.beside not in found:
                found.add(rule.beside)
                waits.append(rule.beside)
    return found


def rules_of(rules: Sequence[RuleFile], modes: Mapping[str, str]) -> list[Rule]:
    """As the bench process is told: of those that another one is real, the ones that hold."""
    return [
        Rule(each.inhibit, each.beside, each.what, each.after)
        for each in rules
        if each.what != "real" or modes[each.beside] == "real"
    ]
