"""The package that `make build` makes: where it is, and how large."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.figure import Figure

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "build" / "automation" / "RollBackFunction"


def measure(*, short: bool) -> Sequence[Figure]:
    """What every function of the automation carries."""
    del short
    files = [path for path in sorted(found().rglob("*")) if path.is_file()]
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(PACKAGE))
    unpacked = sum(path.stat().st_size for path in files)
    return [
        Figure("package of a function", unpacked / 1e6, "MB", 15.0, True),
        Figure("… zipped", zipped.tell() / 1e6, "MB", counted=True),
    ]


def found() -> Path:
    """The package.  Raises SystemExit where nothing was built."""
    if not PACKAGE.is_dir():
        raise SystemExit(f"there is no {PACKAGE.relative_to(ROOT)}: run `make build`")
    return PACKAGE
