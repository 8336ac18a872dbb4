"""Template: the project is what its record says, and nothing of the making was left behind."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlctl import __version__
from mlctl.check.rule import Finding, rule
from mlctl.core.project import Project, matches
from mlctl.core.record import LOCK, PROJECT, SCHEMA, STANDARDS
from mlctl.core.standards import Standards, digest
from mlctl.core.tree import blob_id
from mlctl.tools import yaml

MANAGED = "src/churn/platform/a.py"
KEPT = f'{{"schema": "{SCHEMA}", "manifest": {{"{MANAGED}": ["100644", "{blob_id(b"x = 1")}", 0]}}}}'


@rule(
    "TPL101",
    "the template is recorded",
    stage="explore",
    severity="warning",
    passes={PROJECT: "owner: a"},
    fails={"README.md": ""},
)
def the_template_is_recorded(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A project of which nobody knows what it was made from gets no improvement of the platform.

    Run `mlctl adopt`; a new project has its record from birth.
    """
    if not project.recorded:
        yield Finding(PROJECT, "there is no record: `mlctl adopt` writes one")


@rule(
    "TPL102",
    "the project is not too far behind the platform",
    stage="shared",
    severity="warning",
    passes={
        PROJECT: "a: b",
        LOCK: f'{{"schema": "{SCHEMA}", "layers": [{{"source": "mlctl", "version": "v{__version__}"}}]}}',
    },
    fails={
        PROJECT: "a: b",
        LOCK: f'{{"schema": "{SCHEMA}", "layers": [{{"source": "mlctl", "version": "v0.0.0"}}], "note": "behind"}}',
    },
)
def not_too_far_behind(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    The longer an upgrade waits, the more it brings at once.

    Run `mlctl upgrade`.
    """
    for layer in project.lock.get("layers") or []:
        here, there = _number(str(layer.get("version", ""))), _number(__version__)
        if layer.get("source") != "mlctl" or not here or not there:
            continue
        behind = (there[0] - here[0]) * 100 + there[1] - here[1]
        if behind > standards.number("minor_versions_behind", 2) or (here[:2] == (0, 0) and there > here):
            yield Finding(LOCK, f"it is at {layer['version']} of the platform, which is at {__version__}")


def _number(text: str) -> tuple[int, ...]:
    found = re.fullmatch(r"v?(\d+)\.(\d+)(?:\.(\d+))?.*", text)
    return tuple(int(part or 0) for part in found.groups()) if found else ()


@rule(
    "TPL103",
    "managed files are intact or owned",
    stage="shared",
    severity="warning",
    fix="none",
    passes=[
        {LOCK: KEPT, MANAGED: "x = 1"},
        {LOCK: KEPT, MANAGED: "x = 2", PROJECT: f"owned: [{MANAGED}]"},
        {MANAGED: "y"},
    ],
    fails=[{LOCK: KEPT, MANAGED: "x = 2"}, {LOCK: KEPT, "README.md": ""}],
)
def managed_files_are_intact(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A managed file that was edited by hand conflicts with every upgrade.

    Take the edit back with `mlctl diff`, or declare the file as yours under `owned` in .mlctl/project.yml.
    """
    manifest = project.lock.get("manifest") or {}
    owned = [str(glob) for glob in project.facts.get("owned") or []]
    for path, entry in manifest.items():
        if not matches(path, standards.names("managed")) or matches(path, owned):
            continue
        if path not in project.names:
            yield Finding(path, "this managed file is gone")
        elif isinstance(entry, list) and len(entry) > 1 and _edited(project, path, str(entry[1])):
            yield Finding(path, "this managed file was edited")


def _edited(project: Project, path: str, blob: str) -> bool:
    """Tell whether a file differs from the blob that was rendered, line endings apart."""
    if project.blob(path) == blob:
        return False
    return blob_id(project.read(path).replace(b"\r\n", b"\n")) != blob


@rule(
    "TPL107", "no rejected patches are left", stage="explore", passes={"a.py": ""}, fails={"a.py.rej": "", "a.py": ""}
)
def no_rejected_patches(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    A rejected patch is a change of the platform that never arrived.

    Apply what it says, then remove the file.
    """
    yield from (
        Finding(path, "this patch was rejected and left")
        for path in project.find("**/*.rej", "**/*.orig")
        if path.rpartition(".")[0] in project.names or path.endswith(".rej")
    )


@rule(
    "TPL106",
    "the standards match their lock",
    stage="explore",
    fix="none",
    passes=[
        {"README.md": ""},
        {
            STANDARDS: "schema: mlctl.standards/1",
            LOCK: f'{{"schema": "{SCHEMA}", "standards": "{digest({"schema": "mlctl.standards/1"})}"}}',
        },
    ],
    fails={
        STANDARDS: "schema: mlctl.standards/1\nlimits: {blob_bytes: 9}",
        LOCK: f'{{"schema": "{SCHEMA}", "standards": "0"}}',
    },
)
def standards_match_their_lock(project: Project, standards: Standards) -> Iterator[Finding]:
    """
    Standards that a project edits for itself are none.

    Put them back with `mlctl upgrade`; what does not fit here is waived in .mlctl/waivers.yml.
    """
    expected = project.lock.get("standards")
    if STANDARDS in project.names and expected is not None:
        said = yaml.mapping(yaml.load(project.repository.read(project.full(STANDARDS)), STANDARDS), STANDARDS)
        if digest(said) != expected:
            yield Finding(STANDARDS, "they are not the standards that lock.json names")
