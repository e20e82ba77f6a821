"""Pools: the threads of a ThreadPoolExecutor take turns, too.

Shifter writes its edges in parallel.  Real threads would race in real time; here each
submitted call is a task of `turns`, so parallel calls overlap in virtual time and end
in the same order in every run.  Time-outs of `result` and `wait` are not emulated.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, _base
from contextlib import ExitStack, contextmanager
from typing import Any

from shifter_sandbox.patching import patched
from shifter_sandbox.turns import Task, Turns

_TASK = "_shifter_sandbox_task"
_TASKS = "_shifter_sandbox_tasks"


@contextmanager
def pools_take_turns(turns: Turns) -> Iterator[None]:
    """Replace the threads of every ThreadPoolExecutor inside the context."""
    result, exception = Future.result, Future.exception
    acquire: Any = _base._AcquireFutures
    acquire_init = acquire.__init__

    def submit(
        pool: ThreadPoolExecutor, call: Callable[..., Any], /, *args: Any, **named: Any
    ) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()

        def work() -> None:
            try:
                answer = call(*args, **named)
            except BaseException as error:  # noqa: BLE001  the future hands it on
                future.set_exception(error)
            else:
                future.set_result(answer)

        task = turns.spawn(f"pool of {getattr(call, '__name__', call)}", work)
        setattr(future, _TASK, task)
        vars(pool).setdefault(_TASKS, []).append(task)
        return future

    def wait_for(task: Task | None) -> None:
        if task is not None and not task.done:
            turns.join(task)

    def patient_result(future: Future[Any], timeout: float | None = None) -> Any:
        wait_for(getattr(future, _TASK, None))
        return result(future, timeout)

    def patient_exception(
        future: Future[Any], timeout: float | None = None
    ) -> BaseException | None:
        wait_for(getattr(future, _TASK, None))
        return exception(future, timeout)

    def patient_acquire(self: Any, futures: Iterable[Future[Any]]) -> None:
        found = list(futures)
        for future in found:
            wait_for(getattr(future, _TASK, None))
        acquire_init(self, found)

    def shutdown(
        pool: ThreadPoolExecutor,
        wait: bool = True,
        *,
        cancel_futures: bool = False,  # noqa: ARG001  tasks start at once: none is left
    ) -> None:
        for task in vars(pool).get(_TASKS, []):
            if wait:
                wait_for(task)

    with ExitStack() as stack:
        for owner, name, new in (
            (ThreadPoolExecutor, "submit", submit),
            (ThreadPoolExecutor, "shutdown", shutdown),
            (Future, "result", patient_result),
            (Future, "exception", patient_exception),
            (acquire, "__init__", patient_acquire),
        ):
            stack.enter_context(patched(owner, name, new))
        yield
