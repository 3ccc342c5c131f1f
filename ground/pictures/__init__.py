"""Pictures of a run, drawn from what the ground knows of it; the map shows the true ground."""
