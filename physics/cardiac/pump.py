"""A record's heart as what can beat."""

import math

from physics.cardiac.live import Course, LiveHeart
from physics.cardiac.reduced import Reduced
from physics.cardiac.tension import Tension, Twitch, tension_of
from physics.circulation import Circulation, Shortening
from physics.circulation.flat import circulation_of
from twin.domain import Heart


def reduced_heart(heart: Heart) -> Reduced:
    """Return its ventricle's pressures and shapes, at stiffness 1."""
    shortening = shortening_of(heart)
    return Reduced(
        heart.volumes_ml, heart.tensions_kpa, heart.pressures_mmhg, heart.modes,
        heart.amounts, heart.strayed_mm, shortening,
    )  # fmt: skip


def shortening_of(heart: Heart) -> Shortening | None:
    """Return what speed takes from its tension; None where it was fitted without."""
    return Shortening(**heart.shortening) if heart.shortening else None


def course_of(heart: Heart) -> Course:
    """Return its tension's course: its own lengths, which go as √RR; a healthy one where none is kept."""
    if not heart.timing:
        return tension_of
    own_beat = 60.0 / heart.circulation["heart_rate_per_min"]

    def course(circulation: Circulation, peak_kpa: float) -> Tension:
        share = math.sqrt(circulation.beat_s / own_beat)
        rise, fall, length = (share * heart.timing[name] for name in ("rise_s", "fall_s", "length_s"))
        return Twitch(peak_kpa, heart.timing["onset_s"], rise, fall, length, circulation.beat_s)

    return course


def live_heart(heart: Heart) -> LiveHeart:
    """Return it ready to beat, where its circulation begins."""
    circulation = circulation_of(heart.circulation, heart.limits)
    return LiveHeart(
        reduced_heart(heart), circulation, heart.peak_kpa, course_of(heart), stiffness=heart.stiffness
    )
