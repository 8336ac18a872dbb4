"""Line ends and filters, as git would apply them between the work tree and a blob; no foreign filter is run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from mlctl.tools import git
from mlctl.upgrade.project import Project

ASKED = ("text", "eol", "filter", "ident", "working-tree-encoding")
NONE = ("unspecified", "unset")


@dataclass(frozen=True)
class Ends:
    """The rules of one repository; `attributes` holds those of each path that has any."""

    autocrlf: str = ""
    eol: str = ""
    modes: bool = True
    attributes: dict[str, dict[str, str]] = field(default_factory=dict)

    def filtered(self, path: str) -> bool:
        """Tell whether a filter stands between the file and its blob."""
        said = self.attributes.get(path, {})
        return any(said.get(name, "unspecified") not in NONE for name in ("filter", "ident", "working-tree-encoding"))

    def stored(self, path: str, data: bytes) -> bytes:
        """Return the bytes of the blob that git would make of a file."""
        return data.replace(b"\r\n", b"\n") if b"\r\n" in data and self._text(path, data) else data

    def written(self, path: str, data: bytes) -> bytes:
        """Return the bytes of the file that git would make of a blob."""
        if b"\n" in data and b"\r\n" not in data and self._crlf(path) and self._text(path, data):
            return data.replace(b"\n", b"\r\n")
        return data

    def _text(self, path: str, data: bytes) -> bool:
        said = self.attributes.get(path, {})
        text = said.get("text", "unspecified")
        if text == "unspecified":
            text = "set" if said.get("eol") in ("lf", "crlf") else "auto" if self.autocrlf in ("true", "input") else ""
        return text == "set" or (text == "auto" and b"\0" not in data[:8000])

    def _crlf(self, path: str) -> bool:
        eol = self.attributes.get(path, {}).get("eol", "unspecified")
        if eol in ("lf", "crlf"):
            return eol == "crlf"
        return self.autocrlf == "true" or (self.autocrlf != "input" and self.eol == "crlf")


def ends(project: Project, paths: Iterable[str]) -> Ends:
    """Return the rules for `paths` of the project, from its configuration and its attributes."""
    said = dict(git.configured(project.top))
    modes = said.get("core.filemode", "true") != "false"
    plain = Ends(said.get("core.autocrlf", "").lower(), said.get("core.eol", "").lower(), modes)
    if "core.attributesfile" not in said and not _attributed(project):
        return plain
    return Ends(plain.autocrlf, plain.eol, modes, _attributes(project, paths))


def _attributed(project: Project) -> bool:
    here = project.root
    above = [here, *(p for p in here.parents if p == project.top or project.top in p.parents)]
    files = [folder / ".gitattributes" for folder in above] + [project.git / "info" / "attributes"]
    return any(p.rpartition("/")[2] == ".gitattributes" for p in project.entries) or any(f.exists() for f in files)


def _attributes(project: Project, paths: Iterable[str]) -> dict[str, dict[str, str]]:
    asked = b"".join((project.prefix + path).encode("utf-8", "surrogateescape") + b"\0" for path in paths)
    out = project.run("check-attr", "-z", "--stdin", *ASKED, stdin=asked).decode("utf-8", "surrogateescape")
    words = out.split("\0")
    found: dict[str, dict[str, str]] = {}
    for path, name, value in zip(words[0::3], words[1::3], words[2::3], strict=False):
        if value != "unspecified":
            found.setdefault(path[len(project.prefix) :], {})[name] = value
    return found
