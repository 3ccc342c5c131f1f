"""How vehicles move: masses, motors, aerodynamics, ascent of a point and of a rigid body."""
