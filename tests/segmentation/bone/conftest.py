"""Scans and what the step made of them, once for all tests of bone."""

from pathlib import Path

import pytest

from segmentation.bone.steps import BoneParams, segment_bone
from tests.segmentation.bone.phantom import Phantom, hips
from twin.domain import LabelMap, Volume
from twin.progress import Progress
from twin.sources import read, scan
from twin.steps import Made


def load(path: Path) -> Volume:
    found = scan([path])
    volume = read(found.series[0], modality="CT", kind="volume")
    assert isinstance(volume, Volume)
    return volume


def bones_of(made: Made) -> LabelMap:
    bones = made.outputs["bones"]
    assert isinstance(bones, LabelMap)
    return bones


def segment(volume: Volume, **params: object) -> Made:
    return segment_bone(volume, BoneParams(**params), Progress())


@pytest.fixture(scope="session")
def phantom() -> Phantom:
    return hips()


@pytest.fixture(scope="session")
def phantom_bones(phantom: Phantom) -> Made:
    return segment(phantom.volume)


@pytest.fixture(scope="session")
def hip_scan(shared_data: Path) -> Volume:
    return load(shared_data / "ct-hip" / "dicom")


@pytest.fixture(scope="session")
def hip_bones(hip_scan: Volume) -> Made:
    return segment(hip_scan)
