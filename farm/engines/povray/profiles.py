"""POV-Ray: the one version that Debian packages."""

from pathlib import Path

from farm.engines.povray.constants import CONSTANTS
from farm.engines.povray.engine import INSTALLATION, open_engine
from farm.engines.profile import Profile

FAMILY = "povray"

PROFILES = (
    Profile(
        name="povray-3.7",
        software="POV-Ray",
        version="3.7.0.10",
        licence="AGPL-3.0-or-later",
        constants=CONSTANTS,
        installation=INSTALLATION,
        open_engine=open_engine,
        scene_endings=(".pov", ".ini"),
        scene_constant="POVRAY_FILE",
        reader=Path(__file__).resolve().parent / "host_reader.py",
    ),
)
