from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_refuse_change")]

    operations = [
        migrations.AddField(
            model_name="agency",
            name="require_second_factor",
            field=models.BooleanField(
                default=False, help_text="Office people must set up two-step sign-in before they go on."
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="session_salt",
            field=models.CharField(
                blank=True, editable=False, help_text="A new value ends every session at once.", max_length=32
            ),
        ),
    ]
