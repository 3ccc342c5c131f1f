"""Parameters: load, validate, activate, swap; kept over reboots; refused with sentences."""

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flight.core.keeping.parameters import Parameter, ParameterRefusal, ParameterTable, TableState
from flight.core.keeping.storage import Storage

DECLARATIONS = {
    "slip_limit": Parameter(float, ge=0.0, le=1.0, doc="Slip at which a drive stops."),
    "step_length": Parameter(float, "m", ge=0.1, le=10.0),
    "retries": Parameter(int, ge=0),
    "camera": Parameter(str, choices=("left", "right")),
    "odometry": Parameter(bool),
}
DEFAULTS = {
    "slip_limit": 0.4,
    "step_length": 5.0,
    "retries": 3,
    "camera": "left",
    "odometry": True,
}


def no_long_blind_steps(values: Mapping[str, Any]) -> list[str]:
    if values["step_length"] > 2.0 and not values["odometry"]:
        return ["step_length must be at most 2 m while odometry is off."]
    return []


class Boot:
    """One start of the owner on a storage file."""

    def __init__(self, path: Path) -> None:
        self.storage = Storage(path)
        self.events: list[tuple[str, dict[str, Any]]] = []
        self.table = ParameterTable(
            "driving",
            DECLARATIONS,
            DEFAULTS,
            self.storage,
            lambda event, details: self.events.append((event, details)),
            no_long_blind_steps,
        )

    def change(self, **values: Any) -> None:
        self.table.load(values)
        self.table.validate()
        self.table.activate()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "rover.sqlite"


@pytest.fixture
def boot(path: Path) -> Boot:
    return Boot(path)


def test_the_defaults_hold_before_any_change(boot: Boot) -> None:
    assert dict(boot.table) == DEFAULTS
    assert boot.events == []


def test_a_change_is_seen_only_after_the_swap_of_the_owner(boot: Boot) -> None:
    boot.change(slip_limit=0.6)
    assert boot.table["slip_limit"] == 0.4
    assert boot.table.swap()
    assert boot.table["slip_limit"] == 0.6
    assert boot.table["retries"] == 3
    assert boot.events == [
        ("parameters_activated", {"table": "driving", "changed": {"slip_limit": 0.6}})
    ]
    assert not boot.table.swap()


def test_partial_loads_merge(boot: Boot) -> None:
    boot.table.load({"slip_limit": 0.6, "retries": 5})
    boot.change(retries=7)
    boot.table.swap()
    assert (boot.table["slip_limit"], boot.table["retries"]) == (0.6, 7)


def test_activation_is_refused_until_the_change_is_validated(boot: Boot) -> None:
    with pytest.raises(ParameterRefusal, match="UNCHANGED"):
        boot.table.activate()
    boot.table.load({"retries": 5})
    with pytest.raises(ParameterRefusal, match="LOADED; load and validate first"):
        boot.table.activate()
    boot.table.validate()
    boot.table.load({"retries": 6})
    with pytest.raises(ParameterRefusal, match="LOADED"):
        boot.table.activate()


def test_nothing_can_be_slipped_in_while_an_activation_is_pending(boot: Boot) -> None:
    boot.change(retries=5)
    with pytest.raises(ParameterRefusal, match="pending"):
        boot.table.load({"retries": -1})
    boot.table.swap()
    assert boot.table["retries"] == 5


def test_abort_drops_the_change_also_a_pending_one(boot: Boot) -> None:
    boot.change(retries=5)
    boot.table.abort()
    assert boot.table.state is TableState.UNCHANGED
    assert not boot.table.swap()
    assert dict(boot.table) == DEFAULTS
    assert boot.table.staged() == {}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("slip_limit", 1.5, "slip_limit = 1.5: allowed is a finite float from 0.0 to 1.0."),
        ("slip_limit", float("nan"), "slip_limit = nan: allowed is a finite float from 0.0 to"),
        ("slip_limit", True, "slip_limit = True: allowed"),
        ("step_length", "5", "step_length = '5': allowed is a finite float from 0.1 to 10.0 m."),
        ("retries", 2.0, "retries = 2.0: allowed is a value of type int of at least 0."),
        ("retries", True, "retries = True: allowed"),
        ("camera", "rear", "camera = 'rear': allowed is one of 'left', 'right'."),
        ("odometry", 1, "odometry = 1: allowed is a value of type bool."),
    ],
)
def test_a_refusal_names_parameter_value_and_what_is_allowed(
    boot: Boot, name: str, value: Any, sentence: str
) -> None:
    boot.table.load({name: value})
    with pytest.raises(ParameterRefusal) as refusal:
        boot.table.validate()
    assert refusal.value.sentences[0].startswith(sentence)
    assert boot.table.state is TableState.LOADED


def test_all_faults_are_named_at_once_and_can_be_mended(boot: Boot) -> None:
    boot.table.load({"retries": -1, "camera": "rear"})
    with pytest.raises(ParameterRefusal) as refusal:
        boot.table.validate()
    assert len(refusal.value.sentences) == 2
    boot.change(retries=1, camera="right")


def test_an_unknown_name_is_refused_at_load_and_nothing_is_loaded(boot: Boot) -> None:
    with pytest.raises(ParameterRefusal, match="'slip' is not a parameter of driving"):
        boot.table.load({"retries": 1, "slip": 0.5})
    assert boot.table.staged() == {}


def test_the_owner_refuses_values_that_do_not_go_together(boot: Boot) -> None:
    boot.table.load({"odometry": False})
    with pytest.raises(ParameterRefusal, match="at most 2 m while odometry is off"):
        boot.table.validate()
    boot.change(step_length=1)
    boot.table.swap()
    assert boot.table["step_length"] == 1.0
    assert isinstance(boot.table["step_length"], float)


def test_the_active_set_survives_a_reboot_and_a_pending_change_does_not(
    boot: Boot, path: Path
) -> None:
    boot.change(slip_limit=0.6)
    boot.table.swap()
    boot.change(slip_limit=0.7)
    boot.storage.crash()
    again = Boot(path)
    assert again.table["slip_limit"] == 0.6
    assert again.events == []


def test_a_damaged_record_gives_the_defaults_and_an_event(boot: Boot, path: Path) -> None:
    boot.change(slip_limit=0.6)
    boot.table.swap()
    boot.storage.close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE record SET value = X'C0'")
    connection.close()
    again = Boot(path)
    assert dict(again.table) == DEFAULTS
    assert [event for event, _ in again.events] == ["parameters_defaulted"]


@pytest.mark.parametrize("record", [[1, 2], {"slip_limit": 9.0}, {"renamed": 1.0}])
def test_a_record_that_the_declarations_refuse_gives_the_defaults_and_an_event(
    boot: Boot, path: Path, record: Any
) -> None:
    boot.storage.put("parameters", "driving", record)
    boot.storage.close()
    again = Boot(path)
    assert dict(again.table) == DEFAULTS
    assert [event for event, _ in again.events] == ["parameters_defaulted"]


def test_a_parameter_that_is_new_since_the_record_has_its_default(boot: Boot, path: Path) -> None:
    boot.storage.put("parameters", "driving", {"slip_limit": 0.6})
    boot.storage.close()
    assert dict(Boot(path).table) == {**DEFAULTS, "slip_limit": 0.6}


@pytest.mark.parametrize(
    ("defaults", "sentence"),
    [({"slip_limit": 0.4}, "step_length is missing"), ({**DEFAULTS, "retries": -1}, "retries")],
)
def test_defaults_that_are_no_good_are_refused(defaults: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ParameterRefusal, match=sentence):
        ParameterTable("t", DECLARATIONS, defaults, Storage(":memory:"), lambda *_: None)


@pytest.mark.parametrize(
    ("expected", "words"),
    [
        ({"slip_limit": 0.7}, "slip_limit is 0.5, 0.7 was loaded"),
        ({"step_length": 0.5}, "slip_limit = 0.5 was not loaded"),
        ({"slip_limit": 0.5, "retries": 5}, "retries is 3, 5 was loaded"),
        ({"slip_limit": 0.5, "speed": 5}, "speed is None, 5 was loaded"),
        ({}, "slip_limit = 0.5 was not loaded"),
    ],
)
def test_a_change_that_is_not_what_was_loaded_is_dropped(
    path: Path, expected: dict[str, Any], words: str
) -> None:
    table = Boot(path).table
    table.load({"slip_limit": 0.5, "retries": 3})
    table.validate()
    with pytest.raises(ParameterRefusal, match=words):
        table.compare(expected)
    assert table.state is TableState.UNCHANGED and table["slip_limit"] == 0.4


def test_a_change_that_is_what_was_loaded_stays(path: Path) -> None:
    table = Boot(path).table
    table.load({"slip_limit": 0.5, "retries": 3, "step_length": 2})
    table.validate()
    table.compare({"slip_limit": 0.5, "retries": 3, "step_length": 2.0})
    table.activate()
    assert table.swap() and table["slip_limit"] == 0.5
