"""The way into space and back: stations, uplink, reception, downlink, and how the links are."""
