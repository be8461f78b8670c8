import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("farm", "0002_the_whole_life_of_a_task"),
    ]

    operations = [
        migrations.AddField(
            model_name="task",
            name="queued_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, help_text="Since when it lacks nothing but a machine."
            ),
        ),
    ]
