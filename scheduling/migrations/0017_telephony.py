"""Clocking by telephone: PINs, calls, and what a punch by telephone or phone says about itself."""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("clients", "0003_wishes_budget_introduction"),
        ("scheduling", "0016_ratings"),
        ("staff", "0004_limits_and_wishes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="clockevent",
            name="client",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="At whose home, when the telephone or the device says so.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="clients.client",
            ),
        ),
        migrations.AddField(
            model_name="clockevent",
            name="clock_offset_seconds",
            field=models.IntegerField(blank=True, help_text="How far the phone's clock was behind ours.", null=True),
        ),
        migrations.AddField(
            model_name="clockevent",
            name="is_mock_location",
            field=models.BooleanField(default=False, help_text="The phone said that its position is made up."),
        ),
        migrations.AddField(
            model_name="clockevent",
            name="originating_number",
            field=models.CharField(blank=True, help_text="The telephone that called.", max_length=20),
        ),
        migrations.AlterField(
            model_name="visitexception",
            name="kind",
            field=models.CharField(
                choices=[
                    ("late", "Late start"),
                    ("early", "Early start"),
                    ("short", "Shorter than planned"),
                    ("long", "Longer than planned"),
                    ("far", "Away from the address"),
                    ("no_position", "No position"),
                    ("no_in", "No clock-in"),
                    ("no_out", "No clock-out"),
                    ("manual", "Clocked by the office"),
                    ("tasks_missing", "Tasks without an answer"),
                    ("offline", "Recorded offline"),
                    ("unknown_phone", "Telephone not on file"),
                ],
                max_length=14,
            ),
        ),
        migrations.CreateModel(
            name="ClockPin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(max_length=64)),
                ("issued_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "issued_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "member",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="clock_pin", to="staff.member"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PhoneCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(max_length=20)),
                ("call_id", models.CharField(max_length=64)),
                ("from_number", models.CharField(blank=True, max_length=20)),
                ("from_digits", models.CharField(blank=True, help_text="As numbers are compared.", max_length=10)),
                ("step", models.PositiveSmallIntegerField(default=0)),
                ("state", models.JSONField(default=dict)),
                ("answer", models.JSONField(default=dict)),
                ("failed_pins", models.PositiveSmallIntegerField(default=0)),
                ("started_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "client",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="clients.client",
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="phone_calls",
                        to="staff.member",
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="scheduling.visit",
                    ),
                ),
            ],
            options={
                "ordering": ["-started_at"],
            },
        ),
        migrations.AddField(
            model_name="clockevent",
            name="call",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="punches",
                to="scheduling.phonecall",
            ),
        ),
        migrations.AddIndex(
            model_name="clockevent",
            index=models.Index(condition=models.Q(("visit", None)), fields=["at"], name="clock_event_unmatched"),
        ),
        migrations.AddConstraint(
            model_name="clockpin",
            constraint=models.UniqueConstraint(fields=("digest",), name="clock_pin_once"),
        ),
        migrations.AddIndex(
            model_name="phonecall",
            index=models.Index(
                condition=models.Q(("failed_pins__gt", 0)),
                fields=["from_digits", "started_at"],
                name="phone_call_wrong_pins",
            ),
        ),
        migrations.AddConstraint(
            model_name="phonecall",
            constraint=models.UniqueConstraint(fields=("provider", "call_id"), name="phone_call_once"),
        ),
    ]
