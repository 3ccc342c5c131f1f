"""A twin of a run, on which commands are flown before they are sent."""
