"""What a reviewer asked for, the order of goals, what was done about an alert, and the computed early warning score."""

from django.db import migrations, models

KINDS = [
    ("systolic", "Systolic pressure"),
    ("diastolic", "Diastolic pressure"),
    ("heart_rate", "Heart rate"),
    ("respiration", "Respiration"),
    ("temperature", "Temperature"),
    ("oxygen", "Oxygen saturation"),
    ("weight", "Weight"),
    ("height", "Height"),
    ("glucose", "Glucose"),
    ("pain", "Pain 0–10"),
    ("news2", "Early warning score (NEWS2)"),
]


class Migration(migrations.Migration):
    dependencies = [("careplans", "0002_plan_in_force")]

    operations = [
        migrations.AddField(
            model_name="careplan",
            name="review_comment",
            field=models.TextField(blank=True, help_text="What the reviewer asked to change when the draft went back."),
        ),
        migrations.AddField(
            model_name="goal",
            name="position",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AlterModelOptions(name="goal", options={"ordering": ["position", "id"]}),
        migrations.AddField(
            model_name="vitalreading",
            name="acknowledge_comment",
            field=models.CharField(blank=True, help_text="What was done about it.", max_length=300),
        ),
        migrations.AlterField(
            model_name="vitalreading", name="kind", field=models.CharField(choices=KINDS, max_length=12)
        ),
        migrations.AlterField(
            model_name="vitalthreshold", name="kind", field=models.CharField(choices=KINDS, max_length=12)
        ),
    ]
