"""Simulated devices, one a file; each serves a device interface of the ICD."""
