"""A project of several platforms: the first has base and kind, further ones lay components over it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mlctl.core.platform import Platform
from mlctl.core.recall import ending
from mlctl.core.source import Source, trusted
from mlctl.core.template import Unknown
from mlctl.core.units import Clash, Upper, catalog
from mlctl.tools.errors import Invalid, printable


class NoLayer(Invalid):
    """A plain cookiecutter template among several platforms."""

    def __init__(self, platform: Platform) -> None:
        super().__init__(
            f"'{printable(platform.source.name)}' is a plain cookiecutter template: it can't be a layer",
            "take one platform alone, or make the template's files a component of a platform",
        )


def composed(platforms: Sequence[Platform]) -> None:
    """Raise `NoLayer` where there are several platforms and one of them has no units."""
    plain = next((one for one in platforms if one.settings is None), None)
    if plain and len(platforms) > 1:
        raise NoLayer(plain)


def names(platforms: Sequence[Platform], known: Sequence[str] = ()) -> tuple[str, ...]:
    """Return how the layers are called: as they are `known`, else as platform.yml or the source says; none twice."""
    found: list[str] = []
    for number, platform in enumerate(platforms):
        called = known[number] if number < len(known) else ""
        own = str((platform.settings or {}).get("name") or "") or ending(platform.source.address)
        tries = (called, own, ending(platform.source.address), *(f"{own}-{n}" for n in range(2, len(platforms) + 2)))
        found.append(next(name for name in tries if name and name not in found))
    return tuple(found)


def split(
    platforms: Sequence[Platform], added: Iterable[str], dropped: Iterable[str]
) -> tuple[list[str], list[str], tuple[Upper, ...]]:
    """Return what a new project adds to the first platform and leaves out of it, and what it takes of the others.

    A component is of the last platform that has it. Raises `Unknown`, and `Clash` for a platform that gives nothing.
    """
    there = [catalog(platform) for platform in platforms]
    chosen: list[list[str]] = [list(one.defaults) if number else [] for number, one in enumerate(there)]
    for name in added:
        layer = _holder([one.components for one in there], name)
        if name not in chosen[layer]:
            chosen[layer].append(name)
    out: list[str] = []
    for name in dropped:
        layer = _holder([one.components for one in there], name)
        if not layer:
            out.append(name)
        elif name in chosen[layer]:
            chosen[layer].remove(name)
    for one, taken in zip(there[1:], chosen[1:], strict=True):
        if not taken:
            listed = ", ".join(one.components) or "none"
            raise Clash(f"nothing is taken of '{printable(one.platform.source.name)}'",
                        f"name a component by `--with`; there are: {printable(listed)}")  # fmt: skip
    uppers = tuple(Upper(one.platform, tuple(taken)) for one, taken in zip(there[1:], chosen[1:], strict=True))
    return chosen[0], out, uppers


def untrusted(sources: Iterable[Source], trust: Iterable[str]) -> str:
    """Return the name of the first source whose code may not run; nothing where the trust list covers them all."""
    trust = list(trust)
    return next((one.name for one in sources if not trusted(one, trust)), "")


def _holder(layers: Sequence[Iterable[str]], name: str) -> int:
    found = [number for number, there in enumerate(layers) if name in there]
    if not found:
        raise Unknown("component", name, dict.fromkeys(one for there in layers for one in there))
    return found[-1]
