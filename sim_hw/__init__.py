"""Simulated hardware, links, faults and the world they live in."""
