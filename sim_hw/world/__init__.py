"""Truth models: what Mars, its weather, its ground and the tubes really do."""
