"""A look at a device that cannot read what the vehicle remembers."""

from pathlib import Path
from typing import Any

import pytest

from flight.core.keeping.storage import StorageDamage, StorageError
from flight.runtime.loop import VirtualLoop, run
from flight.runtime.nursery import Nursery
from tests.flight.core.fault_protection.test_device_looks import Node, good, one_look, story

DAMAGE = StorageDamage("memory", "line_wanted", Path("store"))


@pytest.mark.parametrize(
    ("error", "told"),
    [(DAMAGE, "damaged"), (StorageError("the disc is gone"), "damaged"),
     (ZeroDivisionError("a bug"), "look failed")],
)  # fmt: skip
@pytest.mark.parametrize("where", ["differs", "set_right"])
def test_what_cannot_be_remembered_is_no_error_of_the_software(
    error: Exception, told: str, where: str
) -> None:
    def fails(*given: Any) -> Any:
        raise error

    async def live(node: Node) -> None:
        setattr(node, where, fails)
        await one_look(node)
        assert [each[0] for each in node.told if each[0] not in ("switched",)] == [told]
        delattr(node, where)
        node.told.clear()
        await one_look(node)
        assert ("set right", "uhf") in node.told, "it is looked at again"

    story(lambda: good(on=False), live)


def test_what_cannot_be_remembered_ends_no_housekeeping() -> None:
    class Forgetful(Node):
        damaged = True

        def looks_after(self) -> dict[str, str]:
            if self.damaged:
                raise DAMAGE
            return super().looks_after()

    async def main() -> None:
        async with Nursery("test") as nursery:
            node = Forgetful(good, nursery)
            await one_look(node)
            assert [each[0] for each in node.told] == ["damaged"] and not node.asked
            node.damaged = False
            await one_look(node)
            assert len(node.asked) == 1

    run(main(), VirtualLoop())
