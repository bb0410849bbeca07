"""When each phone was last heard."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0022_visit_corrections"),
        ("staff", "0004_limits_and_wishes"),
    ]

    operations = [
        migrations.CreateModel(
            name="PhoneContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_seen_at", models.DateTimeField()),
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="phone_contact", to="staff.member"
                    ),
                ),
            ],
        ),
    ]
