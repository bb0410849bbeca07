"""Whether any visit of a statement is shared is asked of each side alone.

As a join under EXISTS every row was compared with every other when none was shared: ten thousand visits written at once
took minutes. Nothing else differs from 0032.
"""

from importlib import import_module

from django.db import migrations

JOINED = """
    IF EXISTS (
        SELECT 1 FROM new_rows n JOIN old_rows o ON o.id = n.id
        WHERE n.leader_id IS NOT NULL OR o.leader_id IS NOT NULL OR n.time_total > n.time_weight
    ) THEN"""
APART = """
    IF EXISTS (SELECT 1 FROM new_rows WHERE leader_id IS NOT NULL OR time_total > time_weight)
       OR EXISTS (SELECT 1 FROM old_rows WHERE leader_id IS NOT NULL) THEN"""


def former_function() -> str:
    """The function as the migration before wrote it."""
    text = str(import_module("scheduling.migrations.0032_followers_follow").FORWARD)
    text = text[text.index("CREATE OR REPLACE FUNCTION visit_commitment_update") :]
    return text[: text.index("END $$;")] + "END $$;"


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0042_visit_is_self_clocked")]

    operations = [migrations.RunSQL(former_function().replace(JOINED, APART), former_function())]
