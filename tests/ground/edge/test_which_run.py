"""The name of a run: kept over deaths, and another for each other run."""

from pathlib import Path

from ground.edge import EdgeOptions
from ground.edge.which_run import FILE, RunName
from tests.ground.edge.serving import client, served
from tests.ground.edge.stand_in import StandIn


def test_a_run_keeps_its_name_over_deaths_and_the_next_has_another(tmp_path: Path) -> None:
    name = RunName(tmp_path)
    assert name.run == ""
    name.begins("a", resumes=False)
    first = name.run
    again = RunName(tmp_path)  # the edge was killed
    again.begins("a", resumes=False)
    assert again.run == first != ""
    again.begins("b", resumes=True)  # the run was killed, and flies to where it was
    assert again.run == RunName(tmp_path).run == first
    again.begins("c", resumes=False)  # a new one in its folder
    assert again.run not in ("", first)
    (tmp_path / FILE).write_bytes(b"[")
    assert RunName(tmp_path).run == ""


def test_one_to_be_resumed_of_which_nothing_is_known_gets_a_name(tmp_path: Path) -> None:
    name = RunName(tmp_path)
    name.begins("a", resumes=True)
    assert name.run


async def test_who_asks_the_edge_is_told_the_name_and_why_nothing_is_previewed(
    run: StandIn, options: EdgeOptions
) -> None:
    async with served(run, options) as edge, client(edge, "eve") as connection:
        service = await connection.ask({"do": "service"})
    assert service["run"] == RunName(edge.state).run != ""
    assert service["previews"] == ""
