"""Commanding, telemetry, archive and procedures."""
