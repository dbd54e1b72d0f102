"""The 3-D view's camera: a turntable about the patient's superior axis with free tilt."""

from dataclasses import dataclass, field
from math import cos, radians, sin, tan

import numpy as np
from numpy.typing import NDArray

from viewers.orientation import DIRECTIONS

VIEW_ANGLE = 16.0
"""Vertical angle of view in degrees: long enough a lens that lengths near the middle are true."""

_FROM = {"A": (0.0, 0.0), "P": (180.0, 0.0), "L": (90.0, 0.0), "R": (-90.0, 0.0)}
# From above and below anterior is up, as in an axial slice.
_FROM |= {"S": (180.0, 90.0), "I": (0.0, -90.0)}


@dataclass
class Turntable:
    """Where the camera stands.

    Attributes
    ----------
    turn : float
        Degrees about the superior axis; 0 looks from anterior, 90 from the patient's left.
    tilt : float
        Degrees above the horizontal, −90 to 90.
    center : ndarray, shape (3,)
        What is looked at, LPS mm.
    height_mm : float
        Height of the picture at the center's depth.
    """

    turn: float = 0.0
    tilt: float = 0.0
    center: NDArray[np.float64] = field(default_factory=lambda: np.zeros(3))
    height_mm: float = 300.0

    def look_from(self, letter: str) -> None:
        """Stand at A, P, L, R, S or I of the patient; ``KeyError`` for another letter."""
        self.turn, self.tilt = _FROM[letter]

    def orbit(self, turn: float, tilt: float) -> None:
        """Turn and tilt by degrees; the tilt stops at straight above and straight below."""
        self.turn = (self.turn + turn + 180.0) % 360.0 - 180.0
        self.tilt = min(max(self.tilt + tilt, -90.0), 90.0)

    @property
    def axes(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Unit vectors in LPS: right and up on the screen, and from the center to the camera."""
        a, t = radians(self.turn), radians(self.tilt)
        level = np.array([sin(a), -cos(a), 0.0])
        superior = np.array(DIRECTIONS["S"])
        toward = cos(t) * level + sin(t) * superior
        up = -sin(t) * level + cos(t) * superior
        return np.cross(up, toward), up, toward

    @property
    def distance(self) -> float:
        """Camera to center, mm."""
        return self.height_mm / 2 / tan(radians(VIEW_ANGLE / 2))

    @property
    def position(self) -> NDArray[np.float64]:
        """Where the camera stands, LPS mm."""
        return self.center + self.axes[2] * self.distance

    def pan(self, across: float, down: float, picture_height: float) -> None:
        """Move the scene by pixels of a picture of that height."""
        right, up, _ = self.axes
        mm = self.height_mm / picture_height
        self.center = self.center - right * across * mm + up * down * mm

    def zoom(self, factor: float, at: tuple[float, float] = (0.0, 0.0)) -> None:
        """Come nearer by ``factor`` (> 1).

        ``at`` is the place to keep still, from the middle of the picture, right and up, in picture heights.
        """
        right, up, _ = self.axes
        new = min(max(self.height_mm / factor, 0.5), 5000.0)
        gain = self.height_mm - new
        self.center = self.center + (right * at[0] + up * at[1]) * gain
        self.height_mm = new

    def fit(self, low: NDArray[np.float64], high: NDArray[np.float64], aspect: float) -> None:
        """Look at the middle of a box in LPS mm, all of it in the picture; ``aspect``: width / height."""
        self.center = (low + high) / 2
        corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
        offset = low + corners * (high - low) - self.center
        right, up, toward = self.axes
        half = tan(radians(VIEW_ANGLE / 2))
        # A corner nearer to the camera takes more of the picture.
        depth = offset @ toward
        across, rise = np.abs(offset @ right) / min(aspect, 1e6), np.abs(offset @ up)
        needed = np.maximum(across, rise) + half * depth
        self.height_mm = max(2.16 * float(needed.max()), 1.0)

    def ray(self, x: float, y: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return origin and unit direction of the line of sight through a place of the picture.

        x and y: from the middle, right and up, in picture heights.
        """
        right, up, _ = self.axes
        target = self.center + (right * x + up * y) * self.height_mm
        origin = self.position
        way = target - origin
        return origin, way / np.linalg.norm(way)

    def project(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where points (n, 3) fall: right and up from the middle in picture heights, and depth.

        Shape (n, 3); depth is the distance in front of the camera, mm.
        """
        right, up, toward = self.axes
        offset = np.atleast_2d(points) - self.position
        depth = -(offset @ toward)
        safe = np.where(np.abs(depth) < 1e-9, 1e-9, depth)
        scale = self.distance / (safe * self.height_mm)
        return np.stack([offset @ right * scale, offset @ up * scale, depth], axis=-1)
