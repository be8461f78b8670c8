import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def number_frames_of_instances(apps, schema_editor):
    """So far every instance was a frame."""
    apps.get_model("jobs", "FarmInstance").objects.update(frame=F("instance_id"))


def keep_orders_as_constants(apps, schema_editor):
    """So far every order was one of Blender's."""
    for job in apps.get_model("jobs", "Job").objects.select_related("scene").iterator():
        if job.scene is None and not job.camera and job.samples is None and job.resolution_percent is None:
            continue  # ordered by a script: nobody asked what
        constants = {
            "BLEND_FILE": job.scene.main_file if job.scene else "",
            "BLEND_FORMAT": job.output_format,
            "BLEND_CYCLES_SAMPLES": "" if job.samples is None else str(job.samples),
            "BLEND_RATIO": "" if job.resolution_percent is None else str(job.resolution_percent),
            "BLEND_CAMERA": job.camera,
        }
        job.constants = {name: value for name, value in constants.items() if value}
        job.save(update_fields=["constants"])


RENAMED_FACTS = {"blender_version": "software_version", "blend_files": "main_files"}
RENAMED_PROBLEMS = {
    "several_blends": {"id": "several_scene_files"},
    "no_blend": {"id": "no_scene", "endings": ".blend"},
}


def name_facts_of_any_software(apps, schema_editor):
    for scene in apps.get_model("jobs", "Scene").objects.iterator():
        scene.facts = {RENAMED_FACTS.get(name, name): value for name, value in scene.facts.items()}
        scene.problems = [{**problem, **RENAMED_PROBLEMS.get(problem["id"], {})} for problem in scene.problems]
        scene.save(update_fields=["facts", "problems"])


class Migration(migrations.Migration):

    dependencies = [
        ("jobs", "0001_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="constants",
            field=models.JSONField(default=dict, help_text="The profile's constants as ordered: name → text."),
        ),
        migrations.AddField(
            model_name="job",
            name="makes_pictures",
            field=models.BooleanField(default=True, help_text="False: its results are any files."),
        ),
        migrations.AddField(
            model_name="scene",
            name="software",
            field=models.CharField(default="blender", help_text="What opens it (jobs.software).", max_length=40),
        ),
        migrations.AddField(
            model_name="farminstance",
            name="frame",
            field=models.IntegerField(
                default=0, help_text="The picture it works on; its own number for other software."
            ),
        ),
        migrations.AddField(
            model_name="farminstance",
            name="part",
            field=models.PositiveIntegerField(
                default=0, help_text="Of a picture in tiles: which one, the last joins them."
            ),
        ),
        migrations.AddField(
            model_name="farminstance",
            name="tile_side",
            field=models.PositiveIntegerField(default=1, help_text="n: the picture is made of n × n tiles."),
        ),
        migrations.RunPython(number_frames_of_instances, migrations.RunPython.noop),
        migrations.RunPython(keep_orders_as_constants, migrations.RunPython.noop),
        migrations.RunPython(name_facts_of_any_software, migrations.RunPython.noop),
        migrations.RemoveField(model_name="job", name="camera"),
        migrations.RemoveField(model_name="job", name="resolution_percent"),
        migrations.RemoveField(model_name="job", name="samples"),
        migrations.RemoveField(model_name="job", name="output_format"),
        migrations.CreateModel(
            name="ResultFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(help_text="Object key in the job's result bucket.", max_length=1024)),
                ("size_bytes", models.BigIntegerField(default=0)),
                (
                    "instance_id",
                    models.IntegerField(help_text="Who made it; null where the farm does not say.", null=True),
                ),
                ("landed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("revision", models.BigIntegerField(default=0)),
                (
                    "job",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="result_files", to="jobs.job"
                    ),
                ),
            ],
            options={
                "ordering": ["key"],
                "indexes": [models.Index(fields=["job", "revision"], name="jobs_result_job_id_6a574d_idx")],
                "constraints": [models.UniqueConstraint(fields=("job", "key"), name="result_file_once_a_job")],
            },
        ),
    ]
