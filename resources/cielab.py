"""Colors as DICOM recommends them: CIELab of the profile connection space (D50), three 16-bit numbers.

PS3.3 C.10.7.1.1: L* from 0 to 100, a* and b* from -128 to 127 are spread over 0 to 65535.
sRGB by IEC 61966-2-1; its matrix to XYZ adapted to D50 by Bradford's method (Lindbloom 2017).
"""

import numpy as np

from resources.colors import rgb

_TO_XYZ = np.array(
    [
        [0.4360747, 0.3850649, 0.1430804],
        [0.2225045, 0.7168786, 0.0606169],
        [0.0139322, 0.0971045, 0.7141733],
    ]
)
_WHITE = _TO_XYZ.sum(axis=1)
_E, _K = 216 / 24389, 24389 / 27


def to_cielab(color: str) -> tuple[int, int, int]:
    """Return a color ``#RRGGBB`` as DICOM's three numbers."""
    c = np.array(rgb(color))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    x, y, z = _TO_XYZ @ linear / _WHITE
    fx, fy, fz = (t ** (1 / 3) if t > _E else (_K * t + 16) / 116 for t in (x, y, z))
    lab = (116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz))
    scaled = (lab[0] / 100, (lab[1] + 128) / 255, (lab[2] + 128) / 255)
    light, a, b = (round(min(max(s, 0.0), 1.0) * 65535) for s in scaled)
    return light, a, b


def from_cielab(light: int, a: int, b: int) -> str:
    """Return DICOM's three numbers as ``#RRGGBB``; what sRGB cannot show is clipped."""
    fy = (light / 65535 * 100 + 16) / 116
    fx, fz = fy + (a / 65535 * 255 - 128) / 500, fy - (b / 65535 * 255 - 128) / 200
    xyz = [f**3 if f**3 > _E else (116 * f - 16) / _K for f in (fx, fy, fz)]
    linear = np.clip(np.linalg.solve(_TO_XYZ, xyz * _WHITE), 0, 1)
    c = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    return "#" + "".join(f"{round(float(v) * 255):02X}" for v in c)
