"""Where the command starts: importing takes a moment, and Ctrl-C may come then."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; interrupted at any time, end with 130."""
    try:
        from hrdata.cli import main as run

        run()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
