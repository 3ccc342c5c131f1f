"""The host with real devices: its file, locks, opening, pace and orders, and what it leaves."""
