"""A record's heart as what can beat, and back."""

from physics.cardiac.live import LiveHeart
from physics.cardiac.reduced import Reduced
from physics.cardiac.tension import tension_of
from physics.circulation.flat import circulation_of
from twin.domain import Heart


def reduced_heart(heart: Heart) -> Reduced:
    """Return its ventricle's pressures and shapes."""
    return Reduced(
        heart.volumes_ml, heart.tensions_kpa, heart.pressures_mmhg, heart.modes,
        heart.amounts, heart.strayed_mm,
    )  # fmt: skip


def live_heart(heart: Heart) -> LiveHeart:
    """Return it ready to beat, where its circulation begins."""
    circulation = circulation_of(heart.circulation, heart.limits)
    return LiveHeart(reduced_heart(heart), circulation, heart.peak_kpa, tension_of)
