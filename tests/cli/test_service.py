"""dcam-serve under systemd, whose part the tests play: its protocols over real sockets."""

import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from harness import IMEI, PATIENCE, SIGTERM, Camera, ToolTest, tool

SERVICE = pathlib.Path(__file__).resolve().parents[2] / "tools/service"


class Manager:
    """The socket that systemd reads notifications from; @NAME is one of no file."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path.replace("@", "\0"))
        self.socket.settimeout(PATIENCE)
        self.environment = os.environ | {"NOTIFY_SOCKET": self.path}

    def next(self):
        return dict(line.split("=", 1) for line in self.socket.recv(4096).decode().splitlines())

    def expect(self, key):
        """The next notification with that key."""
        while key not in (told := self.next()):
            pass
        return told


class Listener(socket.socket):
    """One that is passed on."""

    @property
    def port(self):
        return self.getsockname()[1]


class Service(ToolTest):
    def setUp(self):
        super().setUp()
        self.manager = Manager(self.folder / "notify")
        self.addCleanup(self.manager.socket.close)

    def listener(self, address="127.0.0.1"):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        listener = Listener(family, socket.SOCK_STREAM)
        self.addCleanup(listener.close)
        listener.bind((address, 0))
        listener.listen()
        return listener

    def activated(self, listener, *arguments, count=1, **environment):
        """dcam-serve with a socket as systemd passes it: descriptor 3, and whom it is meant for."""
        number = listener.fileno()
        script = f'exec 3<&{number} 4<&{number}; LISTEN_FDS={count} LISTEN_PID=$$ exec "$@"'
        server = self.start_command(["bash", "-c", script, "bash", tool("dcam-serve"), "-k", "-o",
                                     str(self.out), *arguments], pass_fds=[number],
                                    env=self.manager.environment | environment)
        return server

    def test_it_says_when_cameras_may_come_and_when_it_ends(self):
        server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out,
                            env=self.manager.environment)
        told = self.manager.expect("READY")
        self.assertEqual(told["READY"], "1")
        port = int(re.search(r"port (\d+)", told["STATUS"]).group(1))
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
        server.signal(SIGTERM)
        self.assertEqual(self.manager.expect("STOPPING"), {"STOPPING": "1"})
        self.assertEqual(server.wait(), 0)

    def test_it_tells_a_name_that_is_no_file(self):
        manager = Manager(f"@dualcam-test-{os.getpid()}")
        self.addCleanup(manager.socket.close)
        server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out,
                            env=manager.environment)
        self.assertEqual(manager.expect("READY")["READY"], "1")
        server.signal(SIGTERM)
        self.assertEqual(manager.expect("STOPPING"), {"STOPPING": "1"})
        self.assertEqual(server.wait(), 0)

    def test_what_makes_no_sense_in_the_environment_changes_nothing(self):
        for wrong in ({"NOTIFY_SOCKET": "/" + "x" * 200}, {"NOTIFY_SOCKET": "relative"},
                      {"NOTIFY_SOCKET": str(self.folder / "nobody")}, {"NOTIFY_SOCKET": "@nobody"},
                      {"LISTEN_FDS": "x", "LISTEN_PID": "x"}, {"LISTEN_FDS": "1"}, {"WATCHDOG_USEC": "0"},
                      {"WATCHDOG_USEC": "18446744073709551615"}, {"WATCHDOG_USEC": "-1"}):
            with self.subTest(wrong):
                server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out,
                                    env=os.environ | wrong)
                port = int(server.expect(r"port (\d+)").group(1))
                socket.create_connection(("127.0.0.1", port), PATIENCE).close()
                server.signal(SIGTERM)
                self.assertEqual(server.wait(), 0, server.errors)

    def test_it_says_nothing_before_it_listens(self):
        taken = self.listener()
        result = self.run_tool("dcam-serve", "-k", "-b", "127.0.0.1", "-p", taken.port, "-o", self.out,
                               env=self.manager.environment)
        self.assertEqual(result.returncode, 3)
        self.manager.socket.setblocking(False)
        self.assertRaises(BlockingIOError, self.manager.next)

    def test_the_loop_that_serves_cameras_feeds_the_watchdog(self):
        server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out,
                            env=self.manager.environment | {"WATCHDOG_USEC": "400000"})
        self.manager.expect("READY")
        for _ in range(3):
            self.assertEqual(self.manager.expect("WATCHDOG"), {"WATCHDOG": "1"})
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_without_a_watchdog_it_is_not_fed(self):
        for environment in ({}, {"WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"}):
            server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out,
                                "--json", env=self.manager.environment | environment)
            self.manager.expect("READY")
            port = int(server.expect(r"port (\d+)").group(1))
            self.assertEqual(self.run_tool("dcam-sim", f"127.0.0.1:{port}",
                                           self.file("a.jpg", 100)).returncode, 0)
            server.signal(SIGTERM)
            self.assertEqual(self.manager.next(), {"STOPPING": "1"})
            self.assertEqual(server.wait(), 0)

    def test_it_serves_the_socket_that_systemd_listens_on(self):
        photo = self.file("photo.jpg", 3000)
        for address in ("127.0.0.1", "::1"):
            self.fresh()
            listener = self.listener(address)
            server = self.activated(listener, "-b", address, "-p", str(listener.port))
            self.assertIn(str(listener.port), self.manager.expect("READY")["STATUS"])
            name = f"[{address}]" if ":" in address else address
            result = self.run_tool("dcam-sim", f"{name}:{listener.port}", f"photof={photo}")
            self.assertEqual(result.returncode, 0, result.stderr)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            self.assert_stored(photo)
            self.assertNotIn("not heeded", server.errors)

    def test_it_says_that_the_address_is_the_sockets(self):
        for other in (("-b", "::1"), ("-p", "7051")):
            server = self.activated(self.listener(), *other)
            server.expect("--bind and --port are not heeded, the address is in the socket's unit")
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_a_restart_refuses_no_camera(self):
        listener = self.listener()
        first = self.activated(listener)
        self.manager.expect("READY")
        first.signal(SIGTERM)
        self.assertEqual(first.wait(), 0)
        with Camera(listener) as camera:  # nobody serves: systemd's socket takes it
            camera.init(0x04)
            second = self.activated(listener, "--no-metadata")
            camera.expect("0008 0007 2570686f746f66")
            second.signal(SIGTERM)
            self.assertEqual(second.wait(), 0)

    def test_a_socket_that_cannot_be_used_is_refused(self):
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(datagrams.close)
        datagrams.bind(("127.0.0.1", 0))
        server = self.activated(datagrams)
        self.assertEqual(server.wait(), 3)
        self.assertIn("it does not listen for TCP connections", server.errors)
        server = self.activated(self.listener(), count=2)
        self.assertEqual(server.wait(), 3)
        self.assertIn("one is expected, there are 2", server.errors)

    def test_a_socket_for_somebody_else_is_none(self):
        listener = self.listener()
        server = self.start("dcam-serve", "-k", "-b", "127.0.0.1", "-p", "0", "-o", self.out,
                            env=os.environ | {"LISTEN_FDS": "1", "LISTEN_PID": "1"})
        self.assertNotEqual(int(server.expect(r"port (\d+)").group(1)), listener.port)

    def test_hooks_are_not_taken_for_the_service(self):
        photo = self.file("photo.jpg", 3000)
        told = self.folder / "told"
        listener = self.listener()
        server = self.activated(listener, "--exec", f"sh -c 'env >{told}; ls -l /proc/self/fd >>{told}'",
                                WATCHDOG_USEC="30000000")
        self.manager.expect("READY")
        self.assertEqual(self.sim(listener, f"photof={photo}").returncode, 0)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertNotRegex(told.read_text(), "NOTIFY_SOCKET|WATCHDOG_|LISTEN_|socket:")

    def test_the_example_converts_each_video_and_no_photo(self):
        text = (SERVICE / "convert.conf").read_text().replace("\\\n", "")
        command = re.search("^ExecStart=(dcam-serve .*)$", text, re.MULTILINE)[1]
        words = shlex.split(command.replace("$$", "$"))  # as systemd reads it
        stub = self.folder / "dcam-convert"
        stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{self.folder}/converted\n')
        stub.chmod(0o755)
        server = self.serve("--exec", words[words.index("--exec") + 1],
                            env=os.environ | {"PATH": f"{self.folder}:{os.environ['PATH']}"})
        photo, video = self.file("a.jpg", 3000), self.file("b.h265", 3000)
        self.assertEqual(self.sim(server, f"photof={photo}", f"videor={video}").returncode, 0)
        self.assertEqual(server.wait(), 0, server.errors)
        [stored] = self.out.glob("*/*_videor.h265")
        self.assertEqual((self.folder / "converted").read_text(), f"-q\n{stored}\n")


class Units(unittest.TestCase):
    def test_the_sandbox_is_tight(self):
        result = subprocess.run(["systemd-analyze", "security", "--offline=yes", "--no-pager",
                                 SERVICE / "dcam-serve.service"], capture_output=True, text=True)
        level = re.search(r"Overall exposure level for dcam-serve.service: ([0-9.]+)", result.stdout)
        self.assertLessEqual(float(level.group(1)), 2.0)

    def complaints(self, *units):
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", *units],
                                capture_output=True, text=True,
                                env=os.environ | {"SYSTEMD_LOG_LEVEL": "warning"})
        return [line for line in result.stderr.splitlines()
                if "is not executable" not in line and "dcam-serve" in line]

    def test_the_units_mean_something_to_systemd(self):
        for name in ("dcam-serve.service", "dcam-serve.socket"):
            self.assertEqual(self.complaints(SERVICE / name), [])

    def test_the_examples_for_drop_ins_mean_something_too(self):
        for example in sorted(SERVICE.glob("*.conf")):
            if "[Service]" not in example.read_text():
                continue  # options of dcam-serve
            with self.subTest(example.name), tempfile.TemporaryDirectory() as folder:
                unit = pathlib.Path(folder) / "dcam-serve.service"
                shutil.copy(SERVICE / unit.name, unit)
                drop_ins = pathlib.Path(folder) / f"{unit.name}.d"
                drop_ins.mkdir()
                (drop_ins / example.name).write_text(example.read_text() + "Nonsense=1\n")
                [complaint] = self.complaints(unit)  # the drop-in is read
                self.assertIn("Nonsense", complaint)

    def test_hooks_reach_the_network_and_the_output(self):
        text = (SERVICE / "dcam-serve.service").read_text()
        self.assertRegex(text, r"RestrictAddressFamilies=.*AF_INET AF_INET6")
        self.assertNotRegex(text, r"PrivateNetwork|IPAddressDeny")
        state = re.search(r"StateDirectory=(\S+)", text).group(1)
        self.assertIn(f"-o %S/{state} ", text)

    def test_the_example_removes_what_has_come_long_ago_and_nothing_that_is_needed(self):
        with tempfile.TemporaryDirectory() as folder:
            stored = pathlib.Path(folder, "var/lib/private/dcam-serve")
            old = [f"{IMEI}/{name}" for name in ("a.jpg", "a.jpg.json", "b.h265.part",
                                                 "b.h265.part.checkpoint")]
            for name in (*old, f".dcam-serve/{IMEI}", f"{IMEI}/new.jpg"):
                (stored / name).parent.mkdir(parents=True, exist_ok=True)
                (stored / name).touch()
                age = 1 if name.endswith("new.jpg") else 100
                os.utime(stored / name, (time.time(), time.time() - age * 86400))  # read just now
            rules = shutil.copy(SERVICE / "dcam-serve.tmpfiles", f"{folder}/rules.conf")
            subprocess.run(["systemd-tmpfiles", f"--root={folder}", "--clean", rules], check=True)
            left = {str(path.relative_to(stored)) for path in stored.rglob("*") if path.is_file()}
            self.assertEqual(left, {*old[2:], f".dcam-serve/{IMEI}", f"{IMEI}/new.jpg"})


if __name__ == "__main__":
    unittest.main()
