"""Servers of images (PACS): asked, searched and fetched from, by DIMSE or by DICOMweb."""

from twin.sources.pacs.fetching import (
    clear,
    echo,
    fetch,
    fetch_all,
    find_images,
    find_one_series,
    find_patients,
    find_series,
    find_studies,
    sweep,
)
from twin.sources.pacs.server import Link, Server, named, read_servers, write_servers

__all__ = [
    "Link", "Server", "clear", "echo", "fetch", "fetch_all", "find_images", "find_one_series",
    "find_patients", "find_series", "find_studies", "named", "read_servers", "sweep", "write_servers",
]  # fmt: skip
