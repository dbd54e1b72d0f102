"""Ventricles as tetrahedra with named patches, coordinates and fibers.

The patches are ``endo_lv``, ``endo_rv`` (where there is a right ventricle), ``epi`` and ``base``.
"""

from physics.heart.between import ventricle_between
from physics.heart.cavity import cavity_ml
from physics.heart.coordinates import Coordinates, coordinates
from physics.heart.ellipsoid import LAND_2015, Ellipsoid
from physics.heart.fan import BasePlane, base_of
from physics.heart.fibers import Fibers, carried
from physics.heart.rule import Angles, fibers_of
from physics.heart.segments import LocalAxes, local_axes, segments
from physics.heart.wall import Wall, mesh_of

__all__ = [
    "LAND_2015", "Angles", "BasePlane", "Coordinates", "Ellipsoid", "Fibers", "LocalAxes", "Wall", "base_of",
    "carried", "cavity_ml", "coordinates", "fibers_of", "local_axes", "mesh_of", "segments",
    "ventricle_between",
]  # fmt: skip
