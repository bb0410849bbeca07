"""Open visits offered to several caregivers at once."""

import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_rule_numbers_and_weights"),
        ("clients", "0003_wishes_budget_introduction"),
        ("scheduling", "0009_series_changes"),
        ("staff", "0004_limits_and_wishes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Offer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Waiting for answers"),
                            ("filled", "Filled"),
                            ("withdrawn", "Withdrawn"),
                            ("expired", "Expired"),
                        ],
                        default="open",
                        max_length=9,
                    ),
                ),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("first", "The first who accepts gets it"),
                            ("choose", "I choose among those who accept"),
                        ],
                        default="first",
                        max_length=6,
                    ),
                ),
                (
                    "hourly_wage",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Dollars an hour; empty says nothing about the wage.",
                        max_digits=7,
                        null=True,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("message", models.CharField(blank=True, help_text="No names and no health data.", max_length=300)),
                ("expires_at", models.DateTimeField()),
                ("reminded_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                (
                    "branch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="accounts.branch"
                    ),
                ),
                (
                    "client",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offers", to="clients.client"
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "taken_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="staff.member",
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.CreateModel(
            name="OfferedVisit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("is_open", models.BooleanField(default=True)),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="offered", to="scheduling.offer"
                    ),
                ),
                (
                    "visit",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offered", to="scheduling.visit"
                    ),
                ),
            ],
            options={
                "ordering": ["visit__starts_at"],
            },
        ),
        migrations.AddField(
            model_name="offer",
            name="visits",
            field=models.ManyToManyField(
                related_name="offers", through="scheduling.OfferedVisit", to="scheduling.visit"
            ),
        ),
        migrations.CreateModel(
            name="OfferAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("asked", "No answer yet"),
                            ("interested", "Would take it"),
                            ("declined", "Said no"),
                            ("taken", "Has it"),
                            ("passed", "Went to somebody else"),
                        ],
                        default="asked",
                        max_length=10,
                    ),
                ),
                (
                    "note",
                    models.CharField(blank=True, help_text="What the rules or the caregiver said.", max_length=400),
                ),
                ("seen_at", models.DateTimeField(blank=True, null=True)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="offer_answers", to="staff.member"
                    ),
                ),
                (
                    "offer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="answers", to="scheduling.offer"
                    ),
                ),
            ],
            options={
                "ordering": ["member__last_name", "member__first_name"],
                "constraints": [models.UniqueConstraint(fields=("offer", "member"), name="offer_asks_once")],
            },
        ),
        migrations.AddConstraint(
            model_name="offeredvisit",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_open", True)),
                fields=("visit",),
                name="visit_in_one_open_offer",
                violation_error_message="This visit is already offered. Withdraw the other offer first.",
            ),
        ),
        migrations.AddIndex(
            model_name="offer",
            index=models.Index(condition=models.Q(("status", "open")), fields=["expires_at"], name="offer_open"),
        ),
        migrations.AddConstraint(
            model_name="offer",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "filled"), ("taken_by", None), _connector="XOR"),
                name="offer_filled_by_somebody",
            ),
        ),
    ]
