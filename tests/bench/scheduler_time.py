"""(f) the scheduler's time for one claim, at 100, 1,000 and 10,000 waiting instances.

In a database of its own, where nothing runs beside it. Two shapes: ten renders of N / 10 frames, and renders of
ten frames each, so that a thousand of them wait. Held against the logarithm: from 100 to 10,000 it is 2.
"""

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time

SIZES = (100, 1_000, 10_000)
LOGARITHM = math.log(SIZES[-1]) / math.log(SIZES[0])
"""By which a claim's time may grow from the first size to the last."""
CLAIMS = 40
PEOPLE = 10
SHAPES = {"ten large renders": lambda size: (10, size // 10), "renders of ten frames": lambda size: (size // 10, 10)}


def measure(running):
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "RENDER_HOME": home, "DJANGO_SETTINGS_MODULE": "render_web.settings"}
        environment.pop("DATABASE_URL", None)
        subprocess.run([sys.executable, "-m", "tests.bench.scheduler_time"], env=environment, check=True)


def _main():
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    for shape, cut in SHAPES.items():
        medians = {size: _median_ms(*cut(size)) for size in SIZES}
        told = ", ".join(f"{size:,}: {ms:.2f} ms" for size, ms in medians.items())
        growth = medians[SIZES[-1]] / medians[SIZES[0]]
        print(f"{shape}: {told}; 100 to 10,000 is {growth:.2f} times (the logarithm: {LOGARITHM:.2f})", flush=True)
        if growth > LOGARITHM:
            sys.exit("A claim's time grows faster than the logarithm of what waits.")


def _median_ms(task_count, frame_count):
    from farm import scheduler
    from farm.models import Task

    node = _rows(task_count, frame_count)
    times = []
    for number in range(CLAIMS):
        began = time.perf_counter()
        assert scheduler.claim(node, str(number)) is not None
        times.append(1000 * (time.perf_counter() - began))
    Task.objects.all().delete()
    return statistics.median(times[5:])


def _rows(task_count, frame_count):
    from accounts import ledger
    from accounts.models import Account
    from farm.models import Instance, Node, Site, Task

    site, _ = Site.objects.get_or_create(name="home")
    facts = {"site": site, "profiles": ["blender-4.5"], "sandbox_tier": "A", "has_opengl": True, "slot_count": 64}
    node, _ = Node.objects.get_or_create(name="node-1", defaults=facts)
    people = [Account.objects.get_or_create(email=f"artist{number}@example.org")[0] for number in range(PEOPLE)]
    for person in people:
        ledger.grant(person, 3_600_000, "bench", key=f"bench:{person.pk}")
    tasks = [
        Task(
            account=people[number % PEOPLE],
            name="film",
            shortname=f"film-{number}",
            profile="blender-4.5",
            total_instance_count=frame_count,
        )
        for number in range(task_count)
    ]
    Task.objects.bulk_create(tasks, batch_size=500)
    frames = (Instance(task=task, instance_id=frame, frame=frame) for task in tasks for frame in range(frame_count))
    Instance.objects.bulk_create(frames, batch_size=1000)
    return node


if __name__ == "__main__":
    _main()
