"""Composes world, vehicles and ground into one running system."""
