"""The roles of a run beside its vehicles."""

GROUND = "ground"
"""Mission control; all other roles are those of vehicles."""
