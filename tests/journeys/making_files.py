"""Files for journeys, made by a real Blender."""

import subprocess
from pathlib import Path

import pytest

from farm.engines import profiles


def make(program: str, folder: Path) -> None:
    """Runs the program beside this one in Blender's interpreter, with the folder as its argument."""
    profile = profiles.find("blender-4.5")
    if not profile.is_installed:
        pytest.skip("blender-4.5 is not installed: manage.py engine install blender-4.5")
    command = [profile.python, Path(__file__).parent / program, folder]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=60)
