"""The Earth entry capsule."""
