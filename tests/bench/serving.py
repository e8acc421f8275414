"""What asgi-init adds to the start of a server: from its exec to that of Python, and of all the time to the first answer. Then how
that grows with the packages beside uvicorn and with the entries of PATH, which it should not. Part of bench.py."""

import http.client
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

ROUNDS, EXECS = 15, 20
GROWTH_ROUNDS, GROWTH_EXECS = 10, 10
PORT = 8127
PACKAGES = (5, 50, 500)
PATH_ENTRIES = (1, 10, 100)
NEEDED = ("uvicorn", "click", "h11", "fastapi", "starlette")
LIMIT = 120


# ---- the sample backend


def server(contender, root, venv):
    """The words that serve the sample backend under a contender, as an image's ENTRYPOINT and CMD would."""
    words = ["app.main:app", "--host", "127.0.0.1", "--port", str(PORT)]
    if contender.name == "asgi-init":
        return [str(root / "build/asgi-init"), *words]
    return contender.command(f"{venv}/bin/python", "-m", "uvicorn", *words)


def environment(venv, *folders):
    return {"PATH": ":".join([f"{venv}/bin", *map(str, folders), "/usr/bin", "/bin"])}


def exec_to_exec(measure, words, folder, variables, times):
    """µs, one for each time."""
    done = subprocess.run(
        [measure, "exec", str(times), *words], env=variables, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=LIMIT, check=True,
    )  # fmt: skip
    return [int(word) / 1000 for word in done.stdout.split()]


def answers():
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def first_answer(words, folder, variables):
    """Seconds from the start to the first 200."""
    begin = time.monotonic()
    process = subprocess.Popen(
        words, env=variables, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not answers():
            if process.poll() is not None or time.monotonic() > begin + LIMIT:
                raise SystemExit(f"{' '.join(words)} doesn't answer")
            time.sleep(0.002)
        return time.monotonic() - begin
    finally:
        process.terminate()
        process.wait(timeout=LIMIT)


def sample(contenders, nothing, measure, root, venv):
    """{contender: [(µs from exec to exec, seconds to the first 200)]}; without an init the first is 0."""
    folder, variables = root / "tests/backend", environment(venv)
    results = {contender: [] for contender in (nothing, *contenders)}
    for _ in range(ROUNDS):
        for contender, rows in results.items():
            words = server(contender, root, venv)
            added = 0 if contender is nothing else statistics.median(exec_to_exec(measure, words, folder, variables, EXECS))
            rows.append((added, first_answer(words, folder, variables)))
    return results


# ---- growth


def image(place, venv, packages, entries):
    """A backend with so many packages, and the variables with so many entries of PATH."""
    made = place / "venv"
    subprocess.run([f"{venv}/bin/python", "-m", "venv", "--without-pip", made], check=True)
    (site,) = made.glob("lib/python3*/site-packages")
    (source,) = Path(venv).glob("lib/python3*/site-packages")
    for name in NEEDED:
        shutil.copytree(source / name, site / name)
    for number in range(packages - len(NEEDED)):
        (site / f"filler{number}").mkdir()
        (site / f"filler{number}/__init__.py").touch()
        (site / f"filler{number}-1.0.dist-info").mkdir()
        (site / f"filler{number}-1.0.dist-info/METADATA").touch()
    (place / "app").mkdir()
    (place / "app/main.py").write_text("from fastapi import FastAPI\n\napp = FastAPI()\n")
    folders = [place / f"bin{number}" for number in range(entries - 1)]
    for folder in folders:
        folder.mkdir()
    return environment(made, *folders)


def growth(measure, root, venv):
    """{(packages, entries): [µs]}, in turn."""
    cases = [(packages, PATH_ENTRIES[0]) for packages in PACKAGES] + [(PACKAGES[0], entries) for entries in PATH_ENTRIES[1:]]
    results = {case: [] for case in cases}
    with tempfile.TemporaryDirectory() as folder:
        images = {case: Path(folder) / f"{case[0]}-{case[1]}" for case in cases}
        variables = {}
        for case, place in images.items():
            place.mkdir()
            variables[case] = image(place, venv, *case)
        for _ in range(GROWTH_ROUNDS):
            for case, place in images.items():
                words = [str(root / "build/asgi-init"), "app.main:app"]
                results[case].append(statistics.median(exec_to_exec(measure, words, place, variables[case], GROWTH_EXECS)))
    return results


# ---- the tables


def tables(contenders, nothing, measure, root, venv, spread):
    rows = sample(contenders, nothing, measure, root, venv)
    base = [seconds for _, seconds in rows[nothing]]
    names = [nothing, *contenders]
    added = {contender: [micro for micro, _ in rows[contender]] for contender in contenders}
    multiples = {contender: [seconds / without for (_, seconds), without in zip(rows[contender], base)] for contender in names}
    shares = {contender: statistics.median(added[contender]) / statistics.median(base) / 10000 for contender in contenders}
    grown = growth(measure, root, venv)
    return "\n".join(
        [
            "The start of the sample backend under Python, by an ENTRYPOINT that finds it in PATH:",
            "",
            "| | " + " | ".join(contender.name for contender in names) + " |",
            "|---" * (len(names) + 1) + "|",
            f"| µs from its exec to Python's | - | {' | '.join(spread(added[contender], '{:.0f}') for contender in contenders)} |",
            f"| time to the first 200, as a multiple | {' | '.join(spread(multiples[contender], '{:.3f}') for contender in names)} |",
            f"| its part of the time to the first 200 | - | {' | '.join(f'{shares[contender]:.2f} %' for contender in contenders)} |",
            "",
            f"Without an init the first 200 came after {statistics.median(base) * 1000:.0f} ms. How asgi-init's µs from exec to exec grow:",
            "",
            "| " + " | ".join(f"{packages} packages, {entries} of PATH" for packages, entries in grown) + " |",
            "|---" * len(grown) + "|",
            "| " + " | ".join(spread(values, "{:.0f}") for values in grown.values()) + " |",
            "",
        ]
    )
