"""What each place runs: an image and a bundle's digest, kept in a file that git remembers."""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from . import travel
from .errors import COMMAND, Exit, ProjectError

FILE, IMAGE, DIGEST, URI = "release.env", "IMAGE", "BUNDLE_DIGEST", "BUNDLE_URI"
LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")
# A name with a tag or a digest; what moves by itself says nothing of what runs.
EXACT = re.compile(
    r"[a-z0-9][\w.:/-]*(:(?!latest$)[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})", re.ASCII
)


@dataclass(frozen=True)
class Target:
    """A place where the model runs."""

    name: str
    file: Path

    @property
    def settings(self) -> dict[str, str]:
        """What the file says, by name."""
        lines = self.file.read_text(encoding="utf-8").splitlines()
        return {m[1]: m[2].strip() for m in map(LINE.fullmatch, lines) if m}

    def write(self, changes: dict[str, str]) -> None:
        """Change some lines and keep all others; a missing one is added."""
        lines, left = [], dict(changes)
        for line in self.file.read_text(encoding="utf-8").splitlines():
            name = line.partition("=")[0]
            lines.append(f"{name}={left.pop(name)}" if name in left else line)
        lines += [f"{name}={value}" for name, value in left.items()]
        aside = self.file.with_name(f".{FILE}.new")
        aside.write_text("\n".join(lines) + "\n", encoding="utf-8")
        aside.replace(self.file)


def targets(root: Path) -> list[Target]:
    """The places that this project can be deployed to, by name."""
    found = [path for path in (root / "deploy").rglob(FILE) if path.is_file()]
    return sorted((Target(path.parent.name, path) for path in found), key=lambda t: t.name)


def target(root: Path, name: str) -> Target:
    """The place of that name."""
    known = {found.name: found for found in targets(root)}
    if name not in known:
        names = ", ".join(known)
        hint = f"there are {names}" if names else "add some: `mlctl add deploy-kustomize`"
        raise ProjectError(f"there is no place {name} to release to", hint)
    return known[name]


def release(
    place: Target,
    image: str | None = None,
    digest: str | None = None,
    version: str | None = None,
    source: Target | None = None,
) -> dict[str, str]:
    """Write what a place shall run, and return what its file says then.

    The bundle is looked up where it is published, so that no place pins what nobody can pull.
    """
    changes: dict[str, str] = {}
    if source is not None:
        told = source.settings
        changes = {name: told.get(name, "") for name in (IMAGE, DIGEST)}
    if image is not None:
        changes[IMAGE] = image
    if digest is not None or version is not None:
        changes[DIGEST] = _published(place, digest, version)
    if not EXACT.fullmatch(changes.get(IMAGE, "a:b")):
        sentence = f"{changes[IMAGE]!r} does not say which image exactly"
        raise ProjectError(sentence, "name it with a tag of its own, or with its digest")
    if changes.get(DIGEST) == "":
        hint = f"`{COMMAND} release {source.name if source else place.name} --version VERSION`"
        raise ProjectError("there is no digest to pin", f"pin one first: {hint}", Exit.CANNOT)
    if changes:
        place.write(changes)
    return place.settings


def _published(place: Target, digest: str | None, version: str | None) -> str:
    uri = os.environ.get(URI) or place.settings.get(URI) or None
    there = travel.store(uri)
    return travel.manifest(there, travel.find(there, digest, version), digest).digest
