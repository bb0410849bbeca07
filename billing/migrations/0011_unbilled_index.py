"""The unbilled list adds up open charges from the index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0010_held_until_complete"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="charge",
            name="charge_unbilled",
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["payer", "client", "service_on"],
                include=("id", "amount", "visit"),
                name="charge_unbilled",
            ),
        ),
    ]
