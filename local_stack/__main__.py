"""`make run`: check, render, run, and say where to go. Whatever is wrong ends it with a sentence."""

import sys
from collections.abc import Mapping, Sequence

from local_stack import dotenv, ports, programs, settings, settings_check, terminal
from local_stack.changes import SERVICES
from local_stack.child import Child
from local_stack.environment import environment
from local_stack.layout import REPOSITORY, Layout, run_folder, uses_real_webex
from local_stack.live import Live
from local_stack.log_lines import AsWritten, ForPeople, Writing
from local_stack.ports import Ports
from local_stack.processes import children
from local_stack.readiness import wait_until_ready
from local_stack.rendering import SettingRefusedError, render
from local_stack.supervisor import Supervisor

EXIT_SETTINGS = 2
EXIT_INTERRUPTED = 130


class NotStarting(Exception):
    """Something has to be mended first; the text says what."""


# Each says what a person has to do.
STOPPED_BY = (
    *(NotStarting, dotenv.DotenvError, settings.PortMalformedError, terminal.LogFormatError),
    *(programs.ProgramMissingError, SettingRefusedError),
)


def main() -> int:
    terminal.forgive()
    try:
        told = settings.read(REPOSITORY)
        for_people = terminal.is_for_people(told)
        layout = _layout(told)
        _check(layout)
        render(layout)
    except STOPPED_BY as reason:
        print(reason, file=sys.stderr)
        return EXIT_SETTINGS
    except PermissionError as error:
        print(f"{error.filename} belongs to another user: delete the folder .run", file=sys.stderr)
        return EXIT_SETTINGS
    processes = children(layout)
    writing = _writing(layout, processes, for_people=for_people)
    return Supervisor(writing).run(lambda supervisor: _play(supervisor, layout, processes))


def _writing(layout: Layout, processes: Sequence[Child], *, for_people: bool) -> Writing:
    if for_people:
        return ForPeople(layout.ports, paint=terminal.paint)
    return AsWritten(max(len(process.name) for process in processes))


def _layout(told: Mapping[str, str]) -> Layout:
    door = settings.port(told, "PORT", settings.PORT)
    wanted = Ports.next_to(door, sandbox=None if uses_real_webex(told) else _sandbox(told, door))
    return Layout(
        folder=run_folder(REPOSITORY, wanted.door),
        ports=wanted,
        settings=told,
        programs=programs.provide(("redis", "nginx")),
    )


def _sandbox(told: Mapping[str, str], door: int) -> int:
    """The sandbox's port, which moves out of the way if nobody has chosen it."""
    wanted = settings.port(told, "SANDBOX_PORT", settings.SANDBOX_PORT)
    if any(told.get(name, "").strip() for name in ("SANDBOX_PORT", "SANDBOX_URL")):
        return wanted
    free = ports.for_the_sandbox(door, wanted)
    if free != wanted:
        print(f"Port {wanted} is taken, so the sandbox is on port {free} (SANDBOX_PORT).")
    return free


def _check(layout: Layout) -> None:
    if taken := ports.problems(layout.ports):
        raise NotStarting("\n".join([*taken, "Choose others, for example: PORT=9090 make run"]))
    services = {
        name: environment(layout, name, layout.ports.of(name)[0])
        for name in settings_check.SERVICES
    }
    if wrong := settings_check.problems(services):
        listed = [f"  - {problem}" for problem in wrong]
        raise NotStarting("\n".join(["Nothing starts with these settings (and .env):", *listed]))


def _play(supervisor: Supervisor, layout: Layout, processes: Sequence[Child]) -> None:
    """Open the door when those behind it are ready: nobody is shown that a part of the site is down."""
    *rooms, door = processes
    for stage in (rooms, [door]):
        for process in stage:
            supervisor.start(process)
        names = [process.name for process in stage]
        late = wait_until_ready(layout.ports, names, give_up=lambda: supervisor.ending)
        if late and not supervisor.ending:
            supervisor.say("", f"{late} is not ready after a minute. See its lines above.", "")
    if supervisor.ending:
        return
    supervisor.say(*_greeting(layout))
    services = {process.name: process for process in rooms if process.name in SERVICES}
    Live(supervisor, layout, services).follow()


def _greeting(layout: Layout) -> list[str]:
    lines = ["", f"Ready: open {layout.public_url} and press “Start OAuth flow”."]
    if layout.ports.webex_sandbox:
        lines.append(
            f"Webex is played by a sandbox at {layout.sandbox_url}: no real account is used."
        )
    lines.append("Save a file under app_service or auth_service, and that service starts anew.")
    return [*lines, "Ctrl-C stops everything.", ""]


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:  # before the supervisor took over: nothing runs yet
        sys.exit(EXIT_INTERRUPTED)
