"""A pytest plugin: devices of a bench as fixtures, safe before and after each test.

    @pytest.mark.arms("rover.wheels")
    @pytest.mark.deadline(5, misses=0)
    def test_it_turns_as_far_as_it_is_told(device):
        wheels = device("rover.wheels")
        assert wheels.call("drive", distance=0.5).distance == pytest.approx(0.5, abs=0.01)

`pytest --bench my_bench.yaml`. What is skipped for want of hardware is counted, and is a failure
with `--require-hardware`. Who a device was and how long its calls took are in the JUnit report.
"""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from ground.hil.bench_session import BenchSession, HeldDevice
    from ground.hil.virtual_device import VirtualDevice
    from ground.testbed.bench.file import BenchFile
    from sim_hw.bench.floor import Floor

LACKING = "hardware: "
"""How the reason of a skip begins that more hardware would have spared."""
FLOOR_RATE, FLOOR_SECONDS = 100.0, 3.0  # 1/s, s
_SESSION = pytest.StashKey["BenchSession"]()
_FILE: "pytest.StashKey[tuple[Path, BenchFile]]" = pytest.StashKey()
_FLOOR = pytest.StashKey["Floor"]()
_USED = pytest.StashKey["dict[str, HeldDevice]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the command line."""
    group = parser.getgroup("threeforks", "real devices")
    group.addoption("--bench", metavar="NAME", help="bench file, by path or by name, of `device`")
    group.addoption(
        "--require-hardware", action="store_true",
        help="what is skipped for want of hardware is a failure",
    )  # fmt: skip
    group.addoption(
        "--allow-network", action="store_true", help="also devices beyond this machine"
    )


def pytest_configure(config: pytest.Config) -> None:
    """The markers; raises UsageError for a bench file that is missing or wrong: that is a mistyped
    one, and no want of hardware."""
    for line in (
        "needs_device(service, ...): skipped unless these devices of the bench are there",
        "needs_feature(service, feature): skipped unless the device has that feature",
        "arms(service, seconds=60): lets the device move during the test",
        "deadline(ms, misses=0): fails where more calls of its devices took longer",
    ):
        config.addinivalue_line("markers", line)
    name = config.getoption("--bench")
    if name is None:
        return
    from flight.configuration.files import ConfigurationError
    from ground.testbed.bench.file import load_bench

    try:
        config.stash[_FILE] = load_bench(name, allow_network=config.getoption("--allow-network"))
    except ConfigurationError as error:
        raise pytest.UsageError(str(error)) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    """All is safe at the end, and others may have it."""
    if _SESSION in config.stash:
        config.stash[_SESSION].close()
        del config.stash[_SESSION]


# ------------------------------------------------------------------ what lacks


def lacking(config: pytest.Config, words: str) -> NoReturn:
    """The test cannot be run here: it is skipped, or fails where hardware is required."""
    if config.getoption("--require-hardware"):
        pytest.fail(f"{LACKING}{words}", pytrace=False)
    pytest.skip(f"{LACKING}{words}")


def _session_of(config: pytest.Config) -> "BenchSession":
    """The bench session of this run of tests, opened when it is first wanted."""
    if _SESSION not in config.stash:
        if _FILE not in config.stash:
            lacking(config, "no bench is given: --bench NAME")
        from flight.configuration.files import ConfigurationError
        from ground.hil.bench_session import BenchSession

        path, bench = config.stash[_FILE]
        network = config.getoption("--allow-network")
        try:
            config.stash[_SESSION] = BenchSession(path, bench, allow_network=network)
        except ConfigurationError as error:
            lacking(config, str(error))
    return config.stash[_SESSION]


def _device_of(config: pytest.Config, service: str) -> "HeldDevice":
    session = _session_of(config)
    if service not in session.lines:
        lacking(config, f"{service} is not on {session.file.name}: {', '.join(session.lines)} are")
    device = session.device(service)
    if not device.there:
        lacking(config, f"{service} is {device.state}: {device.why or 'it does not answer'}")
    return device


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before its fixtures are made: what a test needs is there, or it is skipped."""
    _check_markers(item)
    for marker in item.iter_markers("needs_device"):
        for service in marker.args:
            _device_of(item.config, service)
    for marker in item.iter_markers("needs_feature"):
        service, feature = marker.args
        found = _device_of(item.config, service).features
        if feature not in found:
            told = ", ".join(found) or "none"
            lacking(item.config, f"{service} has not the feature {feature}, but {told}")


def _check_markers(item: pytest.Item) -> None:
    """Fails by a sentence where a marker is given what it cannot take."""
    for marker in item.iter_markers("needs_device"):
        if not marker.args or marker.kwargs or not _are_names(marker.args):
            _wrong(marker, "one service or several, such as needs_device('rover.wheels')")
    for marker in item.iter_markers("needs_feature"):
        if len(marker.args) != 2 or marker.kwargs or not _are_names(marker.args):
            _wrong(marker, "a service and a feature, such as ('rover.wheels', 'self_test')")
    for marker in item.iter_markers("arms"):
        try:
            service, seconds = _armed(*marker.args, **marker.kwargs)
        except TypeError:
            service, seconds = None, None
        if not _are_names((service,)) or not (seconds is None or _is_positive(seconds)):
            _wrong(marker, "a service, and seconds more than 0, such as ('rover.wheels', 60)")
    for marker in item.iter_markers("deadline"):
        try:
            limit, misses = _deadline(*marker.args, **marker.kwargs)
        except TypeError:
            limit, misses = math.nan, 0
        if not _is_positive(limit) or type(misses) is not int or misses < 0:
            _wrong(marker, "milliseconds more than 0, and misses from 0, such as (5, misses=1)")


def _armed(service: Any, seconds: Any = None) -> tuple[Any, Any]:
    return service, seconds


def _are_names(given: tuple[Any, ...]) -> bool:
    return all(isinstance(each, str) and each for each in given)


def _is_positive(given: Any) -> bool:
    return type(given) in (int, float) and 0.0 < given < math.inf


def _wrong(marker: pytest.Mark, allowed: str) -> NoReturn:
    words = ", ".join([*map(repr, marker.args), *(f"{k}={v!r}" for k, v in marker.kwargs.items())])
    pytest.fail(f"marker {marker.name}({words}): allowed is {allowed}", pytrace=False)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many were skipped for want of hardware, and which."""
    found = []
    for report in terminalreporter.stats.get("skipped", ()):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        if why.removeprefix("Skipped: ").startswith(LACKING):
            found.append(f"{report.nodeid}: {why.removeprefix('Skipped: ')}")
    if found:
        terminalreporter.section(f"{len(found)} skipped for want of hardware")
        for line in found:
            terminalreporter.line(line)


# ---------------------------------------------------------------------- fixtures


@pytest.fixture
def bench(request: pytest.FixtureRequest) -> "BenchSession":
    """All devices of the bench file that `--bench` names; nothing is armed by itself."""
    return _session_of(request.config)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> "Iterator[Callable[[str], HeldDevice]]":
    """`device("rover.wheels")`: safe before the test, or armed where the test is marked with
    `arms`; safe after it."""
    used = request.node.stash.setdefault(_USED, {})

    def take(service: str) -> "HeldDevice":
        if service not in used:
            made = _device_of(request.config, service)
            _make_ready(request.node, made)
            used[service] = made
        return used[service]

    yield take
    _put_back(request.node, used)


def _make_ready(item: pytest.Item, device: "HeldDevice") -> None:
    device.safe()
    for marker in item.iter_markers("arms"):
        service, *seconds = marker.args
        if service == device.service:
            device.arm(*seconds, **marker.kwargs)


def _put_back(item: pytest.Item, used: "dict[str, HeldDevice]") -> None:
    """Safe, whatever the test did; and what was seen goes into the report."""
    problems = []
    for service, each in used.items():
        try:
            each.safe()
        except Exception as error:  # the others are to be made safe all the same
            problems.append(str(error))
        item.user_properties += _properties(service, each)
    if problems:
        pytest.fail("; ".join(problems), pytrace=False)


def _properties(service: str, device: "HeldDevice") -> list[tuple[str, object]]:
    from sim_hw.bench.histogram import Histogram

    names = ("vendor", "model", "serial", "firmware")
    who = " ".join(str(device.identity.get(each, "")) for each in names).strip()
    found: list[tuple[str, object]] = [(f"{service}.identity", who)]
    found.append((f"{service}.boot", device.boot))
    for method, times in device.times.items():
        found.append((f"{service}.{method}", Histogram.of(times).words()))
    return found


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """What took longer than the deadline of the test fails it; unless the machine is the cause."""
    yield
    marker = item.get_closest_marker("deadline")
    if marker is None:
        return
    limit, allowed = _deadline(*marker.args, **marker.kwargs)
    late = 0
    for service, device in item.stash.get(_USED, {}).items():
        ours = sum(took > limit for times in device.times.values() for took in times)
        item.user_properties.append((f"{service}.misses", ours))
        late += ours
    if late <= allowed:
        return
    words = f"{late} calls took longer than {1e3 * limit:g} ms; allowed are {allowed}"
    from sim_hw.bench.floor import FLOOR_WAY

    misses = _floor_of(item.config).lateness[FLOOR_WAY].beyond(limit)
    if misses > 0.0:
        lacking(item.config, f"unknown: {words}, but this machine misses {misses:.2%} by itself")
    pytest.fail(words, pytrace=False)


def _deadline(ms: float, misses: int = 0) -> tuple[float, int]:
    return ms / 1e3, misses


@pytest.fixture
def floor(request: pytest.FixtureRequest) -> "Floor":
    """How late this machine is with no device at all, measured once a session (3 s)."""
    return _floor_of(request.config)


def _floor_of(config: pytest.Config) -> "Floor":
    if _FLOOR not in config.stash:
        from sim_hw.bench.floor import measure_floor

        config.stash[_FLOOR] = measure_floor(FLOOR_RATE, FLOOR_SECONDS)
    return config.stash[_FLOOR]


@pytest.fixture
def virtual_device(
    tmp_path: Path, request: pytest.FixtureRequest
) -> "Callable[..., VirtualDevice]":
    """`virtual_device("wheels", speed=1.0).run(work)`: a device in C in virtual time."""

    def make(name: str, sources: Path | None = None, **settings: float) -> "VirtualDevice":
        from ground.hil.virtual_device import VirtualDevice
        from sim_hw.bench.building import NotBuilt

        try:
            return VirtualDevice(tmp_path, name, settings, sources)
        except NotBuilt as error:
            lacking(request.config, str(error))

    return make


@pytest.fixture
def firmware(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> "Iterator[Callable[..., HeldDevice]]":
    """`firmware("wheels", SPEED=2.0)`: a device in C on a Cortex-M3 in QEMU, on its wire. Armed
    where the test is marked with `arms` by the name of its service."""
    made: list[Any] = []
    used = request.node.stash.setdefault(_USED, {})

    def start(name: str, **defines: float) -> "HeldDevice":
        from ground.hil.emulated_bench import EmulatedBench
        from sim_hw.bench.building import NotBuilt

        try:
            # A socket's path is short: pytest's folders of a test may not be.
            made.append(EmulatedBench(tmp_path_factory.mktemp("q"), name, defines))
        except NotBuilt as error:
            lacking(request.config, str(error))
        device: HeldDevice = made[-1].device
        if not device.there:
            lacking(request.config, f"{name} in QEMU is {device.state}: {device.why}")
        _make_ready(request.node, device)
        used[device.service] = device
        return device

    yield start
    try:
        _put_back(request.node, {each.device.service: each.device for each in made})
    finally:
        for each in made:
            each.close()
