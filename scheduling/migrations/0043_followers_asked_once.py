"""Whether any visit of a statement is shared is asked of each side alone.

As a join under EXISTS every row was compared with every other when none was shared: ten thousand visits written at once
took minutes. Nothing else differs from 0032.
"""

from django.db import migrations

FORWARD = """
CREATE OR REPLACE FUNCTION visit_commitment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- All that moved are freed before any is held again, so that two visits may swap caregivers in one statement.
    DELETE FROM staff_commitment held USING old_rows o JOIN new_rows n ON n.id = o.id
    WHERE held.visit_id = o.id
      AND (o.caregiver_id, o.starts_at, o.ends_at, o.leader_id IS NULL, o.status IN ('cancelled', 'missed'))
          IS DISTINCT FROM (n.caregiver_id, n.starts_at, n.ends_at, n.leader_id IS NULL, n.status IN ('cancelled', 'missed'));
    INSERT INTO staff_commitment (member_id, during, visit_id)
    SELECT n.caregiver_id, tstzrange(n.starts_at, n.ends_at), n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE n.caregiver_id IS NOT NULL AND n.status NOT IN ('cancelled', 'missed') AND n.leader_id IS NULL
      AND (o.caregiver_id, o.starts_at, o.ends_at, o.leader_id IS NULL, o.status IN ('cancelled', 'missed'))
          IS DISTINCT FROM (n.caregiver_id, n.starts_at, n.ends_at, n.leader_id IS NULL, n.status IN ('cancelled', 'missed'));
    IF EXISTS (SELECT 1 FROM new_rows WHERE leader_id IS NOT NULL OR time_total > time_weight)
       OR EXISTS (SELECT 1 FROM old_rows WHERE leader_id IS NOT NULL) THEN
        -- Approval is each row's own: every client's part has its own minutes.
        UPDATE scheduling_visit f
        SET starts_at = n.starts_at, ends_at = n.ends_at, window_starts_at = n.window_starts_at,
            window_ends_at = n.window_ends_at, caregiver_id = n.caregiver_id, status = n.status,
            cancel_reason = n.cancel_reason, started_at = n.started_at, finished_at = n.finished_at,
            version = f.version + 1
        FROM new_rows n
        WHERE f.leader_id = n.id AND n.status <> 'approved' AND f.status <> 'approved'
              AND (f.starts_at, f.ends_at, f.window_starts_at, f.window_ends_at, f.caregiver_id, f.status, f.cancel_reason,
                   f.started_at, f.finished_at)
                  IS DISTINCT FROM (n.starts_at, n.ends_at, n.window_starts_at, n.window_ends_at, n.caregiver_id,
                                    n.status, n.cancel_reason, n.started_at, n.finished_at);
        PERFORM visit_check_followers(ARRAY(SELECT id FROM new_rows WHERE leader_id IS NOT NULL));
        PERFORM visit_share_time(ARRAY(
            SELECT coalesce(n.leader_id, n.id) FROM new_rows n UNION SELECT coalesce(o.leader_id, o.id) FROM old_rows o
        ));
    END IF;
    RETURN NULL;
END $$;
"""

BACKWARD = """
CREATE OR REPLACE FUNCTION visit_commitment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- All that moved are freed before any is held again, so that two visits may swap caregivers in one statement.
    DELETE FROM staff_commitment held USING old_rows o JOIN new_rows n ON n.id = o.id
    WHERE held.visit_id = o.id
      AND (o.caregiver_id, o.starts_at, o.ends_at, o.leader_id IS NULL, o.status IN ('cancelled', 'missed'))
          IS DISTINCT FROM (n.caregiver_id, n.starts_at, n.ends_at, n.leader_id IS NULL, n.status IN ('cancelled', 'missed'));
    INSERT INTO staff_commitment (member_id, during, visit_id)
    SELECT n.caregiver_id, tstzrange(n.starts_at, n.ends_at), n.id FROM new_rows n JOIN old_rows o ON o.id = n.id
    WHERE n.caregiver_id IS NOT NULL AND n.status NOT IN ('cancelled', 'missed') AND n.leader_id IS NULL
      AND (o.caregiver_id, o.starts_at, o.ends_at, o.leader_id IS NULL, o.status IN ('cancelled', 'missed'))
          IS DISTINCT FROM (n.caregiver_id, n.starts_at, n.ends_at, n.leader_id IS NULL, n.status IN ('cancelled', 'missed'));
    IF EXISTS (
        SELECT 1 FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE n.leader_id IS NOT NULL OR o.leader_id IS NOT NULL OR n.time_total > n.time_weight
    ) THEN
        -- Approval is each row's own: every client's part has its own minutes.
        UPDATE scheduling_visit f
        SET starts_at = n.starts_at, ends_at = n.ends_at, window_starts_at = n.window_starts_at,
            window_ends_at = n.window_ends_at, caregiver_id = n.caregiver_id, status = n.status,
            cancel_reason = n.cancel_reason, started_at = n.started_at, finished_at = n.finished_at,
            version = f.version + 1
        FROM new_rows n
        WHERE f.leader_id = n.id AND n.status <> 'approved' AND f.status <> 'approved'
              AND (f.starts_at, f.ends_at, f.window_starts_at, f.window_ends_at, f.caregiver_id, f.status, f.cancel_reason,
                   f.started_at, f.finished_at)
                  IS DISTINCT FROM (n.starts_at, n.ends_at, n.window_starts_at, n.window_ends_at, n.caregiver_id,
                                    n.status, n.cancel_reason, n.started_at, n.finished_at);
        PERFORM visit_check_followers(ARRAY(SELECT id FROM new_rows WHERE leader_id IS NOT NULL));
        PERFORM visit_share_time(ARRAY(
            SELECT coalesce(n.leader_id, n.id) FROM new_rows n UNION SELECT coalesce(o.leader_id, o.id) FROM old_rows o
        ));
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0042_visit_is_self_clocked")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
