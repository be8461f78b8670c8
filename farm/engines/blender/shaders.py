"""The shaders that EEVEE starts with, compiled by the farm itself.

EEVEE compiles half a minute of shaders before its first frame. Mesa keeps what is compiled, as code, in a
folder. One such folder for all scenes would let a scene that got hold of its renderer leave code there for
the next account's; so the farm compiles its own, and each engine begins with a copy of them in a folder
that ends with it.
"""

import logging
import subprocess
import tempfile
from pathlib import Path

from django.conf import settings

import sandbox
from farm.engines.host_program import readable_folders, start_command
from farm.engines.profile import Profile

log = logging.getLogger(__name__)

_HOST = Path(__file__).resolve().parent / "host_opengl.py"
_COMPILE_SECONDS = 600


def shader_seed(profile: Profile) -> Path | None:
    """The farm's own compiled shaders; None where there are none (yet)."""
    folder = _seed_folder(profile)
    return folder if folder.is_dir() else None


def compile_shaders(profile: Profile) -> None:
    """Takes half a minute of one core. Put in place whole, or not at all."""
    folder = _seed_folder(profile)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".making-") as making:
        job = Path(making) / "job"
        job.mkdir()
        if not renders(profile, "EEVEE", job, _COMPILE_SECONDS):
            log.warning("the shaders of %s could not be compiled: its first EEVEE frames will be slow", profile.name)
            return
        made = job / "shaders"
        if made.is_dir() and not folder.exists():
            _make_readable(made)
            made.rename(folder)


def renders(profile: Profile, engine: str, job: Path, seconds: float) -> bool:
    """Whether a picture of a tiny scene of our own came of it, in the sandbox that scenes are rendered in."""
    tier = sandbox.self_test().tier
    job.chmod(0o700)
    try:
        process = sandbox.launch(
            [*start_command(profile, _HOST), engine],
            job=job,
            read_only=readable_folders(profile, _HOST),
            environment={
                "LANG": "C.UTF-8",
                "LP_NUM_THREADS": "1",
                "MESA_SHADER_CACHE_DIR": f"{sandbox.job_path(job, tier)}/shaders",
            },
            limits=sandbox.Limits(),
            tier=tier,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except (OSError, sandbox.MissingTool, sandbox.Unavailable):
        return False
    try:
        process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return False
    finally:
        sandbox.end(process)
    return (job / "picture.png").is_file()


def _seed_folder(profile: Profile) -> Path:
    return Path(settings.ENGINES_FOLDER) / "shaders" / profile.folder_name


def _make_readable(folder: Path) -> None:
    """To the sandbox's user of the next render, whoever compiled them."""
    folder.chmod(0o755)
    for path in folder.rglob("*"):
        if path.is_symlink() or not (path.is_dir() or path.is_file()):
            path.unlink()
        else:
            path.chmod(0o755 if path.is_dir() else 0o644)
