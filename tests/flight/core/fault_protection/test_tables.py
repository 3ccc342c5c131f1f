"""What a table may not say: refused before anything runs, with file, line, and what is allowed."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from flight.configuration.files import ConfigurationError
from flight.core.fault_protection.names import Names
from flight.core.fault_protection.table_checks import problems
from flight.core.fault_protection.tables import Checks, Table
from ground.missions.protection_files import (
    check_protection,
    load_protection,
    protection_names,
    without,
)
from tests.flight.core.fault_protection.guarded import Guarded, Sonar, table

NAMES = Names(Guarded, {"sonar": Sonar})
GOOD = """\
format: 1
monitors:
  hot:
    says: the box is too hot
    violated_if: heat > 300 K
    clear_if: heat < 295 K
    set: 10 s
    active_in: [idle, working]
  shallow:
    says: the sonar says what cannot be
    of: sonar.ping.range
    checks:
      range: {value: [0, 0.05], unit: km}
      rate: {value: 2, unit: m/s}
      noise: {value: 1, unit: cm}
      frozen_after: 3
      stamp_age: 0.3 s
      against: {depth_by_pressure: {within: {value: 50, unit: cm}}}
    stale_after: {value: 1, unit: min}
    when_stale: violated
responses:
  cool:
    says: work less
    on: [hot]
    do: [abort_activity, ring times=2]
    priority: 30
    budget: {times: 3, per: 1 h, over_boots: true}
    then: {not_cleared_in: 5 min, do: [enter_safe]}
    when_clear: [ring]
  trust_pressure:
    says: do without the sonar
    on: shallow
    do: [set_aside sonar]
timers:
  command_loss: {after: 2 h, in_states: {working: 6 sol}, do: [ring, enter_safe]}
  confirm_communication: {passes: 2, parameters: [window]}
shedding:
  lamp: {below: 40 %, back_above: 50 %}
  heater: {below: 20 %, back_above: 0.3, in_safe: true}
"""


def read(folder: Path, text: str) -> Table:
    file = folder / "guarded.yaml"
    file.write_text(text)
    found = load_protection("guarded", file)
    check_protection(found, NAMES, file)
    return found


def test_a_good_table_is_read_with_its_units(tmp_path: Path) -> None:
    found = read(tmp_path, GOOD)
    assert found.monitors["hot"].set == 10.0
    assert found.monitors["shallow"].stale_after == 60.0
    assert found.responses["cool"].budget is not None
    assert found.responses["cool"].budget.per == 3600.0
    assert found.responses["cool"].then is not None
    assert found.responses["trust_pressure"].monitors == ("shallow",)
    assert found.shedding["lamp"].below == 0.4
    assert msgspec.convert(msgspec.to_builtins(found), Table) == found


BAD = [
    ("violated_if: heat > 300 K", "violated_if: heet > 300 K", 5, "did you mean heat?"),
    ("violated_if: heat > 300 K", "violated_if: heat > 300 m", 5, "K"),
    ("violated_if: heat > 300 K", "violated_if: heat >", 5, "expected"),
    ("violated_if: heat > 300 K", "violated_if: names", 5, "cannot be compared"),
    ("violated_if: heat > 300 K", "violated_if: heat > 300 K while wet", 5, "active_in"),
    ("clear_if: heat < 295 K", "clear_if: state_of_charge", 6, "needs a comparison"),
    ("[idle, working]", "[idle, worrking]", 8, "did you mean working?"),
    ("[idle, working]", "[idle]\n    not_in: [idle]", 4, "active in no state"),
    ("set: 10 s", "set: 10 m", 7, "a number with its unit"),
    ("set: 10 s", "set: -1 s", 7, ">= 0"),
    ("    set: 10 s\n", "    sett: 10 s\n", 7, "did you mean set?"),
    ("of: sonar.ping.range", "of: sonar.pong.range", 11, "did you mean ping?"),
    ("of: sonar.ping.range", "of: sonnar.ping.range", 11, "did you mean sonar?"),
    ("of: sonar.ping.range", "of: sonar.ping.rage", 11, "did you mean range?"),
    ("of: sonar.ping.range", "of: sonar.ping", 13, "name a field"),
    ("of: sonar.ping.range", "of: sonar.ping.range\n    violated_if: wet", 10, "either"),
    ("range: {value: [0, 0.05], unit: km}", "range: {value: [1, 0], unit: m}", 13, "rising"),
    ("range: {value: [0, 0.05], unit: km}", "range: {value: [0, 1], unit: K}", 13, "km"),
    ("rate: {value: 2, unit: m/s}", "rate: {value: 2, unit: m}", 14, "m/s"),
    ("frozen_after: 3", "frozen_after: 2", 16, "at least 3"),
    ("unit: cm}\n", "unit: cm}\n      quantum: {value: 1, unit: m}\n",
     17, "the same 1000 times in a row"),
    ("      noise: {value: 1, unit: cm}\n", "", 15, "`noise` of the figure"),
    ("depth_by_pressure:", "depth_by_presure:", 18, "did you mean depth_by_pressure?"),
    ("depth_by_pressure:", "depth_by_sonar:", 18, "its own data"),
    ("depth_by_pressure:", "sonar.ping.range:", 18, "its own data"),
    ("depth_by_pressure:", "heat:", 18, "is in K"),
    ("when_stale: violated", "when_stale: broken", 20, "hold"),
    ("on: [hot]", "on: [hott]", 24, "did you mean hot?"),
    ("on: shallow", "on: shallo", 32, "did you mean shallow?"),
    ("[abort_activity, ring times=2]", "[abort_actvity]", 25, "did you mean abort_activity?"),
    ("ring times=2", "ring times=often", 25, "an integer"),
    ("ring times=2", "ring 2 3", 25, "too much"),
    ("ring times=2", "ring time=2", 25, "did you mean times?"),
    ("ring times=2", "scrub", 25, "argument seconds is missing"),
    ("set_aside sonar", "set_aside sonnar", 33, "did you mean sonar?"),
    ("[enter_safe]}", "[enter_save]}", 28, "did you mean enter_safe?"),
    ("not_cleared_in: 5 min", "not_cleared_in: 0 s", 28, "> 0"),
    ("priority: 30", "priority: 101", 26, "100"),
    ("times: 3", "times: 0", 27, ">= 1"),
    ("{working: 6 sol}", "{wurking: 6 sol}", 35, "did you mean working?"),
    ("parameters: [window]", "parameters: [windows]", 36, "did you mean window?"),
    ("  lamp: {", "  lump: {", 38, "did you mean lamp?"),
    ("back_above: 50 %", "back_above: 40 %", 38, "more than below"),
    ("{below: 20 %, back_above: 0.3,", "{below: 45 %, back_above: 0.5,", 39, "at most 0.4"),
    ("shedding:", "charge: heat\nshedding:", 37, "state_of_charge"),
    ("  trust_pressure:", "  shallow:", 31, "has this name already"),
    ("format: 1", "format: 2", 1, "1"),
]  # fmt: skip


@pytest.mark.parametrize(("good", "bad", "line", "words"), BAD, ids=lambda each: str(each)[:30])
def test_a_table_without_meaning_is_refused_with_line_and_reason(
    tmp_path: Path, good: str, bad: str, line: int, words: str
) -> None:
    assert good in GOOD
    with pytest.raises(ConfigurationError) as caught:
        read(tmp_path, GOOD.replace(good, bad, 1))
    assert caught.value.line == line, str(caught.value)
    assert words in str(caught.value)
    assert "guarded.yaml" in str(caught.value)


def found(plan: dict[str, Any]) -> list[str]:
    return [str(each) for each in problems(msgspec.convert(plan, Table), NAMES)]


EVERYWHERE = {"says": "hot", "violated_if": "heat > 300 K"}


@pytest.mark.requirement("FP-03")
@pytest.mark.parametrize("action", ["enter_safe", "reboot", "abort_activity", "scrub 1"])
@pytest.mark.parametrize("rung", [0, 1, 2])
def test_no_ladder_leads_to_safe_from_where_it_is_forbidden(action: str, rung: int) -> None:
    """On each rung: the check looks down the whole chain."""
    steps = [["ring"], ["ring"], ["ring"]]
    steps[rung] = ["ring", action]
    plan = table(bell={
        "do": steps[0],
        "then": {"not_cleared_in": 1.0, "do": steps[1],
                 "then": {"not_cleared_in": 1.0, "do": steps[2]}},
    })  # fmt: skip
    plan["monitors"]["hot"] = EVERYWHERE
    wrong = found(plan)
    assert len(wrong) == 1
    assert wrong[0].startswith("responses.bell" + ".then" * rung + ".do[1]")
    assert '"flying.burning"' in wrong[0]
    plan["monitors"]["hot"] = {**EVERYWHERE, "not_in": ["flying"]}
    assert found(plan) == []
    plan["monitors"]["hot"] = {**EVERYWHERE, "active_in": ["flying.burning"]}
    assert len(found(plan)) == 1
    # Around it is forbidden, in it is allowed: the innermost state that says decides.
    plan["monitors"]["hot"] = {**EVERYWHERE, "active_in": ["flying.resting", "delicate"]}
    assert found(plan) == []


def test_what_keeps_the_vehicle_going_is_allowed_everywhere() -> None:
    plan = table(bell={"do": ["ring", "set_aside sonar", "shed lamp", "notify"]})
    plan["monitors"]["hot"] = EVERYWHERE
    assert found(plan) == []
    plan["responses"]["bell"]["when_clear"] = ["enter_safe"]
    assert len(found(plan)) == 1


def test_a_part_that_is_off_is_not_there(tmp_path: Path) -> None:
    whole = read(tmp_path, GOOD)
    assert set(protection_names(whole)) == {
        "hot", "shallow", "cool", "trust_pressure", "command_loss",
        "confirm_communication", "shedding",
    }  # fmt: skip
    less = without(whole, ["cool", "shallow", "command_loss", "nobody"])
    assert set(less.responses) == {"trust_pressure"}
    assert [n for n, each in less.monitors.items() if each.enabled] == ["hot"]
    assert less.timers.command_loss is None
    assert less.timers.confirm_communication is not None
    assert less.shedding == whole.shedding
    assert without(whole, ["shedding"]).shedding == {}
    assert without(whole, ["*"]) == Table()
    assert without(whole, []) == whole


def test_a_vehicle_without_a_file_has_an_empty_table() -> None:
    assert load_protection("nobody") == Table()


def test_a_reading_that_is_not_finite_is_no_reading_whatever_a_table_says() -> None:
    assert msgspec.convert({"finite": True}, Checks) == Checks()
    with pytest.raises(msgspec.ValidationError, match=r"finite.*true"):
        msgspec.convert({"finite": False}, Checks)
