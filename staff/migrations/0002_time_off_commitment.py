"""Approved time off holds the caregiver (DESIGN.md, invariant 1)."""

from django.db import migrations

FORWARD = """
CREATE FUNCTION time_off_commitment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM staff_commitment WHERE time_off_id = NEW.id;
    IF NEW.status = 'approved' THEN
        INSERT INTO staff_commitment (member_id, during, time_off_id)
        VALUES (NEW.member_id, tstzrange(NEW.starts_at, NEW.ends_at), NEW.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER time_off_commitment AFTER INSERT OR UPDATE ON staff_timeoff FOR EACH ROW EXECUTE FUNCTION time_off_commitment();
"""

BACKWARD = """
DROP TRIGGER time_off_commitment ON staff_timeoff;
DROP FUNCTION time_off_commitment();
"""


class Migration(migrations.Migration):
    dependencies = [("staff", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
