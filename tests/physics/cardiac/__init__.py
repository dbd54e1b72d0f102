"""The heart's mechanics."""
