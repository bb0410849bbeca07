"""More kinds of exceptions."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0020_reason_sets"),
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
                    ("overlap", "At the same time as another visit"),
                    ("authorization", "Not authorized"),
                    ("mock_location", "Made-up position"),
                    ("clock_skew", "Phone's clock is wrong"),
                    ("inaccurate", "Inaccurate position"),
                    ("unknown_phone", "Telephone not on file"),
                ],
                max_length=14,
            ),
        ),
    ]
