"""`msr console`: operates a run in a browser; starts what it takes, and ends it in order."""

import argparse
import contextlib
import json
import socket
import sys
import time
from collections.abc import Callable
from math import inf
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flight.configuration.files import ConfigurationError
from flight.configuration.scratch_folder import ScratchFolder, sweep
from ground.commands.adopted import bury_others
from ground.commands.answering import edge_tells, page_answers, run_answers, run_is_well
from ground.commands.children import Child, end_all
from ground.commands.console_arguments import MISSION, PACE
from ground.commands.console_arguments import configure as configure
from ground.commands.console_checks import DEMO, WEB, branch_off, check
from ground.commands.paces import checked_pace
from ground.commands.prepared import Prepared
from ground.terminal.exit_codes import NO, YES, after_signal

if TYPE_CHECKING:
    from ground.commands.broken_off import Watch
    from ground.commands.drill_way import DrillWay
    from ground.commands.first_contact import FirstContact
    from ground.commands.resuming import Resumed
    from ground.commands.spare import Spare

DRILL_NOTE = (
    "This is a drill. What is asked of you comes up here when the ground has heard why, and stands "
    "on the Drill screen, g x; commands are flown on no twin."
)
BRANCH_NOTE = (
    "This is {out}: it goes on from {run} at {at}, and stands there when it has flown so far; "
    "{run} is kept. The key p lets it go on."
)
NOBODY = (
    "msr console: nobody stands by for the run: {why}; where it is killed it flies again from its "
    "record, which takes the longer the older it is"
)
CLI = "ground.cli"
REPLAY = "ground.testbed.hosts.replayed"
API_FILE = "api.json"
LOOK = 0.1  # wall seconds between looks at the processes
ALONE = 20.0  # wall seconds in which nobody begins beside a run that flies again from its record
PATIENCE = 60.0  # wall seconds for the web server to answer
AHEAD_NOTE = (
    "Nothing is heard before the first pass, so this demo flew to the end of it at full speed; it "
    "goes on at {pace}. The key n runs to the next pass, p pauses, ? helps."
)


def run(arguments: argparse.Namespace) -> int:
    """Operates until it is interrupted, or the run has ended and is looked at no more."""
    check(arguments)
    if arguments.branch is not None:
        branch_off(arguments)
    console = Console(arguments)
    try:
        console.start()
        return console.watch()
    finally:
        console.end()


class Console:
    """The three processes: the run (where it is ours), the edge, and the web server."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        demo = arguments.demo is not None
        self._scratch = ScratchFolder("replay-") if arguments.replay is not None else None
        self._replayed: Child | None = None
        self.folder = (arguments.out or DEMO) if demo else arguments.at
        if self._scratch is not None:
            self.folder = self._scratch.path
            words = [REPLAY, str(arguments.replay), str(self.folder), arguments.operators]
            self._replayed = Child("the replay", words)
        self._flight = Child("the run", []) if demo else None
        self._edge = Child("the edge", [], speaks=True)
        self._edge.answers = lambda: edge_tells(str(self._served.get("streams", "")))
        self._web: Child | None = None
        self._served: dict[str, Any] = {}
        self._resumed: Resumed | None = None
        self._alone_until = -inf
        self._ahead: FirstContact | DrillWay | None = None
        self._told = self._told_end = False
        self._page_to_come: str | None = None  # its line, as soon as the edge serves
        self._spare: Spare | None = None
        self._watch: Watch | None = None
        self._prepared = Prepared(arguments.demo or MISSION)
        if self._flight is not None:
            self._flight.prepared = self._prepared
            self._flight.answers = lambda: run_is_well(self.folder)

    def start(self) -> None:
        """Starts them, each when what it needs is there, and tells how to come in. What consoles
        and runs have left that were killed is swept first."""
        sweep()
        self._begin_watch()
        if self._flight is not None:
            self._prepared.keep()
            self._start_flight(self._arguments.resume)
        if self._replayed is not None:
            self._replayed.start()
        self._start_edge()
        self._await(self._edge_tells, "mission control could not be served")
        if not self._arguments.no_web:
            self._web = Child("the web server", [])
            self._web.answers = lambda: page_answers(self._arguments.port)
            note = AHEAD_NOTE.format(pace=self._pace) if self._flies_ahead else ""
            self._start_web(DRILL_NOTE if self._arguments.drill is not None else note)
        self._await(self._serves, "mission control is not served")
        if self._flight is not None and self._resumed is None:
            self._forget()
        if self._web is not None:
            self._await(self._web_answers, "the web server does not answer")
        self._tell()

    def _begin_watch(self) -> None:
        """Keeps that this console sees to the run, so that its death is known to the next."""
        if self._flight is not None:
            from ground.commands.broken_off import Watch

            self._end_watch()
            self._watch = Watch(self.folder)

    def _end_watch(self) -> None:
        if self._watch is not None:
            self._watch.end()
            self._watch = None

    @property
    def _pace(self) -> str:
        return str(self._arguments.pace or PACE)

    @property
    def _flies_ahead(self) -> bool:
        given = self._arguments
        return (
            given.demo is not None
            and not (given.resume or given.from_start)
            and given.drill is None
            and checked_pace(self._pace) > 0.0
        )

    def _forget(self) -> None:
        """The run in the folder is a new one, and has begun: an earlier one is gone."""
        from ground.commands.resuming import forget

        forget(self.folder)
        rate = checked_pace(self._pace)
        pace = None if rate == inf else rate
        if self._arguments.drill is not None:
            from ground.commands.drill_way import DrillWay

            trainer, request = self._arguments.drill_begins
            self._ahead = DrillWay(trainer, request, pace)
        elif self._flies_ahead:
            from ground.commands.first_contact import FirstContact

            self._ahead = FirstContact(pace)

    def _start_flight(self, resume: bool) -> None:
        from ground.commands.resuming import Resumed

        assert self._flight is not None
        given = self._arguments
        common = [CLI, "fly", "--out", str(self.folder), "--quiet", "--no-pictures",
                  "--operators", given.operators]  # fmt: skip
        if resume:
            if self._told:  # it died: on its way ahead it had no pace of its own yet
                self._resumed = Resumed(self.folder, self._pace if self._ahead else None)
            else:
                self._resumed = Resumed(self.folder, given.pace, given.demo or None, given.seed)
            self._ahead = None
            run = None
            if self._spare is not None:
                run = self._spare.take_over(self._resumed.record, self._see_to_who_serves)
            if run is not None:
                self._flight.become(run)
                return
            if self._told:
                self._alone_until = time.monotonic() + ALONE
            self._flight.words = [*common, *self._resumed.words]
        else:
            seed = [] if given.seed is None else ["--seed", str(given.seed)]
            pace = "0" if self._flies_ahead or given.drill is not None else self._pace
            self._flight.words = [*common, given.demo or MISSION, "--pace", pace, *seed]
        self._flight.start()

    def _start_web(self, note: str) -> None:
        assert self._web is not None
        addresses = ["--api", self._served["requests"], "--streams", self._served["streams"]]
        port = ["--port", str(self._arguments.port)]
        self._web.words = [WEB, *addresses, *port, *(["--note", note] if note else [])]
        self._web.start()

    def _start_edge(self) -> None:
        branches = [] if self._flight is None else ["--branches"]
        live = self._arguments.drill is None and self._replayed is None
        branches += [] if live else ["--no-previews"]
        self._edge.words = [
            CLI, "control", str(self.folder), "--operators", self._arguments.operators, "--demo",
            "--json", *branches,
        ]  # fmt: skip
        self._edge.start()
        self._served = {}
        import ground.testbed.operating.control_client  # noqa: F401 - what is needed next, while the edge starts

    def _edge_tells(self) -> bool:
        """Whether the edge, which was started, has told where it serves."""
        if not self._served and (line := self._edge.line()):
            self._served = json.loads(line)
        return bool(self._served)

    def _await(self, there: Callable[[], bool], otherwise: str) -> None:
        """Waits until something answers; raises ConfigurationError where its process has ended."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and not there():
            for child in (self._flight, self._replayed, self._edge, self._web):
                if child is not None and child.code is not None:
                    raise ConfigurationError(
                        str(self.folder), None, "",
                        f"{otherwise}: {child.name} ended with {child.code}",
                    )  # fmt: skip
            time.sleep(0.02)
        if not there():
            raise ConfigurationError(str(self.folder), None, "", otherwise)

    def _serves(self) -> bool:
        """Whether the run answers, and the edge has told where it serves."""
        return (self.folder / API_FILE).exists() and run_answers(self.folder)

    def _web_answers(self) -> bool:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", self._arguments.port), 1.0),
        ):
            return True
        return False

    def _tell(self) -> None:
        if self._replayed is None:
            print(f"run folder: {self.folder}")
        else:
            print(f"replay of {self._arguments.replay}: nothing is sent, and it is not written to")
        links = {user: self._link(token) for user, token in self._served["links"].items()}
        roles = self._served.get("roles", {})
        for user, link in links.items():
            print(f"  once, for {user} ({', '.join(roles.get(user, ()))}): {link}")
        if self._arguments.drill is not None and self._ahead is not None:
            print("it flies at full speed to where the drill begins")
        elif self._ahead is not None:
            print("it flies at full speed to the end of the first pass: nothing is heard before it")
        print("Ctrl-C ends it", flush=True)
        self._told = True
        if not (self._arguments.no_browser or self._arguments.no_web) and links:
            import webbrowser

            webbrowser.open(next(iter(links.values())))

    def _link(self, token: str) -> str:
        if self._arguments.no_web:
            return f"login token {token}"
        return f"http://127.0.0.1:{self._arguments.port}/login?token={token}"

    # ----------------------------------------------------------------- watching

    def watch(self) -> int:
        """Starts again what dies; the exit code when nothing is left to operate."""
        while True:
            time.sleep(LOOK)
            tired = self._see_to_who_serves()
            if tired is not None:
                print(f"msr console: {tired.name} keeps ending", file=sys.stderr)
                return NO
            self._see_to_the_way()
            code = None if self._flight is None else self._flight.code
            if code is not None and not self._flight_ended(code):
                return after_signal(-code)
            if not self._comes_back:
                if self._flight is not None and not self._told_end:
                    self._prepared.keep()
                self._see_to_the_spare()
            self._see_to_branches()
            if self._flight is not None:
                self._end_one_that_hangs(self._flight)
            self._bury_others()

    @property
    def _comes_back(self) -> bool:
        """Whether people wait for a run that has died with all that stood by for it: those begin
        anew when it is where it was, and not beside it."""
        return self._resumed is not None and time.monotonic() < self._alone_until

    def _bury_others(self) -> None:
        """Copies that were killed together with who was copied are left to this process."""
        served = (self._flight, self._replayed, self._edge, self._web)
        children = [each for each in served if each is not None]
        if not any(each.is_on_its_way for each in children):
            others = [each for each in (self._spare, self._prepared) if each is not None]
            bury_others({each.pid for each in (*children, *others)})

    def _see_to_who_serves(self) -> Child | None:
        """Starts edge and page again where they have ended; the one that has too often. Waits for
        nobody: an edge tells later where it serves, which is where the last one did."""
        for child in (self._replayed, self._edge, self._web):
            if child is None or (child is self._web and self._page_to_come is not None):
                continue
            self._end_one_that_hangs(child)
            if child.code is not None:
                if not child.may_start_again():
                    return child
                self._start_again(child)
        if self._edge_tells() and self._page_to_come is not None:
            note, self._page_to_come = self._page_to_come, None
            self._start_web(note)
        return None

    def _end_one_that_hangs(self, child: Child) -> None:
        if child.hangs():
            print(f"{child.name} hangs; it is ended", file=sys.stderr)

    def _see_to_the_way(self) -> None:
        """Has a run that flies to an instant at full speed go on at its pace from there; one that
        does not move is asked later."""
        if self._flight is not None and self._flight.is_still:
            return
        if self._resumed is not None and self._resumed.arrived():
            self._resumed = None
        if self._ahead is not None:
            from ground.commands.resuming import PATIENCE as ANSWERS
            from ground.testbed.operating.control_client import ControlRefused, RunControl

            with contextlib.suppress(ControlRefused), RunControl(self.folder, ANSWERS) as control:
                told = self._ahead.arrived(control)
                if told is not None:
                    how = "" if self._ahead.is_left else f"; it goes on at {self._pace}"
                    self._ahead = None
                    print(f"{told}{how}", flush=True)

    def _see_to_the_spare(self) -> None:
        """Has somebody stand by for a run of ours, also while it flies to where it is to be."""
        if self._flight is None or self._arguments.no_spare:
            return
        if self._told_end:
            self._end_spare()
        else:
            from ground.commands.spare import Spare

            self._spare = self._spare or Spare(
                self.folder, self._arguments.operators, self._prepared
            )
            if self._spare.is_wanted:
                self._spare.start()
            elif why := self._spare.why_nobody():
                print(NOBODY.format(why=why), file=sys.stderr)

    def _end_spare(self) -> None:
        if self._spare is not None:
            self._spare.end()

    def _see_to_branches(self) -> None:
        """Goes on in another run, from an instant of this one, where a trainer wishes it."""
        if self._flight is None:
            return
        from ground.edge.branching import read_wish
        from ground.edge.private_files import state_folder

        wish = read_wish(state_folder(self.folder))
        if wish is None:
            return
        from ground.commands.branching import hand_over_sessions, prepare

        run, out = self.folder, Path(wish.folder)
        try:
            prepare(run, out, wish.at)
        except ConfigurationError as error:
            print(f"msr console: no branch: {error}", file=sys.stderr)
            return
        print(f"{out} goes on from {run} at {wish.at}; {run} ends, and is kept", flush=True)
        self._end_spare()
        self._spare = None
        end_all([self._edge, self._flight])
        hand_over_sessions(run, out)
        self.folder, self._told_end = out, False
        self._begin_watch()
        self._ahead = None
        self._start_flight(resume=True)
        self._start_edge()
        if self._web is not None:
            self._web.end()
            self._page_to_come = BRANCH_NOTE.format(out=out, run=run, at=wish.at)

    def _start_again(self, child: Child) -> None:
        print(f"{child.name} ended ({child.code}); it is started again", file=sys.stderr)
        if child is self._edge:
            self._start_edge()
        else:
            child.start()

    def _flight_ended(self, code: int) -> bool:
        """What becomes of it: one that was killed flies again to where it was."""
        assert self._flight is not None
        if code >= 0:
            if not self._told_end:
                self._told_end = True
                how = "the mission succeeded" if code == YES else f"it ended with {code}"
                print(f"the run has ended: {how}; what it left can be looked at", flush=True)
                self._prepared.end()
            return True
        if not self._flight.may_start_again():
            return False
        print(f"the run was killed ({-code}); it flies again to where it was", file=sys.stderr)
        self._start_flight(resume=True)
        return True

    def end(self) -> None:
        """Ends them in order: page, edge, run."""
        try:
            self._end_spare()
        finally:  # also at a second Ctrl-C
            served = (self._web, self._edge, self._flight, self._replayed)
            end_all([each for each in served if each is not None])
            self._prepared.end()
            self._end_watch()
            self._forget_replay()

    def _forget_replay(self) -> None:
        """Who was let in to a replay comes in to no other."""
        if self._scratch is not None:
            self._scratch.remove()
