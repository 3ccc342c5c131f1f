"""Procedures as they run: step by step, in people's hands, over restarts, out of safe states."""
