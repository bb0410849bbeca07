"""What another index already answers, or nobody asks by, costs every visit its write."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_website_as_text"),
        ("clients", "0002_referral_newer_and_client_numbers"),
        ("scheduling", "0004_review_and_adjustment"),
        ("staff", "0003_time_off_decision"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="clockevent",
            name="recorded_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="clockevent",
            name="visit",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="clock_events",
                to="scheduling.visit",
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="adjustment_code",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="Why the approved times differ from the punches.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scheduling.reasoncode",
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="approved_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="branch",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="accounts.branch"
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="caregiver",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="visits",
                to="staff.member",
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="client",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="visits", to="clients.client"
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="schedule",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="visits",
                to="scheduling.schedule",
            ),
        ),
        migrations.AlterField(
            model_name="visit",
            name="service_type",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="visits",
                to="scheduling.servicetype",
            ),
        ),
        migrations.AlterField(
            model_name="visittask",
            name="visit",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="scheduling.visit"
            ),
        ),
    ]
