r"""Stands in for the run and the API's edge: plays a flown run's archive, and takes commands.

What it streams is what a real flight told its ground, at its times; who commands it gets a ladder
of its own making. It is for tests of the web server and the page, and to design with:

    msr dictionary --out /tmp/dictionary.json; mkdir /tmp/served
    python -m tests.ground.console.stand_in RUN_FOLDER --dictionary /tmp/dictionary.json \
        --serve-in /tmp/served --at 1140000
    python -m ground.console --api ipc:///tmp/served/requests --streams ipc:///tmp/served/streams
"""
