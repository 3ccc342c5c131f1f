"""The interface control document: every message that crosses a boundary, and the codec."""
