"""`python -m ground.console --api ADDRESS --streams ADDRESS --port N`: the web server alone."""

import argparse
import sys

from ground.console.serving import Place, serve

ADDRESSES = ("ipc://", "tcp://")


def main(words: list[str] | None = None) -> int:
    """Serves until it is told to end; 2 when an argument has no meaning."""
    parser = argparse.ArgumentParser(prog="python -m ground.console", description=__doc__)
    parser.add_argument("--api", required=True, help="where the API answers, a ZeroMQ address")
    parser.add_argument("--streams", required=True, help="where the API streams, likewise")
    parser.add_argument("--host", default="127.0.0.1", help="where to listen (127.0.0.1)")
    parser.add_argument("--port", type=int, default=8700, help="port to listen at (8700)")
    parser.add_argument(
        "--origin",
        action="append",
        default=[],
        help="another origin that browsers may come from, as https://console.example.org",
    )
    parser.add_argument("--note", default="", help="a line that the page shows once")
    given = parser.parse_args(words)
    if not 0 < given.port < 65536:
        parser.error(f"--port = {given.port}: allowed is 1 to 65535")
    for name in ("api", "streams"):
        if not getattr(given, name).startswith(ADDRESSES):
            parser.error(f"--{name} = {getattr(given, name)}: allowed is {' or '.join(ADDRESSES)}…")
    serve(given.api, given.streams, Place(given.host, given.port, tuple(given.origin)), given.note)
    return 0


if __name__ == "__main__":
    sys.exit(main())
