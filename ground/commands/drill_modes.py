"""Which options `msr drill` has a use for in which of its modes; others are refused there.

The mode is that of the option that names it; without any, drill files are flown as they are.
"""

import argparse
from pathlib import Path

from flight.configuration.files import ConfigurationError

FILES = "FILE"
REPORTS = ("--junit", "--html", "--fmeca", "--coverage")
WORK = ("--workers", "--cluster", "--out", "--quiet")
FLIGHT = ("--only", "--seeds", "--without", "--bare", "--alone")
BENCH = ("--arm", "--as", "--wait", "--allow-network")
USES: dict[str, tuple[str, ...]] = {
    "--matrix": (),
    "--bench": (FILES, "--only", "--seeds", "--without", "--bare", *BENCH, *REPORTS,
                "--workers", "--out", "--quiet"),
    "--write-hardware": ("--scenario", *WORK),
    "--from": ("--only", *REPORTS, *WORK),
    "--swarm": ("--seed", "--scenario", "--compare", "--shrink", *REPORTS, *WORK),
    "--nth": (FILES, "--kind", "--only", "--seeds", "--without", "--alone", "--compare", *REPORTS,
              *WORK),
    FILES: (*FLIGHT, "--compare", "--score", "--shrink", *REPORTS, *WORK),
}  # fmt: skip
"""By its mode, what an option of another name is used for; the first that is named is the mode."""
ALIKE = {
    "--score": ("--seeds", "--without", "--bare"),
    "--shrink": ("--without", "--bare"),
}
"""Options of one mode that do not go together: what the first flies is not what the second says."""
WHY = {
    ("--from", FILES): "flies the drills of the records: name none beside",
    ("--swarm", FILES): "draws its drills: name none beside",
    ("--bench", "--swarm"): "it copies the run where drills begin, and nothing real can be copied",
    ("--bench", "--nth"): "it counts calls in a flight that is copied, and nothing real can be "
    "copied",
    ("--bench", "--score"): "it switches protections off that keep the devices",
    ("--bench", "--shrink"): "it flies hundreds of times",
    ("--bench", "--from"): "no two flights of a bench are the same",
    ("--bench", "--cluster"): "the devices are here",
    ("--bench", "--compare"): "two flights of a bench are never the same, bit by bit",
    ("--bench", "--alone"): "each is flown from the beginning there",
    ("--bench", "--write-hardware"): "it surveys the simulation",
    ("--matrix", FILES): "is of a scenario: --matrix SCENARIO",
}
"""Why some do not go together."""
_NAMES = {FILES: "drills", "--from": "records", "--as": "who"}
DEFAULTS = {"workers": 2}


def check_mode(arguments: argparse.Namespace) -> None:
    """Raises ConfigurationError for the first option that the mode has no use for."""
    given = [option for option in _options() if _is_given(arguments, option)]
    mode = next((each for each in USES if each in given), FILES)
    for option in given:
        if option != mode and option not in USES[mode]:
            raise _refusal(mode, option)
        for other in ALIKE.get(option, ()):
            if other in given:
                problem = f"has no use beside {option}, which flies drills as their files say"
                raise ConfigurationError("command line", None, other, problem)


def _options() -> dict[str, None]:
    """All options, and the files, each once."""
    return dict.fromkeys(each for mode, uses in USES.items() for each in (mode, *uses))


def _is_given(arguments: argparse.Namespace, option: str) -> bool:
    name = _NAMES.get(option, option.removeprefix("--").replace("-", "_"))
    value = getattr(arguments, name)
    if name == "out":
        return False  # every mode may write there, and has a default
    if isinstance(value, int) and not isinstance(value, bool):
        return value != DEFAULTS.get(name)
    return bool(value) or value == Path()


def _refusal(mode: str, option: str) -> ConfigurationError:
    why = WHY.get((mode, option))
    if mode == "--bench" and why is not None:
        return ConfigurationError("command line", None, option, f"not on a bench: {why}")
    if option == FILES:
        why = why or "has no use for drill files"
        return ConfigurationError("command line", None, mode, why)
    able = [each for each, uses in USES.items() if option in uses]
    where = f"beside {mode}" if mode != FILES else "for drill files alone"
    use = f"it goes with {' or '.join(able)}" if able else "it stands alone"
    problem = f"has no use {where}: {use}"
    return ConfigurationError("command line", None, option, f"{problem}; {why}" if why else problem)
