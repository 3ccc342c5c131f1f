"""All that is not software: the world, the devices of every vehicle, the links between them."""
