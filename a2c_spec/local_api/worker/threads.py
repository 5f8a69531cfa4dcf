"""A few daemon threads that carry out jobs, so that the event loop never waits for a conversion."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable

log = logging.getLogger("a2c_spec.local_api")
Task = Callable[[], object]


class WorkerThreads:
    """Threads that start when there is work. As daemon threads they do not keep the program from ending."""

    def __init__(self, count: int) -> None:
        self._count = max(1, count)
        self._queue: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._busy = 0

    def submit(self, task: Task) -> None:
        """Run a task on one of the threads, as soon as one is free."""
        with self._lock:
            self._busy += 1
            if len(self._threads) < min(self._count, self._busy):
                thread = threading.Thread(target=self._work, name="a2c-local-api", daemon=True)
                self._threads.append(thread)
                thread.start()
        self._queue.put(task)

    def stop(self, grace: float) -> None:
        """Take no more tasks, and wait up to ``grace`` seconds for each running one."""
        with self._lock:
            threads, self._threads = self._threads, []
        for _ in threads:
            self._queue.put(None)
        for thread in threads:
            thread.join(grace)

    def _work(self) -> None:
        while (task := self._queue.get()) is not None:
            try:
                task()
            except Exception:
                log.exception("A task of the local API failed")
            finally:
                with self._lock:
                    self._busy -= 1
