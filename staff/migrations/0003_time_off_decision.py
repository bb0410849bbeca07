"""The reason a time-off request was declined, for the person who asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("staff", "0002_time_off_commitment")]

    operations = [
        migrations.AddField(
            model_name="timeoff",
            name="decision_comment",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
