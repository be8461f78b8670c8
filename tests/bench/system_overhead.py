"""(a) 24 short frames through the whole system on one slot, over one plain bpy process with as many threads."""

import os
import statistics
import tempfile
import time
from pathlib import Path

import qarnot

from tests.plain_blender import render
from tests.scenes import scene

SCENE = "golem-cubes/examples/blender/cubes.blend"
FRAMES = list(range(1, 25))
PERCENT, SAMPLES, ROUNDS = 12, 16, 3


def measure(stack) -> None:
    token = stack.manage("account", "token", "bench@example.org", "overhead")
    conn = qarnot.Connection(client_token=token, cluster_url=f"{stack.url}/farm")
    bucket = conn.create_bucket("BENCH")
    bucket.add_file(str(scene(SCENE)), "scene.blend")
    threads = os.cpu_count() or 1
    ratios = []
    for round_number in range(ROUNDS):
        plain = _plain(threads)
        whole, task = _through_the_system(conn, bucket, round_number)
        ratios.append(whole / plain)
        print(f"  plain bpy {plain:6.2f} s   system {whole:6.2f} s   ratio {whole / plain:.3f}   {_where(task)}")
    print(f"  ratio, median of {ROUNDS}: {statistics.median(ratios):.3f}   (asked ≤ 1.25, aim ≤ 1.05)")


def _plain(threads: int) -> float:
    with tempfile.TemporaryDirectory() as out:
        return render("blender-4.5", scene(SCENE), Path(out), FRAMES, threads=threads, percent=PERCENT, samples=SAMPLES)


def _through_the_system(conn, bucket, round_number: int):
    """Seconds from submit to the last file in the bucket."""
    task = conn.create_task(f"bench {round_number}", "blender-4.5", f"{FRAMES[0]}-{FRAMES[-1]}")
    task.resources.append(bucket)
    task.results = conn.create_bucket(f"BENCH_OUT_{round_number}")
    task.constants.update(BLEND_FILE="scene.blend", BLEND_RATIO=str(PERCENT), BLEND_CYCLES_SAMPLES=str(SAMPLES))
    started = time.monotonic()
    task.submit()
    while sum(1 for _ in task.results.list_files()) < len(FRAMES):
        assert task.state != "Failure", task.errors
        assert time.monotonic() - started < 600
        time.sleep(0.1)
    seconds = time.monotonic() - started
    while task.state not in ("Success", "Failure"):
        time.sleep(0.1)
        task.update(True)
    return seconds, task


def _where(task) -> str:
    status = task.status
    return (
        f"execution {status.execution_time_sec:.2f} s, download {status.download_time_sec:.2f} s, "
        f"environment {status.environment_time_sec:.2f} s, upload (overlapped) {status.upload_time_sec:.2f} s"
    )
