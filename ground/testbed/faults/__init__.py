"""Faults in a run: armed, begun by their triggers, journalled at each hit, healed."""
