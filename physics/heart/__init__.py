"""Ventricles as tetrahedra with named patches, coordinates and fibers.

The patches are ``endo_lv``, ``endo_rv`` (where there is a right ventricle), ``epi`` and ``base``.
"""

from physics.heart.between import ventricle_between
from physics.heart.cavity import cavity_ml
from physics.heart.ellipsoid import LAND_2015, Ellipsoid
from physics.heart.fan import BasePlane, base_of
from physics.heart.fibers import Fibers
from physics.heart.wall import Wall, mesh_of

__all__ = [
    "LAND_2015", "BasePlane", "Ellipsoid", "Fibers", "Wall", "base_of", "cavity_ml", "mesh_of",
    "ventricle_between",
]  # fmt: skip
