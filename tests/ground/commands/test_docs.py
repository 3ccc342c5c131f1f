"""The generated pages are complete, the same each time, and known to be stale when they are."""

import argparse
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import pytest

from flight.icd.messages import MESSAGE_TYPES
from ground.cli import SUBCOMMANDS, Subcommand
from ground.cli import main as msr
from ground.commands import docs
from ground.commands.docs import (
    assembled_devices,
    docs_folder,
    generate,
    stale_pages,
    write_pages,
)
from ground.missions.vehicles import VEHICLES
from ground.reference import message_page
from ground.reference.command_page import command_page
from ground.reference.device_page import interface_of
from ground.reference.markdown import GENERATED, duration, table
from ground.reference.types import type_words
from ground.testbed.participants.vehicles import vehicle_class


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return generate()


@pytest.fixture(scope="module")
def devices() -> dict[str, Any]:
    return assembled_devices()


class TestPages:
    def test_every_page_says_first_that_it_is_generated(self, pages: dict[str, str]) -> None:
        assert pages
        schemas = [name for name in pages if name.endswith(".json")]  # JSON has no comments
        assert schemas == ["reference/mission-control-api.json"]
        read = [text for name, text in pages.items() if name not in schemas]
        assert all(text.startswith(GENERATED) for text in read)

    def test_are_the_same_each_time(self, pages: dict[str, str]) -> None:
        assert generate() == pages

    def test_every_vehicle_has_a_dictionary_and_a_statechart(self, pages: dict[str, str]) -> None:
        for vehicle in VEHICLES:
            assert f"reference/dictionary/{vehicle}.md" in pages
            assert "stateDiagram-v2" in pages[f"reference/statecharts/{vehicle}.md"]

    def test_parameters_stand_with_what_is_allowed(self, pages: dict[str, str]) -> None:
        rover = pages["reference/dictionary/rover.md"].splitlines()
        assert (
            "| `slip_limit` | slip above which the rover backs out | a finite float from 0.05 to "
            "0.95 |"
        ) in rover
        assert "## Parameters" not in pages["reference/dictionary/every-node.md"]

    def test_a_command_stands_with_arguments_units_ranges_and_states(
        self, pages: dict[str, str]
    ) -> None:
        rover = pages["reference/dictionary/rover.md"]
        drive_to = next(line for line in rover.splitlines() if line.startswith("| `drive_to`"))
        assert "`east`: number, -20000 to 20000 m" in drive_to
        assert "`surface.idle`" in drive_to
        assert "60 sol" in drive_to
        assert "**release of a tube**: arm, then fire" in rover

    def test_a_channel_stands_with_its_limits(self, pages: dict[str, str]) -> None:
        rover = pages["reference/dictionary/rover.md"]
        assert re.search(r"\| `slip` \|.*\| above 0.8 \| above 0.9 \|", rover)

    def test_what_every_node_has_stands_once(self, pages: dict[str, str]) -> None:
        assert "`enter_safe`" in pages["reference/dictionary/every-node.md"]
        assert not any(
            "| `enter_safe` |" in pages[f"reference/dictionary/{vehicle}.md"]
            for vehicle in VEHICLES
        )

    @pytest.mark.parametrize("vehicle", VEHICLES)
    def test_every_state_has_a_line(self, vehicle: str, pages: dict[str, str]) -> None:
        text = pages[f"reference/statecharts/{vehicle}.md"]
        for path in vehicle_class(vehicle).statechart.states:
            assert f"\n| `{path}` |" in text

    def test_every_message_has_its_fields_in_order(self, pages: dict[str, str]) -> None:
        text = pages["reference/messages.md"]
        assert message_page.undocumented() == []
        for tag, kind in MESSAGE_TYPES.items():
            section = text.split(f"### `{tag}`\n")[1].split("\n#")[0]
            fields = re.findall(r"^\| \d+ \| `(\w+)` \|", section, flags=re.MULTILINE)
            assert tuple(fields) == kind.__struct_fields__

    def test_every_device_has_its_methods_and_fault_codes(
        self, pages: dict[str, str], devices: dict[str, Any]
    ) -> None:
        text = pages["reference/devices.md"]
        for service, device in devices.items():
            interface = interface_of(type(device))
            section = text.split(f"## {interface.__name__}\n")[1].split("\n## ")[0]
            assert f"`{service}`" in section
            for name in interface.methods:
                assert f"| `{name}` |" in section
            for code in interface.fault_codes:
                assert f"`{code}`" in section.split("Fault codes:")[-1]

    def test_the_failure_modes_told_are_those_that_the_device_has(
        self, pages: dict[str, str], devices: dict[str, Any]
    ) -> None:
        text = pages["reference/devices.md"]
        asked = 0
        for device in devices.values():
            section = text.split(f"## {interface_of(type(device)).__name__}\n")[1]
            told = section.split("\n## ")[0].split("Failure modes:")[1]
            for name, mode in device.modes.items():
                asked += 1
                assert f"`{name}`: " in told
                for option in mode.options.__struct_fields__:
                    assert f"`{option}`" in told
        assert asked > 20

    def test_every_subcommand_has_its_arguments(self, pages: dict[str, str]) -> None:
        text = pages["reference/commands.md"]
        assert all(f"## msr {each.name}\n" in text for each in SUBCOMMANDS)
        assert "| `--kill VEHICLE@SECONDS` |" in text
        assert "| `[MISSION]` |" in text


class TestCheck:
    @pytest.fixture
    def written(self, tmp_path: Path, pages: dict[str, str]) -> Path:
        write_pages(tmp_path, pages)
        return tmp_path

    @pytest.fixture
    def once(self, monkeypatch: pytest.MonkeyPatch, pages: dict[str, str]) -> None:
        """The pages are not made anew for each test; that they are the same then, others show."""
        monkeypatch.setattr(docs, "generate", lambda: pages)

    def test_what_was_just_written_is_current(self, written: Path) -> None:
        assert msr(["docs", "--check", "--out", str(written)]) == 0

    def test_names_a_page_that_was_changed(
        self, once: None, written: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = written / "reference/devices.md"
        page.write_text(page.read_text() + "more\n")
        assert msr(["docs", "--check", "--out", str(written)]) == 1
        assert "reference/devices.md: out of date" in capsys.readouterr().err

    def test_names_a_page_that_is_missing_and_writes_nothing(
        self, once: None, written: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        page = written / "reference/messages.md"
        page.unlink()
        assert msr(["docs", "--check", "--out", str(written)]) == 1
        assert "reference/messages.md: missing" in capsys.readouterr().err
        assert not page.exists()

    def test_a_page_of_a_vehicle_that_is_gone_is_stale_and_removed(
        self, once: None, written: Path, pages: dict[str, str]
    ) -> None:
        left = written / "reference/dictionary/zeppelin.md"
        left.write_text(f"{GENERATED} from nothing -->\n")
        by_hand = written / "reference/dictionary/notes.md"
        by_hand.write_text("# Written by hand\n")
        assert list(stale_pages(written, pages)) == ["reference/dictionary/zeppelin.md"]
        assert msr(["docs", "--out", str(written)]) == 0
        assert not left.exists()
        assert by_hand.exists()

    def test_the_pages_of_this_repository_are_current(self, pages: dict[str, str]) -> None:
        assert stale_pages(docs_folder(), pages) == {}


class TestWords:
    @pytest.mark.parametrize(
        ("annotation", "words"),
        [
            (int, "integer"),
            (None, "nothing"),
            (list[bytes], "list of bytes"),
            (dict[str, Any], "table"),
            (dict[str, float], "table of number"),
            (float | None, "number or nothing"),
            (Literal["up", "down"], "one of up, down"),
            (tuple[int, str], "list of integer, text"),
            (
                Annotated[float, msgspec.Meta(ge=0.0, le=2.5, extra={"unit": "m"})],
                "number m, 0 to 2.5",
            ),
            (Annotated[int, msgspec.Meta(gt=3)], "integer, above 3"),
            (Annotated[str, msgspec.Meta(max_length=8)], "text, 0 to 8 long"),
            (Annotated[list[int], msgspec.Meta(min_length=7, max_length=7)], None),
        ],
    )
    def test_of_a_type(self, annotation: Any, words: str | None) -> None:
        assert type_words(annotation) == (words or "list of integer, exactly 7 long")

    def test_a_type_that_cannot_travel_is_refused(self) -> None:
        with pytest.raises(TypeError, match="no type that travels"):
            type_words(complex)

    @pytest.mark.parametrize(
        ("seconds", "words"),
        [(30.0, "30 s"), (600.0, "10 min"), (5400.0, "1.5 h"), (887_752.44, "10 sol")],
    )
    def test_of_a_duration(self, seconds: float, words: str) -> None:
        assert duration(seconds) == words

    def test_columns_that_are_empty_in_every_row_are_left_out(self) -> None:
        assert table(("a", "b"), [["1", ""], ["x|y", ""]]) == "| a |\n| --- |\n| 1 |\n| x\\|y |"

    def test_a_choice_that_the_help_does_not_name_is_named(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def configure(parser: argparse.ArgumentParser) -> None:
            parser.add_argument("--way", choices=("up", "down"), default="up", help="way there")
            parser.add_argument("--hidden", help=argparse.SUPPRESS)

        module = argparse.Namespace(configure=configure)
        monkeypatch.setattr("importlib.import_module", lambda name: module)
        text = command_page([Subcommand("go", "go somewhere", "anywhere")])["reference/commands.md"]
        assert "| `--way WAY` | way there (one of `up`, `down`) |" in text
        assert "hidden" not in text
