"""What another index already answers, or nobody asks by, costs every visit its write."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_website_as_text"),
        ("audit", "0002_append_only"),
    ]

    operations = [
        migrations.AlterField(
            model_name="event",
            name="branch",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="accounts.branch",
            ),
        ),
    ]
