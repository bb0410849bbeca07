"""Tables of reason codes per payer, what was done about it, and a given reason that nobody deletes."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
CREATE FUNCTION given_reason_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.reason_code_id IS NOT NULL AND (TG_OP = 'DELETE' OR NEW.reason_code_id IS NULL) THEN
        RAISE EXCEPTION 'a given reason stays' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER given_reason_stays BEFORE UPDATE OR DELETE ON scheduling_visitexception
    FOR EACH ROW EXECUTE FUNCTION given_reason_stays();
"""
BACKWARD = """
DROP TRIGGER given_reason_stays ON scheduling_visitexception;
DROP FUNCTION given_reason_stays();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0019_punch_decisions"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="reasoncode",
            name="reason_code_once",
        ),
        migrations.AddField(
            model_name="reasoncode",
            name="is_active",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="reasoncode",
            name="kind",
            field=models.CharField(
                choices=[("reason", "Reason"), ("action", "Action taken")], default="reason", max_length=8
            ),
        ),
        migrations.AddField(
            model_name="reasoncode",
            name="suggests",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=14),
                blank=True,
                default=list,
                help_text="Exceptions for which it is offered first.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="visit",
            name="adjustment_action",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                help_text="What was done about it, where the payer asks for that.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scheduling.reasoncode",
            ),
        ),
        migrations.AddField(
            model_name="visitexception",
            name="action_code",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="scheduling.reasoncode",
            ),
        ),
        migrations.AddConstraint(
            model_name="reasoncode",
            constraint=models.UniqueConstraint(
                fields=("set_name", "kind", "code"),
                name="reason_code_once",
                violation_error_message="This set has that code already.",
            ),
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
