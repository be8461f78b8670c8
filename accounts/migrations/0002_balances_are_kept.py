import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Sum


def sum_up(apps, schema_editor):
    entries = apps.get_model("accounts", "LedgerEntry").objects.order_by().values("account").annotate(sum=Sum("seconds"))
    balance = apps.get_model("accounts", "Balance")
    balance.objects.bulk_create(balance(account_id=row["account"], seconds=row["sum"]) for row in entries.iterator())


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="Balance",
            fields=[
                (
                    "account",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="balance",
                        serialize=False,
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("seconds", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunPython(sum_up, migrations.RunPython.noop),
    ]
