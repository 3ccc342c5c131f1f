"""Real hardware in the place of a simulated device: its wires, its protocol, its adapters.

All in here lives on wall time, and none of it is ever imported by a simulated device.
"""
