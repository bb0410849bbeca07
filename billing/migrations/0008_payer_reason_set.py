"""Which table of reason codes the visits of a payer use."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0007_pay_rates"),
    ]

    operations = [
        migrations.AddField(
            model_name="payer",
            name="reason_set",
            field=models.CharField(
                blank=True,
                help_text="Which table of reason codes its visits use; empty: the default one.",
                max_length=40,
            ),
        ),
    ]
