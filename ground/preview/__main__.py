"""`python -m ground.preview RUN_FOLDER FOLDER`: a twin of a run, ordered by lines of JSON."""

import os
import sys

from ground.terminal.signals import end_with_parent

if __name__ == "__main__":
    end_with_parent()
    os.nice(5)  # the run goes first
    os.environ["OPENBLAS_NUM_THREADS"] = "1"  # a process with threads cannot be copied
    from ground.preview.twin import main

    sys.exit(main(sys.argv[1:]))
