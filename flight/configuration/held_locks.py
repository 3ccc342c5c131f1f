"""Whether somebody lives who holds a lock: of a process that ends, however, the kernel takes it."""

import fcntl
import os


def is_held(lock: int) -> bool:
    """Whether another holds the lock of an open file, which is closed. Who only looks takes a
    shared one, and is no holder to another who looks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False
