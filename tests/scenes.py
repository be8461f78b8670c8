"""The real scenes that lie beside the checkout (`../shared/scenes`); nothing of them is committed."""

from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "shared" / "scenes"


def scene(path: str) -> Path:
    """A scene's file; skips the test where the folder of scenes is not there."""
    if not FOLDER.is_dir():
        pytest.skip("the folder of real scenes is not beside this checkout")
    return FOLDER / path
