"""When the ranges of the radar are noise, and when they only jump."""

import random

from flight.lander.restless_radar import RestlessRadar

JUMPS = 6
OF = 10

SIGMA = 10.0


def judged(radar: RestlessRadar, offsets: list[float], refused: bool) -> list[bool]:
    found = []
    for offset in offsets:
        found.append(radar.judge(offset, SIGMA))
        radar.note(refused)
    return found


def noise(size: float, count: int) -> list[float]:
    draw = random.Random(1)
    return [draw.gauss(0.0, size) for _ in range(count)]


def test_noise_that_is_refused_is_believed_no_more() -> None:
    found = judged(RestlessRadar(), noise(300.0, 20), refused=True)
    assert not any(found[:JUMPS]) and all(found[JUMPS:])


def test_noise_within_what_a_range_may_err_is_none() -> None:
    assert not any(judged(RestlessRadar(), noise(0.7 * SIGMA, 200), refused=False))
    assert not any(judged(RestlessRadar(), noise(0.7 * SIGMA, 200), refused=True))


def test_ranges_that_are_taken_are_no_noise_however_they_jump() -> None:
    assert not any(judged(RestlessRadar(), noise(300.0, 50), refused=False))


def test_half_of_the_last_readings_have_to_be_refused() -> None:
    for refused in (OF // 2 - 1, OF // 2):
        radar = RestlessRadar()
        for number in range(OF):
            radar.note(number < refused)
        for offset in (0.0, 50.0) * JUMPS:
            radar.judge(offset, SIGMA)
        assert radar.is_restless == (refused == OF // 2)


def test_one_jump_of_kilometres_is_no_restlessness() -> None:
    steps = [*noise(5.0, 10), *(3_000.0 + each for each in noise(5.0, 10))]
    assert not any(judged(RestlessRadar(), steps, refused=True))


def test_it_is_over_when_the_ranges_are_calm_again() -> None:
    radar = RestlessRadar()
    judged(radar, noise(300.0, 20), refused=True)
    found = judged(radar, [0.0] * 20, refused=True)
    assert found[0] and not found[-1]
