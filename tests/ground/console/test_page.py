"""The page in a real browser, by keyboard alone: nothing here ever clicks."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ground.console.by_keyboard import hold, stage_drive
from tests.ground.console.conftest import Serve, Tab

pytestmark = [
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.flies("surface"),
]
OpenTab = Callable[..., Tab]


@pytest.mark.requirement("CON-05")
def test_from_login_to_a_ladder_by_keyboard(serve: Serve, open_tab: OpenTab) -> None:
    served = serve()
    tab = open_tab(served)
    tab.log_in("anna")
    tab.sees("surface.docked", ".card")
    stage_drive(tab)

    # One key releases nothing: it asks, and what it asks can be left.
    tab.press("Shift+R")
    tab.sees("To be released", ".confirm")
    tab.press("Escape")
    tab.page.locator(".confirm").wait_for(state="detached")
    tab.press("Shift+R", "Tab", "Enter")
    tab.sees("Released: op-", "#said")
    row = tab.page.locator(".panel", has_text="History").locator("tr", has_text="drive_to").first
    row.wait_for()
    assert "sent" in row.inner_text()
    assert "by " in row.inner_text()  # the hour by which an answer is due

    tab.press("n")  # to the next pass, which is later than two light times
    row.locator(".passed", has_text="completed").wait_for()
    assert tab.said == []
    assert all(url.startswith((served.url, "data:")) for url in tab.loaded), tab.loaded


@pytest.mark.check
def test_what_did_not_come_whole_is_asked_for_again(serve: Serve, open_tab: OpenTab) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.go("d")
    row = tab.page.locator("tr", has_text="3 of 9 pieces")
    row.filter(has_text="not whole").wait_for()
    tab.sees("1 m east, 2 m north", "tr")
    tab.page.locator(".sketch .sigma3").wait_for()  # how far wrong it may be, about where it is
    tab.press("j")
    tab.sees("3 of 9 pieces are here: where the line is broken", ".panel")
    assert tab.page.locator(".sketch polyline").count() == 8, "four curves, each broken once"
    row.get_by_role("button", name="ask for the rest").click()
    tab.page.locator("#argument-first").wait_for()
    assert tab.page.locator("#argument-first").input_value() == "3"
    assert tab.said == []


@pytest.mark.check
@pytest.mark.requirement("CON-01")
def test_the_link_lost_greys_the_page_and_comes_back_by_itself(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve()
    tab = open_tab(served)
    tab.log_in("anna")
    served.stand_in.kill()
    tab.sees("Mission control does not answer since", ".alarmbar")
    tab.page.locator(".console.lost").wait_for()
    served.stand_in.start()
    tab.page.locator(".console:not(.lost)").wait_for()
    served.console.kill()
    tab.sees("The link to the console's server is lost since", ".alarmbar")
    since = tab.page.locator(".alarmbar").inner_text().split("by this")[0]
    for _ in range(2):  # attempts to come back, which fail, are no other loss
        tab.page.wait_for_event("console", lambda line: "ws://" in line.text)
    tab.sees(since, ".alarmbar")
    served.console.start()
    tab.page.locator(".console:not(.lost)").wait_for()
    tab.sees("surface.docked", ".card")


@pytest.mark.check
def test_an_alarm_is_acknowledged_owned_and_shelved_by_keyboard(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve(at=1_157_000.0))
    tab.log_in("anna")
    tab.sees("limit state_of_charge", ".alarmbar")
    tab.go("a")
    tab.press("j", "o")
    tab.sees("It is yours", "#said")
    tab.press("x")
    tab.sees("no alarm waits for you; 1 known", ".alarmbar")
    assert tab.said == []


SCREENS = "loctamweudvbrpsyhxf"


@pytest.mark.check
@pytest.mark.parametrize("at", [1_140_000.0, 1_157_000.0], ids=["day", "anomaly"])
def test_each_screen_draws_without_complaint_at_either_size(
    serve: Serve, open_tab: OpenTab, at: float
) -> None:
    served = serve(at=at)
    for width, height in ((1280, 720), (1920, 1080)):
        tab = open_tab(served, width, height)
        tab.log_in("anna")
        for letter in SCREENS:
            tab.go(letter)
            tab.page.locator("main .panel, main .card").first.wait_for()
            tab.press("Escape", "?")
            tab.sees("Keys everywhere", ".help")
            tab.press("Escape")
            assert tab.page.locator("tr").count() <= 1000
            wide = tab.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= width, f"{letter} is {wide} wide"
        assert tab.said == []
        assert all(url.startswith((served.url, "data:")) for url in tab.loaded), tab.loaded


@pytest.mark.check
@pytest.mark.requirement("CON-07")
def test_the_whole_page_looks_at_an_earlier_instant_and_commands_nothing_there(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    hold(tab, "rover")
    tab.go("r")
    tab.press("/")
    tab.write("5 12:00")
    tab.press("Enter", "Escape")
    tab.page.locator(".console.replay").wait_for()
    tab.sees("Looking at Sol 5 12:00:00", ".alarmbar")
    tab.go("o")
    tab.sees("stowed", ".card")  # the rover, on that sol
    tab.press("c")
    tab.write("rover drive_to")
    tab.press("Enter")
    tab.sees("Drives to a place")
    assert tab.page.locator(".form button[type=submit]").is_disabled()
    tab.press("Escape", ".")
    tab.page.locator(".console:not(.replay)").wait_for()


@pytest.mark.check
def test_who_only_watches_is_offered_nothing_to_change(serve: Serve, open_tab: OpenTab) -> None:
    tab = open_tab(serve())
    tab.log_in("eve")
    tab.press("c")
    tab.write("rover drive_to")
    tab.press("Enter")
    tab.sees("Drives to a place")
    assert tab.page.locator("button", has_text="Stage").first.is_disabled()


@pytest.mark.check
@pytest.mark.requirement("CON-12")
def test_a_trainer_breaks_something_by_keyboard_and_heals_it(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve()
    tab, eve = open_tab(served), open_tab(served)
    tab.log_in("anna")
    eve.log_in("eve")
    tab.go("f")
    tab.press("/")
    tab.write("battery")
    tab.sees("lander.battery", "#targets-found")
    tab.press("Enter")
    tab.page.locator("#find-kind:focus").wait_for()
    tab.sees("not here: lander.battery moves nothing", "#kinds-found")
    tab.write("no move")
    tab.press("Enter")
    tab.sees("no_move cannot be there: lander.battery moves nothing", "#said")
    tab.press("Control+A")
    tab.write("bias")
    tab.press("Enter")
    tab.page.locator("#fault-kind-offset:focus").wait_for()
    tab.write("7")
    tab.sees("7: allowed is number, -5 to 5", ".fault-form")
    tab.press("Enter")
    tab.sees("Refused:", "#said")
    tab.press("Control+A")
    tab.write("0.5")
    tab.page.locator("#fault-own-lasts").focus()
    tab.write("2")
    tab.press("Tab")
    tab.write("h")
    tab.sees('"lasts": "2 h"', ".fault-form")
    tab.page.locator("#fault-own-id").focus()
    tab.press("Enter")
    tab.sees("Armed: bias of lander.battery", "#said")
    tab.sees("acting", ".panel tr")
    tab.sees("charge=0.8 → charge=1.3")
    tab.press("Escape", "Shift+H")
    tab.sees("bias is whole again", "#said")
    tab.sees("over", ".panel tr")
    eve.go("y")
    eve.go("o")
    assert eve.page.locator(".rail", has_text="Faults").count() == 0
    assert eve.page.evaluate("document.body.innerText.includes('bias')") is False
    assert tab.said == eve.said == []


@pytest.mark.check
@pytest.mark.requirement("OPS-12")
def test_the_crew_is_asked_on_every_screen_and_everybody_sees_the_debrief(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve()
    anna, ben = open_tab(served), open_tab(served)
    anna.log_in("anna")
    ben.log_in("ben")
    anna.go("x")
    anna.page.get_by_role("button", name="pick").first.press("Enter")
    anna.use("Begin now")
    anna.sees("crew/gauge begins: now", "#said")
    ben.sees("the lander has told of its battery", ".drillbar")
    ben.go("x")
    ben.sees("the lander has told of its battery", "td")
    assert ben.page.evaluate("document.body.innerText.includes('report_status')") is False
    assert ben.page.get_by_text("Drill files").count() == 0
    ben.go("p")
    ben.sees("Asked in the drill", ".panel")
    anna.sees("wanted: lander report_status", "td")
    anna.use("Break off")
    ben.go("x")
    for tab in (anna, ben):
        tab.sees("operator1: it came after", ".because")
        tab.sees("wanted: lander report_status", "td")
        tab.page.locator(".drillline .did.late").wait_for(state="attached")
        tab.page.locator(".drillbar").wait_for(state="detached")
    assert anna.said == ben.said == []


@pytest.mark.check
@pytest.mark.requirement("OPS-13")
def test_an_instant_gets_a_name_and_no_single_key_branches_off(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    tab.go("x")
    tab.press("/")
    tab.write("storm")
    tab.press("Enter")
    tab.sees("storm is Sol", "#said")
    tab.use("branch…")
    tab.page.locator("#branch-sure:focus").wait_for()
    tab.press("Enter")
    assert "nobody starts runs" not in tab.page.locator("#said").inner_text()
    tab.write("branch")
    tab.press("Enter")
    tab.sees("nobody starts runs here: {'checkpoint': 'storm'}", "#said")
    assert tab.said == []


@pytest.mark.check
def test_what_is_real_is_armed_by_its_name_and_stopped_by_one_key_from_anywhere(
    serve: Serve, open_tab: OpenTab
) -> None:
    served = serve()
    tab = open_tab(served)
    tab.log_in("ben")  # the conductor
    tab.sees("surface.docked", ".card")
    tab.press("!")
    tab.sees("Nothing is real in this run", "#said")
    tab.page.evaluate("""async () => {
      const { link } = await import('/static/js/app.js');
      await link.ask('pace', { rate: 2 }, 'bench');
    }""")
    tab.go("h")
    tab.sees("rover.wheels", ".panel")
    tab.sees("nobody has armed it", ".panel")
    tab.sees("nobody serves it", ".panel")
    tab.sees("misses deadlines", ".panel")
    tab.sees("clock +41.2 ± 2.5 ppm", ".panel")
    spread = tab.page.locator("svg.spread").first
    assert "answers of drive from 1.40 to 41.60 ms, 3 about or" in str(
        spread.get_attribute("aria-label")
    )
    assert spread.locator("rect.late").count() == 1 and spread.locator("rect").count() == 4
    lived = tab.page.locator("svg.life")
    assert lived.count() == 1 and lived.locator("rect.lost").count() == 1
    tab.page.get_by_label("how the line of rover.wheels breaks").select_option("delay")
    tab.page.get_by_role("button", name="Break").click()
    tab.sees("The line of rover.wheels: delay.", "#said")
    tab.page.get_by_role("button", name="Mend").click()
    tab.page.get_by_role("button", name="Break").wait_for()
    tab.page.get_by_role("button", name="Arm…").first.focus()
    tab.press("Enter")
    tab.sees("To be armed: it may move then", ".confirm")
    tab.write("rover.wheel")
    tab.press("Enter")  # not its name yet
    assert "armed" not in tab.page.locator("#said").inner_text()
    tab.write("s")
    tab.press("Enter")
    tab.sees("rover.wheels is to be armed", "#said")
    tab.sees("1 armed", ".benchbar")
    tab.press("Escape")
    tab.go("o")
    tab.press("!")
    tab.sees("Stopped: all that is real is safe", "#said")
    tab.sees("stopped", ".benchbar")
    tab.go("h")
    tab.sees("stopped by ben", ".panel")

    def rearm() -> None:
        tab.page.evaluate("""async () => {
          const { orderBench } = await import('/static/js/bench.js');
          await orderBench('release', {});
          await orderBench('arm', { service: 'rover.wheels', seconds: 60 });
        }""")
        tab.sees("1 armed", ".benchbar")

    # Also while somebody writes, with the palette or the help open: nothing keeps it from them.
    for opening in (["c"], ["Control+K"], ["Escape", "?"]):
        rearm()
        tab.press(*opening)
        tab.press("Control+Space")
        tab.page.locator(".benchbar.stopped").wait_for()
    tab.press("Escape")
    rearm()
    tab.press("c")
    tab.write("!")  # a letter there
    tab.page.locator("#find-command").and_(tab.page.locator(":focus")).wait_for()
    tab.sees("1 armed", ".benchbar")
    assert tab.said == []


@pytest.mark.check
def test_a_letter_after_g_is_that_of_a_screen_also_where_the_page_hears_of_it_late(
    serve: Serve, open_tab: OpenTab
) -> None:
    """What counts is when it was pressed: else `p`, heard late, would pause the run."""
    tab = open_tab(serve())
    tab.log_in("anna")
    press = """([late, key]) => {
        const pressed = new KeyboardEvent("keydown", { key, bubbles: true });
        const end = performance.now() + late;
        while (performance.now() < end);
        document.body.dispatchEvent(pressed);
    }"""
    tab.page.evaluate(press, [0, "g"])
    tab.page.evaluate(press, [1600, "p"])
    tab.page.locator("main.procedures").wait_for()
    assert tab.said == []


@pytest.mark.check
def test_who_has_many_roles_does_not_push_the_top_bar_off_the_page(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("ben")
    for pace, shown in (("2", "2"), ("1000", "1,000")):
        tab.page.evaluate(
            "async (rate) => { const { link } = await import('/static/js/app.js');"
            " await link.ask('pace', { rate: Number(rate) }, `roles ${rate}`); }", pace
        )  # fmt: skip
        tab.sees(shown, "#pace")
        right = tab.page.locator(".field.user").bounding_box()
        assert right["x"] + right["width"] <= 1280
        cut = tab.page.evaluate(
            "() => { const name = document.querySelector('.bar .name');"
            " const words = document.createRange();"
            " words.selectNodeContents(name.querySelector('strong'));"
            " return words.getBoundingClientRect().right - name.getBoundingClientRect().right; }"
        )
        assert cut <= 0.0
    title = tab.page.locator(".field.user .value").get_attribute("title")
    assert title.startswith("ben: ") and "conductor" in title


WORDS = """async () => {
    const status = await import("/static/js/status.js");
    const word = (severity) => status.wordOfKind(status.kindOfSeverity(severity));
    const pairs = [["RED", "WARNING_HI"], ["YELLOW", "WARNING_LO"], [null, "FATAL"]];
    return pairs.map(([value, severity]) => [
        value && word(status.severityOfValue(value)), word(severity),
    ]);
}"""


@pytest.mark.check
def test_what_calls_has_one_word_on_a_card_and_among_the_alarms(
    serve: Serve, open_tab: OpenTab
) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    words = [["warning", "warning"], ["caution", "caution"], [None, "fatal"]]
    assert tab.page.evaluate(WORDS) == words


LABELS = """async ([wanted, size]) => {
    const { placeLabels } = await import("/static/js/labels.js");
    return placeLabels(wanted, [], size);
}"""


@pytest.mark.check
def test_names_on_the_map_do_not_cover_each_other(serve: Serve, open_tab: OpenTab) -> None:
    tab = open_tab(serve())
    tab.log_in("anna")
    size = {"width": 800, "height": 600}
    near = [{"key": str(n), "x": 400 + 3 * n, "y": 300 + 2 * n, "text": f"M2020-00374-{n:02}"}
            for n in range(12)]  # fmt: skip
    corner = [{"key": "corner", "x": 798, "y": 3, "text": "Perseverance"}]
    placed = tab.page.evaluate(LABELS, [near + corner, size])
    boxes = [_box(each) for each in placed]
    for place, one in enumerate(boxes):
        assert 0 <= one[0] and one[2] <= 800 and 0 <= one[1] and one[3] <= 600, placed[place]
        for other in boxes[place + 1 :]:
            assert not (one[0] < other[2] and other[0] < one[2]
                        and one[1] < other[3] and other[1] < one[3]), placed  # fmt: skip
    assert [each["text"] for each in placed] == [each["text"] for each in near + corner]
    alone = tab.page.evaluate(LABELS, [near[:1], size])
    assert alone[0]["from"] is None and abs(alone[0]["x"] - 400) < 20
    tab.go("m")
    drawn = tab.page.locator("svg.site .words text")
    tab.sees("Fetch rover", "svg.site .words")
    texts = drawn.all_text_contents()
    found = [drawn.nth(n).bounding_box() for n in range(len(texts))]
    for place, one in enumerate(found):
        for other in found[place + 1 :]:
            left, right = sorted((one, other), key=lambda each: each["x"])
            upper, lower = sorted((one, other), key=lambda each: each["y"])
            beside = left["x"] + left["width"] <= right["x"]
            assert beside or upper["y"] + upper["height"] <= lower["y"] + 4, texts


def _box(label: dict[str, Any]) -> tuple[float, float, float, float]:
    wide = 7.0 * len(label["text"])
    left = label["x"] - {"start": 0.0, "end": wide, "middle": wide / 2}[label["anchor"]]
    return left, label["y"] - 10, left + wide, label["y"] + 2
