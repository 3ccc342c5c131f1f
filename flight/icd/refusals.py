"""Words of refusals that the ground looks for."""

READ_BACK_REFUSAL = "what is staged is not what was loaded, and is dropped:"
"""What the refusal of an activation begins with whose values are not those that were loaded."""
