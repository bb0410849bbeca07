"""When a visit last changed and who had it before, as the database sees it (scheduling/calendar_feed.py)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION visit_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END $$;
CREATE TRIGGER visit_changed BEFORE UPDATE ON scheduling_visit FOR EACH ROW
    WHEN ((OLD.version, OLD.status, OLD.starts_at, OLD.ends_at, OLD.caregiver_id)
        IS DISTINCT FROM (NEW.version, NEW.status, NEW.starts_at, NEW.ends_at, NEW.caregiver_id))
    EXECUTE FUNCTION visit_changed();

CREATE FUNCTION visit_left_its_caregiver() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO scheduling_formercaregiver AS row (visit_id, member_id, starts_at, ends_at, version, at)
    VALUES (OLD.id, OLD.caregiver_id, OLD.starts_at, OLD.ends_at, NEW.version, now())
    ON CONFLICT (visit_id, member_id) DO UPDATE SET starts_at = excluded.starts_at, ends_at = excluded.ends_at,
        version = greatest(row.version, excluded.version), at = excluded.at;
    RETURN NULL;
END $$;
CREATE TRIGGER visit_left_its_caregiver AFTER UPDATE OF caregiver_id ON scheduling_visit FOR EACH ROW
    WHEN (OLD.caregiver_id IS NOT NULL AND OLD.caregiver_id IS DISTINCT FROM NEW.caregiver_id)
    EXECUTE FUNCTION visit_left_its_caregiver();
"""

BACKWARD = """
DROP TRIGGER visit_left_its_caregiver ON scheduling_visit;
DROP FUNCTION visit_left_its_caregiver();
DROP TRIGGER visit_changed ON scheduling_visit;
DROP FUNCTION visit_changed();
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0033_calendars_that_take_out")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
