"""What the ground knows of the vehicles: their commands, channels and events, with their types."""
