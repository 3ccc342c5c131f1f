"""The wire to a real device: addresses, frames, payloads, and the protocol's client."""
