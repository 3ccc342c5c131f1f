"""The edge of mission control: lets people and scripts in, and speaks to the run for them."""

from ground.edge.edge import Edge, EdgeOptions

__all__ = ["Edge", "EdgeOptions"]
