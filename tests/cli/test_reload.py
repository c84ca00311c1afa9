"""Signals of a server that goes on, who may come with which certificate, and what is said before
anything listens."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import termios
import unittest

from harness import IMEI, PATIENCE, SIGHUP, SIGTERM, Camera, ToolTest, tool
from tls_files import Authority, TlsTest, fingerprint

OTHER = "350612071913858"


class Reload(TlsTest):
    def hang_up(self, server, pattern):
        server.signal(SIGHUP)
        return server.expect(pattern)

    def test_devices_are_read_again_and_a_bad_list_changes_nothing(self):
        devices = self.folder / "devices"
        devices.write_text(IMEI + "\n")
        server = self.serve("-k", "-i", f"@{devices}")
        photo = self.file("a.jpg", 2000)
        self.assertNotEqual(self.sim(server, "--imei", OTHER, photo).returncode, 0)
        devices.write_text("123\n")
        self.hang_up(server, f"SIGHUP: {devices} line 1: '123' is no IMEI .*stays as it was")
        self.assertEqual(self.sim(server, photo).returncode, 0)
        devices.write_text(OTHER + "\n")
        self.hang_up(server, "SIGHUP: devices and certificates are read again")
        self.assertEqual(self.sim(server, "--imei", OTHER, photo).returncode, 0)
        self.assertNotEqual(self.sim(server, photo).returncode, 0)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_certificates_are_read_again(self):
        certificate, key = self.folder / "a.crt", self.folder / "a.key"
        certificate.write_bytes(self.certificate.read_bytes())
        key.write_bytes(self.key.read_bytes())
        server = self.serve("-k", "--tls-cert", certificate, "--tls-key", key)
        photo = self.file("a.jpg", 2000)
        trusted = ("--tls", "--tls-ca", self.authority.certificate)
        certificate.write_text("nothing")
        self.hang_up(server, "SIGHUP: .*no certificate in PEM form.*stays as it was")
        self.assertEqual(self.sim(server, *trusted, photo).returncode, 0)
        new = Authority(self.folder, "new")
        for old, path in zip(new.sign("renewed"), (certificate, key)):
            path.write_bytes(old.read_bytes())
        self.hang_up(server, "are read again")
        self.assertEqual(self.sim(server, *trusted, photo).returncode, 3)
        self.assertEqual(self.sim(server, "--tls", "--tls-ca", new.certificate, photo).returncode, 0)

    def test_a_configuration_is_read_again(self):
        config = self.folder / "serve.conf"
        config.write_text(f"imei = {IMEI}\n")
        server = self.serve("-k", "--config", config)
        photo = self.file("a.jpg", 2000)
        self.assertNotEqual(self.sim(server, "--imei", OTHER, photo).returncode, 0)
        config.write_text("nonsense = 1\n")
        self.hang_up(server, f"SIGHUP: {config} line 1: unknown option 'nonsense'; all stays as it was")
        config.write_text("\nimei = @/missing\n")
        self.hang_up(server, f"SIGHUP: {config} line 2: cannot read /missing: No such .*; all stays as it was")
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        config.write_text(f"imei = @{pipe}\n")
        self.hang_up(server, f"SIGHUP: {pipe}: a pipe can be read only once; all stays as it was")
        pipe.rename(config)
        self.hang_up(server, f"SIGHUP: {config}: a pipe can be read only once; all stays as it was")
        self.assertNotEqual(self.sim(server, "--imei", OTHER, photo).returncode, 0)
        self.assertEqual(sum("SIGHUP" in line or "--help" in line for line in server.lines), 4, server.errors)
        config.unlink()
        config.write_text(f"imei = {OTHER}\nmin-free = 1M\n")
        self.hang_up(server, "are read again; only a restart takes what --config has changed: min-free$")
        self.assertEqual(self.sim(server, "--imei", OTHER, photo).returncode, 0)

    def test_a_capture_that_was_moved_away_begins_anew(self):
        capture = self.folder / "c.pcap"
        server = self.serve("-k", "--capture", capture)
        photo = self.file("a.jpg", 2000)
        self.assertEqual(self.sim(server, photo).returncode, 0)
        capture.rename(self.folder / "old.pcap")
        self.hang_up(server, "are read again")
        self.assertEqual(self.sim(server, "--imei", OTHER, photo).returncode, 0)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        for path, imei in ((self.folder / "old.pcap", IMEI), (capture, OTHER)):
            self.assertIn(imei, self.run_tool("dcam-crc", "--dump", path).stdout)

    def test_status_of_each_camera(self):
        server = self.serve("-k", "--no-metadata")
        server.signal(signal.SIGUSR1)
        server.expect("no camera is connected; 0 files stored")
        camera = Camera(server)
        self.addCleanup(camera.close)
        camera.start_photo(9)
        server.expect("connected from")
        server.signal(signal.SIGUSR1)
        server.expect(rf"{IMEI} from 127\.0\.0\.1:\d+: .*, 0 of 9 packets")


class Terminal(ToolTest):
    def test_a_terminal_that_is_closed_leaves_the_server_at_work(self):
        """Its shell sends SIGHUP, and from then on nobody can read or write there."""
        controller, terminal = pty.openpty()
        process = subprocess.Popen([tool("dcam-serve"), "-k", "-b", "127.0.0.1", "-p", "0", "-o",
                                    self.out], stdin=terminal, stdout=terminal, stderr=terminal,
                                   start_new_session=True,
                                   preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(terminal)
        try:
            said = b""
            while not (match := re.search(rb"port (\d+)", said)):
                said += os.read(controller, 4096)
            os.close(controller)  # the kernel sends SIGHUP to who leads the session
            server = type("", (), {"port": int(match[1])})
            photo = self.file("a.jpg", 5000)
            for imei in (IMEI, OTHER):
                self.assertEqual(self.sim(server, "--imei", imei, photo).returncode, 0)
            self.assert_stored(photo, photo)
            process.send_signal(SIGTERM)
            self.assertIn(process.wait(PATIENCE), (0, 3))  # nobody took its last lines
        finally:
            process.kill()
            process.wait()


class Ties(TlsTest):
    def test_an_imei_is_tied_to_its_certificates(self):
        photo = self.file("a.jpg", 2000)
        own = self.authority.sign("own")
        strange = self.authority.sign("strange")
        print_of = fingerprint(own[0])
        for spelling in (print_of, print_of.lower(), print_of.replace(":", ""),
                         "SHA256:" + print_of.replace(":", "").lower(),
                         "sha256 Fingerprint=" + print_of):
            devices = self.folder / "devices"
            devices.write_text(f"# cameras\n{IMEI}\t{spelling} # gate \r\n{OTHER} # no. 2\n")
            server = self.serve_tls("-k", "--tls-client-ca", self.authority.certificate, "-i",
                                    f"@{devices}")
            for imei, client, welcome in ((IMEI, own, True), (IMEI, strange, False),
                                          (OTHER, strange, True)):
                result = self.sim(server, "--imei", imei, "--tls", "--tls-cert", client[0],
                                  "--tls-key", client[1], photo)
                self.assertEqual(result.returncode == 0, welcome, (spelling, result.stderr))
            server.expect(f"{IMEI} from .* refused: its certificate is not the one")
            server.stop()

    def test_what_cannot_be_meant_is_named(self):
        devices = self.folder / "devices"
        good = "ab" * 32
        for line in ("12", IMEI + "1", f"{IMEI} {good[:-1]}", f"{IMEI} {good}0", f"{IMEI} x",
                     f"{IMEI}#1", f"{IMEI}{good}"):
            devices.write_text(f"{OTHER}\n{line}\n")
            result = self.run_tool("dcam-serve", "-p", "0", "-o", self.out, "-i", f"@{devices}")
            self.assertEqual(result.returncode, 3, line)
            self.assertIn(f"{devices} line 2: '{line[:30]}", result.stderr)
        devices.write_text(f"{IMEI} {good}\n")
        result = self.run_tool("dcam-serve", "-p", "0", "-o", self.out, "-i", f"@{devices}")
        self.assertEqual((result.returncode, "which only --tls-client-ca asks" in result.stderr),
                         (3, True), result.stderr)


class Start(ToolTest):
    def test_words_before_anything_listens(self):
        for status, why, arguments in (
                (2, "--imei: '123' is not accepted; give 15 digits", ("-i", "123")),
                (7, "cannot run nonsense, the program of --exec: No such file or directory in the "
                    "folders of PATH", ("--exec", "nonsense --fast", "-p", "0")),
                (7, "cannot run /missing/a, the program of --exec: No such file or directory$",
                 ("--exec", "/missing/a", "-p", "0")),
                (7, "cannot run ./, the program of --exec: Permission denied",
                 ("--exec", "./", "-p", "0")),
                (3, "of no-such.invalid: (there is no host of that name|no name server answers)$",
                 ("-b", "no-such.invalid", "-p", "0")),
                (3, "of 127.0.0.1:7050: .*-b takes an address alone, its port is given by -p$",
                 ("-b", "127.0.0.1:7050", "-p", "0")),
                (3, "of fe80::1: .*needs its interface", ("-b", "fe80::1", "-p", "0")),
                (3, "lo: .*network interface, -b takes one of its addresses: .*127.0.0.1",
                 ("-b", "lo", "-p", "0"))):
            result = self.run_tool("dcam-serve", "-o", self.out, *arguments)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertRegex(result.stderr.splitlines()[0], why)

    def test_a_program_of_a_hook_is_looked_for_as_it_will_be(self):
        for name, mode in (("runs", 0o755), ("does-not", 0o644)):
            program = self.folder / name
            program.write_text("#!/bin/sh\n")
            program.chmod(mode)
            for path, word in ((f"/missing:{self.folder}", name), ("", f"{self.folder}/{name}")):
                result = self.run_tool("dcam-serve", "--check-config", "-o", self.out, "--exec", word,
                                       env={"PATH": path})
                self.assertEqual(result.returncode, 0 if mode == 0o755 else 7, result.stderr)
                self.assertEqual("Permission denied" in result.stderr, mode == 0o644)

    def test_a_configuration_is_named_with_its_line(self):
        config = self.folder / "serve.conf"
        for text, line, why in (
                ("# all\nprot = 1\n", 2, "unknown option 'prot'; did you mean 'port'?"),
                ("port = 99999\n", 1, "port: '99999' is not accepted; give a whole number from 0 to"),
                ("port\n", 1, "port needs a value"),
                ("\n\nkeep-listening = perhaps\n", 3, "keep-listening: 'perhaps' is not accepted"),
                ("exec = \"sh\n", 1, "the quote that begins its value has no end"),
                ("[serve]\nport = 1\n", 1, "there are no sections"),
                ("imei = 123\n", 1, "imei: '123' is not accepted; give 15 digits"),
                ("json\nidle-timeout = 0s\n", 2, "--idle-timeout: '0' would drop every connection"),
                ("\ntls-cert = a\n", 2, "--tls-cert: the certificate's --tls-key is missing"),
                ("config = other\n", 1, "unknown option 'config'"),
                ("\x1b[2J = 1\n", 1, "unknown option '\\x1b[2J'"),
                ("a\x1b[2J = 1\n", 1, "unknown option 'a\\x1b[2J'")):
            config.write_text(text)
            result = self.run_tool("dcam-serve", "--check-config", "--config", config, "-o", self.out)
            self.assertEqual(result.returncode, 2, result.stderr)
            self.assertIn(f"{config} line {line}: {why}", result.stderr)
            self.assertNotIn("\x1b", result.stderr)
        config.write_text(f"no-metadata\nkeep-listening = yes\nverbose = 2\nimei = {IMEI}, {OTHER}\n"
                          "name = \"{imei}{ext}\" # short\nexec = \"sh -c 'true # it' sh\"\n")
        result = self.run_tool("dcam-serve", "--check-config", "--config", config, "-o", self.out)
        self.assertEqual(result.returncode, 0, result.stderr)
        tied = self.folder / "tied"
        tied.write_text(f"{IMEI} {'ab' * 32}\n")
        for text, status, why in (
                ("imei = @/missing/a", 3, "cannot read /missing/a: "),
                (f"imei = @{tied}", 3, "--imei ties devices to certificates"),
                ("output = -\nkeep-listening", 2, "--output - takes one file: it does not go with -k"),
                ("exec = nonsense 1", 7, "cannot run nonsense, "),
                ("output = /missing/b/", 3, "the output folder /missing/b does not exist"),
                (f"tls-cert = {config}\ntls-key = /missing/c", 3, f"{config}: no certificate"),
                ("capture = /missing/d", 3, "cannot write to --capture /missing/d: "),
                ("metrics = /missing/e", 3, "cannot write to --metrics /missing/e: ")):
            config.write_text(f"\n{text}\n")
            for check in ("--check-config", "-n"):
                result = self.run_tool("dcam-serve", check, "--config", config)
                self.assertEqual((result.returncode, result.stdout), (status, ""), result.stderr)
                self.assertIn(f"{config} line 2: {why}", result.stderr)
        for path, why in (("/missing", "No such file or directory"), (self.folder, "Is a directory")):
            result = self.run_tool("dcam-serve", "--config", path)
            self.assertEqual(result.returncode, 3, result.stderr)
            self.assertRegex(result.stderr, f"--config {path}: .*{why}")

    def test_options_are_checked_without_serving(self):
        result = self.run_tool("dcam-serve", "--check-config", "-p", "0", "-o", self.out)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertNotIn("listening", result.stderr)
        result = self.run_tool("dcam-serve", "--check-config", "-o", self.out, "-i", "@/missing")
        self.assertEqual(result.returncode, 3)
        self.assertIn("cannot read /missing", result.stderr)

    def test_a_check_finds_what_a_start_would_find_and_makes_nothing(self):
        self.out.rmdir()
        other = self.file("other.pcap", 100)
        content = other.read_bytes()
        link, dangling, empty = (self.folder / name for name in ("link", "dangling", "empty"))
        empty.touch()
        link.symlink_to(empty)
        dangling.symlink_to("nowhere")
        for output, capture, why in (
                (self.folder / "no/new", "c.pcap", "the output folder .* does not exist"),
                (dangling, "c.pcap", "cannot write to the output folder .*: it is a link to what is not there"),
                (self.out, self.folder / "no/c.pcap", "cannot write to --capture .*/no/c.pcap: No such file"),
                (self.out, self.folder, "cannot write to --capture .*: Is a directory"),
                (self.out, link, "cannot write to --capture .*: it is a symbolic link, which is not followed"),
                (self.out, dangling, "cannot write to --capture .*: it is a symbolic link, which is not followed"),
                (self.out, other, "cannot write to --capture .*: the file exists and is no capture written here")):
            said = [self.run_tool("dcam-serve", "--log-time", "never", "-p", "0", "-o", output, "--capture",
                                  capture, *check, cwd=self.folder) for check in (["--check-config"], [])]
            self.assertEqual([result.returncode for result in said], [3, 3], said)
            self.assertRegex(said[0].stderr, why)
            self.assertEqual(said[0].stderr, said[1].stderr)
            if self.out.exists():  # the start has made it
                self.out.rmdir()
        capture = self.folder / "c.pcap"
        result = self.run_tool("dcam-serve", "--check-config", "-o", self.out, "--capture", capture)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertFalse(capture.exists() or self.out.exists())
        self.assertEqual(other.read_bytes(), content)
        self.assertEqual(empty.stat().st_size, 0)
        self.assertFalse((self.folder / "nowhere").exists())

    def test_a_check_is_content_with_a_capture_to_go_on_in(self):
        capture, empty, pipe, link = (self.folder / name for name in ("c.pcap", "empty.pcap", "pipe", "link"))
        server = self.serve("--capture", capture)
        self.assertEqual(self.sim(server, self.file("a.jpg", 3000)).returncode, 0)
        self.assertEqual(server.wait(), 0, server.errors)
        torn = capture.read_bytes()[:-1]
        capture.write_bytes(torn)
        empty.touch()
        os.mkfifo(pipe)
        link.symlink_to(pipe)  # as a shell's process substitution
        for each in capture, empty, pipe, link:
            result = self.run_tool("dcam-serve", "--check-config", "-o", self.out, "--capture", each)
            self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual((capture.read_bytes(), empty.read_bytes()), (torn, b""))


if __name__ == "__main__":
    unittest.main()
