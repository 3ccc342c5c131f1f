"""The Sample Fetch Rover."""
