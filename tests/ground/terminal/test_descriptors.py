"""A process that may open too few files is refused, or allows itself more where it may."""

import resource

import pytest

from flight.configuration.files import ConfigurationError
from ground.terminal.descriptors import need_descriptors


@pytest.fixture
def limits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The limits of files, those of now last; none of the real ones is touched."""
    now = [(256, 1024)]
    monkeypatch.setattr(resource, "getrlimit", lambda kind: now[-1])
    monkeypatch.setattr(resource, "setrlimit", lambda kind, pair: now.append(pair))
    return now


def test_a_limit_that_is_met_is_left_alone(limits: list[tuple[int, int]]) -> None:
    need_descriptors(256)
    assert limits == [(256, 1024)]


def test_a_soft_limit_is_raised_as_far_as_is_needed(limits: list[tuple[int, int]]) -> None:
    need_descriptors(1024)
    assert limits == [(256, 1024), (1024, 1024)]


def test_a_hard_limit_that_is_too_low_is_refused(limits: list[tuple[int, int]]) -> None:
    with pytest.raises(ConfigurationError, match=r"may open 1024 files .* allowed are 1025"):
        need_descriptors(1025)
    assert limits == [(256, 1024)]


def test_no_limit_is_enough(limits: list[tuple[int, int]]) -> None:
    limits.append((resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    need_descriptors(10**9)
    assert len(limits) == 2
