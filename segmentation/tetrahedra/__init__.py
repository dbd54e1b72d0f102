"""From a closed surface to tetrahedra, and what can be said of their shape."""
