"""Signals of a server that goes on, who may come with which certificate, and what is said before
anything listens."""

import signal
import unittest

from harness import IMEI, SIGHUP, SIGTERM, Camera, ToolTest
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
        self.hang_up(server, "SIGHUP: the options stay as they were")
        config.write_text(f"imei = {OTHER}\n")
        self.hang_up(server, "are read again")
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
            devices.write_text(f"# cameras\n{IMEI}\t{spelling}  \r\n{OTHER}\n")
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
                     f"{IMEI}{good}"):
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
                (3, "lo: .*network interface, -b takes one of its addresses: .*127.0.0.1",
                 ("-b", "lo", "-p", "0"))):
            result = self.run_tool("dcam-serve", "-o", self.out, *arguments)
            self.assertEqual(result.returncode, status, result.stderr)
            self.assertRegex(result.stderr, why)

    def test_options_are_checked_without_serving(self):
        result = self.run_tool("dcam-serve", "--check-config", "-p", "0", "-o", self.out)
        self.assertEqual((result.returncode, result.stdout), (0, ""), result.stderr)
        self.assertNotIn("listening", result.stderr)
        result = self.run_tool("dcam-serve", "--check-config", "-o", self.out, "-i", "@/missing")
        self.assertEqual(result.returncode, 3)
        self.assertIn("cannot read /missing", result.stderr)


if __name__ == "__main__":
    unittest.main()
