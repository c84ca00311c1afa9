"""How the sources are laid out: one name, one type. The linker's view is in tests/run.sh --full."""

import collections
import pathlib
import re
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]

OPENED = re.compile(r"^namespace (.*)\{$")
CLOSED = re.compile(r"^\} // namespace")
TYPE = re.compile(r"^(?:class|struct|union|enum(?: class)?) (\w+)(?![\w:])[^;]*$")
VARIABLE = re.compile(r"(inline |constexpr |const |static )+[\w:<>, *&]+ \w+( =|\{|;)")


def files_of(folder):
    return sorted([*folder.rglob("*.cpp"), *folder.rglob("*.hpp")])


def lines_of(path):
    """(namespaces, line) of every line that opens or closes none: those around it, "" if unnamed."""
    scopes = []
    for line in path.read_text().splitlines():
        if opened := OPENED.match(line):
            scopes.append(opened[1].strip())
        elif CLOSED.match(line):
            scopes.pop()
        else:
            yield scopes, line


def types_of(path):
    """(namespace, name) of every type that other files can see; nested ones go with their class."""
    for scopes, line in lines_of(path):
        if (found := TYPE.match(line)) and scopes and "" not in scopes:
            yield "::".join(scopes), found[1]


def constants_of(path):
    """(namespace, line) of every variable of a header that is no member and no local one."""
    for scopes, line in lines_of(path):
        if VARIABLE.match(line):
            yield "::".join(scopes), line


def doubled_types(*folders):
    places = collections.defaultdict(set)
    for folder in folders:
        for path in files_of(folder):
            for name in types_of(path):
                places[name].add(path.name)
    return {name: sorted(files) for name, files in places.items() if len(files) > 1}


class Sources(unittest.TestCase):
    def test_each_tool_keeps_to_its_own_namespace(self):
        expected = {"common": "dualcam::inline tools"} | {
            f"dcam-{name}": f"dualcam::{name}" for name in ("convert", "crc", "meta", "serve", "sim")}
        folders = {path.name for path in (SOURCE / "tools").iterdir()
                   if path.is_dir() and list(files_of(path))}
        self.assertEqual(folders, set(expected))
        for folder, namespace in expected.items():
            for path in files_of(SOURCE / "tools" / folder):
                opened = {match[1].strip() for line in path.read_text().splitlines()
                          if (match := OPENED.match(line))}
                self.assertLessEqual(opened, {namespace, ""}, path)

    def test_no_two_types_share_a_name(self):
        self.assertEqual(doubled_types(SOURCE / "libdualcam", SOURCE / "tools"), {})

    def test_each_public_header_says_which_threads_may_use_it(self):
        headers = files_of(SOURCE / "libdualcam" / "include")
        self.assertGreater(len(headers), 40)
        silent = [path.name for path in headers
                  if not re.search(r"^ *///.*\bthread", path.read_text(), re.I | re.M)]
        self.assertEqual(silent, [])

    def test_what_tests_share_shadows_nothing(self):
        """A constant of dualcam itself would be hidden by each parameter of its name, in whatever
        header stands behind it in a unity build, and Clang's -Wshadow says so."""
        headers = [path for path in files_of(SOURCE / "tests" / "unit") if path.suffix == ".hpp"]
        self.assertGreater(len(headers), 40)
        shared = re.compile(r"dualcam(::(inline tools|%s))?$" % "|".join(
            path.name.removeprefix("dcam-") for path in (SOURCE / "tools").glob("dcam-*")))
        self.assertEqual([f"{path.name}: {line}" for path in headers
                          for namespace, line in constants_of(path) if shared.match(namespace)], [])

    def test_no_json_object_begins_as_null(self):
        """`json[key]` of null calls it an object first and allocates it then: out of memory in
        between, nlohmann-json's destructor ends the process."""
        for path in files_of(SOURCE / "tools"):
            found = re.findall(r"^ +(?:json|Json) \w+(?:\{\})?;.*$", path.read_text(), re.MULTILINE)
            self.assertEqual([line for line in found if "///<" not in line], [], path)

    def test_two_types_that_share_a_name_are_seen(self):
        with tempfile.TemporaryDirectory(prefix="dualcam-test-") as folder:
            folder = pathlib.Path(folder)
            for name, kind in (("a.hpp", "struct Record {"), ("b.cpp", "class Record : public X {"),
                               ("c.cpp", "class Record;"), ("d.cpp", "namespace {\n\nstruct Record {")):
                ends = "\n} // namespace\n" if name == "d.cpp" else ""
                (folder / name).write_text(
                    f"namespace dualcam {{\n\n{kind}\n  int a;\n}};\n{ends}\n}} // namespace dualcam\n")
            self.assertEqual(doubled_types(folder), {("dualcam", "Record"): ["a.hpp", "b.cpp"]})


if __name__ == "__main__":
    unittest.main()
