"""`msr drill`: an option that its mode has no use for is refused, not passed over."""

import pytest

from flight.configuration.files import ConfigurationError
from ground.commands import drill
from ground.commands.drill_modes import USES, check_mode
from tests.ground.commands.asked import given

VALUES = {
    "FILE": ["x"], "--only": ["a"], "--seeds": ["1..3"], "--without": ["watchdog"],
    "--junit": ["j"], "--html": ["h"], "--fmeca": ["f"], "--compare": ["b"], "--workers": ["3"],
    "--cluster": ["tcp://a"], "--out": ["o"], "--seed": ["0"], "--scenario": ["return"],
    "--kind": ["stuck"], "--arm": ["rover.wheels=1"], "--as": ["anna"], "--matrix": [],
    "--wait": ["5m"],
    "--write-hardware": ["z"], "--bench": ["desk"], "--from": ["runs"], "--swarm": ["3"],
    "--nth": ["rover.uhf.state"],
}  # fmt: skip


def words(option: str) -> list[str]:
    """An option as it is typed."""
    return VALUES["FILE"] if option == "FILE" else [option, *VALUES.get(option, [])]


EVERY = list(dict.fromkeys(each for mode, uses in USES.items() for each in (mode, *uses)))


@pytest.mark.parametrize("mode", USES)
def test_of_each_mode_all_other_options_are_refused(mode: str) -> None:
    names = list(USES)
    for option in EVERY:
        takes_over = option in names and names.index(option) < names.index(mode)
        if option == mode or takes_over:
            continue
        asked = given(drill, *words(option), *words(mode))
        if option in (*USES[mode], "--out"):
            check_mode(asked)
        else:
            with pytest.raises(ConfigurationError):
                check_mode(asked)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("x --seed 5", "--seed has no use for drill files alone: it goes with --swarm"),
        ("x --scenario return", "it goes with --write-hardware or --swarm"),
        ("x --arm rover.wheels=1", "it goes with --bench"),
        ("x --as anna", "it goes with --bench"),
        ("x --kind stuck", "it goes with --nth"),
        ("--from r --seeds 1", "--seeds has no use beside --from"),
        ("--from r x", "--from flies the drills of the records: name none beside"),
        ("--swarm 3 x", "--swarm draws its drills: name none beside"),
        ("--swarm 3 --score", "--score has no use beside --swarm"),
        ("--matrix surface x", "--matrix is of a scenario"),
        ("--matrix --junit j", "--junit has no use beside --matrix"),
        ("x --bench b --score", "not on a bench: it switches protections off"),
        ("x --score --seeds 1..3", "--seeds has no use beside --score"),
        ("x --shrink --without watchdog", "--without has no use beside --shrink"),
    ],
)
def test_it_is_said_where_it_would_be_of_use(line: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match="command line") as refused:
        drill.run(given(drill, *line.split()))
    assert said in str(refused.value)


def test_what_is_given_as_nothing_is_not_given() -> None:
    check_mode(given(drill, "x", "--quiet", "--workers", "2"))
    check_mode(given(drill, "--swarm", "3", "--seed", "0", "--scenario", "surface"))
