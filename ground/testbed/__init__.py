"""Composes world, vehicles and ground into one running system.

`fly` flies a run from its check to its record. `run` composes it, once for all hosts; `host` says
what a host does. The hosts are `hosts` (in one process), `processes` (a process each) and `bench`
(beside real devices); `rig` is what the first stand on. Below them: what people ask of a run
(`operating`), what is checked before it (`checks`) and left of it (`evidence`), what breaks
(`faults`, `kills`), where that enters (`seams`), what was put in (`record`), the `computers`, the
`hardware`, the `control_room`, and who takes part (`participants`).
"""
