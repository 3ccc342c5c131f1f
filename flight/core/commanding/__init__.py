"""Commands on board: declared, armed, dispatched, and reported rung by rung."""
