"""Orders to a process arrive whole, however many there are and whenever they are read."""

import os

from ground.testbed.processes.orders_pipe import OrdersPipe

LINES = [b"%06d " % number + b"x" * 90 + b"\n" for number in range(4000)]  # 392 kB


def read(pipe: OrdersPipe, descriptor: int) -> bytes:
    """All that is sent, where what waits is sent on from time to time."""
    found = b""
    while True:
        try:
            found += os.read(descriptor, 1 << 16)
        except BlockingIOError:
            return found
        pipe.send_on()


def test_more_than_the_pipe_holds_arrives_whole_and_in_its_order() -> None:
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    pipe = OrdersPipe(writing)
    pipe.send(b"".join(LINES[:3000]))  # before anybody reads
    for each in LINES[3000:]:
        pipe.send(each)
    assert read(pipe, reading) == b"".join(LINES)
    pipe.send(b"one more\n")
    assert read(pipe, reading) == b"one more\n"
    pipe.close()
    pipe.close()
    pipe.send(b"too late\n")
    assert os.read(reading, 10) == b""
    os.close(reading)


def test_an_end_that_nobody_reads_is_no_error() -> None:
    reading, writing = os.pipe()
    pipe = OrdersPipe(writing)
    pipe.send(b"".join(LINES))
    os.close(reading)
    pipe.send_on()
    pipe.send(b"to nobody\n")
    pipe.close()
