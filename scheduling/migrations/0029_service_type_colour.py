from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0028_holiday_answers")]

    operations = [
        migrations.AddConstraint(
            model_name="servicetype",
            constraint=models.CheckConstraint(
                condition=models.Q(("colour__gte", 1), ("colour__lte", 8)),
                name="service_type_colour_known",
                violation_error_message="Choose one of the eight colours of the board.",
            ),
        ),
    ]
