"""Mechanics of the heart: large strains, active stress, cavities, and the beat."""
