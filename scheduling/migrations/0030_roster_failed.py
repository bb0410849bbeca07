from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0029_service_type_colour")]

    operations = [
        migrations.AlterField(
            model_name="roster",
            name="status",
            field=models.CharField(
                choices=[
                    ("planning", "Being planned"),
                    ("failed", "Not planned"),
                    ("draft", "Draft"),
                    ("applied", "Applied"),
                    ("discarded", "Discarded"),
                ],
                default="planning",
                max_length=9,
            ),
        ),
    ]
