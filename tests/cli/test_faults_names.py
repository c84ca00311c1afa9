"""Hostile names, from --name, from the device, and as symbolic links that wait in the output
folder: nothing outside of it is created, renamed or written, by the trace of every such call."""

import itertools
import unittest

from faults import Device, FaultTest, Recording
from figures import full
from harness import IMEI
from path_camera import PathUpload

NAMES = full(60, 500)
TARGET = "0 files outside the folder"
PHOTO = b"\xff\xd8hello"

PIECES = ["..", ".", "", "/", "-x", "--", "~", "a", "{imei}", "{time}", "{trigger}", "{kind}",
          "{trigger_time}", "{received}", "{camera}", "{ext}", "\n", "\r", "\x1b[2J", "\x07", "\t",
          "\\", "..\\", "%2e%2e", "$HOME", "`id`", "*", ":", " ", "\u202e", "\uff0e\uff0e", "CON",
          ".part", ".json", ".checkpoint", "{", "}", "{}", "{{", "{x}", "é" * 120, "a" * 300,
          "b/" * 2100, "c" * 4096]
CORNERS = ["..", "../x", "/etc/x", "x/../../y", "x/..", "./../x", "{imei}/../../x", "..{ext}",
           "{imei}/..{ext}", "-rf", "a//b", "a/./b", ".", "./", "x/", "{time}/", "", "\n", "a\nb",
           "\x1b]0;x\x07", "x" * 4096, "../" * 100 + "x", ".{ext}", "x.part", "x.json",
           "{kind}.part", "..\n", "a/\x1b/b"]
TIMES = [0, 1, 2**31, 2**32, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 253_402_300_800_000,
         8_640_000_000_000_000]


class Names(FaultTest):
    def setUp(self):
        super().setUp()
        self.outside = self.folder / "outside"
        self.outside.mkdir()

    def upload(self, *arguments, imei=IMEI, **facts):
        """One photo; the server, and whether the camera got rid of it."""
        device = Device([Recording("photof", PHOTO, **facts)], imei)
        server = self.watched(*arguments)
        if server.port:
            device.upload(server)
        return server, not device.recordings

    def check(self, server, taken):
        self.assertIn(server.wait(), (0, 2, 3), server.errors)
        self.assertNotIn("Sanitizer", server.errors)
        for line in server.lines:
            self.assertTrue(all(char.isprintable() for char in line), repr(line))
        root = str(self.out).encode()
        for call in server.trace.calls:
            for key in ("path", "target", "to"):
                if key in call and call.get("writes", 1) and "error" not in call:
                    self.assertTrue((call[key] + b"/").startswith(root + b"/"), call)
        if taken:
            self.assertTrue([call for call in server.trace.calls if "writes" in call or "to" in call])
            self.assertEqual(server.wait(), 0, server.errors)
            contents = self.contents()
            stored = [name for name, content in contents.items() if content == PHOTO]
            self.assertEqual(len(stored), 1, sorted(contents))
            self.assertEqual(sorted(contents), sorted(stored + [stored[0] + ".json"]))

    def test_templates(self):
        made = ("".join(self.random.choices(PIECES, k=self.random.randint(1, 6)))
                for _ in itertools.count())
        stored = 0
        for name in itertools.islice(itertools.chain(CORNERS, made), NAMES):
            with self.case(name=name[:200]):
                self.fresh()
                server, taken = self.upload(f"--name={name}")
                self.check(server, taken)
                stored += taken
        self.assertGreater(stored, 0)
        self.row("path names", f"--name made of hostile pieces, {stored} of them harmless",
                 TARGET)

    def test_nul_in_a_template_of_a_config_file(self):
        config = self.folder / "config"
        config.write_bytes(b'name = "a\0/../../x"\n')
        server, taken = self.upload("--config", str(config))
        self.check(server, taken)

    def test_what_the_device_says(self):
        name = "{imei}/{time}/{trigger_time}/{trigger}_{kind}{ext}"
        facts = [{"time": time} for time in TIMES]
        facts += [{"trigger": trigger} for trigger in (0, 4, 11, 12, 127, 128, 255)]
        facts += [{"imei": imei} for imei in ("0", "1", "999999999999999")]
        for each in facts:
            with self.case(**each):
                self.fresh()
                server, taken = self.upload("--name", name, **each)
                self.assertTrue(taken, server.errors)
                self.check(server, taken)
        self.row("path names", "extreme times, triggers and IMEIs of the device", TARGET)

    def test_paths_of_the_device(self):
        made = ("".join(self.random.choices(PIECES, k=self.random.randint(1, 6))).encode()
                + self.random.randbytes(self.random.choice((0, 0, 3))) for _ in itertools.count())
        corners = [corner.encode() + nul for corner in CORNERS if corner for nul in (b"", b"\0")]
        names = itertools.cycle(("{path}", "{imei}/{path}{ext}", "{camera}/{path}/{kind}", None))
        paths = itertools.islice(itertools.chain(corners, made), NAMES)
        for path, name in zip((path for path in paths if path), names):
            with self.case(path=path[:200], name=name):
                self.fresh()
                server = self.watched("--no-metadata", *(("--name", name) if name else ()))
                with PathUpload(server, PHOTO, path, size=4) as camera:
                    camera.run()
                self.assertTrue(camera.taken, server.errors)
                self.check(server, camera.taken)
        self.row("path names", "paths of the device made of hostile pieces", TARGET)

    def test_links_that_wait_in_the_folder(self):
        name = "20241029T124342Z_photof.jpg"
        suffixes = ("", ".part", ".part.checkpoint", ".json", ".json.part")
        for suffix, if_exists, dangling in itertools.product(
                suffixes, ("number", "skip", "fail", "replace"), (False, True)):
            with self.case(suffix=suffix, if_exists=if_exists, dangling=dangling):
                self.fresh()
                victim = self.outside / "victim"
                victim.unlink(missing_ok=True)
                if not dangling:
                    victim.write_bytes(b"untouched")
                (self.out / IMEI).mkdir()
                (self.out / IMEI / (name + suffix)).symlink_to(victim)
                server, _ = self.upload("--if-exists", if_exists, "-w", "100ms")
                self.check(server, taken=False)
                self.assertEqual(victim.exists(), not dangling)
                if not dangling:
                    self.assertEqual(victim.read_bytes(), b"untouched")
        self.row("path names", "symbolic links in place of files", TARGET)


if __name__ == "__main__":
    unittest.main()
