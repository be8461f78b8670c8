"""Runs the measurements against one stack of their own and prints them."""

import contextlib
import sys
import tempfile
from pathlib import Path

import django

from tests import environment  # noqa: F401  (settings of its own, before they are read)
from tests import stack as real_stack

django.setup()

from tests.bench import (  # noqa: E402
    farm_throughput,
    log_delay,
    scheduler_time,
    staging,
    system_overhead,
    upload_throughput,
)
from tests.registry import busybox, registry  # noqa: E402

PARTS = {
    "overhead": system_overhead,
    "log": log_delay,
    "upload": upload_throughput,
    "staging": staging,
    "throughput": farm_throughput,
    "scheduler": scheduler_time,
}


def main() -> int:
    wanted = sys.argv[1:] or list(PARTS)
    with contextlib.ExitStack() as held:
        images = held.enter_context(registry(Path(held.enter_context(tempfile.TemporaryDirectory())) / "registry"))
        images.push(busybox(), "busybox")
        running = real_stack.start(REGISTRIES_INSIDE=images.address)
        held.callback(running.stop)
        running.image_registry = images.address
        running.manage("account", "create", "bench@example.org", stdin="a long enough pass phrase\n")
        for name in wanted:
            print(f"\n== {PARTS[name].__doc__.splitlines()[0]}", flush=True)
            PARTS[name].measure(running)
    return 0


if __name__ == "__main__":
    sys.exit(main())
