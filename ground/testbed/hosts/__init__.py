"""Hosts in one process: in virtual time, held back to a pace, or standing by for another."""
