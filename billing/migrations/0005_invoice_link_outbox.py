import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import billing.models.invoice


class Migration(migrations.Migration):
    dependencies = [
        ("billing", "0004_charge_follows_visit"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="invoicelink",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="invoicelink",
            name="nonce",
            field=models.CharField(default=billing.models.invoice.new_nonce, editable=False, max_length=32),
        ),
        migrations.AddField(
            model_name="invoicelink",
            name="send_after",
            field=models.DateTimeField(default=django.utils.timezone.now),
        ),
        migrations.AddField(
            model_name="invoicelink",
            name="sent_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="invoicelink",
            name="digest",
            field=models.CharField(editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddIndex(
            model_name="invoicelink",
            index=models.Index(condition=models.Q(("sent_at", None)), fields=["send_after"], name="invoice_link_due"),
        ),
    ]
