"""Serial lines, and ptys: how one is opened."""

import contextlib
import errno
import fcntl
import os
import struct
import sys
import termios
import tty

TIOCGSERIAL, TIOCSSERIAL = 0x541E, 0x541F  # of Linux: asm-generic/ioctls.h
SERIAL_STRUCT, FLAGS_AT = 128, 16  # bytes that hold `struct serial_struct`; where its flags are
ASYNC_LOW_LATENCY = 1 << 13  # linux/tty_flags.h


def open_serial(path: str, baud: int) -> int:
    """A descriptor of a serial line: raw, for this program alone. Raises OSError."""
    descriptor = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.isatty(descriptor):
            raise OSError(errno.ENOTTY, "it is no serial line")
        fcntl.ioctl(descriptor, termios.TIOCEXCL)
        tty.setraw(descriptor, termios.TCSANOW)
        setting = termios.tcgetattr(descriptor)
        setting[2] |= termios.CLOCAL | termios.CREAD
        setting[4] = setting[5] = getattr(termios, f"B{baud}")
        termios.tcsetattr(descriptor, termios.TCSANOW, setting)
        with contextlib.suppress(termios.error):
            termios.tcflush(descriptor, termios.TCIFLUSH)
        _want_low_latency(descriptor)
    except BaseException as error:
        os.close(descriptor)
        if isinstance(error, BlockingIOError):
            raise OSError(errno.EBUSY, "another program holds it") from None
        if isinstance(error, termios.error):
            raise OSError(*error.args) from None
        raise
    return descriptor


def _want_low_latency(descriptor: int) -> None:
    """Bytes are handed on as they come: many a USB adapter gathers them for 16 ms otherwise. Where
    a driver does not know of that (a pty has nothing to gather), it is as it is."""
    if sys.platform != "linux":
        return
    setting = bytearray(SERIAL_STRUCT)
    with contextlib.suppress(OSError):
        fcntl.ioctl(descriptor, TIOCGSERIAL, setting)
        (flags,) = struct.unpack_from("i", setting, FLAGS_AT)
        struct.pack_into("i", setting, FLAGS_AT, flags | ASYNC_LOW_LATENCY)
        fcntl.ioctl(descriptor, TIOCSSERIAL, bytes(setting))
