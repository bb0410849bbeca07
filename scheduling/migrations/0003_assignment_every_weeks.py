"""A caregiver may take every second … eighth week of a pattern."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_visit_commitment")]

    operations = [
        migrations.AddField(
            model_name="assignmentrule",
            name="every_weeks",
            field=models.PositiveSmallIntegerField(
                default=1,
                help_text="1 every week, 2 every other week … 8; counted from the week of `since`.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(8),
                ],
            ),
        ),
        migrations.AddConstraint(
            model_name="assignmentrule",
            constraint=models.CheckConstraint(
                condition=models.Q(every_weeks__gte=1, every_weeks__lte=8),
                name="assignment_every_weeks_sane",
                violation_error_message="Choose every week up to every 8th week.",
            ),
        ),
    ]
