"""The Sample Retrieval Lander."""
