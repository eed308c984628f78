"""A service starts anew when its code was saved, and sign-ins last: they are in Redis and the browser."""

from collections.abc import Mapping
from pathlib import Path

from local_stack import changes
from local_stack.changes import Changes
from local_stack.child import Child
from local_stack.layout import Layout
from local_stack.readiness import wait_until_ready
from local_stack.rendering import write_public_files
from local_stack.supervisor import Supervisor

ASK_AGAIN_SECONDS = 0.1


class Live:
    """`follow` returns when the stack ends."""

    def __init__(
        self, supervisor: Supervisor, layout: Layout, services: Mapping[str, Child]
    ) -> None:
        self._supervisor = supervisor
        self._layout = layout
        self._services = services
        self._changes = Changes()
        self._waiting: set[Path] = set()

    def follow(self) -> None:
        # One that cannot start with what was saved waits for what is saved next.
        self._supervisor.let_end(self._services)
        while not self._supervisor.wait(ASK_AGAIN_SECONDS):
            if saved := self._changes.saved():
                self._take_over(saved)

    def _take_over(self, saved: list[Path]) -> None:
        # With what was not taken over before, because something in it was wrong.
        saved = sorted(self._waiting.union(saved))
        self._waiting = set(saved)
        if wrong := changes.mistakes(saved):
            self._supervisor.say(*wrong, "The code of before goes on until this is mended.")
            return
        self._waiting.clear()
        if any(map(changes.is_for_the_door, saved)):
            write_public_files(self._layout.folder / "public")
        names = changes.concerned(saved)
        said = saved[0].as_posix() if len(saved) == 1 else f"{len(saved)} files"
        self._supervisor.say(f"{said} changed: {' and '.join(names)} anew.")
        for name in names:
            self._renew(self._services[name], whole=any(map(changes.needs_a_new_process, saved)))

    def _renew(self, child: Child, *, whole: bool) -> None:
        if child.running and not whole:
            child.reload()
            return
        child.stop()
        self._supervisor.start(child)
        wait_until_ready(
            self._layout.ports,
            [child.name],
            give_up=lambda: self._supervisor.ending or not child.running,
        )
