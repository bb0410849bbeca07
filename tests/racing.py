"""Two people at the same moment, each with a connection of their own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each act returned, or the error it raised, in the order of the acts. They are let go together."""
    gate = threading.Barrier(len(acts))
    results: list[Any] = [None] * len(acts)

    def run(number: int, act: Callable[[], Any]) -> None:
        try:
            gate.wait(30)
            results[number] = act()
        except Exception as error:  # a deadlock or a broken connection is a result too
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def told_at_once(*acts: Callable[[], Any]) -> list[str]:
    """'done' or the sentence of the refusal for each of the acts."""
    results = at_once(*acts)
    return [getattr(one, "message", repr(one)) if isinstance(one, Exception) else "done" for one in results]


def while_open(first: Callable[[], Any], second: Callable[[], Any], pause: float = 0.3) -> Any:
    """Runs `second` in another connection while `first` has acted and not committed yet; its result or error.

    `first` commits after `pause` seconds: long enough for the second to meet its locks."""
    results: list[Any] = []

    def run() -> None:
        try:
            results.append(second())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    with transaction.atomic():
        first()
        thread = threading.Thread(target=run)
        thread.start()
        time.sleep(pause)
    thread.join(60)
    return results[0]
