"""Runs a program that looks at a scene in the sandbox, and takes its answer: one marked line of JSON."""

import json
import secrets
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import sandbox

SECONDS = 60.0
_MEMORY_MB = 8192
_LARGEST_FILE_MB = 64
_LONGEST_ANSWER_BYTES = 8 * 1024 * 1024


def ask(
    command: Sequence[str], readable: Sequence[Path], scene_folder: Path, main_file: str, who: str
) -> dict[str, Any]:
    """The answer, or {"error": a sentence}; never raises for a bad scene.

    The program gets three arguments: the mark that its answer begins with, the job folder, the main
    file in it. `who` is its name in a sentence. The folder is the sandbox's while it looks: it can be
    written by the scene. A machine of tier C refuses: there is no cage.
    """
    test = sandbox.self_test()
    if test.tier == sandbox.Tier.C:
        return {"error": test.note}
    try:
        exit_code, said = _run(command, readable, scene_folder, main_file, test.tier)
    except subprocess.TimeoutExpired:
        return {"error": f"{who} looked at the scene for {SECONDS:.0f} seconds and did not finish."}
    except (OSError, sandbox.MissingTool, sandbox.Unavailable) as failure:
        return {"error": f"The scene could not be looked at in a safe place: {failure}."}
    if said is not None:
        return said
    ended = sandbox.signal_of(exit_code)
    how = f"it ended with {ended.name}" if ended else f"it ended with exit code {exit_code}"
    return {"error": f"{who} could not look at the scene: {how}."}


def _run(
    command: Sequence[str], readable: Sequence[Path], scene_folder: Path, main_file: str, tier: sandbox.Tier
) -> tuple[int, dict[str, Any] | None]:
    """Exit code, and the answer where there was one. Raises TimeoutExpired and what sandbox.launch does."""
    mark = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="render-web-probe-") as scratch, tempfile.TemporaryFile() as output:
        process = sandbox.launch(
            [*command, mark, sandbox.job_path(scene_folder, tier), main_file],
            job=scene_folder,
            read_only=readable,
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
