"""The packages that `make build` makes: where they are, and how large."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.figure import Figure

ROOT = Path(__file__).parents[1]
PACKAGES: Mapping[str, Path] = {
    "a function": ROOT / "build" / "automation" / "RollBackFunction",
    "a function around rotations": ROOT / "build" / "rotation" / "RotateFunction",
}
"""One of each kind: all functions of a template carry the same."""
AUTOMATION, ROTATION = PACKAGES.values()
MOST_MB = 15.0


def measure(*, short: bool) -> Sequence[Figure]:
    """What the functions carry."""
    del short
    return [
        figure
        for what, path in PACKAGES.items()
        for figure in _figures(what, found(path))
    ]


def found(package: Path) -> Path:
    """The package.  Raises SystemExit where nothing was built."""
    if not package.is_dir():
        raise SystemExit(f"there is no {package.relative_to(ROOT)}: run `make build`")
    return package


def _figures(what: str, package: Path) -> Sequence[Figure]:
    files = [path for path in sorted(package.rglob("*")) if path.is_file()]
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(package))
    unpacked = sum(path.stat().st_size for path in files)
    return [
        Figure(f"package of {what}", unpacked / 1e6, "MB", MOST_MB, True),
        Figure("… zipped", zipped.tell() / 1e6, "MB", counted=True),
    ]
