"""Dispersed landings and ascents, sweeps of kills, and trades."""
