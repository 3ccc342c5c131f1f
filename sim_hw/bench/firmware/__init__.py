"""Devices in C for whoever writes one: a core without malloc, and its hosts."""
