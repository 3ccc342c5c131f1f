"""Fault protection: what watches a vehicle, and what acts for it."""
