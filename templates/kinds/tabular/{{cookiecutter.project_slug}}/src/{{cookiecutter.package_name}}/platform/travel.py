"""How a champion travels: published under BUNDLE_URI, pulled from there, pinned by its digest.

A bundle lies in `<version>-<first 12 of its digest>/`. Its manifest is written last, so that
a bundle is there whole or not at all, and nothing that was published is ever changed.
"""

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from . import bundle, champion, storage
from .bundle import PACKAGE, Manifest
from .config import Workspace
from .errors import COMMAND, Exit, ProjectError
from .storage import Store

MANIFEST, LATEST = "MANIFEST.json", "latest.json"
SCHEMA = "latest/1"
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
PLACE = re.compile(VERSION.pattern + r"-[0-9a-f]{12}")
DIGEST = re.compile(r"[0-9a-f]{12,64}")
FIRST = f"`{COMMAND} train`, `{COMMAND} promote` and `{COMMAND} publish` make a first one"


@dataclass(frozen=True)
class Place:
    """Where a published bundle lies, and what its folder's name says of it."""

    folder: str
    version: str
    digest: str  # the first 12 digits


def store(uri: str | None = None) -> Store:
    """The store at `uri`, or at BUNDLE_URI."""
    found = uri or os.environ.get("BUNDLE_URI")
    if not found:
        hint = "export BUNDLE_URI=FOLDER, or a URL such as s3://bucket/folder"
        raise ProjectError("BUNDLE_URI does not say where bundles are published", hint)
    return storage.at(found)


def published(there: Store) -> list[Place]:
    """The bundles of a store, by version."""
    return [place for place in _places(there) if there.exists(f"{place.folder}/{MANIFEST}")]


def publish(there: Store, folder: Path) -> Manifest:
    """Publish the bundle in a folder and call it the latest; what is there is proven instead."""
    sent = bundle.read(folder)
    _refuse_strangers(there, sent)
    place = f"{sent.version}-{sent.digest[:12]}"
    known = there.exists(f"{place}/{MANIFEST}")
    if known:
        _same(there, place, sent)
    for name in sent.files:
        content = (folder / name).read_bytes()
        if not (known and _holds_file(there, f"{place}/{name}", content)):
            there.write(f"{place}/{name}", content)
    if not known:
        there.write(f"{place}/{MANIFEST}", (folder / MANIFEST).read_bytes())
    latest = {"schema": SCHEMA, "package": sent.package, "folder": place}
    facts = {"version": sent.version, "digest": sent.digest}
    there.write(LATEST, (json.dumps(latest | facts, indent=2) + "\n").encode())
    return sent


def find(there: Store, digest: str | None = None, version: str | None = None) -> Place:
    """The published bundle of a digest or a version, or else the latest."""
    if digest is not None and not DIGEST.fullmatch(digest):
        if not digest:
            hint = f"{FIRST}; then pin its digest"
            raise ProjectError("no digest is pinned: nothing was released yet", hint, Exit.CANNOT)
        sentence = f"{digest} is no digest of a bundle"
        raise ProjectError(sentence, f"`{COMMAND} publish` tells it; 12 digits will do")
    if digest is None and version is None:
        digest = _latest(there)["digest"]
    found = [
        place
        for place in _places(there)
        if version in (None, place.version)
        and (digest is None or digest[:12] == place.digest)
        and there.exists(f"{place.folder}/{MANIFEST}")
    ]
    if len(found) == 1:
        return found[0]
    wish = " and ".join(
        f"{n} {v}" for n, v in (("version", version), ("digest", digest)) if v is not None
    )
    if found:
        told = ", ".join(place.digest for place in found)
        sentence = f"{wish} is more than one bundle in {there.uri}"
        raise ProjectError(sentence, f"name one by its digest: {told}", Exit.CANNOT)
    told = ", ".join(place.folder for place in published(there)[-5:])
    hint = f"the last ones there are {told}" if told else FIRST
    raise ProjectError(f"no bundle of {wish} is published in {there.uri}", hint, Exit.CANNOT)


def pull(
    there: Store,
    workspace: Workspace,
    digest: str | None = None,
    version: str | None = None,
    output: Path | None = None,
) -> Manifest:
    """Fetch a published bundle, prove every byte of it, and put it in place.

    The place is build/champion, whose former holder goes to the archive, or the folder `output`.
    """
    place = find(there, digest, version)
    found, goal = manifest(there, place, digest), output or workspace.champion
    _refuse_other_things(goal)
    if _holds(goal, found):
        return found
    aside = goal.with_name(f"{goal.name}.pulled")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        _fetch(there, place, found, aside)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if output is None:
        champion.swap(workspace, aside)
    else:
        _replace(output, aside)
    return found


def manifest(there: Store, place: Place, digest: str | None = None) -> Manifest:
    """What a published bundle says of itself, held against its digest and its place."""
    try:
        said = json.loads(there.read(f"{place.folder}/{MANIFEST}"))
        if (schema := said["schema"]) != bundle.SCHEMA:
            sentence = f"{there.uri}/{place.folder} is a {schema} bundle, not {bundle.SCHEMA}"
            hint = "take one of this platform, or move the project to the platform that made it"
            raise ProjectError(sentence, hint, Exit.CANNOT)
        found = Manifest(**said)
        sealed = found.lasting == found.digest and found.digest.startswith(digest or place.digest)
    except (FileNotFoundError, ValueError, KeyError, TypeError, AttributeError):
        raise _tampered(there, place, MANIFEST) from None
    if not sealed or found.version != place.version:
        raise _tampered(there, place, MANIFEST)
    return found


def _fetch(there: Store, place: Place, found: Manifest, aside: Path) -> None:
    """Copy a bundle file by file as each is proven, and its manifest at last."""
    here = storage.at(str(aside))
    for name, total in found.files.items():
        try:
            content = there.read(f"{place.folder}/{name}")
        except FileNotFoundError:
            raise _tampered(there, place, name) from None
        if hashlib.sha256(content).hexdigest() != total:
            raise _tampered(there, place, name)
        here.write(name, content)
    bundle.stamp(aside, found)


def _places(there: Store) -> list[Place]:
    names = [name for name in there.list() if PLACE.fullmatch(name)]
    found = [Place(name, *name.rsplit("-", 1)) for name in names]
    return sorted(found, key=lambda p: (len(p.version), p.version, p.digest))


def _latest(there: Store) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(there.read(LATEST))
    except FileNotFoundError:
        raise ProjectError(f"nothing is published in {there.uri}", FIRST, Exit.CANNOT) from None
    except ValueError:
        found = {}
    if found.get("schema") != SCHEMA or not DIGEST.fullmatch(str(found.get("digest"))):
        hint = f"`{COMMAND} publish` writes it anew; or pull by --digest"
        raise ProjectError(f"{LATEST} in {there.uri} says nothing", hint, Exit.CANNOT)
    return found


def _refuse_strangers(there: Store, manifest: Manifest) -> None:
    if there.exists(LATEST) and (holder := _latest(there).get("package")) != manifest.package:
        sentence = f"{there.uri} holds the bundles of {holder}"
        raise ProjectError(sentence, f"give each project its own: {there.uri}/{PACKAGE}")


def _same(there: Store, place: str, manifest: Manifest) -> None:
    try:
        found = json.loads(there.read(f"{place}/{MANIFEST}"))["digest"]
    except (ValueError, KeyError, TypeError):
        found = "nothing that can be read"
    if found != manifest.digest:
        sentence = f"{there.uri}/{place} holds {found}, not {manifest.digest}"
        raise ProjectError(sentence, "nothing published is overwritten: look into it", Exit.CANNOT)


def _holds_file(there: Store, name: str, content: bytes) -> bool:
    try:
        return there.read(name) == content
    except FileNotFoundError:
        return False


def _holds(folder: Path, manifest: Manifest) -> bool:
    """Whether the folder holds this very bundle, unharmed."""
    try:
        return bundle.read(folder) == manifest
    except ProjectError:
        return False


def _refuse_other_things(folder: Path) -> None:
    if folder.exists() and not (folder / MANIFEST).is_file():
        hint = "name a folder that is not there yet, or one that holds a bundle"
        raise ProjectError(f"{folder} is there and holds no bundle", hint)


def _replace(folder: Path, aside: Path) -> None:
    old = folder.with_name(f"{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    aside.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _tampered(there: Store, place: Place, name: str) -> ProjectError:
    return ProjectError(
        f"{there.uri}/{place.folder}: {name} is not what was published",
        "find out who writes there; then publish again into an address of its own",
        Exit.CANNOT,
    )
