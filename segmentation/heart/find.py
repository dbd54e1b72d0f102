"""Where the left ventricle is: a bright pool with a dark ring round it that beats, slice after slice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from segmentation.heart.views import CineView, CineViews
from twin.errors import UserError

STEP_MM = 4.0
"""Distance of the places that are tried for its middle."""

RADII_MM = np.arange(7.0, 39.0, 2.0)
"""Cavity radii that are tried: from a small apex to a dilated ventricle."""

DIRECTIONS = 24
LEAST_SCORE = 0.05
"""Ring score times beat below which a slice is said not to cut the ventricle."""

LEAST_SHARE = 0.35
"""The same as a part of the best slice's: beyond the base round things beat too, but less like a ring."""

BEND_MM = 12.0
"""In-plane way of the middle from one slice to the next that costs as much as half a good score."""


@dataclass(frozen=True, eq=False)
class Found:
    """The left ventricle as found in the short-axis stack.

    Attributes
    ----------
    centers : ndarray, shape (k, 2)
        Middle of the cavity in each short-axis slice, (i, j) pixels.
    radii_mm : ndarray, shape (k,)
        Rough cavity radius in each slice at the R wave.
    scores : ndarray, shape (k,)
        How much of a beating ring each slice shows, 0 to 1.
    by_hand : bool
        True where a click said where.
    """

    centers: NDArray[np.float64]
    radii_mm: NDArray[np.float64]
    scores: NDArray[np.float64]
    by_hand: bool = False

    @property
    def seen(self) -> NDArray[np.bool_]:
        """Slices that cut the ventricle, shape (k,)."""
        return self.scores >= max(LEAST_SCORE, LEAST_SHARE * float(self.scores.max()))


def find_left(views: CineViews, click_lps_mm: NDArray[np.float64] | None = None) -> Found:
    """Find the left ventricle's middle in every short-axis slice.

    Parameters
    ----------
    views : CineViews
    click_lps_mm : ndarray, shape (3,), or None
        A point in its cavity, where the user gave one: the chain of rings then passes within 15 mm of it.

    Raises
    ------
    UserError
        Where fewer than three slices show a beating ring.
    """
    maps = [_scores(view) for view in views.short]
    if click_lps_mm is not None:
        maps = [_near(m, view, click_lps_mm) for m, view in zip(maps, views.short, strict=True)]
    found = _chain(maps, views)
    seen = int(found.seen.sum())
    if seen < 3:
        raise UserError(
            f"No left ventricle was found: {seen} of {len(views.short)} short-axis slices show a bright "
            "cavity with a dark, beating wall round it.",
            "Click into its cavity, or check that the stack is a short-axis cine with bright blood.",
        )
    return Found(found.centers, found.radii_mm, found.scores, click_lps_mm is not None)


@dataclass(frozen=True, eq=False)
class _Map:
    places: NDArray[np.float64]
    """(n, 2) pixels."""
    scores: NDArray[np.float64]
    radii_mm: NDArray[np.float64]


def first_harmonic(images: NDArray[np.float32]) -> NDArray[np.float64]:
    """Amplitude of what repeats once a cycle; shape (t, j, i) to (j, i)."""
    turn = np.exp(-2j * np.pi * np.arange(len(images)) / len(images)).astype(np.complex64)
    return np.abs(np.tensordot(turn, images, axes=(0, 0))) * 2 / len(images)


def _scores(view: CineView) -> _Map:
    """Score of every place of a slice as the middle of a beating ring, with the radius that fits best."""
    smooth = (1.5 / view.spacing_mm)[::-1]
    image = ndimage.gaussian_filter(view.images[0], smooth)
    beat = ndimage.gaussian_filter(first_harmonic(view.images), smooth)
    rows, columns = image.shape
    step_i, step_j = STEP_MM / view.spacing_mm
    margin_i, margin_j = 12 / view.spacing_mm
    j, i = np.meshgrid(
        np.arange(margin_j, rows - margin_j, step_j),
        np.arange(margin_i, columns - margin_i, step_i),
        indexing="ij",
    )
    places = np.stack([i.ravel(), j.ravel()], axis=1)
    bright = _bright(image)
    here = ndimage.map_coordinates(image, places[:, ::-1].T, order=1)
    places = places[here > bright]
    if not len(places):
        return _Map(np.array([[columns / 2, rows / 2]]), np.zeros(1), RADII_MM[:1])
    samples = np.arange(0.0, RADII_MM[-1] + 8.0, 2.0)
    angle = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    ray = np.stack([np.cos(angle), np.sin(angle)], axis=1)[:, None] * samples[:, None] / view.spacing_mm
    at = places[:, None, None] + ray
    where = [at[..., 1], at[..., 0]]
    value = ndimage.map_coordinates(image, where, order=1, mode="nearest")
    moving = ndimage.map_coordinates(beat, where, order=1, mode="nearest")
    best, radius = np.zeros(len(places)), np.full(len(places), RADII_MM[0])
    for r in RADII_MM:
        inside = value[:, :, samples <= 0.8 * r].mean(axis=(1, 2))
        wall = value[:, :, (samples > r + 1) & (samples <= r + 5)].mean(axis=2)
        drop = np.quantile(1 - wall / inside[:, None], 0.2, axis=1)
        even = 1 - value[:, :, samples <= 0.8 * r].std(axis=(1, 2)) / inside
        motion = moving[:, :, (samples >= 0.5 * r) & (samples <= r + 3)].mean(axis=(1, 2)) / inside
        score = np.clip(drop, 0, 1) * np.clip(even, 0, 1) * np.clip(motion / 0.25, 0, 1)
        score[inside < bright] = 0
        better = score > best
        best[better], radius[better] = score[better], r
    return _Map(places, best, radius)


def _bright(image: NDArray[np.float32]) -> float:
    """The level that parts bright from dark best (Otsu 1979) among the values above the air's."""
    values = image[image > 0.05 * np.quantile(image, 0.99)]
    counts, edges = np.histogram(values, 128, (0, float(np.quantile(values, 0.995))))
    middles = (edges[:-1] + edges[1:]) / 2
    low = np.cumsum(counts)
    total = np.cumsum(counts * middles)
    high = low[-1] - low
    with np.errstate(divide="ignore", invalid="ignore"):
        apart = low * high * (total / low - (total[-1] - total) / high) ** 2
    return float(middles[np.nanargmax(apart)])


def _near(found: _Map, view: CineView, click: NDArray[np.float64]) -> _Map:
    """Only what agrees with a click, whose reach grows with the distance of the slice from it."""
    reach = 15 + 0.4 * abs(float(view.away_mm(click)))
    off = np.linalg.norm((found.places - view.pixels(click)) * view.spacing_mm, axis=1)
    return _Map(found.places, np.where(off <= reach, found.scores, 0), found.radii_mm)


def _chain(maps: list[_Map], views: CineViews) -> Found:
    """The best row of middles through the stack: high scores that lie above each other."""
    keep = []
    for m in maps:
        order = np.argsort(m.scores)[::-1][:150]
        keep.append(_Map(m.places[order], m.scores[order], m.radii_mm[order]))
    spots = [view.lps(m.places) for m, view in zip(keep, views.short, strict=True)]
    normal = views.short[0].normal
    spots = [s - (s @ normal)[:, None] * normal for s in spots]
    total, back = keep[0].scores.copy(), []
    for k in range(1, len(keep)):
        way = np.linalg.norm(spots[k][:, None] - spots[k - 1], axis=2)
        rows = total - 0.25 * (way / BEND_MM * (8.0 / max(views.gap_mm, 8.0))) ** 2
        back.append(rows.argmax(axis=1))
        total = keep[k].scores + rows.max(axis=1)
    chosen = [int(total.argmax())]
    for step in reversed(back):
        chosen.append(int(step[chosen[-1]]))
    chosen.reverse()
    return Found(
        np.array([m.places[c] for m, c in zip(keep, chosen, strict=True)]),
        np.array([m.radii_mm[c] for m, c in zip(keep, chosen, strict=True)]),
        np.array([m.scores[c] for m, c in zip(keep, chosen, strict=True)]),
    )
