"""Procedures as they are written: steps, files and parts, checks, the library of people's own."""
