"""Brings the database to the present code and fills an empty one with the demo agency (not with --no-demo).

One process for both, because loading Django is most of what a second start costs; run by bin/up.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "homecare.settings")
django.setup()
call_command("migrate", interactive=False, verbosity=0)
if "--no-demo" not in sys.argv[1:]:
    call_command("seed_demo", if_empty=True)
