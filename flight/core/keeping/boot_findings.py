"""What a node tells at its boot of the store that it found, and whether it goes safe for that."""

from typing import Any


def tell_findings(node: Any) -> None:
    """Tells damage, loss, a reduced boot and what was deleted to be able to boot at all."""
    context, boot = node.context, node.boot
    if context.store_damage:
        node.store_damaged(reason=context.store_damage)
    if node.ledger.is_lost:
        node.store_damaged(reason="all records of the custody ledger are gone")
    if node.ledger.is_lost or context.store_lost:
        node.go_safe("its store was lost")
    if boot.reduced:
        node.boot_reduced(number=boot.number, reason=boot.reason)
    if context.deleted is not None:
        node.boot_crippled(deleted=context.deleted)
