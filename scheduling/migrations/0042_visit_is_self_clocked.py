from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0041_servicetype_version")]

    operations = [
        migrations.AddField(
            model_name="visit",
            name="is_self_clocked",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
    ]
