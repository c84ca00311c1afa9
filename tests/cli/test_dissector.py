#!/usr/bin/env python3
"""The Wireshark dissector finds on the same captures what dcam-crc finds.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_dissector.py
"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

from harness import IMEI, ToolTest

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "tools/wireshark/dualcam.lua"


def tshark_version():
    said = subprocess.run(["tshark", "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, re.search(r"(\d+)\.(\d+)", said.stdout).groups()))


class Dissector(ToolTest):
    def captured(self, files, *options):
        """The capture of an upload, and its server's port."""
        self.fresh()
        capture = self.folder / "line.pcap"
        capture.unlink(missing_ok=True)
        server = self.serve("-k", "--capture", capture)
        result = self.sim(server, *options, *(f"{kind}={path}" for kind, path in files.items()))
        self.assertEqual(result.returncode, 0, result.stderr)
        server.signal(15)
        server.wait()
        return capture, server.port

    def dissect(self, capture, port, shown, *fields):
        """A tuple of lists for each frame that the filter shows."""
        script, caller = SCRIPT, []
        if os.geteuid() == 0 and tshark_version() >= (4, 2):  # runs no scripts as root
            script = shutil.copy(SCRIPT, self.folder)
            for path, mode in ((self.folder, 0o755), (script, 0o644), (capture, 0o644)):
                os.chmod(path, mode)
            caller = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
                      "HOME=/nonexistent"]
        done = subprocess.run(
            [*caller, "tshark", "-r", capture, "-X", f"lua_script:{script}",
             "-d", f"tcp.port=={port},dualcam",
             "-Y", shown, "-T", "fields", "-E", "aggregator=|",
             *(part for field in fields for part in ("-e", field))],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
            env=os.environ | {"WIRESHARK_PLUGIN_DIR": "/nonexistent"})  # not the one that is installed
        self.assertNotIn("Lua", done.stderr)
        return [[value.split("|") if value else [] for value in line.split("\t")]
                for line in done.stdout.splitlines()]

    def commands(self, capture):
        """As dcam-crc -vv names them: of packets and of both sides."""
        done = self.run_tool("dcam-crc", "-vv", "--dump", capture)
        counts = collections.Counter()
        for line in done.stderr.splitlines():
            if re.search(r": packet \d+, \d+ bytes", line):
                counts["DATA"] += 1
            elif match := re.search(r"offset \d+: (INIT|SYNC|STATUS)\b", line):
                counts[match.group(1)] += 1
            elif match := re.search(r"the server: (RESUME|FILE REQUEST|METADATA REQUEST|"
                                    r"PATH REQUEST|REPEAT INIT|CLOSE|STATUS)", line):
                counts[match.group(1)] += 1
        return counts

    def assert_agree(self, capture, port):
        """Returns how many packets are bad, how often each command came, and the IMEIs."""
        frames = self.dissect(capture, port, "dualcam", "dualcam.cmd", "dualcam.crc.bad",
                              "dualcam.imei")
        seen = collections.Counter("DATA" if name == "ENHANCED DATA" else name
                                   for names, _, _ in frames for name in names)
        for name, count in self.commands(capture).items():
            self.assertEqual(seen[name], count, f"{name}: {seen}")
        events = [json.loads(line) for line in
                  self.run_tool("dcam-crc", "--json", "--dump", capture).stdout.splitlines()]
        bad = sum(each["event"] == "packet" and each["verdict"] == "bad" for each in events)
        self.assertEqual(sum(value in ("1", "True") for _, values, _ in frames for value in values),
                         bad)
        return bad, seen, {imei for _, _, values in frames for imei in values}

    def test_all_families_as_dcam_crc_sees_them(self):
        files = {"photof": self.file("a.jpg", 9_000), "videof": self.file("b.h265", 20_000)}
        for options in ([], ["--crc-after-sync", "chain", "--cut", "5", "--reconnect", "2",
                             "--reconnect-delay", "10ms"],
                        ["--camera", "adas"], ["--camera", "dsm", "--protocol", "6"],
                        ["--camera", "dashcam", "--chunk", "random"]):
            with self.subTest(options=options):
                capture, port = self.captured(files, *options)
                bad, seen, imeis = self.assert_agree(capture, port)
                self.assertEqual((bad, imeis), (0, {str(IMEI)}))
                self.assertGreaterEqual(seen["DATA"], 29)

    def test_damaged_packets(self):
        files = {"videof": self.file("b.h265", 30_000)}
        capture, port = self.captured(files)
        content = files["videof"].read_bytes()
        data = bytearray(capture.read_bytes())
        for packet in (3, 4, 17):
            data[data.index(content[packet * 1024:packet * 1024 + 30])] ^= 1
        capture.write_bytes(data)
        self.assertEqual(self.assert_agree(capture, port)[0], 3)
        numbers = [value for (values,) in
                   self.dissect(capture, port, f'dualcam.crc.bad == 1 && dualcam.imei == "{IMEI}"',
                                "dualcam.packet")
                   for value in values]
        for number in ("4", "5", "18"):
            self.assertIn(number, numbers)

    def test_metadata_is_decoded(self):
        capture, port = self.captured({"photof": self.file("a.jpg", 2_000)}, "--position",
                                      "54.7004183,25.2796514")
        (found,) = self.dissect(capture, port, 'dualcam.cmd == "METADATA"',
                                "dualcam.metadata.latitude", "dualcam.metadata.longitude")
        self.assertEqual([round(float(values[0]), 7) for values in found], [54.7004183, 25.2796514])


if __name__ == "__main__":
    unittest.main()
