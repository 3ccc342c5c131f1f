"""Stored sequences: their form, their store, their engine."""
