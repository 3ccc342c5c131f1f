"""Fault protection: what is watched, what acts, and the gate that readings pass."""
