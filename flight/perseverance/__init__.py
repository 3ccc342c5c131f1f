"""Perseverance, the backup that delivers the tubes it still holds."""
