"""Real clients against the sandbox: `python -m tests.clients [NAME …]`.

Installs each client into an environment of its own, starts a sandbox for it, runs its own
default flow with nothing but the address changed, and prints what each step gave.
"""

import argparse
import asyncio
import sys
import time
from pathlib import Path

from tests.clients.catalogue import CLIENTS, STEPS, Client
from tests.clients.environments import NotToBeHadError, command, environment
from tests.clients.session import Report, drive, run_snippet
from tests.clients.snippets import snippets

_REPOSITORY = Path(__file__).resolve().parents[2]


def main() -> int:
    options = _options()
    chosen = [c for c in CLIENTS if not options.names or c.name in options.names]
    if options.snippets:
        return _run_snippets(chosen, options.checkout.resolve())
    reports = [_one(client, options.checkout.resolve()) for client in chosen]
    _print_matrix(reports)
    _print_reasons(reports, loud=options.verbose)
    return any(not step.ok for report in reports for step in report.steps)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.clients", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these clients")
    parser.add_argument(
        "--checkout",
        type=Path,
        default=_REPOSITORY,
        metavar="DIR",
        help="the checkout whose sandbox is used, for a before and after",
    )
    parser.add_argument(
        "--snippets", action="store_true", help="run the pieces of docs/sandbox.md instead"
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="show what a client wrote")
    options = parser.parse_args()
    unknown = set(options.names) - {client.name for client in CLIENTS}
    if unknown:
        known = ", ".join(client.name for client in CLIENTS)
        parser.error(f"no client is called {', '.join(sorted(unknown))}; there are {known}")
    return options


def _run_snippets(chosen: list[Client], checkout: Path) -> int:
    failed = 0
    for snippet in snippets():
        if snippet.client not in chosen:
            continue
        name = snippet.client.name
        try:
            interpreter, folder = environment(snippet.client)
        except NotToBeHadError as reason:
            sys.stdout.write(f"{name}: skipped: {reason}\n")
            continue
        printed = asyncio.run(run_snippet(snippet, interpreter, folder, checkout))
        if snippet.prints in printed:
            sys.stdout.write(f"{name}: ok, it prints {snippet.prints}\n")
        else:
            failed += 1
            sys.stdout.write(f"{name}: FAILS: {printed}\n")
    return bool(failed)


def _one(client: Client, checkout: Path) -> Report:
    began = time.monotonic()
    try:
        arguments, folder = command(client)
    except NotToBeHadError as reason:
        report = Report(client, skipped=str(reason))
    else:
        report = asyncio.run(drive(client, arguments, folder, checkout))
    report.seconds = time.monotonic() - began
    sys.stderr.write(f"{client.name}: {report.seconds:.0f} s\n")
    return report


def _print_matrix(reports: list[Report]) -> None:
    rows = [["client", "version", *STEPS]]
    for report in reports:
        pinned = report.client.packages[0].rpartition("=" if report.client.kind == "pip" else "@")
        results = ["skipped" if report.skipped else report.result(step) for step in STEPS]
        rows.append([report.client.name, pinned[2] if pinned[0] else "Debian's", *results])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    rows.insert(1, ["-" * width for width in widths])
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        sys.stdout.write(f"| {' | '.join(cells)} |\n")


def _print_reasons(reports: list[Report], *, loud: bool) -> None:
    for report in reports:
        name = report.client.name
        if report.skipped:
            sys.stdout.write(f"{name}: skipped: {report.skipped}\n")
        for step in report.steps:
            if loud or not step.ok:
                verdict = "ok" if step.ok else "FAILS"
                sys.stdout.write(f"{name}: {step.name}: {verdict}: {step.detail}\n")
        if loud:
            sys.stdout.writelines(f"    {line}\n" for line in report.output)


if __name__ == "__main__":
    sys.exit(main())
