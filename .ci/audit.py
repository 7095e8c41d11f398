"""Look the locked packages up among known vulnerabilities, with pip-audit, and say what it found.

pip-audit takes a package that its database does not answer for as skipped, and then says that
nothing was found. Here the two are told apart. Exit code 1: a vulnerability that no line of
vulnerabilities.txt accepts.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PIP_AUDIT = "pip-audit==2.10.1"


def main() -> int:
    """Print a line for each vulnerability and one for what was looked up; return the exit code."""
    uvx = shutil.which("uvx")
    if uvx is None:
        print("audit: not done, uv is not installed")
        return 0
    lock = HERE.parent / "requirements.lock"
    arguments = ["--requirement", str(lock), "--require-hashes", "--disable-pip"]
    finished = subprocess.run(
        [uvx, "--quiet", PIP_AUDIT, *arguments, "--format", "json", "--progress-spinner", "off"],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        packages = json.loads(finished.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = (finished.stderr.strip().splitlines() or ["it said nothing"])[-1]
        print(f"audit: not done, the database was not reached: {last}")
        return 0
    return _judge(packages)


def _judge(packages: list[dict[str, object]]) -> int:
    accepted = _accepted()
    skipped = [one for one in packages if "skip_reason" in one]
    refused = 0
    for package in packages:
        for known in package.get("vulns", []):  # type: ignore[attr-defined]
            names = {known["id"], *known.get("aliases", [])}
            reason = next((accepted[name] for name in sorted(names & accepted.keys())), None)
            refused += reason is None
            shown = f"accepted: {reason}" if reason else f"mended in {known['fix_versions']}"
            print(f"audit: {package['name']} {package['version']}: {known['id']}, {shown}")
    looked_up = len(packages) - len(skipped)
    print(f"audit: {looked_up} of {len(packages)} packages looked up, {refused} to be mended")
    if skipped:
        print(f"audit: the database did not answer for {len(skipped)}: that says nothing of them")
    return 1 if refused else 0


def _accepted() -> dict[str, str]:
    """Return the reason for each vulnerability that is accepted."""
    lines = (HERE / "vulnerabilities.txt").read_text().splitlines()
    given = [line.split(maxsplit=1) for line in lines if line.strip() and line[0] != "#"]
    # One without a reason accepts nothing.
    return {one[0]: one[1] for one in given if len(one) == 2}


if __name__ == "__main__":
    sys.exit(main())
