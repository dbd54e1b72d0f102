"""The list of servers, and where their passwords are."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import keyring
import keyring.backend
import pytest

from twin.errors import UserError
from twin.sources.pacs import Server, fetching, named, read_servers, secrets, write_servers

WEB = Server("web", url="https://pacs.hospital/dicom-web", user="reader")


def test_servers_are_kept_as_they_were_entered(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "servers.json"
    assert read_servers(path) == []
    kept = [Server("archive", "pacs", 11112, "PACS", tls=True, timeout_s=5.0), WEB]
    write_servers(path, kept)
    assert read_servers(path) == kept
    assert named(kept, "web") == WEB
    with pytest.raises(UserError, match="There are: “archive”, “web”"):
        named(kept, "other")


@pytest.mark.parametrize(
    "content", ["{", "[1]", '[{"host": "a"}]', '[{"name": "a", "host": "b", "port": "x"}]']
)
def test_a_damaged_list_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "servers.json"
    path.write_text(content)
    with pytest.raises(UserError, match=r"servers\.json cannot be read"):
        read_servers(path)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"name": " ", "host": "a"}, "needs a name"),
        ({"name": "a"}, "needs either a host with a port, or the URL"),
        ({"name": "a", "host": "b", "url": "http://c"}, "needs either a host with a port, or the URL"),
        ({"name": "a", "url": "ftp://b"}, "begins with neither http nor https"),
        ({"name": "a", "host": "b", "port": 70000}, "ports go from 1 to 65535"),
        ({"name": "a", "host": "b", "ae_title": "SEVENTEEN LETTERS"}, "AE title “SEVENTEEN LETTERS”"),
        ({"name": "a", "host": "b", "own_ae_title": "ÄRZTE"}, "AE title “ÄRZTE”"),
        ({"name": "a", "host": "b", "retrieve": "push"}, "it can be get or move"),
        ({"name": "a", "host": "b", "timeout_s": 0.0}, "time-out of 0 s"),
    ],
)
def test_what_no_server_can_have_is_refused(words: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError, match=said):
        Server(**words)


def test_it_is_known_where_a_password_could_be_read_on_the_way() -> None:
    assert Server("a", url="http://pacs.hospital/dicom-web").readable
    assert Server("a", "pacs.hospital").readable
    assert not WEB.readable
    assert not Server("a", "pacs.hospital", tls=True).readable
    assert not Server("a", url="http://127.0.0.1:8042/dicom-web").readable
    assert not Server("a", url="http://localhost:8042/dicom-web").readable


class _InMemory(keyring.backend.KeyringBackend):
    priority = 1  # type: ignore[assignment]

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


@pytest.fixture
def key_store() -> Iterator[_InMemory]:
    before, store = keyring.get_keyring(), _InMemory()
    keyring.set_keyring(store)
    yield store
    keyring.set_keyring(before)


def test_passwords_are_in_the_key_store_and_not_in_the_list(tmp_path: Path, key_store: _InMemory) -> None:
    assert secrets.kept(WEB) is None
    secrets.keep(WEB, "a secret word")
    assert secrets.kept(WEB) == "a secret word"
    assert list(key_store.kept.values()) == ["a secret word"]
    write_servers(tmp_path / "servers.json", [WEB])
    assert "secret word" not in (tmp_path / "servers.json").read_text()
    # Whoever is entered under the same name does not get it: another address, another user.
    assert secrets.kept(replace(WEB, url="https://elsewhere.example/dicom-web")) is None
    assert secrets.kept(replace(WEB, user="other")) is None
    secrets.forget(WEB)
    assert secrets.kept(WEB) is None


def test_without_a_key_store_it_is_said() -> None:
    from keyring.backends import fail

    before = keyring.get_keyring()
    keyring.set_keyring(fail.Keyring())
    try:
        assert secrets.kept(WEB) is None
        with pytest.raises(UserError, match="this system offers no key store"):
            secrets.keep(WEB, "a secret word")
        secrets.forget(WEB)
    finally:
        keyring.set_keyring(before)


def test_dates_and_ranges() -> None:
    assert fetching.dicom_dates("") == ""
    assert fetching.dicom_dates("2026-01-05") == "20260105"
    assert fetching.dicom_dates("2026-01-05..") == "20260105-"
    assert fetching.dicom_dates("..2026-01-05") == "-20260105"
    assert fetching.dicom_dates("2026-01-05..2026-02-01") == "20260105-20260201"
    with pytest.raises(UserError, match="no date and no range"):
        fetching.dicom_dates("last week")


def test_no_uid_leads_out_of_the_folder(tmp_path: Path) -> None:
    assert fetching.file_of(tmp_path, "1.2.3") == tmp_path / "1.2.3.dcm"
    for uid in ("../../etc/passwd", "..", "/etc/passwd", "a", "1" * 65):
        assert fetching.file_of(tmp_path, uid).parent == tmp_path
        assert len(fetching.file_of(tmp_path, uid).stem) == 64


def test_what_was_taken_in_is_written_over(tmp_path: Path) -> None:
    """The record may be locked: a file system keeps what is only deleted. Seen through an open handle."""
    folder = tmp_path / "series"
    folder.mkdir()
    (folder / "1.2.dcm").write_bytes(b"Doe^Jane" * 1000)
    with (folder / "1.2.dcm").open("rb") as left:
        fetching.clear(folder)
        assert left.read() == bytes(8000)
    assert not folder.exists()


def test_what_was_never_taken_in_goes_after_a_while(tmp_path: Path) -> None:
    import os

    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        folder.mkdir()
        (folder / "1.2.dcm").write_bytes(b"x")
    os.utime(old, (0, 0))
    assert fetching.sweep(tmp_path) == [old]
    assert not old.exists()
    assert new.exists()
