"""A payer may ask for complete visit records; a person may release one that is held."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0008_payer_reason_set"),
        ("scheduling", "0030_roster_failed"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="payer",
            name="requires_evv",
            field=models.BooleanField(
                default=False,
                help_text="A visit is billed only when its electronic record has all six elements (21st Century Cures Act).",
            ),
        ),
        migrations.CreateModel(
            name="EvvRelease",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "missing",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80),
                        help_text="What was missing, as the person read it.",
                        size=None,
                    ),
                ),
                ("reason", models.CharField(max_length=200)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("lapsed_at", models.DateTimeField(blank=True, null=True)),
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
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="evv_releases", to="scheduling.visit"
                    ),
                ),
            ],
            options={
                "ordering": ["-at"],
                "permissions": [("release_incomplete", "Releases a visit for billing whose record is incomplete")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("lapsed_at", None)), fields=("visit",), name="evv_release_once_per_approval"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason", ""), _negated=True), name="evv_release_says_why"
                    ),
                ],
            },
        ),
    ]
