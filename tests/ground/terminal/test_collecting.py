"""How often Python looks for garbage while a run flies."""

import gc
import weakref

import pytest

from ground.terminal.collecting import collecting_seldom


@pytest.fixture(autouse=True)
def _as_before():
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    gc.unfreeze()  # what the tests of this process have set aside
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
    if frozen:
        gc.freeze()


def test_it_is_seldom_within_and_as_before_afterwards_also_after_an_error():
    gc.set_threshold(700, 7, 8)
    with pytest.raises(ValueError, match="broke"), collecting_seldom():
        assert gc.get_threshold() == (20_000, 7, 8)
        raise ValueError("broke")
    assert gc.get_threshold() == (700, 7, 8)


def test_who_wants_it_more_seldom_still_or_never_has_that_respected():
    gc.set_threshold(40_000, 7, 8)
    with collecting_seldom():
        assert gc.get_threshold()[0] == 40_000
    gc.set_threshold(0)  # never
    with collecting_seldom():
        assert gc.get_threshold()[0] == 0


def test_what_was_there_before_is_not_looked_through_within_and_is_again_afterwards():
    assert gc.get_freeze_count() == 0
    with collecting_seldom():
        frozen = gc.get_freeze_count()
        assert frozen > 1000
        with pytest.raises(ValueError, match="broke"), collecting_seldom():  # a run within
            raise ValueError("broke")
        assert gc.get_freeze_count() == frozen, "the outer one still flies"
    assert gc.get_freeze_count() == 0


def test_a_ring_that_was_made_within_is_collected_afterwards():
    class Ring:
        pass

    with collecting_seldom():
        ring = Ring()
        ring.me = ring
        known = weakref.ref(ring)
        del ring
    gc.collect()
    assert known() is None
