"""Fault drills: a file says what breaks, when, and what must hold; the answer is a verdict."""
