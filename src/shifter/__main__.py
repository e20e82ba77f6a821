"""`python -m shifter` is the command `shifter`."""

from __future__ import annotations

from shifter.cli.main import app

if __name__ == "__main__":
    app()
