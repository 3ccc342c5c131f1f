"""The Sample Transfer Arm."""
