"""A care plan in force never changes; a change makes a new version (DESIGN.md, invariant 7)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION care_plan_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.status IN ('active', 'superseded') THEN
            RAISE EXCEPTION 'a care plan in force is never deleted' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.status IN ('active', 'superseded') AND to_jsonb(OLD) - 'status' IS DISTINCT FROM to_jsonb(NEW) - 'status' THEN
        RAISE EXCEPTION 'a care plan in force never changes' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER care_plan_in_force BEFORE UPDATE OR DELETE ON careplans_careplan FOR EACH ROW EXECUTE FUNCTION care_plan_in_force();

CREATE FUNCTION care_plan_part_in_force() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE the_plan bigint := CASE WHEN TG_OP = 'DELETE' THEN OLD.plan_id ELSE NEW.plan_id END;
BEGIN
    IF EXISTS (SELECT 1 FROM careplans_careplan WHERE id = the_plan AND status IN ('active', 'superseded')) THEN
        RAISE EXCEPTION 'tasks and goals of a care plan in force never change' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER planned_task_in_force BEFORE INSERT OR UPDATE OR DELETE ON careplans_plannedtask FOR EACH ROW EXECUTE FUNCTION care_plan_part_in_force();
CREATE TRIGGER goal_in_force BEFORE INSERT OR UPDATE OR DELETE ON careplans_goal FOR EACH ROW EXECUTE FUNCTION care_plan_part_in_force();
"""

BACKWARD = """
DROP TRIGGER goal_in_force ON careplans_goal;
DROP TRIGGER planned_task_in_force ON careplans_plannedtask;
DROP FUNCTION care_plan_part_in_force();
DROP TRIGGER care_plan_in_force ON careplans_careplan;
DROP FUNCTION care_plan_in_force();
"""


class Migration(migrations.Migration):
    dependencies = [("careplans", "0001_initial"), ("accounts", "0002_refuse_change")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
