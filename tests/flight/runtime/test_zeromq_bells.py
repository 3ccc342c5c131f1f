"""Bells: who is told that something was sent within the process, and who is not."""

from flight.runtime.zeromq_bells import Bells

ADDRESS = "inproc://rover.node"


class Heard:
    def __init__(self) -> None:
        self.rung: list[bool] = []
        self.room = 0

    def ring(self, unsure: bool = False) -> None:
        self.rung.append(unsure)

    def has_taken(self) -> None:
        self.room += 1


def test_a_message_rings_the_one_it_was_sent_to_and_nobody_else() -> None:
    bells, server, client, other = Bells(), Heard(), Heard(), Heard()
    bells.bind(ADDRESS, server)
    bells.connect(ADDRESS, client, b"lander#1")
    bells.connect("inproc://lander.node", other, b"rover#1")
    server.rung.clear()
    bells.sent_to_bound(ADDRESS)
    bells.sent_to(ADDRESS, b"lander#1")
    bells.sent_to(ADDRESS, b"lander#2")  # nobody of that name
    bells.sent_to_bound("inproc://nobody")
    assert (server.rung, client.rung, other.rung) == ([False], [False], [])


def test_who_binds_or_is_joined_is_told_that_there_may_be_something() -> None:
    bells, server, early = Bells(), Heard(), Heard()
    bells.connect(ADDRESS, early, b"")
    bells.bind(ADDRESS, server)
    bells.disconnect(ADDRESS, early, b"")
    assert server.rung == [True, True] and early.rung == []


def test_all_subscribers_that_are_there_are_rung_and_tell_the_publisher_of_room() -> None:
    bells, publisher, one, two = Bells(), Heard(), Heard(), Heard()
    bells.bind(ADDRESS, publisher)
    bells.connect(ADDRESS, one, b"")
    bells.connect(ADDRESS, two, b"")
    bells.disconnect(ADDRESS, one, b"")
    bells.sent_to_all(ADDRESS)
    bells.has_taken(ADDRESS)
    bells.has_taken("inproc://nobody")
    assert one.rung == [] and two.rung == [False] and publisher.room == 1


def test_an_address_that_was_bound_anew_stays_with_the_new_one() -> None:
    bells, old, new = Bells(), Heard(), Heard()
    bells.bind(ADDRESS, old)
    bells.bind(ADDRESS, new)
    bells.unbind(ADDRESS, old)  # closed late
    bells.sent_to_bound(ADDRESS)
    assert old.rung == [True] and new.rung == [True, False]
    bells.connect(ADDRESS, old, b"lander#1")
    bells.connect(ADDRESS, new, b"lander#1")
    bells.disconnect(ADDRESS, old, b"lander#1")
    bells.sent_to(ADDRESS, b"lander#1")
    assert new.rung[-1] is False and old.rung == [True]
