"""What a process and everything it started cost: CPU time and memory, from /proc (Linux)."""

import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
CONTENDER_CORE = 0
OTHERS_CORE = 1
# Fields of /proc/PID/stat, counted from the one after the command's name (proc(5)).
SESSION, USER_TIME, LAST_TIME = 3, 11, 15


@dataclass(frozen=True)
class Memory:
    """In MB: the largest process, and all processes with what they share counted once."""

    largest: float
    together: float


def pin_others() -> None:
    """Put this program, and whatever it starts from now on, on the others' core."""
    os.sched_setaffinity(0, {OTHERS_CORE})


def pin(session: int, core: int) -> None:
    """Put a process started in a session of its own, its children and all their threads, on one core."""
    for pid in members(session):
        for thread in _threads(pid):
            with contextlib.suppress(ProcessLookupError):
                os.sched_setaffinity(thread, {core})


def cpu_seconds(*sessions: int) -> float:
    """User and system time so far, that of children which ended included."""
    ticks = 0
    for session in sessions:
        for pid in members(session):
            times = _stat(pid)[USER_TIME:LAST_TIME]
            ticks += sum(int(each) for each in times)
    return ticks / TICKS


def memory(*sessions: int) -> Memory:
    return memory_of(*(pid for session in sessions for pid in members(session)))


def memory_of(*pids: int) -> Memory:
    resident = [_kilobytes(pid, "smaps_rollup", "Rss:") for pid in pids]
    proportional = [_kilobytes(pid, "smaps_rollup", "Pss:") for pid in pids]
    return Memory(max(resident, default=0) / 1024, sum(proportional) / 1024)


def members(session: int) -> Iterator[int]:
    """The processes of a session."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields and int(fields[SESSION]) == session:
                yield int(entry.name)


def version_of(*command: str) -> str:
    """The first line that a program prints about its version."""
    told = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    return (told.stdout or told.stderr).partition("\n")[0].strip()


def _threads(pid: int) -> list[int]:
    try:
        return [int(entry.name) for entry in Path(f"/proc/{pid}/task").iterdir()]
    except OSError:
        return []


def _stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split(" ")
    except OSError:
        return []


def _kilobytes(pid: int, file: str, name: str) -> int:
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1])
    return 0
