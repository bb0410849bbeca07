"""What a sender sends after the decision, why a client's status is what it is, and the counter of chart numbers."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("clients", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="client",
            name="status_reason",
            field=models.CharField(
                blank=True, help_text="Why care is on hold, has ended or was declined.", max_length=200
            ),
        ),
        migrations.AddField(
            model_name="client",
            name="status_since",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="referral",
            name="newer_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="referral",
            name="newer_digest",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AddField(
            model_name="referral",
            name="newer_summary",
            field=models.JSONField(
                blank=True,
                help_text="What the sender sent after the decision; kept beside, never written over.",
                null=True,
            ),
        ),
        migrations.RunSQL(
            "CREATE SEQUENCE clients_chart_number AS bigint", "DROP SEQUENCE IF EXISTS clients_chart_number"
        ),
    ]
