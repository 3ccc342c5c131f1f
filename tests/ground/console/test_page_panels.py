"""Panels of other packages in a real browser: one works, others are broken, the console goes on."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.ground.console.conftest import Serve, Tab
from tests.ground.console.toy_panels import install

OpenTab = Callable[..., Tab]

pytestmark = [
    pytest.mark.check, pytest.mark.processes, pytest.mark.browser, pytest.mark.flies("surface"),
]  # fmt: skip


def test_a_toy_works_and_broken_ones_are_told_of_in_their_own_place(
    serve: Serve, open_tab: OpenTab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path / "site", monkeypatch)
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.sees("further panels")
    bar = tab.page.get_by_role("navigation")
    bar.get_by_text("Toy").wait_for()  # each comes when it is loaded
    tab.go("z")
    tab.sees("A toy")
    tab.sees("pressed 0")
    tab.page.keyboard.press("q")
    tab.sees("pressed 1")
    for key in ("!", "p"):  # what means the same everywhere is not theirs
        tab.page.keyboard.press(key)
    tab.sees("pressed 1")
    text = tab.page.get_by_label("toy text")
    text.fill("stays")
    tab.page.wait_for_timeout(1500)  # the page is drawn anew each second
    assert text.input_value() == "stays"
    text.blur()
    for name, why in (
        ("Tired", "The panel tired is left out: tired"), ("Odd", "The panel odd is left out"),
        ("shy", "view: allowed is a function"), ("bad", "it cannot be loaded"),
        ("nowhere", "there is no such package"), ("ends", "SystemExit: 3"),
    ):  # fmt: skip
        bar.get_by_role("button", name=name, exact=True).click()
        tab.sees(why, ".screen")
    bar.get_by_role("button", name="Tired", exact=True).click()
    tab.page.get_by_role("button", name="Try it again").click()
    tab.sees("The panel tired is left out: tired 2", ".screen")
    tab.go("t")
    tab.sees("state_of_charge")
    tab.go("z")
    tab.sees("pressed 1")
