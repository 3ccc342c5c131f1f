"""The edge of mission control: lets people and scripts in, and speaks to the run for them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ground.edge.edge import Edge, EdgeOptions

__all__ = ["Edge", "EdgeOptions"]


def __getattr__(name: str) -> Any:
    """Imported when it is asked for: who looks at a file of an edge needs none of its sockets."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from ground.edge import edge

    return getattr(edge, name)
