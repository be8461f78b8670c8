"""Runs the measurements against one stack of their own and prints them."""

import sys

from tests import stack as real_stack
from tests.bench import log_delay, staging, system_overhead, upload_throughput

PARTS = {"overhead": system_overhead, "log": log_delay, "upload": upload_throughput, "staging": staging}


def main() -> int:
    wanted = sys.argv[1:] or list(PARTS)
    running = real_stack.start()
    try:
        running.manage("account", "create", "bench@example.org", stdin="a long enough pass phrase\n")
        for name in wanted:
            print(f"\n== {PARTS[name].__doc__.splitlines()[0]}", flush=True)
            PARTS[name].measure(running)
    finally:
        running.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
