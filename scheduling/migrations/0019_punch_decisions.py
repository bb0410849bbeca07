"""What a person decided about a punch without a visit."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0018_fixed_devices"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="visitexception",
            name="kind",
            field=models.CharField(
                choices=[
                    ("late", "Late start"),
                    ("early", "Early start"),
                    ("short", "Shorter than planned"),
                    ("long", "Longer than planned"),
                    ("far", "Away from the address"),
                    ("no_position", "No position"),
                    ("no_in", "No clock-in"),
                    ("no_out", "No clock-out"),
                    ("manual", "Clocked by the office"),
                    ("tasks_missing", "Tasks without an answer"),
                    ("offline", "Recorded offline"),
                    ("not_scheduled", "Not scheduled"),
                    ("unknown_phone", "Telephone not on file"),
                ],
                max_length=14,
            ),
        ),
        migrations.CreateModel(
            name="PunchDecision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("matched", "Given to a visit"),
                            ("new_visit", "A visit was made for it"),
                            ("closed", "Closed"),
                        ],
                        max_length=10,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "clock_event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="decision", to="scheduling.clockevent"
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="punch_decisions",
                        to="scheduling.visit",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "closed"), ("visit", None)),
                            models.Q(models.Q(("kind", "closed"), _negated=True), ("visit__isnull", False)),
                            _connector="OR",
                        ),
                        name="punch_decision_names_its_visit",
                    )
                ],
            },
        ),
    ]
