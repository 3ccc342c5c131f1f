"""Whether what a console has started answers somebody: the run, the edge, the page's server."""

import http.client
from pathlib import Path

PATIENCE = 0.5  # wall seconds; who does not answer is asked again
TELLS = 2.0  # wall seconds: an edge tells how all stands once a second at least


def run_answers(folder: Path) -> bool:
    """Whether the run of a folder hears who asks it."""
    from ground.testbed.operating.control_client import ControlRefused, RunControl

    try:
        with RunControl(folder, patience=PATIENCE) as control:
            control.look()
    except ControlRefused:
        return False
    return True


def run_is_well(folder: Path) -> bool:
    """The same; so is one that nobody can ask, as it begins or ends."""
    from ground.testbed.operating.control_client import CONTROL_FILE

    return not (folder / CONTROL_FILE).exists() or run_answers(folder)


def edge_tells(streams: str) -> bool:
    """Whether an edge still tells how all stands; "": it has not said where."""
    if not streams:
        return True
    import zmq

    context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
    try:
        hearing = context.socket(zmq.SUB)
        hearing.setsockopt(zmq.LINGER, 0)
        hearing.setsockopt(zmq.SUBSCRIBE, b"")
        hearing.connect(streams)
        return bool(hearing.poll(round(1000.0 * TELLS)))
    finally:
        context.destroy(linger=0)


def page_answers(port: int) -> bool:
    """Whether the page's server answers a request, whatever it says."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        line.request("GET", "/login")
        line.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        line.close()
    return True
