"""Bone as a material: from CT numbers to the elastic modulus of every element."""
