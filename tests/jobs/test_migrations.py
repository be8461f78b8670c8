"""Rows of an older release open after the move to orders of any software."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

BEFORE, AFTER = ("jobs", "0001_initial"), ("jobs", "0002_orders_of_any_software")


@pytest.fixture
def migrated(transactional_db):
    """Moves the tables of jobs to a migration; they are at the newest again when the test is over."""

    def to(target):
        executor = MigrationExecutor(connection)
        executor.migrate([target])
        return executor.loader.project_state([target]).apps

    yield to
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())


def test_orders_of_blender_become_constants(migrated, alice):
    old = migrated(BEFORE)
    scene = old.get_model("jobs", "Scene").objects.create(
        account_id=alice.pk, name="s", main_file="a.blend",
        facts={"blender_version": "4.5.3", "blend_files": ["a.blend", "b.blend"], "width": 10},
        problems=[{"id": "several_blends", "files": [], "chosen": "a.blend"}, {"id": "no_blend", "count": 2}],
    )  # fmt: skip
    job = old.get_model("jobs", "Job").objects.create(
        account_id=alice.pk, scene=scene, name="j", profile="blender-4.5", frames="1-3",
        camera="Wide", resolution_percent=50, samples=None, output_format="EXR",
    )  # fmt: skip
    scripted = old.get_model("jobs", "Job").objects.create(account_id=alice.pk, name="k", profile="x", frames="1")
    old.get_model("jobs", "FarmInstance").objects.create(job=job, instance_id=7, phase="success")

    new = migrated(AFTER)

    after = new.get_model("jobs", "Job").objects.in_bulk([job.pk, scripted.pk])
    assert after[job.pk].constants == {
        "BLEND_FILE": "a.blend",
        "BLEND_FORMAT": "EXR",
        "BLEND_RATIO": "50",
        "BLEND_CAMERA": "Wide",
    }
    assert after[scripted.pk].constants == {}
    kept = new.get_model("jobs", "Scene").objects.get()
    assert kept.facts == {"software_version": "4.5.3", "main_files": ["a.blend", "b.blend"], "width": 10}
    assert (kept.software, kept.problems[0]["id"]) == ("blender", "several_scene_files")
    assert kept.problems[1] == {"id": "no_scene", "count": 2, "endings": ".blend"}
    assert new.get_model("jobs", "FarmInstance").objects.get().frame == 7
