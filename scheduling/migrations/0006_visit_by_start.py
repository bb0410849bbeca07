"""What is over and not settled, and a week of all branches, are found without reading a year of visits."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_website_as_text"),
        ("careplans", "0003_review_and_order"),
        ("clients", "0002_referral_newer_and_client_numbers"),
        ("scheduling", "0005_fewer_indexes"),
        ("staff", "0003_time_off_decision"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(fields=["starts_at"], name="visit_by_start"),
        ),
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                condition=models.Q(("status__in", ["planned", "confirmed", "in_progress"])),
                fields=["starts_at"],
                name="visit_unsettled",
            ),
        ),
        migrations.AddIndex(
            model_name="visittask",
            index=models.Index(
                condition=models.Q(("outcome__in", ["refused", "unable"])), fields=["visit"], name="visit_task_not_done"
            ),
        ),
    ]
