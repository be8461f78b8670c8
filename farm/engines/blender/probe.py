"""Asks a sandboxed Blender what it sees in a scene (the SCENE_PROBE seam of the artist's side)."""

import json
import secrets
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import sandbox
from farm.engines.blender.profiles import FAMILY
from farm.engines.host_program import readable_folders, start_command
from farm.engines.profile import Profile
from farm.engines.profiles import nearest_installed

SECONDS = 60.0
_MEMORY_MB = 8192
_LARGEST_FILE_MB = 64
_LONGEST_ANSWER_BYTES = 8 * 1024 * 1024
_HOST = Path(__file__).resolve().parent / "host_probe.py"


def probe_scene(scene_folder: Path, main_file: str, version: str) -> dict[str, Any]:
    """What Blender says of `main_file`, or {"error": a sentence}; never raises for a bad scene.

    `version` is the file's line ("4.5"); the nearest installed Blender opens it. The folder is the
    sandbox's while it looks: it can be written by the scene. A machine of tier C refuses: there is no cage.
    """
    profile = nearest_installed(FAMILY, version)
    if profile is None:
        return {"error": "No Blender is installed on this machine: run manage.py engine install blender-4.5."}
    test = sandbox.self_test()
    if test.tier == sandbox.Tier.C:
        return {"error": test.note}
    try:
        exit_code, said = _ask(profile, scene_folder, main_file, test.tier)
    except subprocess.TimeoutExpired:
        return {"error": f"Blender looked at the scene for {SECONDS:.0f} seconds and did not finish."}
    except (OSError, sandbox.MissingTool, sandbox.Unavailable) as failure:
        return {"error": f"The scene could not be looked at in a safe place: {failure}."}
    if said is not None:
        return said
    ended = sandbox.signal_of(exit_code)
    how = f"it ended with {ended.name}" if ended else f"it ended with exit code {exit_code}"
    return {"error": f"Blender {profile.version} could not look at the scene: {how}."}


def _ask(profile: Profile, scene_folder: Path, main_file: str, tier: sandbox.Tier) -> tuple[int, dict[str, Any] | None]:
    """Exit code, and the answer where there was one. Raises TimeoutExpired and what sandbox.launch does."""
    mark = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="render-web-probe-") as scratch, tempfile.TemporaryFile() as output:
        process = sandbox.launch(
            [*start_command(profile, _HOST), mark, sandbox.job_path(scene_folder, tier), main_file],
            job=scene_folder,
            read_only=readable_folders(profile, _HOST),
            environment={"LANG": "C.UTF-8"},
            limits=sandbox.Limits(memory_mb=_MEMORY_MB, file_mb=_LARGEST_FILE_MB, wall_seconds=SECONDS),
            tier=tier,
            scratch=Path(scratch),
            stdout=output,
            stderr=subprocess.DEVNULL,
        )
        try:
            exit_code = process.wait(timeout=SECONDS)
        finally:
            sandbox.end(process)
        output.seek(0)
        return exit_code, _answer(mark, output.read(_LONGEST_ANSWER_BYTES))


def _answer(mark: str, output: bytes) -> dict[str, Any] | None:
    for line in output.splitlines():
        if line.startswith(mark.encode()):
            try:
                answer = json.loads(line[len(mark) :])
            except ValueError:
                return None
            return answer if isinstance(answer, dict) else None
    return None
