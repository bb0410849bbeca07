"""Visits whose caregiver suddenly cannot come."""

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0010_offers"),
        ("staff", "0004_limits_and_wishes"),
    ]

    operations = [
        migrations.CreateModel(
            name="LostVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lost_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "time_off",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="lost_visits", to="staff.timeoff"
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="scheduling.visit"
                    ),
                ),
            ],
            options={
                "ordering": ["visit__starts_at", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("time_off", "visit"),
                        name="visit_lost_once_per_absence",
                        violation_error_message="This visit is already on the list of this absence.",
                    )
                ],
            },
        ),
    ]
