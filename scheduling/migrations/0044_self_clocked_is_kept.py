"""Whether a visit verified itself is judged when something is punched or decided, not for a month of visits when asked.

The rule is that of scheduling/compliance.py (`with_verdict`), of the visit's own punches: in and out by the caregiver,
none by the office, none matched by hand. Whoever writes the column, the database writes the verdict.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION visit_is_self_clocked(wanted bigint) RETURNS boolean LANGUAGE sql AS $$
    SELECT coalesce(bool_or(kind = 'in') AND bool_or(kind = 'out') AND bool_and(method <> 'office'), false)
           AND NOT EXISTS (SELECT 1 FROM scheduling_punchdecision d WHERE d.visit_id = wanted)
    FROM scheduling_clockevent WHERE visit_id = wanted
$$;

-- Visits that are there already, in one pass.
UPDATE scheduling_visit v SET is_self_clocked = true
FROM (
    SELECT visit_id FROM scheduling_clockevent WHERE visit_id IS NOT NULL
    GROUP BY visit_id HAVING bool_or(kind = 'in') AND bool_or(kind = 'out') AND bool_and(method <> 'office')
) p
WHERE p.visit_id = v.id AND NOT EXISTS (SELECT 1 FROM scheduling_punchdecision d WHERE d.visit_id = v.id);

CREATE FUNCTION visit_self_clocked_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.is_self_clocked := visit_is_self_clocked(NEW.id);
    RETURN NEW;
END $$;
CREATE TRIGGER visit_self_clocked_insert BEFORE INSERT ON scheduling_visit FOR EACH ROW
    WHEN (NEW.is_self_clocked) EXECUTE FUNCTION visit_self_clocked_is_kept();
CREATE TRIGGER visit_self_clocked_update BEFORE UPDATE ON scheduling_visit FOR EACH ROW
    WHEN (OLD.is_self_clocked IS DISTINCT FROM NEW.is_self_clocked) EXECUTE FUNCTION visit_self_clocked_is_kept();

CREATE FUNCTION visit_judge_clocks(touched bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    -- In key order and before anything is read: two who punch one visit at once wait here, and the second sees both.
    PERFORM 1 FROM scheduling_visit WHERE id = ANY(touched) ORDER BY id FOR NO KEY UPDATE;
    SELECT array_agg(id) INTO touched FROM scheduling_visit
    WHERE id = ANY(touched) AND is_self_clocked <> visit_is_self_clocked(id);
    IF touched IS NOT NULL THEN
        UPDATE scheduling_visit SET is_self_clocked = NOT is_self_clocked WHERE id = ANY(touched);
    END IF;
END $$;

CREATE FUNCTION visit_clocks_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    IF TG_OP = 'INSERT' OR TG_OP = 'UPDATE' THEN
        SELECT array_agg(DISTINCT visit_id) INTO touched FROM new_rows WHERE visit_id IS NOT NULL;
    END IF;
    IF TG_OP = 'DELETE' OR TG_OP = 'UPDATE' THEN
        SELECT array_agg(DISTINCT visit_id) || touched INTO touched FROM old_rows WHERE visit_id IS NOT NULL;
    END IF;
    IF touched IS NOT NULL THEN
        PERFORM visit_judge_clocks(touched);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER clock_event_judged_insert AFTER INSERT ON scheduling_clockevent
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_clocks_changed();
CREATE TRIGGER clock_event_judged_update AFTER UPDATE ON scheduling_clockevent
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_clocks_changed();
CREATE TRIGGER punch_decision_judged_insert AFTER INSERT ON scheduling_punchdecision
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_clocks_changed();
CREATE TRIGGER punch_decision_judged_update AFTER UPDATE ON scheduling_punchdecision
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_clocks_changed();
CREATE TRIGGER punch_decision_judged_delete AFTER DELETE ON scheduling_punchdecision
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_clocks_changed();
"""

BACKWARD = """
DROP TRIGGER punch_decision_judged_delete ON scheduling_punchdecision;
DROP TRIGGER punch_decision_judged_update ON scheduling_punchdecision;
DROP TRIGGER punch_decision_judged_insert ON scheduling_punchdecision;
DROP TRIGGER clock_event_judged_update ON scheduling_clockevent;
DROP TRIGGER clock_event_judged_insert ON scheduling_clockevent;
DROP FUNCTION visit_clocks_changed();
DROP FUNCTION visit_judge_clocks(bigint[]);
DROP TRIGGER visit_self_clocked_update ON scheduling_visit;
DROP TRIGGER visit_self_clocked_insert ON scheduling_visit;
DROP FUNCTION visit_self_clocked_is_kept();
DROP FUNCTION visit_is_self_clocked(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0043_followers_asked_once")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
