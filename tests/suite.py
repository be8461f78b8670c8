"""`make test`: the whole suite on SQLite, what matters most against a farm that behaves as Qarnot's service, and again
on PostgreSQL where a server can be started. `make test-qarnot` is all of the contract against that farm.

The run on PostgreSQL leaves out what a database can't break, and what the contract's tests show of the whole stack
there.
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
A_RENDER_AT_QARNOT = "tests/journeys/test_a_render_at_qarnot.py"
AT_QARNOT_FIRST = tuple(
    f"tests/contract/test_{fact}.py"
    for fact in ("white_paper_script", "states", "output", "results", "retries", "lists", "resources", "abort")
)
"""Of the contract, what a studio that renders at Qarnot lives by."""


def main() -> int:
    if sys.argv[1:2] == ["qarnot"]:
        del sys.argv[1]
        return at_qarnot("tests/contract")
    print("== the suite on SQLite ==", flush=True)
    code = pytest({}, f"--ignore={A_RENDER_AT_QARNOT}") or at_qarnot(*AT_QARNOT_FIRST)
    if code:
        return code
    with postgres.server() as url:
        if url is None:
            print("== PostgreSQL: not run here ==", flush=True)
            return 0
        print("== the suite on PostgreSQL ==", flush=True)
        return pytest({"DATABASE_URL": url}, *(f"--ignore=tests/{room}" for room in ONCE_IS_ENOUGH))


def at_qarnot(*contract: str) -> int:
    """These parts of the contract, and the journey, which is the longest: a studio and its Qarnot run then."""
    print("== a farm that behaves as Qarnot's service ==", flush=True)
    return pytest({"CONTRACT_FARM": "quirky"}, A_RENDER_AT_QARNOT, *contract)


def pytest(environment: dict[str, str], *arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", *IN_PARALLEL, "--durations=10", *arguments, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, **environment}).returncode


if __name__ == "__main__":
    sys.exit(main())
