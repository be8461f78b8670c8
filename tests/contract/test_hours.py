"""A task never uses more than its cap, and costs only what succeeded."""

from tests.contract.orders import finished


def test_a_task_stops_at_the_cap_of_its_label_and_what_was_cut_short_costs_nothing(orders):
    task = finished(orders.shell("sleep 600", 2, labels={"capSeconds": "4"}))

    assert (task.state, task.errors[0].code) == ("Failure", "CAP_REACHED")
    assert "It stopped at its limit of 4 s." in task.errors[0].message
    assert task.credits().amount_in_euros == 0


def test_what_a_task_did_not_use_is_not_held_after_its_end(orders):
    task = finished(orders.shell("true"))

    assert orders.person.ask("GET", f"/tasks/{task.uuid}").json()["heldSeconds"] == 0
