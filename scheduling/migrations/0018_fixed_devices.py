"""Fixed devices at a home, and which minute of which one a punch names."""

import django.db.models.deletion
import django.db.models.functions.text
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0003_wishes_budget_introduction"),
        ("scheduling", "0017_telephony"),
        ("staff", "0004_limits_and_wishes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="clockevent",
            name="device_step",
            field=models.BigIntegerField(
                blank=True, help_text="Which minute's code of the device it was; each counts once.", null=True
            ),
        ),
        migrations.CreateModel(
            name="FixedDevice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("serial", models.CharField(max_length=40)),
                ("secret", models.CharField(editable=False, max_length=128)),
                ("installed_on", models.DateField()),
                ("removed_on", models.DateField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "address",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.address",
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="fixed_devices", to="clients.client"
                    ),
                ),
                (
                    "registered_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-installed_on", "pk"],
            },
        ),
        migrations.AddField(
            model_name="clockevent",
            name="device",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scheduling.fixeddevice",
            ),
        ),
        migrations.AddConstraint(
            model_name="clockevent",
            constraint=models.UniqueConstraint(
                condition=models.Q(("device__isnull", False)), fields=("device", "device_step"), name="device_code_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="fixeddevice",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Upper("serial"),
                condition=models.Q(("removed_on", None)),
                name="fixed_device_in_one_home",
                violation_error_message="This device stands at another address. Remove it there first.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fixeddevice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("removed_on", None), ("removed_on__gte", models.F("installed_on")), _connector="OR"
                ),
                name="fixed_device_removed_after_installed",
                violation_error_message="The device was removed before it was installed.",
            ),
        ),
    ]
