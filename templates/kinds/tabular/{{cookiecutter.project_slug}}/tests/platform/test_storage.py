"""A store in a folder: whole files or none, names that stay inside, and two lines for a refusal."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from {{ cookiecutter.package_name }}.platform import storage
from {{ cookiecutter.package_name }}.platform.errors import ProjectError


@pytest.fixture
def store(tmp_path: Path) -> storage.Store:
    return storage.at(str(tmp_path / "bundles"))


def test_what_was_written_is_listed_and_read_again(store: storage.Store) -> None:
    assert store.list() == []
    store.write("1-abc/source/model.py", b"x")
    store.write("latest.json", b"{}")
    assert store.list() == ["1-abc", "latest.json"]
    assert store.list("1-abc/source") == ["model.py"]
    assert store.read("1-abc/source/model.py") == b"x"
    assert store.exists("latest.json")
    assert not store.exists("1-abc")


def test_a_file_is_replaced_and_nothing_unfinished_is_listed(store: storage.Store) -> None:
    store.write("latest.json", b"old")
    store.write("latest.json", b"new")
    store.write(".latest.json.0123", b"half")
    assert store.read("latest.json") == b"new"
    assert store.list() == ["latest.json"]


def test_lines_are_appended_to_a_file_whose_folder_is_made(store: storage.Store) -> None:
    for line in (b"one\n", b"two\n"):
        with store.open("2026-01-01/00.jsonl", "ab") as stream:
            stream.write(line)
    assert store.read("2026-01-01/00.jsonl") == b"one\ntwo\n"


def test_a_url_of_a_file_is_its_folder(tmp_path: Path) -> None:
    storage.at((tmp_path / "a b").as_uri()).write("x", b"1")
    assert (tmp_path / "a b" / "x").read_bytes() == b"1"


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x"])
def test_a_name_never_leaves_the_store(store: storage.Store, name: str) -> None:
    for act in (store.read, store.exists, store.list, lambda n: store.write(n, b"")):
        with pytest.raises(ProjectError, match="outside"):
            act(name)


def test_what_is_not_there_is_told_apart_from_what_cannot_be_had(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FileNotFoundError):
        storage.at(str(tmp_path)).read("nothing")
    with pytest.raises(ProjectError, match=r"file: (NotADirectory|FileExists)Error"):
        storage.at(str(tmp_path / "file")).write("below", b"")


def test_a_url_without_its_package_names_the_component(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(ProjectError, match="s3://ml/churn needs fsspec") as caught:
        storage.at("s3://ml/churn")
    assert "mlctl add storage-fsspec" in caught.value.hint


def test_fsspec_that_another_package_brought_does_not_hide_the_component(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def url_to_fs(_: str) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setitem(sys.modules, "fsspec", ModuleType("fsspec"))
    monkeypatch.setitem(sys.modules, "fsspec.core", module := ModuleType("fsspec.core"))
    monkeypatch.setattr(module, "url_to_fs", url_to_fs, raising=False)
    with pytest.raises(ProjectError, match="s3://ml/churn: ImportError: Install s3fs") as caught:
        storage.at("s3://ml/churn")
    assert "mlctl add storage-fsspec" in caught.value.hint
