"""Files that real clients of the sources wrote: not part of the project, read where they are.

`SOURCE_SAMPLES_PATH` says where they are, else they are looked for beside the project.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE = Path(__file__).parents[2] / "shared" / "data" / "sources"
_SAMPLES = Path(os.environ.get("SOURCE_SAMPLES_PATH", _BESIDE))

OTLP, LITELLM, TRANSCRIPTS = (_SAMPLES / name for name in ("otlp", "litellm", "transcripts"))


def needs(folder: Path) -> pytest.MarkDecorator:
    """Return the mark of a test that is skipped where there is no such folder."""
    return pytest.mark.skipif(
        not folder.is_dir(), reason=f"no files of real clients in {folder} (SOURCE_SAMPLES_PATH)"
    )
