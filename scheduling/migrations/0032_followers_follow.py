"""Visits that share a visit's time follow it: in time, caregiver and state (docs/adr/0007-shared-visits-follow-a-leader.md).

The leader alone holds the caregiver's time. Its followers are made with it, move with it and end with it, whoever writes
it and however many are written at once; a follower that would go its own way is refused. A client who leaves is no
follower any more.
"""

from django.db import migrations

FORWARD = """
-- The following visits that patterns say these visits have and that are not there yet; of one client, or of all.
CREATE FUNCTION visit_fill_followers(leaders bigint[], of_client bigint DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO scheduling_visit (
        branch_id, client_id, service_type_id, leader_id, occurrence_on, time_weight, time_total, slot, caregiver_id, status,
        starts_at, ends_at, window_starts_at, window_ends_at, is_changed_by_hand, version, note, cancel_reason,
        adjustment_memo, created_at
    )
    SELECT v.branch_id, k.client_id, k.service_type_id, v.id, v.occurrence_on, k.time_weight, k.time_weight, 1, v.caregiver_id, v.status,
           v.starts_at, v.ends_at, v.window_starts_at, v.window_ends_at, false, 1, '', '', '', v.created_at
    FROM scheduling_visit v
    JOIN scheduling_sharer k ON k.schedule_id = v.schedule_id AND (of_client IS NULL OR k.client_id = of_client)
    JOIN clients_client c ON c.id = k.client_id AND c.status IN ('active', 'assessment')
    WHERE v.id = ANY(leaders) AND v.leader_id IS NULL AND v.status IN ('planned', 'confirmed')
          AND NOT EXISTS (SELECT 1 FROM scheduling_visit f WHERE f.leader_id = v.id AND f.client_id = k.client_id)
    ORDER BY v.id, k.id
$$;

-- All who share a visit know the sum of the weights.
CREATE FUNCTION visit_share_time(leaders bigint[]) RETURNS void LANGUAGE sql AS $$
    UPDATE scheduling_visit v SET time_total = shared.total
    FROM (
        SELECT coalesce(m.leader_id, m.id) AS leader, sum(m.time_weight) AS total FROM scheduling_visit m
        WHERE (m.id = ANY(leaders) OR m.leader_id = ANY(leaders)) AND m.status NOT IN ('cancelled', 'missed')
        GROUP BY 1
    ) shared
    WHERE (v.id = shared.leader OR v.leader_id = shared.leader) AND v.status NOT IN ('cancelled', 'missed')
          AND v.time_total <> shared.total
$$;

CREATE FUNCTION visit_check_followers(wanted bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM scheduling_visit f JOIN scheduling_visit l ON l.id = f.leader_id
        WHERE f.id = ANY(wanted)
              AND ((f.starts_at, f.ends_at, f.caregiver_id, f.branch_id, f.status IN ('cancelled', 'missed'))
                   IS DISTINCT FROM
                   (l.starts_at, l.ends_at, l.caregiver_id, l.branch_id, l.status IN ('cancelled', 'missed'))
                   OR l.leader_id IS NOT NULL OR l.client_id = f.client_id)
    ) THEN
        RAISE EXCEPTION 'a shared visit goes with the one it follows'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'visit_follows_its_leader';
    END IF;
END $$;

CREATE OR REPLACE FUNCTION visit_commitment_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    touched bigint[];
BEGIN
    INSERT INTO staff_commitment (member_id, during, visit_id)
    SELECT caregiver_id, tstzrange(starts_at, ends_at), id FROM new_rows
    WHERE caregiver_id IS NOT NULL AND status NOT IN ('cancelled', 'missed') AND leader_id IS NULL;
    SELECT array_agg(DISTINCT n.id) INTO touched FROM new_rows n JOIN scheduling_sharer k ON k.schedule_id = n.schedule_id;
    IF touched IS NOT NULL THEN
        PERFORM visit_fill_followers(touched);
    END IF;
    SELECT array_agg(id) INTO touched FROM new_rows WHERE leader_id IS NOT NULL;
    IF touched IS NOT NULL THEN
        PERFORM visit_check_followers(touched);
        PERFORM visit_share_time(ARRAY(SELECT DISTINCT leader_id FROM new_rows WHERE leader_id IS NOT NULL));
    END IF;
    RETURN NULL;
END $$;

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

BACKWARD = """
CREATE OR REPLACE FUNCTION visit_commitment_insert() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO staff_commitment (member_id, during, visit_id)
    SELECT caregiver_id, tstzrange(starts_at, ends_at), id FROM new_rows
    WHERE caregiver_id IS NOT NULL AND status NOT IN ('cancelled', 'missed');
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION visit_commitment_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
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
DROP FUNCTION visit_check_followers(bigint[]);
DROP FUNCTION visit_share_time(bigint[]);
DROP FUNCTION visit_fill_followers(bigint[], bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0031_shared_visits")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
