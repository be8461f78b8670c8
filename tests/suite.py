"""`make test`: the whole suite on SQLite, and again on PostgreSQL, where a server can be started, what a database can
break. `make test-qarnot` is all of the contract against a farm that behaves as Qarnot's service.

What matters most of the contract runs against such a farm each time: on PostgreSQL, as studios of that size would.
"""

import os
import subprocess
import sys

from tests import postgres

IN_PARALLEL = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
"""A file's tests share what they started; long files come first (tests.conftest)."""
ONCE_IS_ENOUGH = (
    *("sandbox", "engines", "storage", "pages", "journeys", "contract"),
    *(f"jobs/test_{reading}.py" for reading in ("pictures", "scene_check", "real_scenes", "other_scenes", "archives")),
    *(f"node/test_{machine}.py" for machine in ("real_render", "equipment", "collector", "staging", "machine")),
    *(f"node/test_{process}.py" for process in ("killed_node", "a_node_and_its_stores", "probe_without_cage")),
    *(f"qbox/test_{folder}.py" for folder in ("cache", "figures", "staging_by_the_qbox", "who_may_ask")),
)
"""What only reads files, computes pictures, looks at a machine or starts processes; the contract's first part is run
on PostgreSQL in its own way."""
A_RENDER_AT_QARNOT = "tests/journeys/test_a_render_at_qarnot.py"
AT_QARNOT_FIRST = tuple(
    f"tests/contract/test_{fact}.py"
    for fact in ("white_paper_script", "states", "output", "results", "retries", "lists", "resources", "abort")
)
"""Of the contract, what a studio that renders at Qarnot lives by."""


def main() -> int:
    """Every part runs, so that one failure doesn't hide another."""
    if sys.argv[1:2] == ["qarnot"]:
        del sys.argv[1]
        return at_qarnot({}, "tests/contract")
    print("== the suite on SQLite ==", flush=True)
    codes = [pytest({}, f"--ignore={A_RENDER_AT_QARNOT}")]
    with postgres.server() as url:
        if url is None:
            print("== PostgreSQL: not run here ==", flush=True)
        there = {"DATABASE_URL": url} if url else {}
        codes.append(at_qarnot(there, *AT_QARNOT_FIRST))
        if url:
            print("== the suite on PostgreSQL ==", flush=True)
            codes.append(pytest(there, *(f"--ignore=tests/{room}" for room in ONCE_IS_ENOUGH)))
    return max(codes)


def at_qarnot(database: dict[str, str], *contract: str) -> int:
    """These parts of the contract, and the journey, which is the longest: a studio and its Qarnot run then."""
    print("== a farm that behaves as Qarnot's service ==", flush=True)
    return pytest({"CONTRACT_FARM": "quirky", **database}, A_RENDER_AT_QARNOT, *contract)


def pytest(environment: dict[str, str], *arguments: str) -> int:
    command = [sys.executable, "-m", "pytest", *IN_PARALLEL, "--durations=10", *arguments, *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, **environment}).returncode


if __name__ == "__main__":
    sys.exit(main())
