"""A broker of the tests' own, and a real worker process to kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.test import Client as HttpClient
from django.test.utils import CaptureQueriesContext

from homecare.celery import app

# Valkey has 16 databases, the product uses the first ones. Each process of pytest-xdist empties its own after a test.
BROKER_DATABASE = 8 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 8


def test_broker_url() -> str:
    return f"{settings.REDIS_URL.rpartition('/')[0]}/{BROKER_DATABASE}"


test_broker_url.__test__ = False  # a name, not a test


@contextmanager
def broker_at(url: str) -> Iterator[str]:
    """Points the application at another broker; its producers keep no connection to the former one."""
    before = app.conf.broker_url
    app.conf.broker_url = url
    app.amqp._producer_pool = None
    try:
        yield url
    finally:
        app.conf.broker_url = before
        app.amqp._producer_pool = None


@pytest.fixture(autouse=True)
def own_broker() -> Iterator[str]:
    """Bells of tests ring in a Valkey database where no worker of the product listens."""
    url = test_broker_url()
    with broker_at(url):
        yield url
    redis.Redis.from_url(url).flushdb()


class Worker:
    """A real `celery worker` process on the test database."""

    def __init__(self, broker: str, include: str):
        name = connection.settings_dict["NAME"]
        host = connection.settings_dict
        address = f"postgres://{host['USER']}:{host['PASSWORD']}@{host['HOST']}:{host['PORT']}/{name}"
        command = [sys.executable, "-m", "celery", "-A", "homecare", "--quiet", "worker", "--include", include]
        command += ["--pool", "solo", "--without-gossip", "--without-mingle", "--without-heartbeat"]
        command += ["--queues", "default,notify", "--loglevel", "WARNING"]
        environment = {**os.environ, "DATABASE_URL": address, "REDIS_URL": broker}
        self.process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)

    def kill(self) -> None:
        """As when the machine loses power: nothing is cleaned up."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def start_worker(own_broker) -> Iterator[Callable[[], Worker]]:
    workers: list[Worker] = []

    def start() -> Worker:
        workers.append(Worker(own_broker, "tests.homecare.counting"))
        return workers[-1]

    yield start
    for worker in workers:
        worker.stop()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Fails when the condition does not come true in time."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.1)


def queries_of(http: HttpClient, url: str) -> int:
    """Queries of a page on a session already begun; the first request of a session also writes it."""
    assert http.get(url).status_code == 200
    with CaptureQueriesContext(connection) as seen:
        assert http.get(url).status_code == 200
    return len(seen)
