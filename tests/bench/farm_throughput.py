"""(e) instances a second of a command that does nothing, by slots, and how it grows from 500 to 5,000.

Each instance is a claim, an own sandbox from start to end, a look for results, a report and a charge. The wait of
an instance is from the order to its hand-out; the pause is what a slot needs between two instances.
"""

import contextlib
import json
import os
import subprocess
import sys

import qarnot

from tests.stack import PROJECT, wait_until

SMALL, LARGE = 500, 5_000
SLOTS = (1, 2, 4)
LARGE_AT_SLOTS = 2

FACTS = """
import json, statistics, sys, django
django.setup()
from farm.models import Attempt
tries = list(Attempt.objects.filter(instance__task=sys.argv[1]).order_by("claimed_at")
             .values_list("claimed_at", "ended_at", "instance__task__created_at", "node", "instance__slot"))
waits = [(claimed - ordered).total_seconds() for claimed, _, ordered, _, _ in tries]
by_slot = {}
for claimed, ended, _, node, slot in tries:
    by_slot.setdefault((node, slot), []).append((claimed, ended))
held = [(e - c).total_seconds() for turns in by_slot.values() for c, e in turns]
span = (max(ended for _, ended, *_ in tries) - min(claimed for claimed, *_ in tries)).total_seconds()
facts = {"count": len(tries), "span": span, "wait": statistics.median(waits), "held": statistics.median(held)}
print(json.dumps(facts))
"""


def measure(stack):
    token = stack.manage("account", "token", "bench@example.org", "throughput")
    conn = qarnot.Connection(client_token=token, cluster_url=f"{stack.url}/farm")
    rates = {}
    with contextlib.ExitStack() as nodes:
        there = 1
        for slots in SLOTS:
            for number in range(there, slots):
                nodes.enter_context(_one_more_node(stack, f"bench-{number}"))
            there = slots
            rates[slots] = _told(stack, _run(conn, stack.image_registry, SMALL), slots)
            if slots == LARGE_AT_SLOTS:
                large = _told(stack, _run(conn, stack.image_registry, LARGE), slots)
                print(f"  500 to 5,000 instances: {large / rates[slots]:.2f} times the rate")
    each = (rates[SLOTS[-1]] - rates[1]) / (SLOTS[-1] - 1)
    print(f"  per added slot: {each:.1f} instances/s more, on {os.cpu_count()} cores shared with everything else")


def _run(conn, registry, count):
    task = conn.create_task("nothing", "docker-batch", count)
    task.constants.update(DOCKER_SRV=registry, DOCKER_REPO="busybox", DOCKER_CMD="true")
    task.submit()
    wait_until(lambda: _ended(task), 1800, lambda: str(task.errors), every_seconds=1.0)
    assert task.state == "Success", task.errors
    return task


def _ended(task):
    task.update(True)
    return task.state in ("Success", "Failure", "Cancelled")


def _told(stack, task, slots):
    environment = {**stack.environment, "DJANGO_SETTINGS_MODULE": "render_web.settings", "LOG_LEVEL": "WARNING"}
    asked = [sys.executable, "-c", FACTS, task.uuid]
    done = subprocess.run(asked, cwd=PROJECT, env=environment, capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    rate = facts["count"] / facts["span"]
    print(
        f"  {facts['count']:,} instances on {slots} slots: {rate:.2f} a second; an instance holds its slot for "
        f"{1000 * facts['held']:.0f} ms (median), waited {facts['wait']:.1f} s (median)",
        flush=True,
    )
    return rate


@contextlib.contextmanager
def _one_more_node(stack, name):
    scratch = stack.home / "more-nodes"
    command = [sys.executable, str(PROJECT / "manage.py"), "node", "--name", name, "--slots", "1"]
    environment = {**stack.environment, "NODE_SCRATCH": str(scratch), "NODE_INSTALLS": "false"}
    environment["REGISTRIES_INSIDE"] = stack.image_registry
    with (stack.home / f"{name}.log").open("w") as log:
        node = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: name in _awake(stack), 60, (stack.home / f"{name}.log").read_text)
        yield
    finally:
        node.terminate()
        node.wait(30)


def _awake(stack):
    return stack.manage("shell", "-v", "0", "-c", "from farm.wakes import *; print(*[n.name for n in awake_nodes()])")
