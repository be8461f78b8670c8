"""A single task tells why it waits; lists don't."""

import uuid


def test_a_task_that_no_machine_takes_says_why(alice, ask):
    body = {"name": "film", "profile": "blender-4.5", "instanceCount": 1, "shortname": str(uuid.uuid4())}
    made = ask(alice, "POST", "tasks", body).json()["uuid"]

    shown = ask(alice, "GET", f"tasks/{made}").json()
    listed = ask(alice, "GET", "tasks").json()

    assert shown["waitingReason"] == "No machine is awake."
    assert "waitingReason" not in listed[0]
