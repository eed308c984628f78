"""A service starts anew when its code was saved, and sign-ins last: they are in Redis and the browser."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from local_stack import changes
from local_stack.changes import Changes
from local_stack.child import Child
from local_stack.layout import Layout
from local_stack.readiness import wait_until_ready
from local_stack.rendering import write_public_files
from local_stack.supervisor import Supervisor

ASK_AGAIN_SECONDS = 0.1
# While somebody is writing: one file may follow another.
ASK_SOON_SECONDS = 0.05


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
        while not self._supervisor.wait(self._pause()):
            if saved := self._changes.saved():
                self._take_over(saved)

    def _pause(self) -> float:
        return ASK_SOON_SECONDS if self._changes.under_way else ASK_AGAIN_SECONDS

    def _take_over(self, saved: list[Path]) -> None:
        # With what was not taken over before, because something in it was wrong.
        saved = sorted(self._waiting.union(saved))
        self._waiting = set(saved)
        if wrong := changes.mistakes(saved):
            self._supervisor.say(*wrong, self._until_then(saved))
            return
        self._waiting.clear()
        if any(map(changes.is_for_the_door, saved)):
            write_public_files(self._layout.folder / "public")
        names = changes.concerned(saved)
        said = saved[0].as_posix() if len(saved) == 1 else f"{len(saved)} files"
        self._supervisor.say(f"{said} changed: {' and '.join(names)} anew.")
        children = [self._services[name] for name in names]
        whole = any(map(changes.needs_a_new_process, saved))
        if ending := children if whole else [each for each in children if not each.reload()]:
            self._start_anew(ending)

    def _until_then(self, saved: Sequence[Path]) -> str:
        names = changes.concerned(saved)
        if down := [name for name in names if not self._services[name].running]:
            return f"{' and '.join(down)} will start when this is mended."
        return "The code of before goes on until this is mended."

    def _start_anew(self, children: Sequence[Child]) -> None:
        """End them and start them, all at once: nobody waits for the other."""
        for child in children:
            child.ask_to_end()
        for child in children:
            child.stop()
            self._supervisor.start(child)
        wait_until_ready(
            self._layout.ports,
            [child.name for child in children],
            give_up=lambda: self._supervisor.ending or not all(child.running for child in children),
        )
