"""Where the command starts and ends: importing takes a moment, and Ctrl-C may come then."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command line; interrupted at any time, end with 130."""
    try:
        from hrdata.cli import main as run

        run()
        code: object = 0
    except KeyboardInterrupt:
        code = 130
    except SystemExit as end:
        code = 0 if end.code is None else end.code
    _end(code)


def _end(code: object) -> None:
    """End at once: taking large tables apart first would take a sixth of the time of their validation."""
    if isinstance(code, int):
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            sys.exit(code)  # Python says what is wrong with the stream.
        os._exit(code)
    sys.exit(str(code))


if __name__ == "__main__":
    main()
