"""Turns: many threads, of which exactly one runs, in the order of virtual time.

Everything that takes time in the sandbox (an API call, a Wait state, a retry, a timer,
an execution) takes turns: whoever sleeps hands the turn to whoever wakes next, and the
clock moves to that moment.  Hence two executions, an operator and a late write
interleave at every API call as they do in AWS, and the same seed gives the same order.

Rules: only `sleep`, `join` and the end of a task hand the turn on; a task that is
spawned waits for its first turn; equal moments go first come, first served; inside a
listener of the clock sleeping takes no time.  Branches of a Parallel or Map state are
moto's own threads: they are not turns, so their waits add up and their order is free.

Without a `pace` time passes as fast as it can.  With one, whoever hands the turn on
waits in real time until the next moment is due, and a request from outside comes in
meanwhile as a task of its own (`enter`).
"""

from __future__ import annotations

import contextvars
import heapq
import itertools
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shifter_sandbox.clock import VirtualClock
from shifter_sandbox.pacing import Pace

REAL_SECONDS = 120.0


class SandboxClosed(Exception):
    """The account was closed while this thread was still at work."""


class Stuck(RuntimeError):
    """Nobody is left who could move on, or no real time is left to wait for it."""


@dataclass(eq=False)
class Task:
    """A piece of work that takes turns."""

    name: str
    done: bool = False
    error: BaseException | None = None
    thread: threading.Thread | None = None
    waiters: list[_Turn] = field(default_factory=list)


@dataclass(order=True)
class _Turn:
    wake: datetime
    number: int
    event: threading.Event = field(default_factory=threading.Event, compare=False)
    key: str = field(default="", compare=False)
    stuck: bool = field(default=False, compare=False)


class Turns:
    """Who runs, and when."""

    def __init__(
        self, clock: VirtualClock, *, real_seconds: float = REAL_SECONDS
    ) -> None:
        self.clock = clock
        self.pace: Pace | None = None
        self._real_seconds = real_seconds
        self._lock = threading.RLock()
        self._called = threading.Condition(self._lock)
        self._queue: list[_Turn] = []
        self._joining: list[_Turn] = []
        self._tasks: list[Task] = []
        self._numbers = itertools.count()
        self._opener = threading.get_ident()
        self._closed = False
        self._failure: Exception | None = None

    @property
    def closed(self) -> bool:
        return self._closed

    def sleep(self, seconds: float, *, key: str = "") -> None:
        """Let `seconds` of virtual time pass; others run meanwhile."""
        self._check_open()
        if self.clock.telling:
            return
        with self._lock:
            turn = self._add(max(0.0, seconds), key)
        self._pass_on()
        self._await(turn)

    def hurry(self, key: str) -> None:
        """Wake now whoever sleeps under `key`."""
        with self._lock:
            for turn in self._queue:
                if turn.key == key:
                    turn.wake = min(turn.wake, self.clock.now())
            heapq.heapify(self._queue)

    def spawn(
        self, name: str, action: Callable[[], object], *, delay: float = 0.0
    ) -> Task:
        """Start a task that gets its first turn `delay` virtual seconds from now."""
        self._check_open()
        task = Task(name)
        context = contextvars.copy_context()
        with self._lock:
            turn = self._add(delay, "")
            self._tasks = [old for old in self._tasks if not old.done or old.error]
            self._tasks.append(task)
            self._called.notify_all()

        def body() -> None:
            turn.event.wait()
            try:
                if not self._closed:
                    context.run(action)
            except SandboxClosed:
                pass
            except BaseException as error:  # noqa: BLE001  raised again by join or close
                task.error = None if self._closed else error
            finally:
                self._finish(task)

        task.thread = threading.Thread(target=body, name=name, daemon=True)
        task.thread.start()
        return task

    def enter(self, name: str, action: Callable[[], object]) -> Task:
        """Start a task from outside of all turns; it gets its turn as soon as it can.

        The clock may stand at the moment before, so the task's moment is what is due.
        """
        with self._lock:
            now = self.clock.now()
            due = max(now, self.pace.due() if self.pace else now)
            return self.spawn(name, action, delay=(due - now).total_seconds())

    def join(self, task: Task) -> None:
        """Hand the turn on until `task` has ended; raise what it raised."""
        self._check_open()
        with self._lock:
            waiting = not task.done
            turn = _Turn(self.clock.now(), next(self._numbers))
            if waiting:
                task.waiters.append(turn)
                self._joining.append(turn)
        if waiting:
            self._pass_on()
            self._await(turn)
            if turn.stuck:
                raise Stuck(f"{task.name} waits for something that nobody will do")
        if task.error is not None:
            error, task.error = task.error, None
            raise error

    def close(self) -> None:
        """Wake everybody to end; raise the first error that nobody has seen."""
        self._wake_all()
        deadline = time.perf_counter() + 5
        for task in self._tasks:
            if task.thread is not None:
                task.thread.join(max(0.0, deadline - time.perf_counter()))
        for task in self._tasks:
            if task.error is not None:
                raise RuntimeError(f"{task.name} failed unseen") from task.error
        if self._failure is not None:
            raise RuntimeError("a listener of the clock failed") from self._failure

    def _add(self, seconds: float, key: str) -> _Turn:
        wake = self.clock.now() + timedelta(seconds=seconds)
        turn = _Turn(wake, next(self._numbers), key=key)
        heapq.heappush(self._queue, turn)
        return turn

    def _wake_all(self) -> None:
        self._closed = True
        with self._lock:
            for turn in [*self._queue, *self._joining]:
                turn.event.set()
            self._called.notify_all()

    def _pass_on(self) -> None:
        try:
            self._wake_next()
        except Exception as error:
            self._failure = error
            self._wake_all()
            raise

    def _wake_next(self) -> None:
        with self._lock:
            while self._queue and not self._closed:
                turn = self._queue[0]
                if self.clock.now() < turn.wake:
                    self._move_towards(turn.wake)
                    continue  # somebody who comes first may have come meanwhile
                heapq.heappop(self._queue)
                turn.event.set()
                return
            if self._joining:
                turn = self._joining.pop(0)
                turn.stuck = True
                turn.event.set()

    def _move_towards(self, goal: datetime) -> None:
        stop = self.clock.stop_before(goal)
        wait = self.pace.wait(stop) if self.pace else 0.0
        if wait > 0:
            self._called.wait(wait)  # and let go of the lock
        else:
            self.clock.step_towards(stop)

    def _await(self, turn: _Turn) -> None:
        patience = self._real_seconds if self._is_opener() else None
        if not turn.event.wait(patience):
            alive = ", ".join(task.name for task in self._tasks if not task.done)
            raise Stuck(
                f"no end after {patience} real seconds, at {self.clock.now()}: {alive}"
            )
        self._check_open()

    def _finish(self, task: Task) -> None:
        with self._lock:
            task.done = True
            for turn in task.waiters:
                if turn in self._joining:
                    self._joining.remove(turn)
                    turn.wake = self.clock.now()
                    heapq.heappush(self._queue, turn)
        if not self._closed:
            with suppress(Exception):  # nobody is here to see it; close raises it
                self._pass_on()

    def _is_opener(self) -> bool:
        return threading.get_ident() == self._opener

    def _check_open(self) -> None:
        if self._closed:
            raise SandboxClosed from self._failure
