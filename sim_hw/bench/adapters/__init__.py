"""Mapped devices: an interface of the ICD over what does not speak the device protocol."""
