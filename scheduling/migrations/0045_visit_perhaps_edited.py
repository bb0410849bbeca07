from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0044_self_clocked_is_kept")]

    operations = [
        migrations.AddIndex(
            model_name="visit",
            index=models.Index(
                fields=["branch", "starts_at"],
                condition=models.Q(
                    ("status__in", ["completed", "approved"]),
                    models.Q(
                        ("is_self_clocked", False),
                        ("adjustment_code__isnull", False),
                        ("leader__isnull", False),
                        _connector="OR",
                    ),
                ),
                name="visit_perhaps_edited",
            ),
        ),
    ]
