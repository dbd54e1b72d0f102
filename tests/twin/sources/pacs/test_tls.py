"""DIMSE over TLS, with certificates made for the test."""

import dataclasses
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.twin.sources.pacs.conftest import MakeSeries
from tests.twin.sources.pacs.orthanc import Orthanc
from tests.twin.sources.pacs.test_orthanc import by_uid, only_series
from twin.errors import ServerError, UserError
from twin.exports.pacs import send
from twin.sources import pacs


def _openssl(*words: str) -> None:
    subprocess.run([OPENSSL, *words], check=True, capture_output=True)


OPENSSL = shutil.which("openssl") or ""


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority and two certificates that it signed, and one that it did not."""
    if not OPENSSL:
        pytest.skip("openssl is not installed here")
    folder = tmp_path_factory.mktemp("papers")
    kind = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2")
    for name in ("authority", "stranger"):
        _openssl("req", "-x509", *kind, "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem",
                 "-subj", f"/CN={name}")  # fmt: skip
    for name in ("archive", "us"):
        _openssl("req", *kind[:-2], "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr",
                 "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1")  # fmt: skip
        _openssl("x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/authority.pem",
                 "-CAkey", f"{folder}/authority.key", "-CAcreateserial", "-days", "2", "-copy_extensions",
                 "copy", "-out", f"{folder}/{name}.pem")  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory, papers: Path) -> Iterator[Orthanc]:
    server = Orthanc(
        tmp_path_factory.mktemp("secure"),
        DicomTlsEnabled=True,
        DicomTlsCertificate=f"{papers}/archive.pem",
        DicomTlsPrivateKey=f"{papers}/archive.key",
        DicomTlsTrustedCertificates=f"{papers}/authority.pem",
    )
    yield server
    server.kill()


def papered(server: Orthanc, papers: Path, way: str, **words: object) -> pacs.Link:
    given = {
        "tls": True, "ca_file": f"{papers}/authority.pem", "certificate": f"{papers}/us.pem",
        "key": f"{papers}/us.key",
    }  # fmt: skip
    return server.link(way, **given | words)


def test_images_go_and_come_over_tls(
    secure: Orthanc, papers: Path, make_series: MakeSeries, tmp_path: Path
) -> None:
    folder, link = make_series(100, images=3), papered(secure, papers, "get")
    assert pacs.echo(link) == "ORTHANC"
    send(link, [folder])
    got = pacs.fetch(link, only_series(link, 100), tmp_path / "quarantine")
    assert by_uid(got) == by_uid(folder)


def test_the_other_end_must_be_who_it_says(secure: Orthanc, papers: Path) -> None:
    link = papered(secure, papers, "get", ca_file=f"{papers}/stranger.pem")
    with pytest.raises(ServerError, match=r"cannot be trusted: .*certificate"):
        pacs.echo(link)
    by_name = pacs.Link(dataclasses.replace(papered(secure, papers, "get").server, host="localhost"))
    with pytest.raises(ServerError, match=r"cannot be trusted: .*localhost"):
        pacs.echo(by_name)


def test_the_server_wants_to_know_who_we_are(secure: Orthanc, papers: Path) -> None:
    nobody = papered(secure, papers, "get", certificate="", key="")
    with pytest.raises(ServerError, match="does it ask for a certificate of ours"):
        pacs.echo(nobody)
    without_tls = secure.link("get", timeout_s=2.0)
    with pytest.raises(ServerError, match="It may expect a connection with TLS"):
        pacs.echo(without_tls)


def test_move_over_tls(secure: Orthanc, papers: Path, make_series: MakeSeries, tmp_path: Path) -> None:
    folder, link = make_series(101, images=2), papered(secure, papers, "move", own_ae_title="SAFE")
    send(link, [folder])
    row = only_series(link, 101)
    assert by_uid(pacs.fetch(link, row, tmp_path / "quarantine")) == by_uid(folder)
    # Without a certificate of ours the server could not know to whom it sends.
    bare = papered(secure, papers, "move", certificate="", key="")
    with pytest.raises(ServerError, match="does it ask for a certificate of ours"):
        pacs.fetch(bare, row, tmp_path / "other")


def test_what_a_server_sends_in_the_clear_is_not_taken(
    secure: Orthanc, papers: Path, make_series: MakeSeries, tmp_path: Path
) -> None:
    link = papered(secure, papers, "move")  # Orthanc sends to “VITRUVIAN” without TLS
    send(link, [make_series(102, images=2)])
    row = only_series(link, 102)
    with pytest.raises(ServerError, match="sending images"):
        pacs.fetch(link, row, tmp_path / "quarantine")
    assert not list((tmp_path / "quarantine").glob("*/*.dcm"))


def test_certificates_that_are_none_are_named(secure: Orthanc, papers: Path) -> None:
    link = papered(secure, papers, "get", ca_file=f"{papers}/absent.pem")
    with pytest.raises(UserError, match=r"absent\.pem"):
        pacs.echo(link)
