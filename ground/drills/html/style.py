"""How the report looks, on a screen and on paper: `report.css`, which each report carries along."""

from importlib.resources import files

STYLE = files("ground.drills.html").joinpath("report.css").read_text(encoding="utf-8")
