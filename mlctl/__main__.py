"""The door: `--version` and `check --hook` go straight, everything else to the Typer app."""

import gc
import sys


def main() -> None:
    """Run mlctl on the arguments of the process and exit with the promised code."""
    gc.set_threshold(100_000)  # a run is short: looking for circles of dead objects is a twentieth of it
    if sys.argv[1:] == ["--version"]:
        from mlctl import __version__

        sys.stdout.write(f"mlctl {__version__}\n")
        return
    if sys.argv[1:] == ["check", "--hook"]:
        from mlctl.check.fast import answer

        code = answer()
        if code is not None:
            sys.exit(code)
    from mlctl.app import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
