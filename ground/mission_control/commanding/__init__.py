"""The life of a command on the ground: its stages, followed to its verdict, repeated, read back."""
