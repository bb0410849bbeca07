"""Who reviewed what a phone sent, and why approved times differ from the punches."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0003_assignment_every_weeks")]

    operations = [
        migrations.AddField(
            model_name="phoneevent",
            name="review_note",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="phoneevent",
            name="reviewed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="visit",
            name="adjustment_code",
            field=models.ForeignKey(
                blank=True,
                help_text="Why the approved times differ from the punches.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scheduling.reasoncode",
            ),
        ),
        migrations.AddField(
            model_name="visit",
            name="adjustment_memo",
            field=models.CharField(blank=True, max_length=256),
        ),
        migrations.AddIndex(
            model_name="phoneevent",
            index=models.Index(
                condition=models.Q(("status", "to_review")), fields=["-received_at"], name="phone_event_to_review"
            ),
        ),
        migrations.AddConstraint(
            model_name="visit",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("approved_starts_at", None),
                    ("approved_ends_at__gte", models.F("approved_starts_at")),
                    _connector="OR",
                ),
                name="visit_approved_ends_after_start",
                violation_error_message="The approved end is before the approved start.",
            ),
        ),
    ]
