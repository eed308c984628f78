"""docs/benchmark.md: the tables between its markers, and the pictures beside it."""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.goals import goals, verdicts
from bench.peers.kinds import GENERATED, PEERS
from bench.plan import Plan
from bench.plot import Bar, chart
from bench.results import Results
from bench.tables import Column, table
from local_stack.layout import REPOSITORY

PAGE = REPOSITORY / "docs" / "benchmark.md"
MARKED = re.compile(r"(<!-- measured: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)

PAGES = (
    Column("pages a second", "per_second", spread=True, better="more"),
    Column("CPU per page, µs", "cpu", spread=True, decimals=0),
    Column("median, ms", "median", decimals=2),
    Column("p99, ms", "p99", decimals=2),
    Column("Redis commands per page", "commands", decimals=2),
    Column("of its core", "busy", decimals=0, better=""),
    Column("failed", "failed"),
)
MEMORY = (
    Column("largest process, MB", "largest", spread=True, decimals=0),
    Column("all, shared once, MB", "together", spread=True, decimals=0),
    Column("bytes of the page", word="bytes"),
    Column("what stands in Redis", word="keeps"),
)
SIGN_INS = (
    Column("sign-ins a second", "per_second", spread=True, better="more"),
    Column("CPU per sign-in, µs", "cpu", spread=True, decimals=0),
    Column("median, ms", "median", decimals=0),
    Column("of its core", "busy", decimals=0, better=""),
    Column("largest process, MB", "largest", decimals=0),
    Column("failed", "failed"),
)
STORM = (
    Column("token calls", "token_calls"),
    Column("failed answers", "failures"),
    Column("by kind", word="kinds"),
    Column("seconds", "seconds", decimals=1),
    Column("afterwards", word="afterwards"),
)
REDIS_PAUSE = (
    Column("requests", "requests", better=""),
    Column("failures by kind", word="kinds"),
    Column("sign-outs", "sign_outs"),
    Column("slowest answer, s", "slowest", decimals=1),
    Column("last failure after Redis was back, s", "well_again", decimals=1),
)
RESTART = (
    Column("requests", "requests", better=""),
    Column("failures by kind", word="kinds"),
    Column("sign-outs", "sign_outs"),
    Column("slowest answer, s", "slowest", decimals=1),
    Column("restarts took, s", "seconds", decimals=1),
)
STARTS = (Column("seconds", "seconds", spread=True, decimals=2),)
IMAGES = (
    Column("MB", "megabytes", decimals=0),
    Column("MB above its base", "above_base", decimals=0),
)
VIEWERS = (
    Column("delivered in, median ms", "median", decimals=0),
    Column("p99 ms", "p99", decimals=0),
    Column("streams opened again", "refused"),
    Column("not within a minute", "lost"),
    Column("app_service, MB", "megabytes", decimals=0),
)


def write(results: Results, plan: Plan, machine: Mapping[str, str]) -> list[Path]:
    """Write the page and the pictures; return the files. Only a whole run changes docs."""
    folder = PAGE.parent if plan.whole else GENERATED
    (folder / "img").mkdir(parents=True, exist_ok=True)
    for kind in PEERS:
        results.say("W1", kind.label, keeps=kind.keeps)
    for label in results.samples["W1"]["32 connections"]:
        if label.startswith("this system"):
            results.say("W1", label, keeps="tokens, sealed under each browser's own key")
    text = filled(PAGE.read_text(encoding="utf-8"), results, plan, machine)
    page = folder / PAGE.name
    page.write_text(text, encoding="utf-8")
    return [page, *_pictures(results, folder / "img")]


def filled(page: str, results: Results, plan: Plan, machine: Mapping[str, str]) -> str:
    """The page with everything between its markers written anew."""
    return MARKED.sub(
        lambda found: found[1] + _section(found[2], results, plan, machine) + found[3], page
    )


def _section(name: str, results: Results, plan: Plan, machine: Mapping[str, str]) -> str:
    sections: dict[str, Callable[[], str]] = {
        "machine": lambda: _machine(results, plan, machine),
        "goals": lambda: _goals(results),
        "verdicts": lambda: "\n".join(verdicts(results)),
        "W1 one": lambda: table(results, "W1", "1 connection", PAGES),
        "W1 many": lambda: table(results, "W1", "32 connections", PAGES),
        "W1 memory": lambda: table(results, "W1", "32 connections", MEMORY),
        "W2": lambda: table(results, "W2", "32 connections", PAGES),
        "W3 at once": lambda: table(results, "W3", "Webex at once", SIGN_INS),
        "W3 late": lambda: table(results, "W3", "Webex after 200 ms", SIGN_INS),
        "W4": lambda: table(results, "W4", "", STORM),
        "W5": lambda: table(results, "W5", "", REDIS_PAUSE),
        "W6": lambda: table(results, "W6", "", RESTART),
        "W7": lambda: table(results, "W7", "", VIEWERS, first="viewers"),
        "W8": lambda: table(results, "W8", "", STARTS),
        "W8 images": lambda: table(results, "W8 images", "", IMAGES, first="image"),
    }
    return f"\n{sections[name]()}\n\n"


def _machine(results: Results, plan: Plan, machine: Mapping[str, str]) -> str:
    lines = ["| what | which |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in machine.items())]
    lines.append(
        f"| Runs | {'`make bench QUICK=1`' if plan.quick else '`make bench`'}: {plan.repeats} runs of "
        f"{plan.page_seconds:.0f} s a page and case, {plan.sign_in_repeats} of "
        f"{plan.sign_in_seconds:.0f} s of sign-ins, {plan.sessions} sessions each; "
        f"{results.disturbed} runs were disturbed: others used a tenth of the contender's core |"
    )
    return "\n".join(lines)


def _goals(results: Results) -> str:
    words = {True: "yes", False: "**no**", None: "not measured"}
    rows = [f"| {goal.text} | {goal.measured} | {words[goal.met]} |" for goal in goals(results)]
    return "\n".join(["| goal | measured | met |", "| --- | --- | --- |", *rows])


def _pictures(results: Results, folder: Path) -> list[Path]:
    charts = (
        (
            "pages",
            "W1",
            "32 connections",
            "per_second",
            "Signed-in pages a second, 32 connections",
            1,
        ),
        ("cpu", "W1", "32 connections", "cpu", "CPU time per signed-in page, µs", 0),
        ("memory", "W1", "32 connections", "together", "Resident memory, MB", 0),
        ("sign-ins", "W3", "Webex at once", "per_second", "Whole sign-ins a second", 1),
    )
    files = []
    for name, work, case, metric, title, more_is_better in charts:
        samples = results.samples[work][case]
        bars = [
            Bar(label, metrics[metric])
            for label, metrics in samples.items()
            # nginx with a file would make every other bar a stroke.
            if metric in metrics and not (metric == "per_second" and "static file" in label)
        ]
        if bars:
            better = f"{'More' if more_is_better else 'Less'} is better. Line: least to most of the repeats."
            files.append(
                _write(
                    folder / f"bench-{name}.svg",
                    chart(title, better, _sorted(bars, more_is_better)),
                )
            )
    return files


def _sorted(bars: Sequence[Bar], more_is_better: int) -> list[Bar]:
    return sorted(bars, key=lambda bar: bar.median, reverse=bool(more_is_better))


def _write(file: Path, text: str) -> Path:
    file.write_text(text, encoding="utf-8")
    return file
