"""A store behind a URL does what a folder does."""

import secrets
import sys
from pathlib import Path

import pytest

from {{ cookiecutter.package_name }}.platform import storage
from {{ cookiecutter.package_name }}.platform.errors import ProjectError


@pytest.fixture(params=["memory", "local"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> storage.Store:
    root = secrets.token_hex(4) if request.param == "memory" else tmp_path
    found = storage.at(f"{request.param}://{root}")
    assert isinstance(found, storage.Remote)
    return found


def test_what_was_written_is_listed_and_read_again(store: storage.Store) -> None:
    assert store.list() == []
    store.write("1-abc/source/model.py", b"x")
    store.write("latest.json", b"old")
    store.write("latest.json", b"new")
    store.write(".latest.json.0123", b"half")
    assert store.list() == ["1-abc", "latest.json"]
    assert store.list("1-abc/source") == ["model.py"]
    assert store.list("latest.json/below") == []
    assert store.read("latest.json") == b"new"
    assert store.exists("latest.json")
    assert not store.exists("1-abc")


def test_a_stream_is_written_into_a_folder_that_is_made(store: storage.Store) -> None:
    with store.open("2026-01-01/00.jsonl", "wb") as stream:
        stream.write(b"one\n")
    with store.open("2026-01-01/00.jsonl") as stream:
        assert stream.read() == b"one\n"


def test_a_name_never_leaves_the_store(store: storage.Store) -> None:
    with pytest.raises(ProjectError, match="outside"):
        store.write("../x", b"")


def test_what_is_not_there_is_no_refusal(store: storage.Store) -> None:
    with pytest.raises(FileNotFoundError):
        store.read("nothing")


def test_a_protocol_that_nobody_speaks_is_told_without_the_password() -> None:
    with pytest.raises(ProjectError, match="nonsense://host/x: ValueError") as caught:
        storage.at("nonsense://me:password@host/x")  # pragma: allowlist secret
    assert "password" not in caught.value.sentence


def test_a_package_that_is_missing_is_told_with_where_to_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "smbprotocol", None)
    monkeypatch.setitem(sys.modules, "smbclient", None)
    with pytest.raises(ProjectError, match="smb://host/share: ImportError") as caught:
        storage.at("smb://host/share")
    assert "docs/storage.md" in caught.value.hint


def test_what_a_store_refuses_is_told_in_two_lines(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ProjectError, match="local://"):
        storage.at(f"local://{tmp_path}/file").write("below", b"")
