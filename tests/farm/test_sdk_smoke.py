def test_a_task_of_three_instances_runs_to_its_end(as_alice, machine):
    task = as_alice.create_task("three", "blender-4.5", 3)
    task.submit()

    machine.renders_all(task.uuid)

    assert task.wait(timeout=20)
    assert task.state == "Success"
    assert task.fresh_stdout() == " 0> Fra:0 Saved\n 1> Fra:1 Saved\n 2> Fra:2 Saved\n"
