#!/usr/bin/env python3
"""Proves that each lint lets a good tree pass, and catches the one thing that is put into it."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

GOOD = {
    "init/main.c": '#include "commands/run.h"\n\nint main(void)\n{\n    return run();\n}\n',
    "init/commands/run.c": '#include "commands/run.h"\n#include "process/child.h"\n#include <unistd.h>\n\n'
    "int run(void)\n{\n    return getpid() == child() ? 0 : 1;\n}\n",
    "include/commands/run.h": "#ifndef COMMANDS_RUN_H\n#define COMMANDS_RUN_H\n\nint run(void);\n\n#endif\n",
    "include/commands/launch.h": '#include "process/child.h"\n',
    "init/commands/launch.c": '#include "commands/launch.h"\n#include "commands/run.h"\n',
    "include/process/child.h": "#ifndef PROCESS_CHILD_H\n#define PROCESS_CHILD_H\n#include <sys/types.h>\n\npid_t child(void);\n\n#endif\n",
    "include/checks/host.h": "#ifndef CHECKS_HOST_H\n#define CHECKS_HOST_H\n\nint host(void);\n\n#endif\n",
    "tests/good.py": "import os\n\nprint(os.getpid())\n",
    "tests/good.sh": '#!/bin/sh\necho "$1"\n',
    "README.md": "# Nothing to see\n",
}


def body(lines):
    return "int f(int a);\nint f(int a)\n{\n" + "    a++;\n" * lines + "    return a;\n}\n"


# lint, the file that is put into the good tree, its text, and words that the lint must say
BAD = (
    ("rules.py", "include/base/rules.def", 'RULE(LOST, ERROR, USAGE,\n    NAME("lost")\n', "lost: no test shows it"),
    ("rules.py", "include/base/rules.def", 'RULE(LOST, ERROR, USAGE,\n    NAME("lost")\n', "nothing in init/ adds RULE_LOST"),
    ("rules.py", "include/base/rules.def", 'RULE(LOST, ERROR, USAGE,\n    NAME("found")\n', "RULE_LOST is called found"),
    ("rules.py", "tests/golden/without.txt", "lost: no reason\n", "but no rule"),
    ("layers.sh", "init/facts/elf.c", '#include "process/child.h"\n', "upward include: facts must not know process"),
    ("layers.sh", "init/process/child.c", '#include "checks/host.h"\n', "sideways include: process must not know checks"),
    ("layers.sh", "init/checks/host.c", '#include "process/child.h"\n', "sideways include: checks must not know process"),
    ("layers.sh", "include/base/text.h", '#include "facts/elf.h"\n', "upward include: base must not know facts"),
    ("layers.sh", "init/base/text.c", '#include "text.h"\n', "has no folder"),
    ("layers.sh", "init/other.c", "\n", "lies in none of the layers"),
    ("layers.sh", "init/helpers/other.c", "\n", "lies in none of the layers"),
    ("layers.sh", "init/checks/host.c", "#include <cap-ng.h>\n", "only process/ may include cap-ng.h"),
    ("layers.sh", "include/commands/run.h", '#include "commands/launch.h"\n', "tsort: commands/launch\n"),
    ("headers.sh", "include/base/bad.h", "pid_t bad(size_t length);\n", "include/base/bad.h: doesn't compile alone"),
    ("functions.sh", "init/base/text.c", body(68), "text.c:3: f has 71 lines"),
    ("format.sh", "init/base/text.c", "int f( void );\n", "code should be clang-formatted"),
    ("lines.sh", "init/base/text.c", "/* " + 127 * "é" + " */\n", "text.c:1"),
    ("lines.sh", "tests/good.py", 141 * "#" + "\n", "good.py:1"),
    ("words.sh", "README.md", "see pypi" + ".org\n", "README.md:1"),
    ("words.sh", "init/base/text.c", "/* as in /wo" + "rk/main */\n", "text.c:1"),
    ("words.sh", ".ci/run", "# written by an L" + "LM assistant\n", ".ci/run:1"),
    ("scripts.sh", "tests/bad.sh", "#!/bin/sh\necho $1\n", "SC2086"),
    ("scripts.sh", "tests/bad", "#!/usr/bin/env bash\ncd /x\n", "SC2164"),
    ("scripts.sh", "tests/bad.py", "print(nothing)\n", "F821"),
    ("scripts.sh", "tests/bad", "#!/usr/bin/env python3\nif:\n", "bad:2"),
)
PASSES = (
    ("functions.sh", "init/base/text.c", body(67), "longest 70"),
    ("lines.sh", "init/base/text.c", "/* " + 126 * "é" + " */\n", ""),
    ("lines.sh", "tests/good.py", 140 * "#" + "\n", ""),
)

# What the C compiler makes of a source, and the word that symbols.sh must say.
USES = (
    ("#include <stdlib.h>\nvoid *f(void);\nvoid *f(void)\n{\n    return malloc(9);\n}\n", "malloc"),
    ('#include <stdio.h>\nvoid f(int a);\nvoid f(int a)\n{\n    printf("%d", a);\n}\n', "printf"),
    ("#include <stdio.h>\nvoid f(void);\nvoid f(void)\n{\n    fflush(stderr);\n}\n", "stderr"),
    ("#include <pwd.h>\nvoid *f(void);\nvoid *f(void)\n{\n    return getpwuid(0);\n}\n", "getpwuid"),
    ('#include <stdlib.h>\nint f(void);\nint f(void)\n{\n    return system("x");\n}\n', "system"),
    ("#include <signal.h>\nint f(sigset_t *a);\nint f(sigset_t *a)\n{\n    return sigfillset(a);\n}\n", "sigfillset"),
)

# How a linker line spoils a good program, and what binary.sh must say.
SPOILED = (
    (["-fPIE", "-pie"], "needs a shared library"),
    (["-static"], "not position independent"),
    (["-static-pie", "-Wl,-z,execstack"], "executable stack"),
    (["-static-pie", "-Wl,-z,norelro"], "no PT_GNU_RELRO"),
    (["-static-pie", "-Wl,-z,lazy", "-g"], "is not stripped"),
    (["-static-pie", "-s"], "more than the"),
)


def write(folder, files):
    for name, text in files.items():
        file = Path(folder, name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


def run(folder, command):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.returncode, done.stdout + done.stderr


class Results:
    def __init__(self):
        self.wrong = self.count = 0

    def expect(self, label, fails, word, code, output):
        self.count += 1
        if (code != 0) != fails or word not in output:
            self.wrong += 1
            print(f"{label}: exit code {code}, wanted {'a failure' if fails else '0'} with '{word}' in\n{output}")


def tree_lints(results, folder):
    for number, (lint, name, text, word, fails) in enumerate(
        [(lint, "README.md", GOOD["README.md"], "", False) for lint in sorted({row[0] for row in BAD})]
        + [(*row, True) for row in BAD]
        + [(*row, False) for row in PASSES]
    ):
        tree = Path(folder, str(number))
        write(tree, {**GOOD, name: text, ".clang-format": (ROOT / ".clang-format").read_text()})
        results.expect(f"{lint} on {name} {text[:40]!r}", fails, word, *run(tree, [HERE / lint]))


def symbols(results, folder):
    for number, (source, word) in enumerate([("int f(void);\nint f(void)\n{\n    return 1;\n}\n", ""), *USES]):
        tree = Path(folder, f"symbols{number}")
        write(tree, {"objects/f.c": source})
        subprocess.run(["gcc", "-O1", "-c", "f.c"], cwd=tree / "objects", check=True)
        results.expect(
            f"symbols.sh on {word or 'nothing'}", bool(word), f"uses {word}" if word else "", *run(tree, [HERE / "symbols.sh", "objects"])
        )
    damaged = Path(folder, "damaged")
    damaged.mkdir()
    (damaged / "x.o").write_text("no object\n")
    results.expect("symbols.sh on a damaged object", True, "can't be read", *run(folder, [HERE / "symbols.sh", "damaged"]))
    results.expect("symbols.sh on no object", True, "no object", *run(folder, [HERE / "symbols.sh", "absent"]))


def binary(results, folder):
    write(folder, {"main.c": "int main(void)\n{\n    return 0;\n}\n"})
    for flags, word in SPOILED:
        # glibc's static programs are larger than the budget, and that is the last row's point.
        subprocess.run(["gcc", "-o", "spoiled", "main.c", *flags], cwd=folder, check=True)
        results.expect(f"binary.sh on {flags}", True, word, *run(folder, [HERE / "binary.sh", "spoiled"]))


def main():
    os.environ["PATH"] = f"{ROOT}/build/tools/venv/bin:{os.environ['PATH']}"  # ruff
    results = Results()
    with tempfile.TemporaryDirectory() as folder:
        tree_lints(results, folder)
        symbols(results, folder)
        binary(results, folder)
    print(f"{results.count} cases, {results.wrong} wrong")
    return 1 if results.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
