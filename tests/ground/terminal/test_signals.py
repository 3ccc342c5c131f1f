"""SIGTERM and SIGHUP are heard as Ctrl-C is, and told apart; what was ignored stays ignored."""

import os
import signal

import pytest

from ground.terminal.signals import ended_in_order, ending_signal


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_is_told(number):
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), ended_in_order():
        os.kill(os.getpid(), number)
    assert ending_signal() == number
    assert signal.getsignal(number) == before


def test_ctrl_c_is_told_when_no_other_came():
    with pytest.raises(KeyboardInterrupt), ended_in_order():
        os.kill(os.getpid(), signal.SIGTERM)
    with pytest.raises(KeyboardInterrupt), ended_in_order():
        os.kill(os.getpid(), signal.SIGINT)
    assert ending_signal() == signal.SIGINT


def test_what_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with ended_in_order():
            os.kill(os.getpid(), signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_loop_that_makes_its_own_of_ctrl_c_does_so_of_sigterm():
    heard = []
    with ended_in_order():
        before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
    assert ending_signal() == signal.SIGTERM
