"""One producer beyond its share demotes itself and nobody else; the share comes back."""

import pytest

from flight.core.telling.quotas import ProducerQuotas

BURST = 200_000
PRODUCERS = 256
REFILL = 20.0


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def quotas(clock: Clock, told: list[str]) -> ProducerQuotas:
    return ProducerQuotas(clock, told.append)


def test_the_share_to_its_last_byte_and_not_beyond(
    quotas: ProducerQuotas, told: list[str]
) -> None:
    assert quotas.admits("a", BURST) and told == []
    assert not quotas.admits("a", 1) and told == ["a"]
    assert not quotas.admits("a", 1) and told == ["a"], "told once"
    assert quotas.admits("b", 1), "another one has its own"


def test_the_share_comes_back_and_no_more_than_that(
    quotas: ProducerQuotas, clock: Clock, told: list[str]
) -> None:
    quotas.admits("a", BURST)
    clock.now = 10.0
    assert not quotas.admits("a", 201) and quotas.admits("a", 200)
    clock.now += 10.0 * BURST / REFILL
    assert quotas.admits("a", BURST) and not quotas.admits("a", 1)


def test_another_flood_is_told_again(
    quotas: ProducerQuotas, clock: Clock, told: list[str]
) -> None:
    for begin in (0.0, BURST / REFILL):
        clock.now = begin
        assert quotas.admits("a", 10) and quotas.admits("a", BURST - 10)
        assert not quotas.admits("a", 1)
    assert told == ["a", "a"]


def test_more_producers_than_are_counted_apart_share_one_quota(
    quotas: ProducerQuotas, told: list[str]
) -> None:
    for number in range(PRODUCERS):
        assert quotas.admits(f"p{number}", 1)
    assert quotas.admits("new", BURST) and not quotas.admits("newer", 1)
    assert quotas.admits("p0", 1) and told == ["others"]
