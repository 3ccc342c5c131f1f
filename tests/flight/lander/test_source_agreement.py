"""Sources that agree, one that does not, and when nobody can tell which; lines, jumps and engines
at their exact limits."""

import math

import pytest

from flight.lander.engine_judge import EngineJudge
from flight.lander.measured_lines import Estimate, MeasuredLine, of_covariance
from flight.lander.restless_radar import RestlessRadar
from flight.lander.source_agreement import judge, together

UP, DOWN = math.inf, -math.inf


def place(offset: float, sigma: float = 1.0) -> Estimate:
    """A source of a place, and of a speed that all agree in."""
    return Estimate(offset, 0.0, 1.0 / sigma**2, 0.0, 1.0)


def speed(slope: float, sigma: float = 1.0) -> Estimate:
    """A source that knows how fast alone."""
    return Estimate(0.0, slope, 0.0, 0.0, 1.0 / sigma**2)


def test_the_best_line_weighs_each_source_by_what_it_knows() -> None:
    line = together({"a": place(0.0), "b": place(10.0, 0.5), "c": speed(3.0, 0.5)})
    assert line.offset == pytest.approx(8.0) and line.slope == pytest.approx(2.0)
    assert line.pp == pytest.approx(1.0 / 5.0) and line.vv == pytest.approx(1.0 / 6.0)
    assert line.pv == 0.0
    assert line.misfit == pytest.approx(64.0 + 4.0 * 4.0 + 2.0 * 4.0 + 4.0)


def test_place_and_speed_that_hang_together_move_each_other() -> None:
    bound = of_covariance(1.0, 2.0, 4.0, 1.0, 1.0)
    assert (bound.pp, bound.pv, bound.vv) == pytest.approx((1.0 / 3.0, -1.0 / 3.0, 4.0 / 3.0))
    assert bound.variance == pytest.approx(4.0)
    assert bound.misfit(0.0, 0.0) == pytest.approx((1.0 - 4.0 + 16.0) / 3.0)
    alone = together({"a": bound})
    assert (alone.offset, alone.slope) == pytest.approx((1.0, 2.0))
    assert (alone.pp, alone.pv, alone.vv) == pytest.approx((4.0, 1.0, 1.0))
    both = together({"a": bound, "b": speed(4.0)})
    assert both.slope == pytest.approx(3.0) and both.offset == pytest.approx(2.0)


def test_sources_agree_up_to_a_misfit_of_thirty_and_no_further() -> None:
    apart = math.sqrt(60.0)  # of two alike each is off by half
    for distance, agree in ((apart * (1.0 - 1e-12), True), (apart * (1.0 + 1e-12), False)):
        verdict = judge({"a": place(0.0), "b": place(distance)})
        assert (verdict.wrong == ()) is agree and verdict.decided is agree
        if not agree:
            assert verdict.wrong is None, "of two nobody can tell which"
            assert verdict.line.offset == pytest.approx(distance / 2.0)


@pytest.mark.parametrize("wrong", ["images", "radar", "felt"])
def test_the_one_without_which_the_others_agree_is_wrong(wrong: str) -> None:
    sources = {"felt": place(0.0), "images": place(0.5), "radar": place(-0.5)}
    right = math.fsum(each.offset for name, each in sources.items() if name != wrong) / 2.0
    verdict = judge({**sources, wrong: place(40.0)})
    assert (verdict.wrong, verdict.decided) == ((wrong,), True)
    assert verdict.line.offset == pytest.approx(right)


def test_of_two_that_could_be_wrong_the_likelier_is_first_and_nothing_is_decided() -> None:
    # Left out, `a` leaves a misfit of 12.5 and `b` one of 18: nearer than nine.
    sources = {"a": place(11.0), "b": place(0.0), "c": place(6.0 - 1.0)}
    verdict = judge(sources)
    assert verdict.wrong == ("a", "b") and not verdict.decided
    assert verdict.line.offset == pytest.approx(2.5)


@pytest.mark.parametrize(("third", "decided"), [(9.0 - 1e-9, False), (9.0 + 1e-9, True)])
def test_it_is_told_when_the_misfit_without_another_is_greater_by_nine(
    third: float, decided: bool
) -> None:
    # Without `a` nothing is off; without `b` the misfit is `third`; without `c` they disagree.
    far = math.sqrt(5.0 * third)
    verdict = judge({"a": place(far), "b": place(0.0, 0.2), "c": place(0.0, 2.0)})
    assert verdict.wrong == (("a",) if decided else ("a", "b"))
    assert verdict.decided is decided and verdict.line.offset == 0.0


def test_where_no_single_one_explains_it_nobody_is_named() -> None:
    verdict = judge({"a": place(0.0), "b": place(50.0), "c": place(100.0), "d": place(150.0)})
    assert verdict.wrong is None and not verdict.decided
    assert verdict.line.offset == pytest.approx(75.0)


def test_who_alone_knows_the_place_is_not_left_out() -> None:
    sources = {"a": Estimate(0.0, 30.0, 1.0, 0.0, 1.0), "b": speed(0.0), "c": speed(0.1)}
    verdict = judge(sources)
    assert verdict.wrong is None, "without it nobody would know where it is"


# ------------------------------------------------------------------------------ exact limits


def line(*times: float, error: float = 0.0) -> MeasuredLine:
    found = MeasuredLine()
    for number, time in enumerate(times):
        found.add(time, 3.0 + 0.5 * time + error * (-1.0) ** number, 1.0)
    return found


def test_a_line_is_told_as_of_now_from_five_measurements_over_three_seconds() -> None:
    told = line(0.0, 1.0, 2.0, 2.5, 3.0).of_places(8.0, 0.0, 0.0)
    assert told is not None
    assert (told.offset, told.slope) == pytest.approx((7.0, 0.5))
    speed_told = line(0.0, 1.0, 2.0, 2.5, 3.0).of_velocities(8.0, 0.0)
    assert speed_told is not None and speed_told.slope == pytest.approx(3.85)
    assert (speed_told.vv, speed_told.pp) == (pytest.approx(5.0), 0.0)
    for few in (line(0.0, 1.0, 2.0, 3.0), line(0.0, 1.0, 2.0, 2.5, 2.999)):
        assert few.of_places(3.0, 0.0, 0.0) is None and few.of_velocities(3.0, 0.0) is None
    late = math.nextafter(8.0, UP)
    assert line(0.0, 1.0, 2.0, 2.5, 3.0).of_places(late, 0.0, 0.0) is None, "the first is too old"


def test_what_all_err_alike_is_added_to_what_the_line_does_not_tell() -> None:
    # Five about their middle two seconds ago: variances 1/5 and 1/10.
    told = line(0.0, 1.0, 2.0, 3.0, 4.0).of_places(4.0, 2.0, 0.5)
    known = of_covariance(5.0, 0.5, 0.2 + 0.4 + 4.0, 0.2 + 1.0, 0.1 + 0.25)
    assert told is not None
    assert (told.pp, told.pv, told.vv) == pytest.approx((known.pp, known.pv, known.vv))
    speed_told = line(0.0, 1.0, 2.0, 3.0, 4.0).of_velocities(4.0, 2.0)
    assert speed_told is not None and speed_told.vv == pytest.approx(1.0 / (0.2 + 4.0))


@pytest.mark.parametrize(
    ("error", "on_line", "alike"), [(1.5, True, True), (1.7, False, True), (1.9, False, False)]
)
def test_measurements_that_scatter_by_more_than_twice_what_was_expected_say_nothing(
    error: float, on_line: bool, alike: bool
) -> None:
    """4.8 error^2 about it, of which 4 each are borne: three count about a line, four about a
    mean."""
    told = line(0.0, 1.0, 2.0, 3.0, 4.0, error=error).of_places(4.0, 0.0, 0.0)
    assert (told is not None) is on_line
    flat = MeasuredLine()
    for number in range(5):
        flat.add(float(number), error * (-1.0) ** number, 1.0)
    assert (flat.of_velocities(4.0, 0.0) is not None) is alike


def test_a_line_that_was_cleared_says_nothing() -> None:
    cleared = line(0.0, 1.0, 2.0, 3.0, 4.0)
    cleared.clear()
    assert cleared.of_places(4.0, 0.0, 0.0) is None


@pytest.mark.parametrize(
    ("jump", "noise"), [(20.0, False), (math.nextafter(20.0, UP), True), (19.9, False)]
)
def test_ranges_are_noise_when_their_jumps_are_more_than_two_deviations(
    jump: float, noise: bool
) -> None:
    radar = RestlessRadar()
    for number in range(8):
        radar.note(True)
        radar.judge(jump * (number % 2), 10.0)
    assert radar.is_restless is noise and radar.jump == jump


@pytest.mark.parametrize(
    ("jump", "noise"), [(10.0, True), (math.nextafter(10.0, DOWN), False), (15.0, True)]
)
def test_they_are_noise_no_more_when_they_jump_by_less_than_one(jump: float, noise: bool) -> None:
    radar = RestlessRadar()
    for number in range(8):
        radar.note(True)
        radar.judge(500.0 * (number % 2), 10.0)
    assert radar.is_restless
    for number in range(8):
        radar.judge(jump * (number % 2), 10.0)
    assert radar.is_restless is noise


def test_six_jumps_are_needed_and_the_seventh_range_brings_the_sixth() -> None:
    radar = RestlessRadar()
    for _ in range(5):
        radar.note(True)
    told = [radar.judge(500.0 * (number % 2), 10.0) for number in range(7)]
    assert told == [False] * 6 + [True]


@pytest.mark.parametrize(
    ("thrust", "fails"),
    [(1250.0, False), (math.nextafter(1250.0, UP), True), (750.0, False), (749.9, True)],
)
def test_an_engine_of_little_thrust_may_be_off_by_250_newtons(thrust: float, fails: bool) -> None:
    engines = EngineJudge(8)
    told = [1000.0] * 8
    given = [thrust, *told[1:]]
    found = [engines.judge(told, given) for _ in range(6)]
    assert found == [[]] * 5 + [[(0, given[0])] if fails else []]
    assert engines.fixed == ({0: 0.0} if fails else {}) and engines.gain == 1.0


@pytest.mark.parametrize(("off", "fails"), [(300.0, False), (300.5, True), (-300.5, True)])
def test_an_engine_of_much_thrust_may_be_off_by_a_tenth(off: float, fails: bool) -> None:
    engines = EngineJudge(8)
    told = [3000.0] * 8
    given = [*told[:7], 3000.0 + off]
    found = [engines.judge(told, given) for _ in range(6)][-1]
    assert found == ([(7, 3000.0 + off)] if fails else [])


def test_one_that_burns_on_though_it_was_shut_off_is_reckoned_with_as_it_is() -> None:
    engines = EngineJudge(8)
    told, given = [1000.0] * 8, [1600.0, *[1000.0] * 7]
    for _ in range(6):
        engines.judge(told, given)
    assert engines.fixed == {0: 0.0}
    told = [0.0, *told[1:]]
    found = [engines.judge(told, given) for _ in range(6)]
    assert found[-1] == [(0, 1600.0)] and engines.fixed == {0: 1600.0}
    assert [engines.judge(told, given) for _ in range(12)] == [[]] * 12
