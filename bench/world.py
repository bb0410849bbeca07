"""The database the figures are taken on: the large demo agency in a database of its own, built once."""

from __future__ import annotations

import os
import sys

import environ
import psycopg2


def own_database(fresh: bool) -> None:
    """Points DATABASE_URL at `homecare_bench` on the same server, made when it is not there. Before Django starts."""
    environ.Env.read_env("var/services.env")
    server, _, _name = os.environ["DATABASE_URL"].rpartition("/")
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    connection.autocommit = True
    with connection.cursor() as cursor:
        if fresh:
            cursor.execute("DROP DATABASE IF EXISTS homecare_bench WITH (FORCE)")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = 'homecare_bench'")
        if cursor.fetchone() is None:
            cursor.execute("CREATE DATABASE homecare_bench")
    connection.close()
    os.environ["DATABASE_URL"] = f"{server}/homecare_bench"


def build_agency() -> None:
    """Migrates and seeds; says how far it is."""
    from django.core.management import call_command
    from django.db import connection

    from homecare.demo.build import is_empty

    call_command("migrate", verbosity=0)
    if is_empty():
        print("Building the large demo agency (some minutes, once):", flush=True)
        call_command("seed_demo", size="large", stdout=sys.stdout)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
