"""What a node tells: channels, limits, events, and the recorder that keeps them for Earth."""
