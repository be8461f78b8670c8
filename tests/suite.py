"""`make test`: the whole suite on SQLite, then again on PostgreSQL where a server can be started.

The second run leaves out what a database can't break, and what the contract's tests show of the whole stack there.
"""

import os
import subprocess
import sys

from tests import postgres

IN_PARALLEL = ["-n", "2", "--dist", "loadfile"]
"""The tests wait for processes more than they compute; a file's tests share what they started."""
ONCE_IS_ENOUGH = (
    *("sandbox", "engines", "storage", "pages", "journeys"),
    *(f"contract/test_{engine}.py" for engine in ("own_software", "tiles", "other_renderers")),
    *(f"jobs/test_{reading}.py" for reading in ("pictures", "scene_check", "real_scenes", "other_scenes", "archives")),
    *(f"node/test_{machine}.py" for machine in ("real_render", "equipment", "collector", "staging", "machine")),
    *(f"qbox/test_{folder}.py" for folder in ("cache", "figures", "staging_by_the_qbox", "who_may_ask")),
)
"""What only reads files, computes pictures or looks at a machine."""


def main() -> int:
    print("== the suite on SQLite ==", flush=True)
    code = pytest({})
    if code:
        return code
    with postgres.server() as url:
        if url is None:
            print("== PostgreSQL: not run here ==", flush=True)
            return 0
        print("== the suite on PostgreSQL ==", flush=True)
        return pytest({"DATABASE_URL": url}, *(f"--ignore=tests/{room}" for room in ONCE_IS_ENOUGH))


def pytest(environment: dict[str, str], *arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", *IN_PARALLEL, "--durations=10", *arguments, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, **environment}).returncode


if __name__ == "__main__":
    sys.exit(main())
