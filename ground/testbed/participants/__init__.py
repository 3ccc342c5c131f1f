"""Who takes part in a run: vehicle classes, roles, and the names and places on the bus."""
