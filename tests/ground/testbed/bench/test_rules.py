"""Rules of a bench file between its devices: what is told to the bench process, what is refused."""

from pathlib import Path

import pytest

from flight.configuration.files import ConfigurationError
from ground.testbed.bench.file import load_bench, setting_of
from ground.testbed.bench.limits import RuleFile
from ground.testbed.bench.opening import _is_ready
from ground.testbed.bench.rules import rules_of
from sim_hw.bench.between import Rule
from tests.ground.testbed.bench.test_file import GOOD, written

RULES = """\
interlock:
  rules:
    - {{inhibit: {inhibit}, while: {other}, is: {what}{more}}}
devices:
  rover.battery:
    mode: monitor
    wire: other
    identity: {{interface: Battery}}
  perseverance.battery:
    mode: shadow
    wire: third
    identity: {{interface: Battery}}
  lander.battery: {{mode: sim}}
"""


def with_rules(folder: Path, more: str = "", **rule: str) -> str:
    said = {"inhibit": "rover.wheels", "other": "perseverance.battery", "what": "missing"} | rule
    text = GOOD.replace("devices:\n", '  other: {address: "unix:///desk/other"}\n'
                        '  third: {address: "unix:///desk/third"}\n')  # fmt: skip
    head, device = text.split("  rover.wheels:")
    return written(folder, head + RULES.format(more=more, **said) + "  rover.wheels:" + device)


@pytest.mark.parametrize(
    ("rule", "told"),
    [({}, [Rule("rover.wheels", "perseverance.battery", "missing")]),
     ({"what": "moving", "more": ", after: {value: 2, unit: s, source: t}"},
      [Rule("rover.wheels", "perseverance.battery", "moving", 2.0)]),
     ({"other": "lander.battery", "what": "real"}, []),
     ({"other": "rover.battery", "what": "real"}, []),
     ({"inhibit": "perseverance.battery", "other": "rover.wheels", "what": "real"},
      [Rule("perseverance.battery", "rover.wheels", "real")])],
)  # fmt: skip
def test_rules_between_devices_are_told_as_far_as_they_can_hold(
    rule: dict[str, str], told: list[Rule], tmp_path: Path
) -> None:
    _, bench = load_bench(with_rules(tmp_path, **rule))
    assert list(setting_of(bench).between) == told


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [({"inhibit": "rover.battery"}, "inhibit = .*a device of this bench that may move: "),
     ({"inhibit": "lander.battery"}, "inhibit = .*may move: perseverance.battery, rover.wheels"),
     ({"other": "rover.wheels"}, "while = .*another device of this bench"),
     ({"other": "lander.battery"}, "while = .*another device"),
     ({"other": "mav.effectors", "what": "real"}, "while = .*another device"),
     ({"other": "rover.battery", "what": "moving"}, "is = .*missing or real: rover.battery"),
     ({"what": "hot"}, "is"), ({"more": ", after: {value: -1, unit: s, source: t}"}, "after"),
     ({"more": "}\n    - {inhibit: perseverance.battery, while: rover.wheels, is: armed",
       "what": "armed"}, "no ring: ")],
)  # fmt: skip
def test_rules_that_cannot_be_are_refused(
    rule: dict[str, str], allowed: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=allowed) as refused:
        load_bench(with_rules(tmp_path, **rule))
    assert refused.value.line is not None and "interlock.rules[" in refused.value.key


TWO = """\
format: 1
title: two
wires:
  a: {{address: "unix:///desk/a"}}
  b: {{address: "unix:///desk/b"}}
  c: {{address: "unix:///desk/c"}}
interlock:
  rules: [{rules}]
devices:
  rover.battery: {{mode: real, wire: a, identity: {{interface: Battery}}}}
  lander.battery: {{mode: real, wire: b, identity: {{interface: Battery}}}}
  perseverance.battery: {{mode: {third}, wire: c, identity: {{interface: Battery}}}}
"""
ROVER, LANDER, PERSEVERANCE = "rover.battery", "lander.battery", "perseverance.battery"


def ruled(inhibit: str, other: str, what: str) -> str:
    return f"{{inhibit: {inhibit}, while: {other}, is: {what}}}"


@pytest.mark.parametrize(
    ("third", "rules", "ring"),
    [
        ("real", [(ROVER, LANDER, "real"), (LANDER, ROVER, "real")], 0),
        ("real", [(ROVER, LANDER, "real"), (LANDER, PERSEVERANCE, "real"),
                  (PERSEVERANCE, ROVER, "real")], 0),
        # Of a shadow that is not real nothing holds, and there is no ring through it.
        ("shadow", [(ROVER, LANDER, "real"), (LANDER, PERSEVERANCE, "real"),
                    (PERSEVERANCE, ROVER, "real")], None),
        ("real", [(ROVER, LANDER, "real"), (LANDER, PERSEVERANCE, "real")], None),
        ("real", [(ROVER, LANDER, "real"), (LANDER, ROVER, "missing")], None),
        ("real", [(ROVER, LANDER, "moving"), (LANDER, ROVER, "moving")], None),
        ("real", [(LANDER, PERSEVERANCE, "real"), (ROVER, LANDER, "armed"),
                  (LANDER, PERSEVERANCE, "armed"), (PERSEVERANCE, ROVER, "armed")], 1),
        # One that waits for a ring is not in it.
        ("real", [(PERSEVERANCE, ROVER, "real"), (ROVER, LANDER, "real"),
                  (LANDER, ROVER, "real")], 1),
    ],
)  # fmt: skip
def test_devices_that_wait_for_each_other_are_refused(
    third: str, rules: list[tuple[str, str, str]], ring: int | None, tmp_path: Path
) -> None:
    text = TWO.format(rules=", ".join(ruled(*each) for each in rules), third=third)
    file = written(tmp_path, text)
    if ring is None:
        load_bench(file)
        return
    with pytest.raises(ConfigurationError, match="allowed is no ring: ") as refused:
        load_bench(file)
    assert refused.value.key == f"interlock.rules[{ring}]"


def test_a_rule_that_is_given_many_times_is_told_and_looked_at_once() -> None:
    rule = RuleFile(ROVER, LANDER, "moving", 2.0)
    other = RuleFile(ROVER, LANDER, "moving", 3.0)
    modes = {ROVER: "real", LANDER: "real"}
    assert rules_of([rule, other, rule, rule], modes) == [
        Rule(ROVER, LANDER, "moving", 2.0), Rule(ROVER, LANDER, "moving", 3.0),
    ]  # fmt: skip


def test_a_flight_does_not_wait_for_what_a_rule_keeps_safe() -> None:
    ruled = Rule("rover.wheels", "rover.battery", "armed").words
    assert _is_ready("safe", ruled, "armed") and _is_ready("armed", "", "armed")
    assert not _is_ready("safe", "nobody has armed it", "armed")
    assert not _is_ready("lost", ruled, "armed")
