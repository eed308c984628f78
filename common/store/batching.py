"""Questions of the same moment, asked together.

What is asked while an answer is under way waits for that answer and then travels together: the busier
it is, the more share a round trip.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

LARGEST_BATCH = 256
# An answer that is this late must not make two people wait one after the other.
PATIENCE_SECONDS = 0.01


class Batches(Generic[Q, A]):
    """`answer` takes some questions, and returns as many answers or failures in their order, or raises.

    It runs in a task of its own: whoever goes away cancels their own waiting, never a command whose
    reply is under way (the cause of redis-py CVE-2023-28858).
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]) -> None:
        self._answer = answer
        self._waiting: list[tuple[Q, asyncio.Future[A]]] = []
        self._running: set[asyncio.Task[None]] = set()
        self._next: asyncio.Handle | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(self, question: Q) -> "asyncio.Future[A]":
        """A future of this question's answer; awaiting it raises the failure that is in its place."""
        loop = self._loop = self._loop or asyncio.get_running_loop()
        answer: asyncio.Future[A] = loop.create_future()
        self._waiting.append((question, answer))
        if self._next is None:
            self._next = (
                loop.call_later(PATIENCE_SECONDS, self._send)
                if self._running
                else loop.call_soon(self._send)
            )
        return answer

    def _send(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        waiting, self._waiting = self._waiting, []
        for start in range(0, len(waiting), LARGEST_BATCH):
            task = asyncio.create_task(self._run(waiting[start : start + LARGEST_BATCH]))
            self._running.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if self._waiting and not self._running:
            self._send()

    async def _run(self, batch: Sequence[tuple[Q, "asyncio.Future[A]"]]) -> None:
        try:
            answers = await self._answer([question for question, _ in batch])
        except Exception as error:  # noqa: BLE001 - whatever it is, everybody who waits must learn it
            answers = [own_failure(error) for _ in batch]
        for (_, waiting), answer in zip(batch, answers, strict=True):
            if waiting.done():
                continue
            if isinstance(answer, Exception):
                waiting.set_exception(answer)
            else:
                waiting.set_result(answer)


def own_failure(error: Exception) -> Exception:
    """What one caller adds to a failure, such as a way on, concerns no other.

    Not copy.copy: it calls the class again, with arguments that the error may not have kept.
    """
    own = type(error).__new__(type(error), *error.args)
    vars(own).update(vars(error))
    return own
