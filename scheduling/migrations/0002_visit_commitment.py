"""Live visits hold their caregiver; punches and notes are never edited (DESIGN.md, invariants 1 and 3)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION visit_commitment_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO staff_commitment (member_id, during, visit_id)
    SELECT caregiver_id, tstzrange(starts_at, ends_at), id FROM new_rows
    WHERE caregiver_id IS NOT NULL AND status NOT IN ('cancelled', 'missed');
    RETURN NULL;
END $$;

CREATE FUNCTION visit_commitment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- All that moved are freed before any is held again, so that two visits may swap caregivers in one statement.
    DELETE FROM staff_commitment held USING old_rows o JOIN new_rows n ON n.id = o.id
    WHERE held.visit_id = o.id
      AND (o.caregiver_id, o.starts_at, o.ends_at, o.status IN ('cancelled', 'missed'))
          IS DISTINCT FROM (n.caregiver_id, n.starts_at, n.ends_at, n.status IN ('cancelled', 'missed'));
    INSERT INTO staff_commitment (member_id, during, visit_id)
    SELECT n.caregiver_id, tstzrange(n.starts_at, n.ends_at), n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE n.caregiver_id IS NOT NULL AND n.status NOT IN ('cancelled', 'missed')
      AND (o.caregiver_id, o.starts_at, o.ends_at, o.status IN ('cancelled', 'missed'))
          IS DISTINCT FROM (n.caregiver_id, n.starts_at, n.ends_at, n.status IN ('cancelled', 'missed'));
    RETURN NULL;
END $$;

CREATE FUNCTION visit_commitment_delete() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM staff_commitment held USING old_rows o WHERE held.visit_id = o.id;
    RETURN NULL;
END $$;

CREATE TRIGGER visit_commitment_insert AFTER INSERT ON scheduling_visit
    REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_commitment_insert();
CREATE TRIGGER visit_commitment_update AFTER UPDATE ON scheduling_visit
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_commitment_update();
CREATE TRIGGER visit_commitment_delete AFTER DELETE ON scheduling_visit
    REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION visit_commitment_delete();

-- A punch is never edited; one that matched no visit may be given its visit once.
CREATE FUNCTION clock_event_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.visit_id IS NULL AND NEW.visit_id IS NOT NULL
       AND to_jsonb(OLD) - 'visit_id' - 'distance_metres' = to_jsonb(NEW) - 'visit_id' - 'distance_metres' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'clock events are kept as they were punched' USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER clock_event_append_only BEFORE UPDATE OR DELETE ON scheduling_clockevent FOR EACH ROW EXECUTE FUNCTION clock_event_append_only();
CREATE TRIGGER visit_note_append_only BEFORE UPDATE OR DELETE ON scheduling_visitnote FOR EACH ROW EXECUTE FUNCTION refuse_change();
"""

BACKWARD = """
DROP TRIGGER visit_note_append_only ON scheduling_visitnote;
DROP TRIGGER clock_event_append_only ON scheduling_clockevent;
DROP FUNCTION clock_event_append_only();
DROP TRIGGER visit_commitment_delete ON scheduling_visit;
DROP TRIGGER visit_commitment_update ON scheduling_visit;
DROP TRIGGER visit_commitment_insert ON scheduling_visit;
DROP FUNCTION visit_commitment_delete();
DROP FUNCTION visit_commitment_update();
DROP FUNCTION visit_commitment_insert();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0001_initial"),
        ("staff", "0002_time_off_commitment"),
        ("accounts", "0002_refuse_change"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
