"""The examples, built on the installed package as a user would, do what they say."""

import itertools
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

import test_install
from families import FAMILIES
from faults import fault_environment
from figures import full
from harness import PATIENCE, Camera, Running, ToolTest, crc16, sha256
from test_install import run_command

NAMES = sorted(path.stem for path in test_install.SOURCE.glob("libdualcam/examples/*.cpp"))
STRIDE = full(11, 1)
EXAMPLE = "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6"


class Server(Running):
    """The example that collects files."""

    def __init__(self, arguments, **options):
        super().__init__(arguments, **options)
        self.port = int(self.expect(r"listening on port (\d+)").group(1))


class Examples(ToolTest):
    @classmethod
    def setUpClass(cls):
        cls.temporary = pathlib.Path(tempfile.mkdtemp(prefix="dualcam-test-"))
        cls.prefix = cls.temporary / "prefix"
        run_command("cmake", "--install", test_install.BUILD, "--prefix", cls.prefix)
        cls.sources, = cls.prefix.rglob("examples")
        library = next(cls.prefix.rglob("dualcam.pc")).parent.parent
        cls.environment = os.environ | {"LD_LIBRARY_PATH": str(library)}  # a shared build has one
        cls.compiler, cls.flags = test_install.Install.compiler_flags(cls)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.temporary)

    def build_with_cmake(self):
        build = self.folder / "build"
        run_command("cmake", "-S", self.sources, "-B", build, "-G", "Ninja",
                    f"-DCMAKE_PREFIX_PATH={self.prefix}", f"-DCMAKE_CXX_COMPILER={self.compiler}",
                    f"-DCMAKE_CXX_FLAGS={' '.join(['-Wall -Wextra -Werror', *self.flags])}")
        run_command("cmake", "--build", build)
        return build

    def build_with_pkg_config(self, name):
        package = next(self.prefix.rglob("dualcam.pc")).parent
        flags = run_command("pkg-config", "--define-prefix", "--cflags", "--libs", "dualcam",
                            env=os.environ | {"PKG_CONFIG_PATH": str(package)}).split()
        run_command(self.compiler, *self.flags, self.sources / f"{name}.cpp", "-o",
                    self.folder / name, *flags)
        return self.folder / name

    def run_example(self, *words):
        return subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE,
                              env=self.environment)

    def upload(self, program, *arguments, fault=None):
        """A camera comes to a server that was started for it; what the camera says. A fault is that
        of the connection's process."""
        environment = self.environment
        if fault:
            environment = fault_environment(self.out, fault) | {
                "DUALCAM_FAULT_FORKED": "1", "LD_LIBRARY_PATH": environment["LD_LIBRARY_PATH"]}
        server = Server([program, "0", self.out], env=environment)
        self.running.append(server)
        result = self.run_tool("dcam-sim", f"127.0.0.1:{server.port}", "--json", *arguments)
        server.stop()
        return result

    def test_cmake_builds_them_and_the_server_loses_nothing(self):
        build = self.build_with_cmake()
        self.assertEqual([name for name in NAMES if os.access(build / name, os.X_OK)], NAMES)
        photo, video = self.file("photo.jpg", 50_000), self.file("video.h265", 700_000)
        files = f"photof={photo}", f"videor={video}"

        cut = self.upload(build / "server", *files, "--cut", "300")
        self.assertEqual(cut.returncode, 5, cut.stderr)
        self.assertEqual([sha256(path) for path in self.out.glob("*.jpg")], [sha256(photo)])
        part, = self.out.glob("*.h265.part")
        self.assertGreater(part.stat().st_size, 0)

        whole = self.upload(build / "server", *files)
        self.assertEqual(whole.returncode, 0, whole.stderr)
        self.assert_stored(photo, video)
        asked = [int(packet) for packet in re.findall(r'"RESUME (\d+)"', whole.stdout)]
        self.assertEqual(len(asked), 2)
        self.assertGreater(min(asked), 1)  # the photo is recognised, the video continued

        other = self.file("other.h265", 700_000)
        self.assertEqual(self.upload(build / "server", f"videor={other}", "--cut", "300").returncode, 5)
        again = self.upload(build / "server", *files)
        self.assertEqual(again.returncode, 0, again.stderr)
        part, = self.out.glob("*.part")  # of the other one: it is neither continued nor lost
        self.assertTrue(other.read_bytes().startswith(part.read_bytes()[:1024]))
        part.unlink()
        part.with_name(part.name + ".checkpoint").unlink()
        self.assert_stored(photo, video)
        self.check_files_by_path(build / "server")
        self.check_restart(build / "server")
        self.check_faults(build / "server")

    def check_files_by_path(self, server):
        """Of every family: continued, recognised, and under names that are the server's own."""
        for family in FAMILIES:
            if not family.folder:
                continue
            with self.subTest(family=family.name):
                self.fresh()
                file = self.file("video.h265", 300_000)
                files = f"videof={file}", *family.sim
                self.assertEqual(self.upload(server, *files, "--cut", "200").returncode, 5)
                whole = self.upload(server, *files)
                self.assertEqual(whole.returncode, 0, whole.stderr)
                resume, = re.findall(r'"RESUME (\d+)"', whole.stdout)
                self.assertGreater(int(resume), 0)
                again = self.upload(server, *files)
                self.assertEqual(again.returncode, 0, again.stderr)
                self.assert_stored(file)
        for path in ("../../../../tmp/x.jpg", "/etc/x.mp4", "a/\n\x1b[2J/dsm/-rf.sh", "." * 4000):
            with self.subTest(path=path):
                self.fresh()
                result = self.upload(server, "--path", path, f"photof={self.file('a', 5000)}")
                self.assertEqual(result.returncode, 0, result.stderr)
                stored, = (each.name for each in self.out.iterdir() if each.is_file())
                self.assertRegex(stored, r"^350612071913857_\d+_(dsm|unknown)(\.jpg|\.mp4)?$")

    def check_restart(self, server):
        """One that was killed is followed at once by another on its port, while the process of a
        connection goes on."""
        self.fresh()
        first = Server([server, "0", self.out], env=self.environment)
        self.running.append(first)
        with Camera(first) as camera:
            camera.init(0x04)
            self.assertTrue(camera.socket.recv(1))
            first.process.kill()
            first.process.wait(PATIENCE)
            following = Server([server, str(first.port), self.out], env=self.environment)
            self.running.append(following)
            self.assertEqual(following.port, first.port)

    def check_faults(self, server):
        """Killed at any call, and on a disk that is full from then on."""
        files = f"photof={self.file('photo.jpg', 3_000)}", f"videor={self.file('video.h265', 90_000)}"
        for fault in ("kill-before:{}", "kill-after:{}", "ENOSPC:{}+"):
            for position in itertools.count(1 + self.random.randrange(STRIDE), STRIDE):
                with self.subTest(fault=fault.format(position)):
                    self.fresh()
                    first = self.upload(server, *files, fault=fault.format(position))
                    self.assertIn(first.returncode, (0, 5), first.stderr)
                    again = self.upload(server, *files)
                    self.assertEqual(again.returncode, 0, again.stderr)
                    for part in self.out.glob("*.part*"):  # killed before it was known whose it is
                        self.assertTrue(part.suffix == ".checkpoint" or part.stat().st_size == 0)
                        part.unlink()
                    self.assert_stored(self.folder / "photo.jpg", self.folder / "video.h265")
                if first.returncode == 0:
                    break
            self.assertGreater(position, STRIDE)

    def test_pkg_config_builds_them_and_what_they_print_is_right(self):
        read_metadata = self.build_with_pkg_config("read_metadata")
        self.assertIn("front video\ntime: 1730205822000 ms since 1970 UTC\n"
                      "trigger: server request\nlength: 3 s\nposition: 54.7004183 25.2796514\n",
                      run_command(read_metadata, EXAMPLE, env=self.environment))
        spaced = " ".join(EXAMPLE[at:at + 2] for at in range(0, len(EXAMPLE), 2))
        self.assertEqual(run_command(read_metadata, spaced, env=self.environment),
                         run_command(read_metadata, EXAMPLE, env=self.environment))
        for damaged in (EXAMPLE[:-2], EXAMPLE[:-1], "99", ""):
            self.assertEqual(self.run_example(read_metadata, damaged).returncode, 1, damaged)

        check_capture = self.build_with_pkg_config("check_capture")
        content = self.random.randbytes(3000)
        sent = bytearray.fromhex("0000000500013ee13c00198144000400 00010006 00000003 0000"
                                 "00030004 00000001")
        crc = 0
        for start in range(0, len(content), 1024):
            payload = content[start:start + 1024]
            crc = crc16(payload, crc)
            sent += struct.pack(">HH", 4, len(payload) + 2) + payload + struct.pack(">H", crc)
        head = "camera 350612071913857, front photo: "
        for offset, status, told in ((None, 0, "3 packets good, 0 bad, 0 missing of 3, complete\n"),
                                     (1500, 1, "2 packets good, 1 bad, 0 missing of 3, "
                                               "incomplete\npacket 2 at byte 1064: bad\n")):
            if offset:
                sent[offset] ^= 1
            (self.folder / "capture").write_bytes(sent)
            result = self.run_example(check_capture, self.folder / "capture")
            self.assertEqual((result.returncode, result.stdout), (status, head + told))
        sent[1500] ^= 1
        (self.folder / "first").write_bytes(sent[:1500])  # cut, and gone on with at packet 2
        sync = struct.pack(">HHI", 3, 4, 2) + struct.pack(">HH", 4, 1026) + content[1024:2048]
        sync += struct.pack(">H", crc16(content[1024:2048]))
        rest = struct.pack(">HH", 4, 954) + content[2048:]
        rest += struct.pack(">H", crc16(content[1024:]))
        (self.folder / "second").write_bytes(sent[:26] + sync + rest)
        result = self.run_example(check_capture, self.folder / "first", self.folder / "second")
        self.assertEqual((result.returncode, result.stdout),
                         (1, head + "3 packets good, 1 bad, 0 missing of 3, complete\n"
                             "packet 2 at byte 1064: cut\n"))
        self.assertEqual(self.run_example(check_capture, self.folder / "no").returncode, 3)
        (self.folder / "init").write_bytes(sent[:16])
        self.assertEqual(self.run_example(check_capture, self.folder / "init").returncode, 1)



if __name__ == "__main__":
    unittest.main()
