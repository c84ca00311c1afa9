"""What `cmake --install` puts where, and that others can build on it."""

import os
import pathlib
import subprocess
import tempfile
import unittest

from harness import PATIENCE, TOOLS

BUILD = TOOLS.parent
SOURCE = pathlib.Path(__file__).resolve().parents[2]

INCLUDE = SOURCE / "libdualcam/include/dualcam"
HEADERS = {str(path.relative_to(INCLUDE)) for path in INCLUDE.glob("*/*.hpp")} | {"version.hpp"}
PROGRAMS = {path.parent.name for path in SOURCE.glob("tools/dcam-*/main.cpp")}

PROGRAM = """
#include <dualcam/version.hpp>
#include <dualcam/wire/crc16.hpp>
#include <cstdio>
int main() { std::printf("%s %04x", DUALCAM_VERSION, dualcam::crc16(dualcam::as_bytes("123456789"))); }
"""

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(consumer CXX)
find_package(dualcam REQUIRED)
add_executable(consumer main.cpp)
target_link_libraries(consumer PRIVATE dualcam::dualcam)
"""


class Install(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="dualcam-test-")
        cls.prefix = pathlib.Path(cls.temporary.name) / "prefix"
        cls.run_command("cmake", "--install", BUILD, "--prefix", cls.prefix)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    @staticmethod
    def run_command(*command, **options):
        result = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                                timeout=PATIENCE, **options)
        if result.returncode != 0:
            raise AssertionError(f"{command}: {result.stdout}{result.stderr}")
        return result.stdout

    def compiler_flags(self):
        cache = (BUILD / "CMakeCache.txt").read_text()
        sanitized = "DUALCAM_SANITIZE:BOOL=ON" in cache or "DUALCAM_FUZZ:BOOL=ON" in cache
        compiler = next(line.split("=")[1] for line in cache.splitlines()
                        if line.startswith("CMAKE_CXX_COMPILER:"))
        return compiler, ["-fsanitize=address,undefined"] if sanitized else []

    def test_every_file_is_where_a_distribution_expects_it(self):
        installed = {str(path.relative_to(self.prefix)) for path in self.prefix.rglob("*")
                     if path.is_file()}
        library = next(str(path.parent.relative_to(self.prefix))
                       for path in self.prefix.rglob("libdualcam.a"))
        expected = {f"bin/{name}" for name in PROGRAMS}
        expected |= {f"include/dualcam/{name}" for name in HEADERS}
        expected |= {f"{library}/libdualcam.a", f"{library}/pkgconfig/dualcam.pc"}
        expected |= {f"{library}/cmake/dualcam/dualcam-{name}.cmake"
                     for name in ("config", "config-version", "targets")}
        expected |= {f"share/man/man1/{name}.1" for name in PROGRAMS} | {"share/man/man7/dualcam.7"}
        for name in PROGRAMS:
            expected |= {f"share/bash-completion/completions/{name}",
                         f"share/zsh/site-functions/_{name}",
                         f"share/fish/vendor_completions.d/{name}.fish"}
        found = {name for name in installed if not name.endswith(
            ("targets-debug.cmake", "targets-relwithdebinfo.cmake", "targets-release.cmake"))}
        self.assertEqual(found, expected)
        self.assertEqual(len(installed), len(expected) + 1)  # the build type's targets

    def test_a_cmake_project_finds_the_package(self):
        compiler, flags = self.compiler_flags()
        folder = pathlib.Path(self.temporary.name) / "cmake"
        folder.mkdir()
        (folder / "CMakeLists.txt").write_text(PROJECT)
        (folder / "main.cpp").write_text(PROGRAM)
        self.run_command("cmake", "-S", folder, "-B", folder / "build", "-G", "Ninja",
                         f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={compiler}",
                         f"-DCMAKE_CXX_FLAGS={' '.join(flags)}")
        self.run_command("cmake", "--build", folder / "build")
        self.assertRegex(self.run_command(folder / "build/consumer"), r"^\d+\.\d+\.\d+ 2189$")

    def test_pkg_config_tells_how_to_build(self):
        compiler, flags = self.compiler_flags()
        folder = pathlib.Path(self.temporary.name) / "pkg-config"
        folder.mkdir()
        (folder / "main.cpp").write_text(PROGRAM)
        found = next(self.prefix.rglob("dualcam.pc")).parent
        told = self.run_command("pkg-config", "--define-prefix", "--cflags", "--libs", "dualcam",
                                env=os.environ | {"PKG_CONFIG_PATH": str(found)}).split()
        self.run_command(compiler, *flags, folder / "main.cpp", "-o", folder / "program", *told)
        self.assertRegex(self.run_command(folder / "program"), r"^\d+\.\d+\.\d+ 2189$")


if __name__ == "__main__":
    unittest.main()
