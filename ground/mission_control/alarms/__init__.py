"""Alarms after ANSI/ISA-18.2, and the limit sets by which the ground raises its own."""
