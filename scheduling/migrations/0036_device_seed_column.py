"""Room for the sealed seed of a fixed device; the next migration seals what is there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0035_waiting_served"),
    ]

    operations = [
        migrations.RenameField("fixeddevice", "secret", "sealed_secret"),
        migrations.AlterField(
            model_name="fixeddevice",
            name="sealed_secret",
            field=models.CharField(editable=False, max_length=400),
        ),
    ]
