"""The commands of hanging protocols and priors."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from desktop.command import Command
from desktop.view_commands import needs_image
from resources.hanging import PROTOCOLS, Protocol

if TYPE_CHECKING:
    from desktop.desk import Desk


def _hanging(method: str, *args: object) -> Callable[[Desk], None]:
    def run(desk: Desk) -> None:
        if desk.stage is not None:
            getattr(desk.stage.hanging, method)(*args)

    return run


def _fits(desk: Desk, *, protocol: Protocol) -> str:
    """Return why a protocol is not for the image at hand: another modality."""
    item = desk.session.volume
    entry = desk.session.entry(item.id) if item is not None else None
    if entry is not None and entry.tree.get("modality") not in protocol.modalities:
        return f"It is for {', '.join(protocol.modalities)}, and this image is not."
    return needs_image(desk)


def _needs_protocol(desk: Desk) -> str:
    item = desk.session.volume
    entry = desk.session.entry(item.id) if item is not None else None
    if entry is not None and not entry.tree.get("modality"):
        return "This image does not say what made it."
    return needs_image(desk)


def _needs_kept(desk: Desk) -> str:
    return "" if desk.settings.hanging else "No look of yours is kept."


def _needs_prior(desk: Desk) -> str:
    why = needs_image(desk)
    if why or desk.stage is None:
        return why
    prior = desk.stage.hanging.prior
    if not prior.key:
        return "There is no image of an older study of this patient and modality here that shows the same."
    return "It lies beside already." if desk.stage.comparing.key == prior.key else ""


def _prior_title(desk: Desk) -> str:
    prior = desk.stage.hanging.prior if desk.stage is not None else None
    item = desk.session.item(prior.key) if prior is not None else None
    return f"Compare with the prior “{item.name}”" if item is not None else "Compare with the prior"


def _switch_title(desk: Desk) -> str:
    return "Open images as their files ask for" if desk.settings.hang else "Open images by hanging protocols"


def _priors_title(desk: Desk) -> str:
    return "Show no prior unasked" if desk.settings.priors else "Show the prior beside by itself"


def hanging_commands() -> tuple[Command, ...]:
    """All of them, in the order of the menu."""
    by_name = [
        Command(
            f"hang.{one.id}", f"Hang as {one.name}", "squares-four",
            f"Look at this image as at {one.why}", _hanging("hang", one), partial(_fits, protocol=one), "",
            "Hanging",
        )
        for one in PROTOCOLS
    ]  # fmt: skip
    return (
        Command("hang.again", "Hang again", "arrow-counter-clockwise",
            "Look at this image as when it came up first", _hanging("again"), _needs_protocol, "", "Hanging"),
        Command("hang.keep", "Keep this look for such images", "push-pin",
            "From now on, images of this modality, part and kernel are first looked at like this",
            _hanging("keep"), _needs_protocol, "", "Hanging"),
        Command("hang.forget", "Forget kept looks", "x",
            "Hang all images by the program's own table again", _hanging("forget"), _needs_kept, "",
            "Hanging"),
        Command("hang.switch", "Hanging protocols on or off", "toggle-left",
            "Whether an image's kind says how it is first looked at, or its file alone", _hanging("switch"),
            needs_image, "", "Hanging", titled=_switch_title),
        Command("hang.prior", "Compare with the prior", "clock-counter-clockwise",
            "Show the image of the older study beside this one", _hanging("show_prior"), _needs_prior, "",
            "Hanging", titled=_prior_title),
        Command("hang.priors", "Priors on or off", "toggle-left",
            "Whether the newest older study of the same patient and part lies beside by itself",
            _hanging("switch_priors"), needs_image, "", "Hanging", titled=_priors_title),
        *by_name,
    )  # fmt: skip
