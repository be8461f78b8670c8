import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def number_frames_of_instances(apps, schema_editor):
    """So far every instance was a frame."""
    apps.get_model("jobs", "FarmInstance").objects.update(frame=F("instance_id"))


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
