"""A real Orthanc server on the loopback, with a storage of its own."""

import json
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from twin.sources.pacs import Link, Server

BINARY = shutil.which("Orthanc") or "/usr/sbin/Orthanc"
PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
USER, PASSWORD = "reader", "a secret word"


def free_port() -> int:
    """Return a port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Orthanc:
    """One server; ``kill`` ends it as a power cut would, ``start`` brings it back on the same storage."""

    def __init__(self, folder: Path, **config: Any) -> None:
        if not Path(BINARY).is_file():
            pytest.skip("Orthanc is not installed here (Debian: orthanc)")
        if not PLUGIN.is_file():
            pytest.skip("Orthanc's DICOMweb is not installed here (Debian: orthanc-dicomweb)")
        self.folder = folder
        self.port, self.http_port, self.own_port = free_port(), free_port(), free_port()
        self._config = {
            "Name": "Orthanc of the tests",
            "StorageDirectory": str(folder / "storage"),
            "IndexDirectory": str(folder / "storage"),
            "Plugins": [str(PLUGIN)],
            "DicomAet": "ORTHANC",
            "DicomPort": self.port,
            "HttpPort": self.http_port,
            "DicomCheckCalledAet": True,
            "AuthenticationEnabled": True,
            "RegisteredUsers": {USER: PASSWORD},
            "DicomModalities": {"us": ["VITRUVIAN", "127.0.0.1", self.own_port]},
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
        } | config
        if "DicomTlsEnabled" in config:
            safe = {"AET": "SAFE", "Host": "127.0.0.1", "Port": self.own_port, "UseDicomTls": True}
            self._config["DicomModalities"] |= {"safe": safe}  # type: ignore[operator]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    @property
    def url(self) -> str:
        """Return where its DICOMweb service is."""
        return f"http://127.0.0.1:{self.http_port}/dicom-web"

    def link(self, way: str, **words: Any) -> Link:
        """Return how it is reached: ``get`` and ``move`` over DIMSE, ``wado`` over DICOMweb."""
        if way == "wado":
            secret = words.pop("secret", PASSWORD)
            return Link(
                Server(**{"name": "web", "url": self.url, "user": USER, "timeout_s": 30.0} | words), secret
            )
        given = {
            "name": "archive", "host": "127.0.0.1", "port": self.port, "ae_title": "ORTHANC",
            "own_port": self.own_port, "retrieve": way, "timeout_s": 30.0,
        }  # fmt: skip
        return Link(Server(**given | words))

    def start(self) -> None:
        """Start it and wait until both its ports answer."""
        (self.folder / "storage").mkdir(parents=True, exist_ok=True)
        path = self.folder / "orthanc.json"
        path.write_text(json.dumps(self._config))
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen([BINARY, str(path)], stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        for port in (self.port, self.http_port):
            while not _answers(port):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"Orthanc does not start: {(self.folder / 'log').read_text()[-2000:]}")
                time.sleep(0.02)

    def freeze(self) -> None:
        """Let it stand still, its connections open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """End it at once, as ``kill -9``, where it runs."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(20)
            self._process = None


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
