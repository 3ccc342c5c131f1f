"""Published figures beside computed ones: a file for each family of targets, and their table."""
