#!/usr/bin/env python3
"""The Wireshark dissector finds on the same captures what dcam-crc finds.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_dissector.py
DUALCAM_RUNS=1000 makes so many captures of each sort, and DUALCAM_SEED is the first one's seed.
"""
import collections
import ipaddress
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import unittest

import damaged_captures
from harness import IMEI, PATIENCE, ToolTest

RUNS = int(os.environ.get("DUALCAM_RUNS", 112))
OUT_OF_ORDER = "tcp.reassemble_out_of_order:TRUE"
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

    def tshark(self, capture, port, *options):
        script, caller = SCRIPT, []
        if os.geteuid() == 0 and tshark_version() >= (4, 2):  # runs no scripts as root
            script = shutil.copy(SCRIPT, self.folder)
            for path, mode in ((self.folder, 0o755), (script, 0o644), (capture, 0o644)):
                os.chmod(path, mode)
            caller = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env",
                      "HOME=/nonexistent"]
        done = subprocess.run(
            [*caller, "tshark", "-r", capture, "-X", f"lua_script:{script}",
             "-d", f"tcp.port=={port},dualcam", *options],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10 * PATIENCE,
            env=os.environ | {"WIRESHARK_PLUGIN_DIR": "/nonexistent"})  # not the one that is installed
        self.assertNotIn("Lua", done.stderr)
        return done.stdout

    def dissect(self, capture, port, shown, *fields):
        """A tuple of lists for each frame that the filter shows."""
        output = self.tshark(capture, port, "-Y", shown, "-T", "fields", "-E", "aggregator=|",
                             *(part for field in fields for part in ("-e", field)))
        return [[value.split("|") if value else [] for value in line.split("\t")]
                for line in output.splitlines()]

    def shown(self, capture, port, *options):
        """What tshark shows of each connection: its device's commands, and its server's."""
        output = self.tshark(capture, port, *options, "-T", "json", "-J", "dualcam tcp",
                             "--no-duplicate-keys")
        found = collections.defaultdict(lambda: ([], []))
        for frame in json.loads(output):
            layers = frame["_source"]["layers"]
            if "dualcam" not in layers:
                continue
            device, server = found[int(layers["tcp"]["tcp.stream"]) + 1]
            commands = layers["dualcam"]
            for each in commands if isinstance(commands, list) else [commands]:
                if "dualcam.cmd" not in each:
                    continue
                if int(layers["tcp"]["tcp.srcport"]) == port:
                    server.append(each["dualcam.cmd"])
                    continue
                name = each["dualcam.cmd"].removeprefix("ENHANCED ")
                bad = {"1": "bad", "0": "good"}.get(each.get("dualcam.crc.bad"))
                device.append((int(each["dualcam.at"]), name, bad, each.get("dualcam.packet")))
        return found

    def told(self, capture):
        """The same of dcam-crc -vv."""
        verdicts = {"good": "good", "bad": "bad", "cut": "bad", "unchecked": None}
        lines = self.run_tool("dcam-crc", "-vv", "--dump", capture).stderr.splitlines()
        found = collections.defaultdict(lambda: ([], []))
        for line in lines:
            start = re.match(r"dcam-crc: connection (\d+): (?:offset (\d+)|the server): (.*)", line)
            if not start:
                continue
            device, server = found[int(start[1])]
            packet = re.match(r"packet (\d+), \d+ bytes?, CRC \S+, (\w+)", start[3])
            name = re.match(r"[A-Z]+(?: [A-Z]+)*", start[3])
            if not start[2]:
                server.append(name[0])
            elif packet:
                device.append((int(start[2]), "DATA", verdicts[packet[2]], packet[1]))
            else:
                device.append((int(start[2]), name[0], None, None))
        return found

    def assert_agree(self, capture, port, *options, about=None):
        """Command by command, and packet by packet; returns what both found."""
        told, shown = self.told(capture), self.shown(capture, port, *options)
        if about is None:  # they may number connections differently
            told, shown = (dict(enumerate(sorted(found.values(), key=lambda sides: str(
                [each[:3] for each in sides[0]])))) for found in (told, shown))
        self.assertEqual(told.keys(), shown.keys())
        self.assertEqual(len(told), len(about) if about else max(len(told), 1))
        for connection, (device, server) in sorted(told.items()):
            with self.subTest(connection=connection, about=about and about[connection - 1]):
                # by path the dissector shows bytes
                same = [each if each[3] else (*each[:3], own[3])
                        for each, own in zip(shown[connection][0], device)]
                self.assertEqual(len(shown[connection][0]), len(device))
                self.assertEqual(same, device)
                self.assertEqual(shown[connection][1], server)
        return told

    def test_all_families_as_dcam_crc_sees_them(self):
        files = {"photof": self.file("a.jpg", 9_000), "videof": self.file("b.h265", 20_000)}
        for options in ([], ["--crc-after-sync", "chain", "--cut", "5", "--reconnect", "2",
                             "--reconnect-delay", "10ms"],
                        ["--camera", "adas"], ["--camera", "dsm", "--protocol", "6"],
                        ["--camera", "dashcam", "--chunk", "random"]):
            with self.subTest(options=options):
                capture, port = self.captured(files, *options)
                packets = [each for device, _ in self.assert_agree(capture, port).values()
                           for each in device if each[1] == "DATA"]
                is_cut = "--cut" in options
                self.assertEqual({bad for _, _, bad, _ in packets},
                                 {"good", "bad"} if is_cut else {"good"})
                self.assertGreaterEqual(len(packets), 29)
                imeis = self.dissect(capture, port, "dualcam.imei", "dualcam.imei")
                self.assertEqual({imei for (values,) in imeis for imei in values}, {str(IMEI)})

    def test_bad_lines_as_dcam_crc_sees_them(self):
        files = {"videof": self.file("b.h265", 60_000), "photor": self.file("a.jpg", 20_000)}
        line = ["--corrupt", "0.05", "--cut", "20", "--cut", "50", "--reconnect", "5",
                "--reconnect-delay", "10ms", "--devices", "2"]
        for seed, options in enumerate(([], ["--crc-after-sync", "chain"], ["--sync-back", "3"],
                                        ["--camera", "adas", "--packet-size", "512"],
                                        ["--camera", "dsm", "--enhanced-data"],
                                        ["--camera", "dsm", "--enhanced-data",
                                         "--crc-after-sync", "chain"])):
            with self.subTest(options=options):
                capture, port = self.captured(files, *line, "--seed", str(seed), *options)
                told = self.assert_agree(capture, port)
                self.assertTrue(any(bad == "bad" for device, _ in told.values()
                                    for _, _, bad, _ in device))

    def made(self, count, faults, most=None):
        first = int(os.environ.get("DUALCAM_SEED", 0))
        frames, about = damaged_captures.uploads(range(first, first + count), faults, most=most)
        capture = self.folder / "made.pcap"
        capture.write_bytes(damaged_captures.capture(frames))
        return capture, about

    def test_damage_and_gaps(self):
        capture, about = self.made(RUNS, ("none", *damaged_captures.IN_BYTES, "lost"))
        self.assert_agree(capture, damaged_captures.PORT, about=about)

    def test_segments_in_the_wrong_order(self):
        capture, about = self.made(RUNS, ("again", "reordered", "overlapping"))
        self.assert_agree(capture, damaged_captures.PORT, "-o", OUT_OF_ORDER, about=about)
        self.assertEqual(self.tshark(capture, damaged_captures.PORT, "-o", OUT_OF_ORDER, "-Y",
                                     "_ws.lua.error"), "")

    def assert_second_pass_is_the_same(self, capture):
        once = self.shown(capture, damaged_captures.PORT, "-Y", "dualcam")
        twice = self.shown(capture, damaged_captures.PORT, "-2", "-Y", "dualcam")
        self.assertEqual(sorted(twice.items()), sorted(once.items()))

    def test_a_second_pass_shows_the_same(self):
        for most in (None, 150):
            with self.subTest(most=most):
                self.assert_second_pass_is_the_same(
                    self.made(40, damaged_captures.FAULTS, most)[0])

    def test_a_second_pass_whose_numbers_have_moved(self):
        """Wireshark does not put together then what it has put together before."""
        frames, _ = damaged_captures.uploads(range(1), ("none",), most=150)
        syn_and_ack = damaged_captures.frame(20_000, True, 9000, 1, 0x12)
        capture = self.folder / "moved.pcap"
        capture.write_bytes(damaged_captures.capture([*frames, syn_and_ack]))
        self.assert_second_pass_is_the_same(capture)

    def test_a_first_pass_without_numbers(self):
        """As tshark -2 makes one where nothing is filtered."""
        capture, about = self.made(40, ("none", *damaged_captures.IN_BYTES))
        self.assert_agree(capture, damaged_captures.PORT, "-2", about=about)

    def test_a_camera_behind_a_balancer(self):
        ends = "203.0.113.9", "192.0.2.1"
        packed = b"".join(ipaddress.ip_address(each).packed for each in ends)
        headers = (b"PROXY TCP4 %s %s 40001 7050\r\n" % tuple(each.encode() for each in ends),
                   b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c" + packed +
                   struct.pack(">HH", 40001, 7050))
        capture = self.folder / "balanced.pcap"
        for header in headers:
            for first, rest in ((header, b""), (header[:9], header[9:])):
                frames, about = damaged_captures.uploads(range(2, 2 + 1), ("none",))
                self.assertEqual(len(about), 1)
                for part in (rest, first):
                    frames = damaged_captures.behind(frames, part) if part else frames
                capture.write_bytes(damaged_captures.capture(frames))
                self.assert_agree(capture, damaged_captures.PORT)
                self.assert_second_pass_is_the_same(capture)
                (camera,), = self.dissect(capture, damaged_captures.PORT, "dualcam.proxy",
                                          "dualcam.proxy")
                self.assertEqual(camera, [f"{ends[0]}:40001"])

    def test_damaged_packets(self):
        files = {"videof": self.file("b.h265", 30_000)}
        capture, port = self.captured(files)
        content = files["videof"].read_bytes()
        data = bytearray(capture.read_bytes())
        for packet in (3, 4, 17):
            data[data.index(content[packet * 1024:packet * 1024 + 30])] ^= 1
        capture.write_bytes(data)
        told = self.assert_agree(capture, port)
        self.assertEqual(sum(bad == "bad" for _, _, bad, _ in told[0][0]), 3)
        numbers = [value for (values,) in
                   self.dissect(capture, port, f'dualcam.crc.bad == 1 && dualcam.imei == "{IMEI}"',
                                "dualcam.packet")
                   for value in values]
        for number in ("4", "5", "18"):
            self.assertIn(number, numbers)

    def test_what_triggered_a_recording(self):
        for options, name in ((["--trigger", "3"], "crash"),
                              (["--camera", "adas", "--trigger", "5"], "crash"),
                              (["--camera", "dsm", "--trigger", "13"], "DSM event")):
            with self.subTest(options=options):
                capture, port = self.captured({"photof": self.file("a.jpg", 2_000)}, *options)
                shown = self.tshark(capture, port, "-Y", 'dualcam.cmd == "METADATA"', "-V")
                self.assertRegex(shown, rf"Trigger: \d+ {name}\n")

    def test_metadata_is_decoded(self):
        capture, port = self.captured({"photof": self.file("a.jpg", 2_000)}, "--position",
                                      "54.7004183,25.2796514")
        (found,) = self.dissect(capture, port, 'dualcam.cmd == "METADATA"',
                                "dualcam.metadata.latitude", "dualcam.metadata.longitude")
        self.assertEqual([round(float(values[0]), 7) for values in found], [54.7004183, 25.2796514])


if __name__ == "__main__":
    unittest.main()
