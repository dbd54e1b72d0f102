"""Broken DICOM: always an answer with the file's name, never a crash, a hang or a memory bomb.

With VITRUVIAN_THOROUGH set, 2,000 cases over real files; else 200 over small ones made here.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.twin.sources import made
from tests.twin.sources.test_modalities import US, colors, groups, mosaic, multiframe, pet, picture
from tests.twin.sources.test_syntaxes import LOSSLESS, repack, smooth
from tests.whole.chain import ROOT


def run(seed: int, count: int, folders: list[Path]) -> None:
    command = [sys.executable, "-m", "tests.twin.sources.fuzz", str(seed), str(count), *map(str, folders)]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else ""
    assert done.returncode == 0, f"died (status {done.returncode}) after “{last}”: {done.stderr[-1500:]}"
    answer = json.loads(last)
    assert answer["faults"] == []
    assert sum(answer["ends"].values()) == count
    # Both ends are seen: a mutation that hits pixels is read, one that hits the header mostly is not.
    assert min(answer["ends"]["read"], answer["ends"]["refused"]) > count / 20
    assert answer["peak_bytes"] < 2e9


def test_made_files(tmp_path: Path) -> None:
    stored = (smooth(3, 20, 24) * 3000).astype(np.int16)
    folders = [
        tmp_path / "plain",
        tmp_path / "pet",
        tmp_path / "mosaic",
        tmp_path / "enhanced",
        tmp_path / "us",
    ]
    made.write_series(folders[0], stored)
    pet(folders[1])
    mosaic(folders[2], (0, 0, 1))
    multiframe(folders[3], [groups(k) for k in range(3)], stored)
    picture(folders[4], colors(3, 20, 24), FrameTime=40, **US)
    for syntax, name in LOSSLESS.items():
        folders.append(tmp_path / name)
        for path in made.write_series(folders[-1], stored):
            repack(path, syntax, name)
    run(1, 200, folders)


@pytest.mark.skipif(not os.environ.get("VITRUVIAN_THOROUGH"), reason="VITRUVIAN_THOROUGH is not set")
def test_real_files(shared_data: Path, tmp_path: Path) -> None:
    pairs = shared_data / "dicom-nifti-pairs"
    folders = [p.parent for p in pairs.rglob("*.dcm")]
    folders += [shared_data / "ct-torso/dicom-chest", shared_data / "heart-mr-cine/dicom/Se1"]
    few = []
    for n, folder in enumerate(sorted(set(folders))):
        few.append(tmp_path / str(n))
        few[-1].mkdir()
        for path in sorted(folder.iterdir())[:5]:
            few[-1].joinpath(path.name).write_bytes(path.read_bytes())
    run(2, 2000, few)
