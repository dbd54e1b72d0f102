"""An index of the studies that lie in folders: looked into once, then searched in no time."""

from twin.sources.index.look import Looked, look_again, look_into
from twin.sources.index.store import Index, Indexed

__all__ = ["Index", "Indexed", "Looked", "look_again", "look_into"]
