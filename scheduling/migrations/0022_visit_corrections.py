"""What caregivers propose where their punches are wrong."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0021_more_exceptions"),
        ("staff", "0004_limits_and_wishes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="VisitCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("starts_at", models.DateTimeField(blank=True, help_text="Empty: as it was clocked.", null=True)),
                ("ends_at", models.DateTimeField(blank=True, help_text="Empty: as it was clocked.", null=True)),
                ("reason", models.CharField(max_length=200)),
                (
                    "signed_name",
                    models.CharField(blank=True, help_text="Who confirms the times, as they said it.", max_length=120),
                ),
                (
                    "strokes",
                    models.JSONField(blank=True, default=list, help_text="The drawn signature: lines of points."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("pending", "With the office"), ("accepted", "Accepted"), ("declined", "Declined")],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("proposed_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("answer", models.CharField(blank=True, help_text="What the caregiver reads.", max_length=200)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="staff.member"
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="corrections", to="scheduling.visit"
                    ),
                ),
            ],
            options={
                "ordering": ["-proposed_at", "-pk"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("status", "pending")),
                        fields=("visit",),
                        name="visit_correction_one_pending",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("starts_at__isnull", False), ("ends_at__isnull", False), _connector="OR"),
                        name="visit_correction_says_something",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("signed_name", ""), _negated=True),
                            models.Q(("strokes", []), _negated=True),
                            _connector="OR",
                        ),
                        name="visit_correction_signed",
                    ),
                ],
            },
        ),
    ]
