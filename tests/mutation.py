#!/usr/bin/env python3
"""Changes the sources, one condition at a time, and tells which changes no unit test notices.

    python3 tests/mutation.py --seed 1 --count 20
    python3 tests/mutation.py --count 50 tools/common/units.cpp libdualcam/src/wire

Each change is made in a copy of the sources, built and tested there (build/mutation); the sources
themselves are never touched. The same seed takes the same changes of the same sources. Prints each
change that survives with its file, line and text; one that makes the tests hang or take all memory
is noticed, one that does not compile counts as none. Exit 0 when the run is complete, whatever
survived. Changes that mean nothing stand in tests/equivalent_changes.txt, each with its reason, as
they are printed here, and are not tried.
"""

import argparse
import collections
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

SOURCE = pathlib.Path(__file__).resolve().parents[1]
EQUIVALENT = SOURCE / "tests" / "equivalent_changes.txt"
# The tests that mirror a change come first: those behind them are linked and run only if it survives.
TESTS = {"libdualcam": ["unit-tests", "tools-unit-tests"], "tools": ["tools-unit-tests"]}
EVERY_TEST = TESTS["libdualcam"]
UNCHANGED_SECONDS = 1800  # for tests of unchanged sources, however busy the machine
TIMES_SLOWER = 5  # a change that makes its tests take so many times as long hangs them
ALONE = ["prlimit", f"--as={8 << 30}", "unshare", "--pid", "--fork", "--kill-child"] + (
    [] if os.geteuid() == 0 else ["--user", "--map-current-user"])

# (what is looked for, what it becomes): each changes what the program does and still compiles.
CHANGES = [
    (r" == ", " != "), (r" != ", " == "),
    (r" <= ", " < "), (r" >= ", " > "), (r" < (?=[\w(])", " <= "), (r" > (?=[\w(])", " >= "),
    (r" && ", " || "), (r" \|\| ", " && "),
    (r"\bif \((?!constexpr|const auto|auto|const int)(.*)\) \{$", r"if (!(\1)) {"),
    (r"\bif \((?!constexpr|const auto|auto|const int)(.*)\) \{$", r"if (((\1)) && false) {"),
    (r"\breturn true;", "return false;"), (r"\breturn false;", "return true;"),
    (r" \+ 1\b", " + 0"), (r" - 1\b", " - 0"),
    (r"\bcontinue;", "break;"), (r"\bbreak;$", "continue;"),
    (r"\bstd::min\(", "std::max("), (r"\bstd::max\(", "std::min("),
    (r"^(\s+)(\w[\w.>-]*(?:\(\)|\([^()]*\)));$", r"\1(void)0; // \2;"),
]

Change = collections.namedtuple("Change", "path line old new")


def equivalent():
    """The changes that mean nothing: (path, old text, new text)."""
    entry = r"^([^\s:]+):.*\n  - (.*)\n  \+ (.*)\n  because "
    return {found.groups() for found in re.finditer(entry, EQUIVALENT.read_text(), re.MULTILINE)}


def changes_of(path):
    """Every change that can be made to one file."""
    found = []
    for number, text in enumerate((SOURCE / path).read_text().splitlines()):
        code = text.split("//")[0].rstrip()
        if not code.startswith(" ") or code.lstrip().startswith(("#", "template", "static_assert",
                                                                 "return {", "throw")):
            continue
        for pattern, replacement in CHANGES:
            for match in re.finditer(pattern, code):
                new = code[:match.start()] + match.expand(replacement) + code[match.end():]
                found.append(Change(path, number, text, new))
    return found


def chosen(paths, seed, count):
    files = []
    for path in paths:
        full = SOURCE / path
        files += [full] if full.is_file() else sorted(full.rglob("*.cpp"))
    files = [str(file.relative_to(SOURCE)) for file in files if file.name != "main.cpp"]
    nothing = equivalent()
    every = [change for file in files for change in changes_of(file)
             if (change.path, change.old.strip(), change.new.strip()) not in nothing]
    return random.Random(seed).sample(every, min(count, len(every))), len(every)


class Workshop:
    """A copy of the sources that is built, changed, tested and put right again."""

    def __init__(self, folder, jobs):
        self.source, self.build, self.jobs = folder / "source", folder / "build", jobs
        self.patience = {}

    def prepare(self):
        if self.source.exists():
            shutil.rmtree(self.source)
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=SOURCE, capture_output=True, check=True)
        for name in listed.stdout.decode().split("\0"):
            if name and (SOURCE / name).is_file():
                (self.source / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(SOURCE / name, self.source / name)
        subprocess.run(["cmake", "-S", self.source, "-B", self.build, "-G", "Ninja",
                        "-DCMAKE_BUILD_TYPE=Debug", "-DCMAKE_CXX_FLAGS_DEBUG=-O1",
                        "-DDUALCAM_WERROR=OFF"], check=True, stdout=subprocess.DEVNULL)
        if not self.compiles(EVERY_TEST, loud=True):
            raise SystemExit("mutation: the sources do not build")
        for test in EVERY_TEST:
            begun = time.monotonic()
            if not self.passes(test, UNCHANGED_SECONDS):
                raise SystemExit(f"mutation: {test} fails, or takes over {UNCHANGED_SECONDS} s, "
                                 "before anything was changed")
            self.patience[test] = TIMES_SLOWER * (time.monotonic() - begun) + 10

    def compiles(self, targets, loud=False):
        done = subprocess.run(["ninja", "-C", self.build, "--quiet", "-j", str(self.jobs), *targets],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if loud and done.returncode != 0:
            sys.stderr.buffer.write(done.stdout)
        return done.returncode == 0

    def passes(self, test, seconds):
        """In processes of its own: a changed program may leave children, or kill whom it sees."""
        with tempfile.TemporaryDirectory(prefix="dualcam-mutation-") as scratch:
            running = subprocess.Popen([*ALONE, self.build / "tests" / "unit" / test, "--abort"],
                                       cwd=scratch, env=os.environ | {"TMPDIR": scratch},
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                return running.wait(seconds) == 0
            except subprocess.TimeoutExpired:
                return False
            finally:
                try:
                    os.killpg(running.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                running.wait()

    def notices(self, change):
        """What notices it: "compiler", a test's name, or "" when nothing does."""
        file = self.source / change.path
        before = file.read_text()
        lines = before.splitlines(keepends=True)
        lines[change.line] = change.new + "\n"
        file.write_text("".join(lines))
        try:
            for test in TESTS[change.path.split("/")[0]]:
                if not self.compiles([test]):
                    return "compiler"
                if not self.passes(test, self.patience[test]):
                    return test
            return ""
        finally:
            file.write_text(before)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", default=["libdualcam/src", "tools"], metavar="PATH",
                        help="sources or folders of them (libdualcam/src tools)")
    parser.add_argument("--seed", type=int, default=1, help="which changes (1)")
    parser.add_argument("--count", type=int, default=20, help="how many changes (20)")
    parser.add_argument("--seconds", type=int, default=3600,
                        help="no change is begun after that time (3600)")
    parser.add_argument("--jobs", type=int, default=2, help="compilers at once (2)")
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build" / "mutation",
                        help="folder for the copy; one for each run at a time (build/mutation)")
    parser.add_argument("--list", action="store_true", help="only print the changes")
    options = parser.parse_args()

    changes, possible = chosen(options.paths, options.seed, options.count)
    if options.list:
        for change in changes:
            print(f"{change.path}:{change.line + 1}:\n  - {change.old.strip()}\n  + {change.new.strip()}")
        return
    deadline = time.monotonic() + options.seconds
    workshop = Workshop(options.build.resolve(), options.jobs)
    workshop.prepare()
    results = collections.Counter()
    for change in changes:
        if time.monotonic() > deadline:
            break
        by = workshop.notices(change)
        results["survived" if not by else "did not compile" if by == "compiler" else "noticed"] += 1
        if not by:
            print(f"{change.path}:{change.line + 1}: survives\n  - {change.old.strip()}\n"
                  f"  + {change.new.strip()}", flush=True)
    print(f"mutation: seed {options.seed}, {sum(results.values())} of {possible} possible changes: "
          f"{results['noticed']} noticed, {results['survived']} survived, "
          f"{results['did not compile']} did not compile")
    if sum(results.values()) < len(changes):
        print(f"mutation: the time ran out before {len(changes)} changes", file=sys.stderr)


if __name__ == "__main__":
    main()
