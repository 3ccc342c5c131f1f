"""The places of a tube on the rover, as the ledger names them."""

HELD_PLACE, RACK_PLACE, GROUND_PLACE = "rover_gripper", "rover_rack", "ground"
