"""When the ground is believed: exactly at its limits, and just not."""

import pytest

from flight.lander.touchdown_detection import TouchdownDetector

NONE, TWO, ONE = (False,) * 4, (True, False, True, False), (False, True, False, False)


def sensing(*, sank: bool = True) -> TouchdownDetector:
    detector = TouchdownDetector()
    detector.enable()
    if sank:
        assert detector.judge(NONE, 1.0, 1.0, 10.0, 0.05) == ""
    return detector


def twice(detector: TouchdownDetector, loaded: tuple[bool, ...], sinking: float) -> str:
    detector.judge(loaded, sinking, 1.0, 10.0, 0.05)
    return detector.judge(loaded, sinking, 1.0, 10.0, 0.05)


def test_nothing_is_believed_before_sensing_begins() -> None:
    detector = TouchdownDetector()
    detector.judge(NONE, 1.0, 1.0, 10.0, 0.05)
    assert twice(detector, TWO, 0.0) == ""
    # Nor does what was seen before count afterwards: it has to have sunk since.
    detector.enable()
    assert twice(detector, TWO, 0.0) == ""


@pytest.mark.parametrize(("loaded", "says"), [(NONE, ""), (ONE, ""), (TWO, "legs"), ((), "")])
def test_two_legs_are_needed(loaded: tuple[bool, ...], says: str) -> None:
    assert twice(sensing(), loaded, 0.0) == says


@pytest.mark.parametrize(("sinking", "says"), [(0.5999, "legs"), (0.6, ""), (0.9, "")])
def test_legs_are_believed_below_six_tenths_of_the_sinking_speed(sinking: float, says: str) -> None:
    assert twice(sensing(), TWO, sinking) == says


@pytest.mark.parametrize(("sank", "says"), [(0.7001, "legs"), (0.7, ""), (0.3, "")])
def test_it_must_have_sunk_by_seven_tenths_before(sank: float, says: str) -> None:
    detector = sensing(sank=False)
    detector.judge(NONE, sank, 1.0, 10.0, 0.05)
    assert twice(detector, TWO, 0.0) == says
    # It need not sink again: once is enough.
    assert detector.judge(TWO, 0.0, 1.0, 10.0, 0.05) == says


def test_two_readings_on_end_are_needed() -> None:
    detector = sensing()
    for loaded in (TWO, NONE, TWO, ONE, TWO):
        assert detector.judge(loaded, 0.0, 1.0, 10.0, 0.05) == ""
    assert detector.judge(TWO, 0.0, 1.0, 10.0, 0.05) == "legs"


def standing(detector: TouchdownDetector, seconds: float, sinking: float, height: float) -> str:
    answers = [detector.judge(NONE, sinking, 1.0, height, 0.25) for _ in range(int(4 * seconds))]
    return answers[-1]


@pytest.mark.parametrize(
    ("seconds", "sinking", "height", "says"),
    [
        (1.5, 0.0, 1.0, ""),
        (1.75, 0.0, 1.0, "standstill"),
        (1.75, 0.1499, 1.0, "standstill"),
        (5.0, 0.15, 1.0, ""),
        (1.75, 0.0, 2.999, "standstill"),
        (5.0, 0.0, 3.0, ""),
        (1.75, -0.3, -4.0, "standstill"),
    ],
)
def test_a_standstill_near_the_ground_is_the_ground_after_a_second_and_a_half(
    seconds: float, sinking: float, height: float, says: str
) -> None:
    assert standing(sensing(), seconds, sinking, height) == says


def test_a_standstill_that_is_broken_begins_anew() -> None:
    detector = sensing()
    assert standing(detector, 1.5, 0.0, 1.0) == ""
    assert standing(detector, 0.25, 0.2, 1.0) == ""
    assert standing(detector, 1.5, 0.0, 1.0) == ""
    assert standing(detector, 0.25, 0.0, 1.0) == "standstill"
    # One that never sank does not stand on the ground.
    assert standing(sensing(sank=False), 5.0, 0.0, 1.0) == ""


def test_beginning_anew_forgets_what_was_seen() -> None:
    detector = sensing()
    detector.judge(TWO, 0.0, 1.0, 10.0, 0.05)
    detector.enable()
    detector.judge(NONE, 1.0, 1.0, 10.0, 0.05)
    assert detector.judge(TWO, 0.0, 1.0, 10.0, 0.05) == ""
    standing(detector, 1.5, 0.0, 1.0)
    detector.enable()
    detector.judge(NONE, 1.0, 1.0, 10.0, 0.05)
    assert standing(detector, 0.25, 0.0, 1.0) == ""


@pytest.mark.parametrize(
    ("legs", "seconds", "says"), [(3, 1.0, ""), (3, 1.25, "legs"), (2, 9.0, "")]
)
def test_legs_that_stay_loaded_are_the_ground_where_the_velocity_was_only_felt(
    legs: int, seconds: float, says: str
) -> None:
    loaded = (True,) * legs + (False,) * (4 - legs)

    def after(detector: TouchdownDetector, measured: bool) -> str:
        answers = [
            detector.judge(loaded, 1.0, 1.0, 10.0, 0.25, measured) for _ in range(int(4 * seconds))
        ]
        return answers[-1]

    assert after(sensing(), False) == says
    assert after(sensing(), True) == ""


def test_legs_that_let_go_once_begin_anew() -> None:
    detector = sensing()
    for loaded in ((True,) * 4, TWO, (True,) * 4):
        for _ in range(4):
            assert detector.judge(loaded, 1.0, 1.0, 10.0, 0.25, False) == ""
