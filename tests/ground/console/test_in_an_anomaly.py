"""What the page says when something is not as it should be: old, unknown, void, over."""

from collections.abc import Callable

import pytest

from tests.ground.console.by_keyboard import hold, stage_drive
from tests.ground.console.conftest import Serve, Tab
from tests.ground.console.test_page import SCREENS

pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.flies("surface"),
]
OpenTab = Callable[..., Tab]
LONG = "rover.inertial_measurement_unit.state gave no answer within 5 s, and was set aside for good"


def tell(tab: Tab, change: str) -> None:
    """Changes what the page has heard, `store`, and draws it."""
    tab.page.evaluate(
        "async () => {"
        "const { store } = await import('/static/js/store.js');"
        "const { redraw } = await import('/static/js/app.js');"
        f"{change}; redraw(); }}"
    )


def test_a_run_that_has_ended_is_not_said_to_come_back(serve: Serve, open_tab: OpenTab) -> None:
    served = serve()
    tab = open_tab(served)
    tab.log_in("anna")
    served.stand_in.kill()
    tab.sees("It comes back by itself", ".alarmbar.lost")
    tell(tab, "store.clock = { ...store.clock, ended: 'complete' }")
    tab.sees("The run has ended: complete", ".alarmbar.over")
    tab.sees("run ended", ".field.user")
    assert "comes back" not in tab.page.locator(".alarmbar").inner_text()


def test_what_missed_its_pass_is_asked_anew_and_what_is_void_waits_for_nobody(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    stage_drive(tab)
    tab.go("l")
    row = tab.page.locator("tr", has_text="st-1")
    row.wait_for()
    before = row.inner_text()
    tell(tab, """
        const item = store.stack.get("st-1");
        item.window = [0, 1e9];  // of a pass that is over
        item.estimated = { earliest_sent_ns: 0, earliest_answer_ns: 2e9 };
    """)
    row.locator("td", has_text=before.split("Sol ")[1][:8]).wait_for()
    tell(tab, """
        Object.assign(store.stack.get("st-1"), { hazardous: true, state: "void" });
    """)
    approvals = tab.page.locator(".panel", has_text="Approvals")
    approvals.locator("li", has_text="void").first.wait_for()
    assert "waits for another person" not in approvals.last.inner_text()
    assert tab.said == []


def test_a_gauge_that_tells_no_number_is_unknown_and_not_blank_and_far_names_stay_in_their_panel(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve(at=1_157_000.0), 1280, 800)
    tab.log_in("anna")
    hold(tab, "rover")
    tell(tab, f"""
        for (const row of store.values.values()) if (row[1] === "state_of_charge") row[2] = null;
        const base = store.alarms.values().next().value;
        for (let n = 0; n < 200; n++) store.alarms.set(9000 + n, {{ ...base, number: 9000 + n,
            name: "limit second_motor_temperature_of_the_first_stage", text: "{LONG}",
            severity: "FATAL", state: "UNACKNOWLEDGED", unacknowledged: true }});
        store.events.unshift({{ ...store.events[0], number: 9000, text: "{LONG}",
            name: "inertial_measurement_unit_set_aside" }});
    """)
    cut = []
    for width, height in [(1280, 800), (1920, 1080)]:
        tab.page.set_viewport_size({"width": width, "height": height})
        for letter in SCREENS:
            tab.press("Escape")
            tab.go(letter)
            tab.page.locator("main .panel, main .card").first.wait_for()
            cut += [
                f"{width} {letter} {name}" for name in tab.page.evaluate(
                    "() => [...document.querySelectorAll('main .panel > .body')]"
                    ".filter((body) => body.scrollWidth > body.clientWidth + 1)"
                    ".map((body) => body.getAttribute('aria-label'))"
                )
            ]  # fmt: skip
            if letter == "t":
                tab.page.locator("tr", has_text="state_of_charge").locator(
                    ".status.caution", has_text="unknown"
                ).wait_for()
    assert cut == []
    assert tab.said == []


def test_a_long_sentence_of_refusal_is_there_to_its_end(serve: Serve, open_tab: OpenTab) -> None:
    tab = open_tab(serve(), 1280, 800)
    tab.log_in("anna")
    tell(tab, f"store.said = {{ text: '{LONG}; '.repeat(5), bad: true, n: 1, at: Date.now() }}")
    tab.sees("gave no answer", "#said")
    shown = tab.page.evaluate(
        "() => { const { scrollWidth, clientWidth, scrollHeight, clientHeight }"
        " = document.getElementById('said');"
        " return scrollWidth <= clientWidth && scrollHeight <= clientHeight + 1; }"
    )
    assert shown
