"""A single task tells why it waits; lists don't."""

import uuid

from django.db.models.functions import Now

from farm import matching
from farm.models import Node, Site
from farm.submission import create_task


def test_a_task_that_no_machine_takes_says_why(alice, ask):
    body = {"name": "film", "profile": "blender-4.5", "instanceCount": 1, "shortname": str(uuid.uuid4())}
    made = ask(alice, "POST", "tasks", body).json()["uuid"]

    shown = ask(alice, "GET", f"tasks/{made}").json()
    listed = ask(alice, "GET", "tasks").json()

    assert shown["waitingReason"] == matching.NO_MACHINE
    assert "waitingReason" not in listed[0]


def test_a_task_whose_software_no_machine_can_run_waits_and_says_the_machines_own_reason(alice, ask):
    reason = "Images are run only where the sandbox is isolated (tier A); here it is tier B."
    Node.objects.create(
        name="node-1",
        site=Site.objects.create(name="home"),
        heartbeat_at=Now(),
        profiles=["blender-4.5"],
        unavailable_profiles={"docker-batch": reason},
    )
    body = {"name": "own", "profile": "docker-batch", "instanceCount": 1, "shortname": str(uuid.uuid4())}
    made = ask(alice, "POST", "tasks", body)

    profile = ask(alice, "GET", "profiles/docker-batch").json()
    shown = ask(alice, "GET", f"tasks/{made.json()['uuid']}").json()

    assert made.status_code == 200
    assert (profile["isAvailable"], profile["unavailableReason"]) == (False, reason)
    assert shown["waitingReason"] == f"No machine that is awake has docker-batch. {reason}"


def test_what_waits_for_another_task_is_not_ahead_in_the_line(alice, ask, machine):
    Node.objects.update(heartbeat_at=Now(), profiles=["blender-4.5"], sandbox_tier="A", slot_count=1)
    first = create_task(alice, {"name": "first", "profile": "blender-4.5", "instanceCount": 1})
    waits = {"instanceCount": 9, "dependencies": {"dependsOn": [str(first.pk)]}}
    create_task(alice, {"name": "second", "profile": "blender-4.5", **waits})
    third = create_task(alice, {"name": "third", "profile": "blender-4.5", "instanceCount": 1})
    machine.begin(first.pk, 0)

    shown = ask(alice, "GET", f"tasks/{third.pk}").json()

    assert (shown["waitingReason"], shown["waitingPosition"]) == ("All machines are busy.", 1)
