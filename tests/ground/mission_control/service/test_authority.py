"""Who holds what, by the journal alone: once each, and by whom it was given."""

import pytest

from ground.api.entries import Entry
from ground.mission_control.service.authority import Authority
from ground.mission_control.service.handling import Asked, Refused
from ground.mission_control.service.people import People


def authority(*told: tuple[str, dict[str, str]], vehicle: str = "rover") -> Authority:
    found = Authority()
    for number, (what, data) in enumerate(told, start=1):
        found.take(Entry(number, 0, "authority", what, "x", vehicle, data))
    return found


TAKEN = ("taken", {"holder": "anna"})
OFFERED = ("offered", {"to": "ben"})


def test_what_is_offered_stays_with_who_holds_it_until_it_is_accepted() -> None:
    held = authority(TAKEN, OFFERED)
    assert (held.holder("rover"), held.offered_to("rover")) == ("anna", "ben")
    with pytest.raises(Refused, match="ben does not hold rover: anna holds it"):
        held.need("rover", "ben")
    held.need("rover", "anna")


@pytest.mark.parametrize(
    ("end", "holder"), [(("accepted", {"holder": "ben"}), "ben"), (("released", {}), ""), (TAKEN,
    "anna")]
)  # fmt: skip
def test_an_offer_is_over_when_it_is_accepted_released_or_taken(
    end: tuple[str, dict[str, str]], holder: str
) -> None:
    held = authority(TAKEN, OFFERED, end)
    assert held.plain(("rover",)) == {"rover": {"holder": holder, "offered_to": ""}}


def test_of_one_vehicle_nothing_is_said_of_another() -> None:
    held = authority(TAKEN, OFFERED)
    assert (held.holder("lander"), held.offered_to("lander")) == ("", "")
    with pytest.raises(Refused, match="nobody holds it: take it first"):
        held.need("lander", "anna")


def test_what_is_told_otherwise_moves_nothing() -> None:
    held = authority(TAKEN, ("looked", {"holder": "ben", "to": "ben"}))
    assert held.plain(("rover",)) == {"rover": {"holder": "anna", "offered_to": ""}}


def roles(user: str, by: str, *given: str) -> Entry:
    return Entry(1, 0, "people", "roles", by, "", {"user": user, "roles": list(given)})


def test_roles_that_were_given_count_instead_of_those_of_the_edge() -> None:
    people = People()
    people.take(roles("ben", "max"))
    assert people.roles(Asked("ben", roles=("director",))) == ()
    with pytest.raises(Refused, match="approve needs the role director; ben has none"):
        people.need(Asked("ben", roles=("director",)), ("director",), "approve")
    assert people.roles(Asked("anna", roles=("operator",))) == ("operator",)


def test_one_of_the_roles_is_enough_and_no_role_is_needed_where_none_is_named() -> None:
    people = People()
    people.need(Asked("ben", roles=("director", "observer")), ("operator", "director"), "x")
    people.need(Asked("edge"), (), "expire")
    with pytest.raises(Refused, match="operator or director; eve has observer"):
        people.need(Asked("eve", roles=("observer",)), ("operator", "director"), "x")


def test_who_gave_roles_once_is_not_forgotten_by_what_others_give_later() -> None:
    people = People()
    people.take(roles("eve", "anna", "director"))
    people.take(roles("eve", "max", "director"))
    assert people.was_made_by("eve", "anna") and people.was_made_by("eve", "max")
    assert not people.was_made_by("anna", "eve")
    assert not people.was_made_by("ben", "anna")
