"""A page that is used for long over news that come fast neither grows nor complains."""

from collections.abc import Callable

import pytest

from tests.ground.console.conftest import Serve, Tab
from tests.ground.console.lasting_page import Lasting, grown

pytestmark = [
    pytest.mark.check,
    pytest.mark.processes,
    pytest.mark.browser,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("console"),
]

@pytest.mark.requirement("CON-08")
def test_the_page_stays_as_large_as_it_was(serve: Serve, open_tab: Callable[..., Tab]) -> None:
    """In full in `make soak`: test_shift.py."""
    tab = open_tab(serve(at=900_000.0, pace=10_000.0))
    tab.log_in("anna")
    page = Lasting(tab)
    page.walk()
    before = page.figures()
    page.walk()
    after = page.figures()
    assert grown(before, after) == [], f"{before} -> {after}"
    assert tab.said == []
    assert all(url.startswith((tab.served.url, "data:")) for url in tab.loaded), tab.loaded
    tab.page.evaluate("window.kept = []; for (let n = 0; n < 5000; n++) "
                      "window.kept.push(document.createElement('p'));")  # fmt: skip
    assert grown(before, page.figures()) != []  # it would have been seen
