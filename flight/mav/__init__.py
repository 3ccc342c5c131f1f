"""The Mars Ascent Vehicle."""
