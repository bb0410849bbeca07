"""When a visit not started is reported again; the share of visits to be verified by themselves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0006_published_until"),
    ]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="compliance_target_percent",
            field=models.PositiveSmallIntegerField(
                default=90, help_text="Share of visits to be verified without a manual edit; Oklahoma asks for 90."
            ),
        ),
        migrations.AddField(
            model_name="agency",
            name="missed_after_minutes",
            field=models.PositiveSmallIntegerField(
                default=60, help_text="After this a visit not started is reported again, also to those who lead."
            ),
        ),
    ]
