"""``python -m demo_api [--port N]``: serve the invented organisation until interrupted."""

from __future__ import annotations

import argparse
from pathlib import Path

from demo_api.server import serve_until_interrupted


def main() -> None:
    """Read the port and serve."""
    parser = argparse.ArgumentParser(prog="python -m demo_api", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument(
        "--enterprise", action="store_true", help="print the Enterprise organisation's key too"
    )
    parser.add_argument(
        "--seeds", type=Path, help="write teams and budgets into this folder and print its line"
    )
    asked = parser.parse_args()
    serve_until_interrupted(asked.port, enterprise=asked.enterprise, seeds=asked.seeds)


if __name__ == "__main__":
    main()
