"""The build hook: puts the embedded platform into a wheel, and ready-made into an sdist."""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

HERE = "mlctl/embedded"


class Embed(BuildHookInterface[Any]):
    """Adds the bundle and the standards to what is built; an editable install reads the checkout instead."""

    scratch: TemporaryDirectory[str] | None = None

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make what is to be carried, unless an unpacked sdist holds it already."""
        root = Path(self.root)
        ready = (root / HERE / "platform.bundle").exists() and not (root / ".git").exists()
        if version == "editable" or ready:
            return
        sys.path.insert(0, self.root)
        from mlctl.embedded.history import embed
        from mlctl.tools.errors import MlctlError

        self.scratch = TemporaryDirectory(prefix="mlctl-build-")
        try:
            made = embed(root, self.metadata.version, Path(self.scratch.name))
        except MlctlError as error:
            self.app.abort(f"error: {error.sentence}\n hint: {error.hint}")
        build_data["force_include"].update({str(path): f"{HERE}/{path.name}" for path in made})

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was made for the build."""
        if self.scratch:
            self.scratch.cleanup()
