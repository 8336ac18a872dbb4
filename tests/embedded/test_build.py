"""What is built carries the platform's history: the same trees as the repository, and nothing is marked there."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests import kit

ROOT = Path(__file__).parent.parent.parent
BUNDLE = "mlctl/embedded/platform.bundle"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of mlctl whose platform is the small one; not yet a repository."""
    folder = tmp_path / "checkout"
    shutil.copytree(ROOT / "mlctl", folder / "mlctl", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, folder / name)
    kit.platform(folder / "templates")
    return folder


def build(checkout: Path, target: str = "wheel", path: str | None = None) -> subprocess.CompletedProcess[str]:
    shutil.rmtree(checkout / "dist", ignore_errors=True)
    environment = {**os.environ, "PATH": os.environ["PATH"] if path is None else path}
    command = [sys.executable, "-m", "hatchling", "build", "-t", target]
    return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)


def built(checkout: Path, target: str = "wheel") -> Path:
    done = build(checkout, target)
    assert done.returncode == 0, done.stderr
    return next((checkout / "dist").iterdir())


def bundle(wheel: Path, into: Path) -> Path:
    """Clone the bundle of a wheel; return the clone."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extract(BUNDLE, into)
    kit.git(into, "clone", "--quiet", "--bare", str(into / BUNDLE), "clone.git")
    return into / "clone.git"


def trees(folder: Path, inside: str = "") -> dict[str, str]:
    tags = kit.git(folder, "tag", "--list", "v*").splitlines()
    return {tag: kit.tree(folder, tag, inside) for tag in tags}


def test_a_wheel_carries_the_tree_of_every_release(checkout: Path, tmp_path: Path) -> None:
    kit.release(checkout, "v0.1.0")
    kit.write(checkout, "README.md", "nothing of the platform\n")
    kit.release(checkout, "v0.1.1")
    kit.release(checkout, "v0.2.0", {'templates/base/{{cookiecutter.project_slug}}/ü "x".md': "x\n"})
    kit.git(checkout, "checkout", "--quiet", "-b", "side", "v0.1.0")
    kit.release(checkout, "v0.1.2", {"templates/constraints.txt": "pytest==8.3.4\n"})
    kit.git(checkout, "checkout", "--quiet", "main")
    kit.git(checkout, "merge", "--quiet", "--no-edit", "side")
    kit.remove(checkout, "templates/standards")
    kit.release(checkout, "v0.10.0rc1")

    clone = bundle(built(checkout), tmp_path)

    assert trees(clone) == trees(checkout, "templates")
    assert len(trees(clone)) == 5
    assert kit.tree(clone, "HEAD") == kit.tree(checkout, "v0.10.0rc1", "templates")


def test_commits_keep_their_subject_author_and_date(checkout: Path, tmp_path: Path) -> None:
    kit.release(checkout, "v0.1.0")
    kit.write(checkout, "templates/constraints.txt", "pytest==8.3.4\n")
    kit.commit(checkout, 'Raise pytest\n\nBecause of "x".\n', GIT_AUTHOR_NAME="Grace Hopper-Ü")
    kit.release(checkout, "v0.2.0")

    clone = bundle(built(checkout), tmp_path)

    told = ("log", "--format=%an|%ae|%ad|%cn|%cd|%B", "v0.2.0")
    assert kit.git(clone, *told) == kit.git(checkout, *told, "--", "templates")


def test_a_build_of_a_release_carries_no_later_one(checkout: Path, tmp_path: Path) -> None:
    kit.release(checkout, "v0.1.0")
    kit.release(checkout, "v0.2.0", {"templates/constraints.txt": "pytest==8.3.4\n"})
    kit.git(checkout, "checkout", "--quiet", "v0.1.0")

    assert list(trees(bundle(built(checkout), tmp_path))) == ["v0.1.0"]


@pytest.mark.parametrize("tagged", [True, False])
def test_two_builds_give_the_same_bytes(checkout: Path, tagged: bool) -> None:
    kit.make_repo(checkout)
    kit.commit(checkout)
    if tagged:
        kit.tag(checkout, "v0.1.0")
    first = built(checkout).read_bytes()
    time.sleep(1.1)
    assert built(checkout).read_bytes() == first


def test_before_the_first_tag_there_is_one_release_named_as_the_package(checkout: Path, tmp_path: Path) -> None:
    kit.make_repo(checkout)
    kit.commit(checkout)
    kit.tag(checkout, "nightly")
    kit.write(checkout, "templates/base/__pycache__/x.pyc", "ignored")
    before = kit.git(checkout, "for-each-ref"), kit.git(checkout, "count-objects", "-v"), kit.git(checkout, "status")

    clone = bundle(built(checkout), tmp_path)
    shutil.rmtree(checkout / "dist")

    assert trees(clone) == {"v0.1.0": kit.tree(checkout, "HEAD", "templates")}
    after = kit.git(checkout, "for-each-ref"), kit.git(checkout, "count-objects", "-v"), kit.git(checkout, "status")
    assert after == before


@pytest.mark.parametrize("how", [("--depth=1",), ("--filter=blob:none",)])
def test_a_shallow_or_partial_clone_gives_one_release(checkout: Path, tmp_path: Path, how: tuple[str, ...]) -> None:
    kit.release(checkout, "v0.0.9")
    kit.release(checkout, "v0.1.0", {"templates/constraints.txt": "pytest==8.3.4\n"})
    kit.git(checkout, "config", "uploadpack.allowFilter", "true")
    clone = tmp_path / "clone"
    kit.git(tmp_path, "clone", "--quiet", *how, f"file://{checkout}", str(clone))

    assert trees(bundle(built(clone), tmp_path)) == {"v0.1.0": kit.tree(checkout, "v0.1.0", "templates")}


def test_a_tree_without_git_gives_one_release(checkout: Path, tmp_path: Path) -> None:
    kit.write(checkout, "templates/base/__pycache__/x.pyc", "no file of the platform")
    found = trees(bundle(built(checkout), tmp_path))
    kit.release(checkout, "v0.1.0")
    assert found == trees(checkout, "templates")


def test_a_wheel_from_the_sdist_carries_the_same_without_git(checkout: Path, tmp_path: Path) -> None:
    kit.release(checkout, "v0.1.0")
    kit.release(checkout, "v0.2.0", {"templates/constraints.txt": "pytest==8.3.4\n"})
    (tmp_path / "sdist").mkdir()
    subprocess.run(["tar", "-xf", str(built(checkout, "sdist")), "-C", str(tmp_path / "sdist")], check=True)
    unpacked = next((tmp_path / "sdist").iterdir())

    done = build(unpacked, path="/nowhere")

    assert done.returncode == 0, done.stderr
    assert trees(bundle(next((unpacked / "dist").iterdir()), tmp_path)) == trees(checkout, "templates")
    assert {path.name for path in unpacked.iterdir()} >= {"templates", "mlctl", "README.md", "LICENSE", "PKG-INFO"}
    assert not (unpacked / "tests").exists()


def test_a_build_without_git_says_so(checkout: Path) -> None:
    done = build(checkout, path="/nowhere")
    assert done.returncode != 0
    assert "error: git 2.38 or newer is needed; found none on the PATH" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wheel_carries_the_standards_of_its_newest_release(checkout: Path) -> None:
    kit.release(checkout, "v0.1.0")
    kit.write(checkout, "templates/standards/standards.yml", "version: 2\n")
    kit.commit(checkout)
    with zipfile.ZipFile(built(checkout)) as archive:
        text = archive.read("mlctl/embedded/standards.yml").decode()
        assert "version: 1" in text
        assert "SML001" in text
        assert not [name for name in archive.namelist() if name.startswith("templates/") or name.endswith("build.py")]


def test_an_editable_install_carries_nothing_since_it_reads_the_checkout(checkout: Path) -> None:
    from mlctl.embedded.build import Embed

    data: dict[str, dict[str, str]] = {"force_include": {}}
    hook = Embed(str(checkout), {}, None, None, "", "wheel")  # type: ignore[arg-type]
    hook.initialize("editable", data)
    assert data == {"force_include": {}}


@pytest.mark.slow
def test_an_installed_wheel_starts_a_project_offline(checkout: Path, tmp_path: Path, mlctl: kit.Mlctl) -> None:
    kit.release(checkout, "v0.1.0")
    kit.release(checkout, "v0.2.0", {"templates/constraints.txt": "pytest==8.3.4\n"})
    wheel = built(checkout)
    installed = install(wheel, tmp_path / "venv")
    command = [str(installed), "new", "churn", "--defaults", "--no-lock"]
    unreachable = {"PYTHONPATH": None, "https_proxy": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"}
    done = subprocess.run(command, cwd=mlctl.here, env=mlctl.environment(unreachable), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    layer = json.loads((mlctl.here / "churn/.mlctl/lock.json").read_text())["layers"][0]
    assert (layer["source"], layer["version"]) == ("mlctl", "v0.2.0")
    assert layer["tree"] == kit.tree(checkout, "v0.2.0", "templates")
    assert seconds_to_clone(wheel, tmp_path) < 0.2
    assert wheel.stat().st_size < 500_000


def install(wheel: Path, venv: Path) -> Path:
    """Install a wheel into a fresh environment that borrows what it needs from this one; return its mlctl."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    uv = [shutil.which("uv", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"), "pip", "install", "--quiet"]
    subprocess.run([*uv, "--offline", "--no-deps", "--python", str(venv / "bin/python"), str(wheel)], check=True)
    own = next((venv / "lib").glob("python*/site-packages"))
    (own / "borrowed.pth").write_text(site.getsitepackages()[0] + "\n")
    return venv / "bin" / "mlctl"


def seconds_to_clone(wheel: Path, into: Path) -> float:
    start = time.perf_counter()
    bundle(wheel, into)
    return time.perf_counter() - start
