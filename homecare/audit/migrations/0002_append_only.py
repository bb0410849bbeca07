"""The trail can only grow (DESIGN.md, invariant 8)."""

from django.db import migrations

FORWARD = """
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER event_no_truncate BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_append_only BEFORE UPDATE OR DELETE ON audit_seal FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER seal_no_truncate BEFORE TRUNCATE ON audit_seal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

BACKWARD = """
DROP TRIGGER event_append_only ON audit_event;
DROP TRIGGER event_no_truncate ON audit_event;
DROP TRIGGER seal_append_only ON audit_seal;
DROP TRIGGER seal_no_truncate ON audit_seal;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial"), ("accounts", "0002_refuse_change")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
