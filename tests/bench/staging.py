"""(d) A scene of 1 GiB staged for the first and the tenth instance, over boto3 straight from the store."""

import statistics
import tempfile
import time
from pathlib import Path

import psutil
import qarnot

from tests.bench.upload_throughput import fill, store_of
from tests.scenes import scene

SCENE = "golem-cubes/examples/blender/cubes.blend"
TIMES = 10
KEY = "big.bin"


def measure(stack) -> None:
    """Each instance is a task of its own: a slot that goes on with the same task stages nothing again."""
    token = stack.manage("account", "token", "bench@example.org", "staging")
    conn = qarnot.Connection(client_token=token, cluster_url=f"{stack.url}/farm")
    bucket = conn.create_bucket("BENCH_STAGING")
    bucket.add_file(str(scene(SCENE)), "scene.blend")
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder) / KEY)
        bucket.add_file(str(Path(folder) / KEY), KEY)
    before = _straight(stack)
    staged = [_staged(conn, bucket, number) for number in range(TIMES)]
    direct = statistics.mean([before, _straight(stack)])
    print(f"  boto3 {direct:5.2f} s   all {TIMES}: {', '.join(f'{seconds:.2f}' for seconds in staged)} s")
    for name, seconds in (("first", staged[0]), ("tenth", staged[-1])):
        print(f"  {name} {seconds:5.2f} s   ratio {seconds / direct:.2f}")
    print(f"  the Q.Box's memory: {_memory_of_the_qbox(stack):.0f} MB")


def _straight(stack) -> float:
    """Seconds of boto3's own download onto the disk that the node renders on."""
    store, bucket = store_of(stack)
    listed = store.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    key = next(found["Key"] for page in listed for found in page["Contents"] if found["Key"].endswith(f"/{KEY}"))
    with tempfile.TemporaryDirectory(dir=stack.home) as folder:
        began = time.monotonic()
        store.download_file(bucket, key, f"{folder}/{KEY}")
        return time.monotonic() - began


def _staged(conn, bucket, number: int) -> float:
    """Seconds that the node says it took."""
    task = conn.create_task(f"staging {number}", "blender-4.5", "1-1")
    task.resources.append(bucket)
    task.results = conn.retrieve_or_create_bucket("BENCH_STAGING_OUT")
    task.constants.update(BLEND_FILE="scene.blend", BLEND_RATIO="1", BLEND_CYCLES_SAMPLES="1")
    task.submit()
    while task.state not in ("Success", "Failure"):
        time.sleep(0.2)
        task.update(True)
    assert task.state == "Success", task.errors
    return task.status.download_time_sec


def _memory_of_the_qbox(stack) -> float:
    """Megabytes."""
    for process in psutil.Process(stack.process.pid).children(recursive=True):
        if "qbox" in process.cmdline():
            return process.memory_info().rss / 1e6
    return 0.0
