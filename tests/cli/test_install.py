"""What `cmake --install` puts where, that others can build on it, and what a build needs."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from harness import PATIENCE, TOOLS

BUILD = TOOLS.parent
SOURCE = pathlib.Path(__file__).resolve().parents[2]

INCLUDE = SOURCE / "libdualcam/include/dualcam"
HEADERS = {str(path.relative_to(INCLUDE)) for path in INCLUDE.glob("*/*.hpp")} | {"version.hpp"}
VERSION = re.search(r"project\(dualcam VERSION ([0-9.]+)", (SOURCE / "CMakeLists.txt").read_text())[1]
SONAME = VERSION.rpartition(".")[0]
EXAMPLES = {path.name for path in SOURCE.glob("libdualcam/examples/*")}
PROGRAMS = {path.parent.name for path in SOURCE.glob("tools/dcam-*/main.cpp")}

PROGRAM = """
#include <dualcam/version.hpp>
#include <dualcam/wire/crc16.hpp>
#include <cstdio>
int main() { std::printf("%s %04x", DUALCAM_VERSION, dualcam::crc16(dualcam::as_bytes("123456789"))); }
"""

# What CMake finds for the tools; the library needs none of it.
PACKAGES = {"CLI11": "libcli11-dev", "fmt": "libfmt-dev", "nlohmann_json": "nlohmann-json3-dev",
            "OpenSSL": "libssl-dev", "Threads": "libc6-dev"}

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(consumer CXX)
find_package(dualcam REQUIRED)
add_executable(consumer main.cpp)
target_link_libraries(consumer PRIVATE dualcam::dualcam)
"""


def run_command(*command, **options):
    result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                            timeout=PATIENCE, **options)
    if result.returncode != 0:
        raise AssertionError(f"{command}: {result.stdout}{result.stderr}")
    return result.stdout


def cached(name):
    """A variable of the build that is being tested; empty if it has none of that name."""
    return next((line.partition("=")[2] for line in (BUILD / "CMakeCache.txt").read_text().splitlines()
                 if line.startswith(f"{name}:")), "")


def shared():
    return cached("BUILD_SHARED_LIBS") == "ON"


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="dualcam-test-")
        cls.prefix = pathlib.Path(cls.temporary.name) / "prefix"
        run_command("cmake", "--install", BUILD, "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def compiler_flags(self):
        sanitized = "ON" in (cached("DUALCAM_SANITIZE"), cached("DUALCAM_FUZZ"))
        return cached("CMAKE_CXX_COMPILER"), ["-fsanitize=address,undefined"] if sanitized else []

    def test_every_file_is_where_a_distribution_expects_it(self):
        installed = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*")
                     if path.is_file()}
        library = next(str(path.parent.parent.relative_to(self.prefix))
                       for path in self.prefix.rglob("dualcam.pc"))
        expected = {f"bin/{name}" for name in PROGRAMS}
        expected |= {f"include/dualcam/{name}" for name in HEADERS}
        expected |= {f"{library}/pkgconfig/dualcam.pc"}
        expected |= {f"{library}/libdualcam.{suffix}"
                     for suffix in (("so", f"so.{SONAME}", f"so.{VERSION}") if shared() else ("a",))}
        expected |= {f"{library}/cmake/dualcam/dualcam-{name}.cmake"
                     for name in ("config", "config-version", "targets")}
        expected |= {f"share/man/man1/{name}.1" for name in PROGRAMS}
        expected |= {f"share/man/man7/{path.name}" for path in SOURCE.glob("man/*.7")}
        expected |= {f"share/doc/dualcam/examples/{name}" for name in EXAMPLES}
        expected |= {f"lib/systemd/system/dcam-serve.{kind}" for kind in ("service", "socket")}
        expected |= {f"share/doc/dualcam/service/{name}"
                     for name in ("dcam-serve.conf", "convert.conf", "tls.conf", "dcam-serve.tmpfiles")}
        expected |= {f"share/doc/dualcam/deploy/{name}" for name in ("haproxy.cfg", "to-storage")}
        expected.add(f"{library}/wireshark/plugins/dualcam.lua")
        expected.add("share/bash-completion/completions/_dcam")
        for name in PROGRAMS:
            expected |= {f"share/bash-completion/completions/{name}",
                         f"share/zsh/site-functions/_{name}",
                         f"share/fish/vendor_completions.d/{name}.fish"}
        found = {name for name in installed if not name.endswith(
            ("targets-debug.cmake", "targets-relwithdebinfo.cmake", "targets-release.cmake"))}
        self.assertEqual(found, expected)
        self.assertEqual(len(installed), len(expected) + 1)  # the build type's targets

    def test_fish_finds_its_completions_below_usr_local_too(self):
        """It does not look there by itself."""
        root = pathlib.Path(self.temporary.name) / "root"
        run_command("cmake", "--install", BUILD, "--prefix", "/usr/local",
                    env=os.environ | {"DESTDIR": str(root)})
        self.assertEqual({path.stem for path in (root / "etc/fish/completions").iterdir()}, PROGRAMS)
        searched = run_command("fish", "-c", "printf '%s\\n' $fish_complete_path", env={
            "PATH": os.environ["PATH"], "HOME": self.temporary.name})
        self.assertIn("/etc/fish/completions", searched.splitlines())

    def test_a_cmake_project_finds_the_package(self):
        compiler, flags = self.compiler_flags()
        folder = pathlib.Path(self.temporary.name) / "cmake"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(PROJECT)
        (folder / "main.cpp").write_text(PROGRAM)
        run_command("cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja",
                         f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={compiler}",
                         f"-DCMAKE_CXX_FLAGS={' '.join(flags)}")
        run_command("cmake", "--build", folder / "build")
        self.assertRegex(run_command(folder / "build/consumer"), r"^\d+\.\d+\.\d+ 2189$")

    def test_pkg_config_tells_how_to_build(self):
        compiler, flags = self.compiler_flags()
        folder = pathlib.Path(self.temporary.name) / "pkg-config"
        folder.mkdir()
        (folder / "main.cpp").write_text(PROGRAM)
        found = next(self.prefix.rglob("dualcam.pc")).parent
        told = run_command("pkg-config", "--define-prefix", "--cflags", "--libs", "dualcam",
                                env=os.environ | {"PKG_CONFIG_PATH": str(found)}).split()
        run_command(compiler, *flags, folder / "main.cpp", "-o", folder / "program", *told)
        environment = os.environ | {"LD_LIBRARY_PATH": str(found.parent)}
        self.assertRegex(run_command(folder / "program", env=environment),
                         r"^\d+\.\d+\.\d+ 2189$")

    def test_the_programs_run_from_wherever_they_are_put(self):
        moved = pathlib.Path(self.temporary.name) / "moved to" / "another place"
        shutil.copytree(self.prefix, moved, symlinks=True)
        os.rename(self.prefix, self.prefix.with_name("gone"))
        try:
            for name in PROGRAMS:
                with self.subTest(name):
                    program = moved / "bin" / name
                    self.assertIn(name, run_command(program, "--version"))
                    dynamic = run_command("readelf", "-d", program)
                    self.assertEqual("libdualcam.so" in dynamic, shared())
                    self.assertNotIn(str(BUILD), dynamic)
        finally:
            os.rename(self.prefix.with_name("gone"), self.prefix)

    def test_no_program_takes_a_library_from_the_folder_it_is_started_in(self):
        for folder in (TOOLS, self.prefix / "bin"):
            for name in PROGRAMS:
                with self.subTest(folder=folder, name=name):
                    dynamic = run_command("readelf", "-d", folder / name)
                    found = re.search(r"path: \[(.*)\]", dynamic)
                    self.assertEqual(found is not None, shared())
                    self.assertTrue(found is None or all(found[1].split(":")), found)


class Version(unittest.TestCase):
    """It stands in CMakeLists.txt; what was changed in it, in README.md."""

    def test_everything_has_the_same(self):
        changes = (SOURCE / "README.md").read_text().partition("## Changes\n")[2]
        newest = re.search(r"- \*\*([0-9.]+)\*\*", changes)[1]
        self.assertEqual(newest, SONAME if VERSION.endswith(".0") else VERSION)
        for name in PROGRAMS:
            self.assertEqual(run_command(TOOLS / name, "--version").split()[:2], [name, VERSION])
        self.assertIn(f"\nVersion: {VERSION}\n", (BUILD / "libdualcam/dualcam.pc").read_text())
        packages = (SOURCE / "tools/package.sh").read_text()
        its_version = re.search(r"^version=.*$", packages, re.MULTILINE)[0]
        self.assertEqual(run_command("bash", "-c", f"{its_version}; echo $version", cwd=SOURCE), f"{VERSION}\n")


class Configure(unittest.TestCase):
    """`cmake -S . -B build` where something is not installed."""

    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="dualcam-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name) / "build"

    def configure(self, *options, without=()):
        hidden = [f"-DCMAKE_DISABLE_FIND_PACKAGE_{name}=ON" for name in without]
        command = ["cmake", "-S", SOURCE, "-B", self.folder, *hidden, *options, "--no-warn-unused-cli",
                   f"-DCMAKE_CXX_COMPILER={cached('CMAKE_CXX_COMPILER')}"]
        # The generator is CMake's own choice, as it is for those who type just this.
        environment = {name: value for name, value in os.environ.items() if name != "CMAKE_GENERATOR"}
        return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                              timeout=PATIENCE, env=environment)

    def assert_tests_are_off_without(self, name):
        done = self.configure(without=[name])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(f"The tests are off: {name} not found", done.stdout)
        self.assertIn("Total Tests: 0", run_command("ctest", "--test-dir", self.folder, "-N"))

    def test_without_catch2_the_tests_are_off(self):
        self.assert_tests_are_off_without("Catch2")

    def test_without_python_the_tests_are_off(self):
        self.assert_tests_are_off_without("Python3")

    def test_the_library_alone_needs_no_package(self):
        done = self.configure("-DDUALCAM_TOOLS=OFF", "-DASIO_INCLUDE_DIR=", "-DPCAP_LIBRARY=",
                              without=[*PACKAGES, "Catch2"])
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr, "")

    def test_the_library_alone_has_its_tests(self):
        done = self.configure("-DDUALCAM_TOOLS=OFF", without=PACKAGES)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("The tests are the library's", done.stdout)

    def test_a_missing_package_is_named_with_what_to_do(self):
        hidden = {"ASIO_INCLUDE_DIR": "libasio-dev", "PCAP_LIBRARY": "libpcap-dev"}
        done = self.configure(*(f"-D{name}=" for name in hidden), without=PACKAGES)
        self.assertNotEqual(done.returncode, 0)
        told = " ".join(done.stderr.split())
        for package in [*PACKAGES.values(), *hidden.values()]:
            self.assertIn(f"(Debian: {package})", told)
        self.assertIn("-DDUALCAM_TOOLS=OFF", told)


if __name__ == "__main__":
    unittest.main()
