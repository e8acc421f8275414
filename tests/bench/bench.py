#!/usr/bin/env python3
"""Compares asgi-init with other inits and with gosu, as Debian's packages have them, and writes README.md's part on the cost.

    bench.py             measure, print the table, write it into README.md
    bench.py --print     measure and print only

All contenders take turns within one round, so that whatever else the machine does meanwhile hits all alike. A cell is the median
of all rounds, in parentheses the middle half of them (from the first to the third quartile). Needs root, for PID namespaces.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import serving

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
MEASURE = str(ROOT / "build/tests/bench/measure")
VENV = ROOT / "build/backend-venv"
PART = re.compile(r"(?<=<!-- begin: cost -->\n).*?(?=<!-- end: cost -->)", re.DOTALL)
AS_PID_1 = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]
PLAIN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
IN_VENV = {"PATH": f"{VENV}/bin:{PLAIN['PATH']}", "VIRTUAL_ENV": str(VENV)}

START_ROUNDS, STARTS = 40, 10
SIGNAL_ROUNDS, SIGNALS = 40, 1000
ORPHAN_ROUNDS = 7
IDLE_SECONDS = 10
LIMIT = 120
"""Seconds that nothing here comes near to."""


@dataclass(frozen=True)
class Contender:
    name: str
    words: tuple  # before the command
    stays: bool = True  # as an init; gosu becomes the command

    def command(self, *words):
        return [*self.words, *words]

    def path(self):
        return shutil.which(self.words[0]) if self.words else None

    def is_here(self):
        return not self.words or self.path() is not None


PACKAGES = ("catatonit", "dumb-init", "gosu", "tini")
MUSL = {"tini": ("-s", "--"), "dumb-init": ("--",), "catatonit": ("--",)}
NOTHING = Contender("no init", (), stays=False)
CONTENDERS = (
    Contender("asgi-init", (str(ROOT / "build/asgi-init"), "--")),
    Contender("tini", ("tini", "-s", "--")),
    Contender("tini-static", ("tini-static", "-s", "--")),
    Contender("dumb-init", ("dumb-init", "--")),
    Contender("catatonit", ("catatonit", "--")),
    *(Contender(f"{name}, musl", (str(ROOT / f"build/tests/bench/{name}-musl"), *words)) for name, words in MUSL.items()),
    Contender("gosu", ("gosu", "root"), stays=False),
)


# ---- measuring


def run(command, environment=PLAIN):
    done = subprocess.run(
        command, env=environment, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT
    )
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()}")
    return done.stdout.decode()


def numbers(command, environment=PLAIN):
    return [int(word) for word in run(command, environment).split()]


def in_turn(contenders, rounds, measure):
    """{contender: [measure(contender) of each round]}"""
    results = {contender: [] for contender in contenders}
    for _ in range(rounds):
        for contender in contenders:
            results[contender].append(measure(contender))
    return results


def ratios(results):
    """Each round's value as a multiple of that round's value without an init."""
    bases = results[NOTHING]
    return {contender: [value / base for value, base in zip(values, bases)] for contender, values in results.items()}


def start_cost(environment):
    def measure(contender):
        return statistics.median(
            numbers([MEASURE, "start", str(STARTS), *contender.command(MEASURE, "nothing")], environment)
        )

    return lambda contenders: in_turn((NOTHING, *contenders), START_ROUNDS, measure)


def signal_way(contenders):
    def measure(contender):
        return statistics.median(numbers([MEASURE, "signal", str(SIGNALS), *contender.words]))

    return in_turn((NOTHING, *inits(contenders)), SIGNAL_ROUNDS, measure)


def orphans(count):
    def measure(contender):
        nanoseconds, growth = numbers([*AS_PID_1, *contender.command(MEASURE, "orphans", str(count))])
        return nanoseconds / count / 1000, growth

    return lambda contenders: in_turn(inits(contenders), ORPHAN_ROUNDS, measure)


def system_calls(contenders):
    """From the init's exec to its command's, in all its processes."""

    def measure(contender):
        with tempfile.NamedTemporaryFile("r") as trace:
            run(["strace", "-f", "-qq", "-e", "signal=none", "-o", trace.name, *contender.command(MEASURE, "nothing")], IN_VENV)
            lines = [line for line in trace if " resumed>" not in line]
        execs = [number for number, line in enumerate(lines) if " execve(" in line and line.rstrip().endswith(("= 0", "<unfinished ...>"))]
        return execs[-1] - execs[0]

    return in_turn(contenders, 3, measure)


def private_kilobytes(pid, of="Clean|Dirty"):
    """Clean pages are its file's, as the page cache holds them: only dirty ones are memory that is there for it alone."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(number) for number in re.findall(rf"^Private_(?:{of}): +(\d+) kB$", rollup, re.M))


def wake_ups(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return sum(int(number) for number in re.findall(r"^(?:non)?voluntary_ctxt_switches:\t(\d+)$", status, re.M))


def start_idle(contender):
    """An init whose command does nothing, once that runs."""
    process = subprocess.Popen(
        contender.command(MEASURE, "pause"), env=IN_VENV, cwd="/", stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    end = time.monotonic() + LIMIT
    while not runs_measure(process.pid):
        if time.monotonic() > end or process.poll() is not None:
            sys.exit(f"{contender.name} didn't start its command")
        time.sleep(0.01)
    return process


def runs_measure(pid):
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return any(Path(f"/proc/{child}/comm").read_text() == "measure\n" for child in children)


def idle(contenders):
    """{contender: [(private kB, kB of them dirty, wake-ups)]}, all of them at the same time."""
    processes = {contender: start_idle(contender) for contender in inits(contenders)}
    try:
        time.sleep(1)
        before = {contender: wake_ups(process.pid) for contender, process in processes.items()}
        time.sleep(IDLE_SECONDS)
        return {
            contender: [
                (private_kilobytes(process.pid), private_kilobytes(process.pid, "Dirty"), wake_ups(process.pid) - before[contender])
            ]
            for contender, process in processes.items()
        }
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(timeout=LIMIT)


def inits(contenders):
    return [contender for contender in contenders if contender.stays]


# ---- the table


def spread(values, form="{:.2f}"):
    median = statistics.median(values)
    if len(values) < 4 or len(set(values)) == 1:
        return form.format(median)
    first, _, third = statistics.quantiles(values, n=4)
    return f"{form.format(median)} ({form.format(first)}-{form.format(third)})"


def row(label, results, contenders, form="{:.2f}"):
    cells = []
    for contender in CONTENDERS:
        if contender not in contenders:
            cells.append("not installed")
        else:
            cells.append(spread(results[contender], form) if contender in results else "-")
    return f"| {label} | {' | '.join(cells)} |"


def column(results, index):
    return {contender: [values[index] for values in rows] for contender, rows in results.items()}


def say(text):
    print(text, file=sys.stderr, flush=True)


def rows_of(contenders):
    """The rows, and the sentence on what a multiple of 1 is."""
    measures = {"start": start_cost(PLAIN), "venv": start_cost(IN_VENV), "signal": signal_way, "few": orphans(2000),
                "many": orphans(20000), "calls": system_calls, "idle": idle}  # fmt: skip
    results = {}
    for name, measure in measures.items():
        begin = time.monotonic()
        results[name] = measure(contenders)
        say(f"  {name:7} {time.monotonic() - begin:.1f} s")
    base = {name: statistics.median(results[name][NOTHING]) / 1000 for name in ("start", "signal")}
    sizes = {contender: [os.path.getsize(contender.path())] for contender in contenders}
    rows = [
        row("start of a command, as a multiple", ratios(results["start"]), contenders),
        row("the same with a virtual environment", ratios(results["venv"]), contenders),
        row("a signal's way, as a multiple", ratios(results["signal"]), contenders),
        row("µs for each of 2,000 orphans", column(results["few"], 0), contenders, "{:.1f}"),
        row("µs for each of 20,000 orphans", column(results["many"], 0), contenders, "{:.1f}"),
        row("growth after 20,000 orphans, kB", column(results["many"], 1), contenders, "{:.0f}"),
        row("private memory when idle, kB", column(results["idle"], 0), contenders, "{:.0f}"),
        row("of it dirty, so not the file's, kB", column(results["idle"], 1), contenders, "{:.0f}"),
        row(f"wake-ups in {IDLE_SECONDS} idle seconds", column(results["idle"], 2), contenders, "{:.0f}"),
        row("system calls from exec to exec", results["calls"], contenders, "{:.0f}"),
        row("size of the binary, bytes", sizes, contenders, "{:,.0f}"),
    ]
    return rows, base


def versions():
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *PACKAGES], stdout=subprocess.PIPE, text=True, check=False)
    return ", ".join(done.stdout.split("\n")[:-1]) or "not from packages"


def table(contenders):
    rows, base = rows_of(contenders)
    head = ["| | " + " | ".join(contender.name for contender in CONTENDERS) + " |", "|---" * (len(CONTENDERS) + 1) + "|"]
    kernel = os.uname().release.partition("-")[0]
    return "\n".join(
        [
            f"Measured by `make bench` on Linux {kernel} ({os.uname().machine}, {os.cpu_count()} processors), "
            "with Debian's builds of the others:",
            f"{versions()}. tini and dumb-init are linked dynamically: their size and",
            "memory are without the libc. Those with `musl` are the same sources, linked statically by our compiler.",
            "",
            *head,
            *rows,
            "",
            "Cells are medians, in parentheses the middle half of the rounds. The multiples are of the same without an init: starting and",
            f"ending a small static program took {base['start']:.0f} µs, a signal from kill to the answer {base['signal']:.1f} µs. "
            "With a virtual environment means that",
            "PATH and VIRTUAL_ENV name one, which asgi-init then judges. "
            "gosu becomes its command, so there is nothing to measure afterwards.",
            "",
            serving_tables(contenders),
        ]
    )


def serving_tables(contenders):
    begin = time.monotonic()
    compared = [contender for contender in contenders if contender.name in ("asgi-init", "tini", "tini-static")]
    text = serving.tables(compared, NOTHING, MEASURE, ROOT, VENV, spread)
    say(f"  serving {time.monotonic() - begin:.1f} s")
    return text


def write(text):
    old = README.read_text()
    if not PART.search(old):
        sys.exit("README.md has no part between <!-- begin: cost --> and <!-- end: cost -->")
    README.write_text(PART.sub(lambda _: text, old))


def main():
    begin = time.monotonic()
    if os.geteuid() != 0:
        sys.exit("bench: needs root, to make PID namespaces")
    contenders = [contender for contender in CONTENDERS if contender.is_here()]
    text = table(contenders)
    print(text)
    if "--print" not in sys.argv[1:]:
        write(text)
    say(f"took {time.monotonic() - begin:.0f} s")


if __name__ == "__main__":
    main()
