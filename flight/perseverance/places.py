"""The places of a tube with Perseverance, as the ledger names them."""

STORE_PLACE, GROUND_PLACE = "perseverance", "ground"
