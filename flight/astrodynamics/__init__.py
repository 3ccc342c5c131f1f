"""Time scales, ephemeris, frames, orbits and integrators: pure functions on plain floats.

Nothing here imports another package of the project, keeps state or draws random numbers.
"""
