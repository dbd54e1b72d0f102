"""Which modules declare steps: one list, imported once, in the window and in every script of it."""

import importlib

MODULES = (
    "twin.sources.steps", "twin.edits", "twin.measuring.steps", "twin.key_images", "segmentation.steps",
    "physics.steps",
)  # fmt: skip


def load() -> None:
    """Import every module that declares steps, so that the registry is whole."""
    for module in MODULES:
        importlib.import_module(module)
