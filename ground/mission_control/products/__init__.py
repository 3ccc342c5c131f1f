"""Data products as they came down: which pieces of them, the ascent record, pictures from orbit."""
