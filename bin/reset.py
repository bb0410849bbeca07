"""Deletes every record and uploaded document of this installation; run by `bin/up --reset`, which asks first."""

import os
import shutil
import sys
from pathlib import Path

import psycopg2
import redis

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bin"))

from embedded.environment import read_env_file  # noqa: E402  (found through the line above)


def main() -> None:
    read_env_file(ROOT / ".env")
    read_env_file(ROOT / "var" / "services.env")
    with psycopg2.connect(os.environ["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '10s'")
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    redis.Redis.from_url(os.environ["REDIS_URL"]).flushdb()  # queued work speaks of rows that are gone
    if "MEDIA_ROOT" not in os.environ:
        shutil.rmtree(ROOT / "var" / "media", ignore_errors=True)


try:
    main()
except psycopg2.errors.LockNotAvailable:
    sys.exit("reset: another program is using the database. Stop it, then run this again.")
except psycopg2.Error as error:
    sys.exit(f"reset: the database refused: {error}")
