#!/usr/bin/env python3
"""Changes the sources, one thing at a time, and tells which changes no unit test notices.

    python3 tests/mutation.py                     300 changes, as in tests/run.sh --full
    python3 tests/mutation.py --seed 2 --count 50 tools/common/units.cpp libdualcam/src/wire

The sources themselves are never touched: a copy (build/mutation) has all the changes in it, and each
run of the unit tests takes one (switched_changes.py); one that cannot be written so is built alone.
For each change those files of tests run that come by it, the quickest first, until one notices it.
A seed orders the changes by a hash of what they are, so it takes the same ones after other code has
changed. One that makes the tests fail, hang or take all memory is noticed. Each that survives is
printed with file, line and text, and with "not reached" when no test comes by it.

Not among the changes, by rule:
- what does not compile: no change, the next one takes its place;
- what stands in tests/equivalent_changes.txt, each with the reason why nobody could tell it;
- main.cpp: not linked to the unit tests (it only calls what is), run by tests/cli;
- sources that are nothing on this machine (crc16_arm.cpp on x86);
- headers: templates and one-line members, used all over; they would be built alone, all of it.
Survivors that are known stand in tests/unnoticed_changes.txt, each with a reason: they are tried and
counted as all others. Exit 1 when less than 90 % are noticed.
"""

import argparse
import collections
import concurrent.futures
import functools
import hashlib
import os
import pathlib
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import switched_changes

SOURCE = pathlib.Path(__file__).resolve().parents[1]
EQUIVALENT = SOURCE / "tests" / "equivalent_changes.txt"
UNNOTICED = SOURCE / "tests" / "unnoticed_changes.txt"
LEAST_NOTICED = 0.9
OF_OTHER_MACHINES = {"main.cpp",
                     "crc16_arm.cpp" if platform.machine() == "x86_64" else "crc16_x86.cpp"}
TESTS = ["unit-tests", "tools-unit-tests"]
UNCHANGED_SECONDS = 1800  # for tests of unchanged sources, however busy the machine
TIMES_SLOWER = 4  # a change that makes its tests take so many times as long hangs them
ALONE = ["prlimit", f"--as={8 << 30}", "unshare", "--pid", "--mount-proc", "--fork", "--kill-child"] + (
    [] if os.geteuid() == 0 else ["--user", "--map-current-user"])

CONDITION = r"(?<=\bif \()(?!constexpr|const auto|auto|const int)([^;]*)(?=\) \{$)"
# (what is looked for, what it becomes): each changes what the program does and still compiles.
EXPRESSIONS = [
    (r" == ", " != "), (r" != ", " == "),
    (r" <= ", " < "), (r" >= ", " > "), (r" < (?=[\w(])", " <= "), (r" > (?=[\w(])", " >= "),
    (r" && ", " || "), (r" \|\| ", " && "),
    (CONDITION, r"!(\1)"), (CONDITION, r"((\1)) && false"),
    (r"(?<=\breturn )true(?=;)", "false"), (r"(?<=\breturn )false(?=;)", "true"),
    (r" \+ 1\b", " + 0"), (r" - 1\b", " - 0"),
    (r"\bstd::min(?=\()", "std::max"), (r"\bstd::max(?=\()", "std::min"),
]
STATEMENTS = [
    (r"\bcontinue;", "break;"), (r"\bbreak;$", "continue;"),
    (r"^\s+(\w[\w.>-]*(?:\(\)|\([^()]*\)));$", r"(void)0; // \1;"),
]

# `old` and `new` are the whole line; `edit` has its place in the file.
Change = collections.namedtuple("Change", "path line old new edit")


@functools.cache
def source_of(path):
    """As it was when it was first looked at: others may work on it meanwhile."""
    return (SOURCE / path).read_text()


def texts(file):
    """The changes that a list names: (path, old text, new text)."""
    entry = r"^([^\s:]+):.*\n  - (.*)\n  \+ (.*)\n  because "
    return {found.groups() for found in re.finditer(entry, file.read_text(), re.MULTILINE)}


def text_of(change):
    return change.path, change.old.strip(), change.new.strip()


def stale(file, possible):
    """The entries of a list that no change is any more: the code is another now."""
    changes = {text_of(change) for change in possible}
    looked_at = {change.path for change in possible}
    return [entry for entry in sorted(texts(file)) if entry not in changes
            and (entry[0] in looked_at or not (SOURCE / entry[0]).exists())]


def shown(change, how=""):
    return (f"{change.path}:{change.line + 1}:{how}\n  - {change.old.strip()}\n"
            f"  + {change.new.strip()}")


def changes_of(path):
    """Every change that can be made to one file."""
    found, offset, before = [], 0, ""
    plain = switched_changes.masked(source_of(path))
    for number, text in enumerate(source_of(path).split("\n")):
        code = text.split("//")[0].rstrip()
        begins = before.endswith((";", "{", "}", ":", ")"))  # the line above is not part of it
        if code.startswith(" ") and not code.lstrip().startswith(
                ("#", "template", "static_assert", "return {", "throw")):
            for patterns, is_statement in ((EXPRESSIONS, False), (STATEMENTS if begins else [], True)):
                for pattern, replacement in patterns:
                    for match in re.finditer(pattern, code):
                        begin = match.start(match.lastindex or 0)
                        if plain[offset + begin] != code[begin]:
                            continue  # within a string
                        becomes = match.expand(replacement)
                        edit = switched_changes.Edit(0, offset + begin, offset + match.end(),
                                                     becomes.split(" //")[0], is_statement)
                        new = code[:begin] + becomes + code[match.end():]
                        found.append(Change(path, number, text, new, edit))
        before = code if code and not code.startswith("#") else before
        offset += len(text) + 1
    return found


def in_order(paths, seed):
    """All changes, in the order that a seed gives them."""
    files = []
    for path in paths:
        full = SOURCE / path
        files += [full] if full.is_file() else sorted(full.rglob("*.cpp"))
    files = [str(file.relative_to(SOURCE)) for file in files if file.name not in OF_OTHER_MACHINES]
    same, keyed = collections.Counter(), []
    for change in (change for file in files for change in changes_of(file)):
        text = text_of(change)
        same[text] += 1
        key = hashlib.sha256("\n".join([str(seed), *text, str(same[text])]).encode()).digest()
        keyed.append((key, change))
    return [change for _, change in sorted(keyed)]


def test_files():
    """(program, file as Catch2 names it) of every file of unit tests."""
    for file in sorted((SOURCE / "tests" / "unit").rglob("*_test.cpp")):
        yield TESTS["tools" in file.parts], f"[#{file.stem}]"


class Workshop:
    """A copy of the sources, with all changes in it, that is built once."""

    def __init__(self, folder, jobs):
        # As build/gcc is to the sources: ccache then knows what did not change.
        self.source, self.build, self.jobs = folder, folder / "build" / "gcc", jobs
        self.alone = []  # changes that cannot be switched
        self.took = {}

    def put(self, name, text):
        """Only what differs: the rest need not be built again."""
        file = self.source / name
        if not file.exists() or file.read_text() != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)

    def copy_sources(self, changed):
        listed = subprocess.run(["git", "ls-files", "-coz", "--exclude-standard"], cwd=SOURCE,
                                capture_output=True, check=True)
        for name in listed.stdout.decode().split("\0"):
            if name and name not in changed and (SOURCE / name).is_file():
                file = self.source / name
                if not file.exists() or file.read_bytes() != (SOURCE / name).read_bytes():
                    file.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(SOURCE / name, file)
        self.put("libdualcam/include/dualcam_change.hpp", switched_changes.HEADER)
        for folder in ("libdualcam", "tools"):
            names = [path.removeprefix(folder + "/") for path in sorted(changed)
                     if path.startswith(folder + "/")]
            # -O1 is quicker to build; assertions stand in for AddressSanitizer, which the tests run with,
            # and what has them is inlined: the linker might take a copy that has none.
            options = (f"set_source_files_properties({' '.join(names)} PROPERTIES COMPILE_OPTIONS "
                       '"-w;-O1;-finline-small-functions;-D_GLIBCXX_ASSERTIONS")\n') if names else ""
            cmake = f"{folder}/CMakeLists.txt"
            self.put(cmake, (SOURCE / cmake).read_text() + options)

    def prepare(self, changes):
        """Builds all changes; those that cannot be switched are left for `alone`."""
        by_path = {change.path: [] for change in changes}
        for change in changes:
            if switched_changes.can_be_switched(source_of(change.path), change.edit):
                by_path[change.path].append(change.edit)
            else:
                self.alone.append(change)
        self.copy_sources(by_path)
        for _ in range(10):
            lines = {}
            for path, edits in by_path.items():
                text, lines[path] = switched_changes.switched(source_of(path), edits)
                self.put(path, text)
            complaints = self.compile()
            if not complaints:
                return
            failed = set()
            for path in by_path:
                errors = {int(number) for number in re.findall(
                    rf"{re.escape(path)}:(\d+):\d+: (?:error|note)", complaints)}
                hit = {number for first, last, numbers in lines[path]
                       if any(first <= error <= last for error in errors) for number in numbers}
                if not hit and re.search(rf"^FAILED: .*/{re.escape(path.split('/', 1)[1])}\.o",
                                         complaints, re.MULTILINE):
                    hit = {edit.number for edit in by_path[path]}  # told elsewhere, as of constexpr
                failed |= hit
            if not failed:
                raise SystemExit(f"mutation: the sources do not build\n{complaints}")
            for path in by_path:
                by_path[path] = [edit for edit in by_path[path] if edit.number not in failed]
            self.alone += [change for change in changes if change.edit.number in failed]

    def compile(self):
        """The compiler's complaints, "" when there are none."""
        if not (self.build / "build.ninja").exists():
            subprocess.run(["cmake", "-S", self.source, "-B", self.build, "-G", "Ninja",
                            "-DCMAKE_CXX_COMPILER=g++", "-DCMAKE_BUILD_TYPE=Release"],
                           check=True, stdout=subprocess.DEVNULL)
        done = subprocess.run(["ninja", "-C", self.build, "-k", "0", "-j", str(self.jobs), *TESTS],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        return done.stdout if done.returncode != 0 else ""

    def measure(self):
        """How long the tests of each file take, and which changes they come by."""
        def run(step):
            with tempfile.NamedTemporaryFile() as seen:
                seen.truncate(1 << 16)
                if any(self.passes(*step, DUALCAM_CHANGES_SEEN=seen.name) for _ in range(3)):
                    return step, seen.read()
                print(f"mutation: {' '.join(step)}: fails, or takes over {UNCHANGED_SECONDS} s, before "
                      "anything is changed: nothing is noticed by it", file=sys.stderr, flush=True)
                return step, b""
        with concurrent.futures.ThreadPoolExecutor(self.jobs) as pool:
            self.seen = {step: seen for step, seen in pool.map(run, test_files()) if seen}

    def passes(self, test, file, **variables):
        """In processes of its own: a changed program may leave children, or kill whom it sees."""
        begun, key = time.monotonic(), (test, file)
        patience = TIMES_SLOWER * self.took[key] + 2 if key in self.took else UNCHANGED_SECONDS
        with tempfile.TemporaryDirectory(prefix="dualcam-mutation-") as scratch:
            running = subprocess.Popen(
                [*ALONE, "prlimit", f"--cpu={int(patience)}", self.build / "tests" / "unit" / test,
                 "--abort", "--filenames-as-tags", file],
                cwd=scratch, env=os.environ | {"TMPDIR": scratch} | variables,
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                start_new_session=True)
            try:
                passed = running.wait(patience + 10) == 0  # some wait more than they compute
            except subprocess.TimeoutExpired:
                passed = False
            finally:
                try:
                    os.killpg(running.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                running.wait()
        self.took.setdefault(key, time.monotonic() - begun)
        return passed

    def notices(self, change):
        """Whether a test notices it: "noticed", "survives" or "not reached"."""
        number = change.edit.number
        steps = [step for step, seen in self.seen.items() if seen[number]]
        for step in sorted(steps, key=self.took.get):
            passes = functools.partial(self.passes, *step, DUALCAM_CHANGE=str(number))
            if not passes() and self.passes(*step) and not passes():  # not the machine's doing
                return "noticed"
        return "survives" if steps else "not reached"

    def notices_alone(self, change):
        """The same for one that has to be built: or "does not compile"."""
        text = source_of(change.path)
        self.put(change.path, text[:change.edit.begin] + change.edit.text + text[change.edit.end:])
        try:
            if self.compile():
                return "does not compile"
            programs = TESTS if change.path.startswith("libdualcam") else TESTS[1:]
            steps = [step for step in sorted(self.seen, key=self.took.get) if step[0] in programs]
            return "survives" if all(self.passes(*step) for step in steps) else "noticed"
        finally:
            self.put(change.path, text)


def tried(workshop, changes, deadline):
    """(change, result) of each, as they come."""
    workshop.prepare(changes)
    alone = {change.edit.number for change in workshop.alone}
    workshop.measure()

    def timely(notices, change):
        return notices(change) if time.monotonic() < deadline else "not tried"

    with concurrent.futures.ThreadPoolExecutor(workshop.jobs) as pool:
        running = {pool.submit(timely, workshop.notices, change): change
                   for change in changes if change.edit.number not in alone}
        for done in concurrent.futures.as_completed(running):
            yield running[done], done.result()
    for change in workshop.alone:
        yield change, timely(workshop.notices_alone, change)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="*", default=["libdualcam/src", "tools"], metavar="PATH",
                        help="sources or folders of them (libdualcam/src tools)")
    parser.add_argument("--seed", type=int, default=1, help="which changes (1)")
    parser.add_argument("--count", type=int, default=300, help="how many changes (300)")
    parser.add_argument("--seconds", type=int, default=7200,
                        help="no change is begun after that time (7200)")
    parser.add_argument("--jobs", type=int, default=2, help="compilers or tests at once (2)")
    parser.add_argument("--build", type=pathlib.Path, default=SOURCE / "build" / "mutation",
                        help="folder for the copy; one for each run at a time (build/mutation)")
    parser.add_argument("--list", action="store_true", help="only print the changes")
    options = parser.parse_args()

    possible = in_order(options.paths, options.seed)
    for file in (EQUIVALENT, UNNOTICED):
        for path, old, _ in stale(file, possible):
            print(f"mutation: {file.name} lists a change of {path} that is none: {old}", file=sys.stderr)
    equivalent = texts(EQUIVALENT)
    spare = options.count // 10 + 5  # for those that do not compile
    changes, passed_over = [], 0
    for change in possible:
        if text_of(change) in equivalent:
            passed_over += 1
        elif len(changes) < options.count + spare:
            number = len(changes) + 1
            changes.append(change._replace(edit=change.edit._replace(number=number)))
        else:
            break
    if options.list:
        print("\n".join(map(shown, changes[:options.count])))
        return 0
    results, known = {}, texts(UNNOTICED)
    for change, result in tried(Workshop(options.build.resolve(), options.jobs), changes,
                                time.monotonic() + options.seconds):
        results[change.edit.number] = result
        if result in ("survives", "not reached"):
            reason = ", as is known" if text_of(change) in known else ""
            print(shown(change, f" {result}{reason}"), flush=True)
    return report(options, results, len(possible), passed_over)


def report(options, results, possible, passed_over):
    """The first so many that compile count."""
    compiling = [results[number] for number in sorted(results)
                 if results[number] not in ("does not compile", "not tried")][:options.count]
    count = collections.Counter(compiling)
    share = count["noticed"] / max(1, len(compiling))
    print(f"mutation: seed {options.seed}, {len(compiling)} of {possible} possible changes, "
          f"{passed_over} equivalent ones passed over: {count['noticed']} noticed "
          f"({100 * share:.1f} %), {count['survives']} survive, {count['not reached']} are not reached")
    if len(compiling) < min(options.count, possible - passed_over):
        print(f"mutation: the time ran out before {options.count} changes", file=sys.stderr)
    return 0 if share >= LEAST_NOTICED else 1


if __name__ == "__main__":
    sys.exit(main())
