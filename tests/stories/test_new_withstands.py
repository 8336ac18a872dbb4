"""Whatever the machine does to `mlctl new`: the project is there, or it is not, and nothing else is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import kit

QUICK = ("--defaults", "--no-lock")
ROOT = os.geteuid() == 0
NOBODY = ("setpriv", "--reuid=12345", "--regid=12345", "--clear-groups")
only_root = pytest.mark.skipif(
    not ROOT or not shutil.which("setpriv"), reason="only root, with setpriv, can become somebody else"
)


@pytest.fixture
def source(platform: Path) -> str:
    return str(platform)


def committed(mlctl: kit.Mlctl, name: str = "churn") -> str:
    """Return the author of the one commit of a project, which holds all its files."""
    root = mlctl.here / name
    assert kit.git(root, "status", "--porcelain") == ""
    assert kit.git(root, "rev-list", "--count", "HEAD") == "1"
    return kit.git(root, "log", "--format=%an <%ae>")


def give(path: Path) -> None:
    """Give a folder to nobody, and let nobody come that far."""
    for folder, names, files in os.walk(path):
        for name in (".", *names, *files):
            os.chown(Path(folder, name), 12345, 12345, follow_symlinks=False)
    for parent in path.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(0o711)


# git


def test_without_git_it_says_so(mlctl: kit.Mlctl, source: str) -> None:
    done = mlctl("new", "churn", "-p", source, *QUICK, env={"PATH": "/nowhere"})
    kit.refused(done, 3, "git 2.38 or newer is needed; found none on the PATH")
    assert list(mlctl.here.iterdir()) == []


@pytest.mark.parametrize("said", ["git version 2.20.1", "git version 2.37.9 (Apple Git-1)", "hello", ""])
def test_a_git_that_is_too_old_is_told(mlctl: kit.Mlctl, source: str, tmp_path: Path, said: str) -> None:
    kit.write(tmp_path / "bin", "git", f"#!/bin/sh\necho '{said}'\n", executable=True)
    done = mlctl("new", "churn", "-p", source, *QUICK, env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    kit.refused(done, 3, "git 2.38 or newer is needed; found ")
    assert list(mlctl.here.iterdir()) == []


def test_a_git_of_the_current_folder_is_never_run(mlctl: kit.Mlctl, source: str) -> None:
    kit.write(mlctl.here, "git", "#!/bin/sh\ntouch ran\n", executable=True)
    done = mlctl("new", "churn", "-p", source, *QUICK, env={"PATH": f".::{os.environ['PATH']}"})
    assert (done.code, (mlctl.here / "ran").exists()) == (0, False)


def test_an_executable_is_committed_as_one_where_git_found_no_modes(mlctl: kit.Mlctl, template: Path) -> None:
    script = "#!/bin/sh\ngit init -q -b main\ngit config core.fileMode false\nchmod +x src/main.py\n"
    kit.write(template, "hooks/post_gen_project.sh", script, executable=True)
    assert mlctl("new", "churn", "-p", str(template), "--trust", *QUICK).code == 0
    assert kit.git(mlctl.here / "churn", "ls-files", "-s", "src/main.py").startswith("100755 ")


def test_without_an_identity_the_first_commit_works_and_none_is_left(mlctl: kit.Mlctl, source: str) -> None:
    (mlctl.home / ".gitconfig").write_text("[user]\n\tuseConfigOnly = true\n")
    done = mlctl("new", "churn", "-p", source, *QUICK)
    assert done.code == 0, done.err
    assert committed(mlctl) == "mlctl <mlctl@localhost>"
    assert "user" not in kit.git(mlctl.here / "churn", "config", "--list", "--local")


def test_the_users_identity_and_branch_are_taken(mlctl: kit.Mlctl, source: str) -> None:
    kit.append(mlctl.home, ".gitconfig", "[init]\n\tdefaultBranch = trunk\n")
    assert mlctl("new", "churn", "-p", source, *QUICK).code == 0
    assert committed(mlctl) == "Ada <ada@example.org>"
    assert kit.git(mlctl.here / "churn", "branch", "--show-current") == "trunk"


SPOILERS = [
    "[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = {mark}\n", "[core]\n\thooksPath = {hooks}\n",
    "[init]\n\ttemplateDir = {templates}\n", "[core]\n\tfsmonitor = {mark}\n", "[commit]\n\ttemplate = /nowhere\n",
    "[core]\n\tautocrlf = true\n\tsafecrlf = true\n", "[core]\n\texcludesFile = {ignore}\n",
    "[commit]\n\tcleanup = x\n",
    "[core]\n\tattributesFile = {attributes}\n[filter \"x\"]\n\tclean = {mark}\n\trequired = true\n",
    "[core]\n\tpager = {mark}\n\teditor = {mark}\n[log]\n\tshowSignature = true\n",
    "[extensions]\n\tx = y\n[init]\n\tdefaultObjectFormat = sha256\n",
]  # fmt: skip


@pytest.mark.parametrize("config", SPOILERS, ids=lambda text: " ".join(text.split())[:30])
def test_no_configuration_of_the_user_breaks_or_joins_the_first_commit(
    mlctl: kit.Mlctl, source: str, tmp_path: Path, config: str
) -> None:
    mark = kit.write(tmp_path, "mark", f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n", executable=True)
    for name in ("pre-commit", "commit-msg", "post-commit", "prepare-commit-msg", "post-index-change"):
        kit.write(tmp_path / "hooks", name, mark.read_text(), executable=True)
        kit.write(tmp_path / "templates/hooks", name, mark.read_text(), executable=True)
    kit.write(tmp_path, "ignore", "*.md\n")
    kit.write(tmp_path, "attributes", "* filter=x\n")
    places = {name: tmp_path / name for name in ("mark", "hooks", "templates", "ignore", "attributes")}
    kit.append(mlctl.home, ".gitconfig", config.format(**places))
    done = mlctl("new", "churn", "-p", source, *QUICK)
    assert (done.code, (tmp_path / "ran").exists()) == (0, False), done.err
    assert committed(mlctl) == "Ada <ada@example.org>"
    held = kit.git(mlctl.here / "churn", "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    assert {"README.md", "src/service.py", ".mlctl/lock.json"} <= set(held)


def test_inside_another_work_tree_it_makes_no_repository_and_says_so(mlctl: kit.Mlctl, source: str) -> None:
    kit.make_repo(mlctl.here, {"README.md": "mine\n"})
    done = mlctl("new", "churn", "-p", source, *QUICK)
    assert done.code == 0
    assert "is a repository already: no new one was made; commit the project there" in done.err
    assert not (mlctl.here / "churn/.git").exists()
    assert kit.git(mlctl.here, "status", "--porcelain") == "?? churn/"


def test_variables_of_a_git_hook_lead_nowhere(mlctl: kit.Mlctl, source: str, tmp_path: Path) -> None:
    other = kit.make_repo(tmp_path / "other", {"README.md": "mine\n"})
    before = kit.snapshot(other)
    own = {"GIT_DIR": other / ".git", "GIT_INDEX_FILE": other / ".git/index", "GIT_WORK_TREE": other}
    own |= {"GIT_OBJECT_DIRECTORY": other / ".git/objects", "GIT_PREFIX": "sub/", "GIT_CEILING_DIRECTORIES": "/"}
    done = mlctl("new", "churn", "-p", source, *QUICK, env={name: str(value) for name, value in own.items()})
    assert (done.code, committed(mlctl)) == (0, "Ada <ada@example.org>")
    assert kit.snapshot(other) == before


def test_no_git_means_no_repository(mlctl: kit.Mlctl, source: str) -> None:
    assert mlctl("new", "churn", "-p", source, "--no-git", *QUICK).code == 0
    assert not (mlctl.here / "churn/.git").exists()


# the disk


@only_root
def test_a_parent_that_may_not_be_written(mlctl: kit.Mlctl, source: str) -> None:
    give(mlctl.home)
    before = kit.snapshot(mlctl.here)
    done = mlctl("new", "churn", "-p", source, *QUICK, before=NOBODY)
    kit.refused(done, 3, "ermission denied")
    assert kit.snapshot(mlctl.here, mlctl.temporary) == before


@only_root
@pytest.mark.parametrize("closed", ["here", "platform", "config", "cache", "home", "temporary"])
def test_a_folder_that_may_not_be_read(mlctl: kit.Mlctl, platform: Path, closed: str) -> None:
    mlctl.config("answers: {}\n")
    for folder in (mlctl.home, mlctl.here, platform):
        give(folder)
    places = {"here": mlctl.here, "platform": platform / "base", "config": mlctl.home / "config"}
    places |= {"cache": mlctl.home / "cache", "home": mlctl.home, "temporary": mlctl.temporary}
    places[closed].mkdir(exist_ok=True)
    places[closed].chmod(0)
    done = mlctl("new", "churn", "-p", f"file://{platform}", "--ref", "v1.0.0", *QUICK, before=NOBODY)
    places[closed].chmod(0o755)
    if done.code:
        kit.refused(done, 3)
    assert done.code == (3 if closed in ("here", "cache", "home") else 0)
    assert (mlctl.here / "churn").exists() == (done.code == 0)


@only_root
def test_somebody_without_home_or_name_is_told(mlctl: kit.Mlctl) -> None:
    give(mlctl.here)
    nothing = {"HOME": None, "XDG_CACHE_HOME": None, "XDG_CONFIG_HOME": None}
    done = mlctl("new", "churn", "-p", "file:///nowhere", *QUICK, env=nothing, before=NOBODY)
    kit.refused(done, 3, "you have no home folder")
    assert list(mlctl.here.iterdir()) == []


@pytest.mark.parametrize(
    "env",
    [
        {"HOME": None}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"TERM": "dumb"},
        {"TMPDIR": "/nowhere"}, {"NO_COLOR": "1"}, {"COLUMNS": "1"}, {"PYTHONIOENCODING": "ascii"}, {"CI": "true"},
    ],
)  # fmt: skip
def test_an_odd_environment_changes_nothing(mlctl: kit.Mlctl, source: str, env: dict[str, str | None]) -> None:
    done = mlctl("new", "chürn", "-p", source, "-s", "project_name=churn", *QUICK, env=env)
    assert done.code == 0, done.err
    assert (mlctl.here / "chürn/README.md").read_text() == "# churn\n\nOwned by @team.\n"
    assert [path.name for path in mlctl.here.iterdir()] == ["chürn"]


def test_the_umask_of_the_user_holds(mlctl: kit.Mlctl, source: str) -> None:
    done = mlctl("new", "churn", "-p", source, *QUICK, before=("sh", "-c", 'umask 077; exec "$@"', "sh"))
    assert done.code == 0
    assert not [path for path in (mlctl.here / "churn").rglob("*") if path.stat().st_mode & 0o077]
    assert (mlctl.here / "churn").stat().st_mode & 0o777 == 0o700


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of 300 kB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=300k", "tmpfs", str(folder)]
    if not ROOT or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("full", ["project", "cache", "temporary"])
@pytest.mark.parametrize("room", [0, 8_000, 40_000, 120_000])
def test_a_full_disk(mlctl: kit.Mlctl, platform: Path, small: Path, full: str, room: int) -> None:
    kit.write(platform, "base/{{cookiecutter.project_slug}}/data.bin", os.urandom(200_000))
    kit.release(platform, "v1.1.0")
    kit.write(small, "ballast", b"x" * (300_000 - room))
    before = kit.snapshot(small)
    env = {"cache": {"XDG_CACHE_HOME": str(small)}, "temporary": {"TMPDIR": str(small)}}.get(full, {})
    here = small if full == "project" else mlctl.here
    done = mlctl("new", "churn", "-p", f"file://{platform}", *QUICK, cwd=here, env=env)
    if full == "temporary":
        assert (done.code, (here / "churn/data.bin").stat().st_size) == (0, 200_000)
    else:
        kit.refused(done, 3)
        assert not (here / "churn").exists()
    after = {path: value for path, value in kit.snapshot(small).items() if "/mlctl" not in path}
    assert after == before


@pytest.mark.skipif(not shutil.which("prlimit"), reason="there is no prlimit")
@pytest.mark.parametrize("size", [0, 1, 100, 1_000, 10_000, 100_000])
def test_a_limit_on_the_size_of_files(mlctl: kit.Mlctl, platform: Path, size: int) -> None:
    kit.write(platform, "base/{{cookiecutter.project_slug}}/data.bin", os.urandom(200_000))
    done = mlctl(
        "new", "churn", "-p", str(platform), "--ref", "worktree", *QUICK, before=("prlimit", f"--fsize={size}")
    )
    kit.refused(done, 3)
    assert list(mlctl.here.iterdir()) == []
    assert list(mlctl.temporary.iterdir()) == []


@pytest.mark.skipif(not shutil.which("prlimit"), reason="there is no prlimit")
@pytest.mark.parametrize("number", [3, 4, 6, 8, 12, 20])
def test_a_limit_on_open_files(mlctl: kit.Mlctl, source: str, number: int) -> None:
    done = mlctl("new", "churn", "-p", source, *QUICK, before=("prlimit", f"--nofile={number}"))
    assert (mlctl.here / "churn").exists() == (done.code == 0)
    assert [path for path in mlctl.here.iterdir() if path.name != "churn"] == []


# signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_a_signal_leaves_all_or_nothing(mlctl: kit.Mlctl, source: str, number: int, code: int, share: float) -> None:
    command = [str(kit.SCRIPT), "new", "churn", "-p", source, *QUICK]
    start = time.monotonic()
    subprocess.run([*command, "--dry-run"], cwd=mlctl.here, env=mlctl.environment(), capture_output=True, check=True)
    whole = (time.monotonic() - start) * 1.2
    process = subprocess.Popen(
        command, cwd=mlctl.here, env=mlctl.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    time.sleep(0.15 + share * whole)
    process.send_signal(number)
    time.sleep(0.005)
    process.send_signal(number)
    _, err = process.communicate()
    assert process.returncode in (code, 0, -number), err
    assert "Traceback" not in err or process.returncode == -number
    assert [path.name for path in mlctl.here.iterdir()] in ([], ["churn"])
    if (mlctl.here / "churn").exists():
        committed(mlctl)
    assert list(mlctl.temporary.iterdir()) == []


def test_what_a_killed_run_left_goes_with_a_later_one(mlctl: kit.Mlctl, source: str, template: Path) -> None:
    kit.write(template, "hooks/post_gen_project.sh", "#!/bin/sh\nkill -9 $PPID\nsleep 1\n", executable=True)
    done = mlctl("new", "churn", "-p", str(template), "--trust", *QUICK)
    assert done.code == -9
    (left,) = mlctl.here.iterdir()
    assert left.name.startswith(".mlctl-new-")
    assert mlctl("new", "first", "-p", source, *QUICK).code == 0
    assert left.exists()
    os.utime(left, (time.time() - 120,) * 2)
    assert mlctl("new", "second", "-p", source, *QUICK).code == 0
    assert sorted(path.name for path in mlctl.here.iterdir()) == ["first", "second"]


# streams


def test_a_closed_stdout_is_silent(mlctl: kit.Mlctl, source: str) -> None:
    shell = ("bash", "-c", '"$@" | head -c 0 >/dev/null; exit ${PIPESTATUS[0]}', "bash")
    done = mlctl("new", "churn", "-p", source, "-q", "--dry-run", *QUICK, before=shell)
    assert (done.code, done.err) == (141, "")


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&- <&-"])
def test_streams_that_the_caller_closed_change_nothing(mlctl: kit.Mlctl, source: str, closed: str) -> None:
    done = mlctl("new", "churn", "-p", source, *QUICK, before=("sh", "-c", f'exec "$@" {closed}', "sh"))
    assert done.code == 0, done.err
    assert committed(mlctl)


def test_a_full_stdout_is_told(mlctl: kit.Mlctl, source: str) -> None:
    done = mlctl("new", "churn", "-p", source, "-q", *QUICK, before=("sh", "-c", 'exec "$@" >/dev/full', "sh"))
    kit.refused(done, 3, "no space left")


def test_a_dry_run_writes_nothing(mlctl: kit.Mlctl, source: str, platform: Path) -> None:
    before = kit.snapshot(mlctl.here, mlctl.home, platform)
    done = mlctl("new", "churn", "-p", source, "--dry-run", *QUICK)
    assert (done.code, "src/service.py" in done.out) == (0, True)
    assert kit.snapshot(mlctl.here, mlctl.home, platform) == before


@pytest.mark.parametrize("dry", [(), ("--dry-run",)])
def test_json_is_alone_on_stdout(mlctl: kit.Mlctl, source: str, dry: tuple[str, ...]) -> None:
    done = mlctl("new", "churn", "-p", source, "--format", "json", *dry, *QUICK)
    told = json.loads(done.out)
    assert (told["schema"], told["dry_run"]) == ("mlctl.new/1", bool(dry))
    assert "src/service.py" in told["files"]


def test_quiet_leaves_the_talk_out(mlctl: kit.Mlctl, source: str) -> None:
    assert mlctl("new", "loud", "-p", source, *QUICK).err != ""
    assert mlctl("new", "calm", "-p", source, "-q", *QUICK).err == ""
    assert mlctl("-q", "new", "cool", "-p", source, *QUICK).err == ""


def test_a_folder_to_work_in_can_be_named(mlctl: kit.Mlctl, source: str) -> None:
    (mlctl.here / "sub").mkdir()
    assert mlctl("-C", "sub", "new", "churn", "-p", "../../platform", *QUICK).code == 0
    assert mlctl("new", "again", "-p", "../../platform", *QUICK, "-C", "sub").code == 0
    assert {path.name for path in (mlctl.here / "sub").iterdir()} == {"churn", "again"}


def test_an_empty_folder_is_taken_and_missing_parents_are_made(mlctl: kit.Mlctl, source: str) -> None:
    (mlctl.here / "churn").mkdir()
    assert mlctl("new", "churn", "-p", source, *QUICK).code == 0
    assert mlctl("new", "a/b/churn", "-p", source, *QUICK).code == 0
    assert committed(mlctl, "churn") == committed(mlctl, "a/b/churn")


def test_without_a_terminal_nobody_is_asked(mlctl: kit.Mlctl, source: str) -> None:
    done = mlctl("new", "churn", "-p", source, "--no-lock", stdin="nonsense\n")
    assert done.code == 0, done.err
    assert "?" not in done.out + done.err
