import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0002_issued_is_final"),
        ("scheduling", "0002_visit_commitment"),
    ]

    operations = [
        migrations.CreateModel(
            name="UnchargedVisit",
            fields=[
                (
                    "visit",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="uncharged",
                        serialize=False,
                        to="scheduling.visit",
                    ),
                ),
                ("since", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "ordering": ["visit"],
            },
        ),
        migrations.AddField(
            model_name="invoice",
            name="bill_from",
            field=models.JSONField(
                default=dict, help_text="The agency and branch as of the day of issue: name, lines, ein, npi, colour …"
            ),
        ),
        migrations.AddConstraint(
            model_name="rate",
            constraint=models.CheckConstraint(
                condition=models.Q(("until", None), ("until__gte", models.F("since")), _connector="OR"),
                name="rate_ends_after_start",
                violation_error_message="The rate ends before it begins.",
            ),
        ),
    ]
