"""axe-core finds nothing on any screen: contrast, names, roles, labels.

It is no part of the project: `make check` fetches it into the environment, where npm is.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.ground.console.by_keyboard import hold
from tests.ground.console.conftest import ROOT, Serve, Tab
from tests.ground.console.test_page import SCREENS

AXE = ROOT / ".venv" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.map(({ id, nodes }) => ({
        id, on: nodes.slice(0, 3).map(({ html, failureSummary }) => `${html} ${failureSummary}`),
    }));
}"""

pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.flies("surface"),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is not here: `make axe` fetches it"),
]


def findings(tab: Tab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tab.page.evaluate(RUN)
    return found


@pytest.mark.requirement("CON-08")
def test_axe_finds_nothing_on_any_screen(serve: Serve, open_tab: Callable[..., Tab]) -> None:
    served = serve(at=1_157_000.0)
    tab = open_tab(served)
    axe = Path(AXE).read_text(encoding="utf-8")
    tab.page.goto(served.url)
    tab.page.evaluate(axe)
    found = {"login": findings(tab)}
    tab.log_in("anna")
    tab.page.evaluate(axe)
    hold(tab, "rover")
    tab.press("c")
    tab.write("rover drive_to")
    tab.press("Enter")
    tab.write("99999")
    tab.sees("99999: allowed is")
    found["form"] = findings(tab)
    tab.press("Escape", "Escape")
    for letter in SCREENS:
        tab.go(letter)
        tab.page.locator("main .panel, main .card").first.wait_for()
        tab.press("Escape", "j")
        found[letter] = findings(tab)
    tab.page.evaluate("""async () => {
      const { link } = await import('/static/js/app.js');
      await link.ask('pace', { rate: 2 }, 'bench');
    }""")
    conductor = open_tab(served)  # who may arm what is real now
    conductor.page.goto(served.url)
    conductor.log_in("ben")
    conductor.page.evaluate(axe)
    conductor.go("h")
    conductor.sees("rover.wheels", ".panel")
    conductor.page.get_by_role("button", name="Arm…").first.focus()
    conductor.press("Enter")
    conductor.sees("To be armed", ".confirm")
    found["bench"] = findings(conductor)
    tab.go("f")
    tab.press("/")
    tab.write("battery")
    tab.sees("lander.battery", "#targets-found")
    tab.press("Enter")
    tab.page.locator("#find-kind:focus").wait_for()
    tab.write("bias")
    tab.press("Enter")
    tab.page.locator("#fault-kind-offset:focus").wait_for()
    tab.write("77")
    found["fault"] = findings(tab)
    tab.press("Escape", "Escape")
    tab.go("x")
    tab.page.get_by_role("button", name="pick").first.press("Enter")
    tab.use("Begin now")
    tab.page.locator(".drillbar").wait_for()
    found["drill"] = findings(tab)
    tab.use("Break off")
    tab.page.locator(".drillline").wait_for()
    found["debrief"] = findings(tab)
    tab.press("?")
    found["help"] = findings(tab)
    tab.press("Escape", "Control+K")
    tab.write("rover")
    found["palette"] = findings(tab)
    told = [f"{name}: {each['id']}: {on}" for name, bad in found.items() for each in bad
            for on in each["on"]]  # fmt: skip
    assert not told, "\n\n".join(told)
