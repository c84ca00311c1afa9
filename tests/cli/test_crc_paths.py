#!/usr/bin/env python3
"""dcam-crc on files by path: bytes, not packets, and packets of any size.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc_paths.py
"""
import json
import os
import pathlib
import random
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

from wire import crc16

TOOLS = pathlib.Path(os.environ.get("DUALCAM_TOOLS", "build/gcc/tools")).resolve()
IMEI = 350612071913857
DSM = b"dsm/picture/231020/231452.jpg\0"
ADAS = b"mdas9/picture/251021/094657.jpg\0"
DASHCAM = b"dashcam/video/251021/094657.mp4\0"
ADAS_METADATA = bytes.fromhex("67162311 00 05 0342a982 fe7e435d 0a")
DSM_METADATA = bytes.fromhex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00")
JSON_METADATA = (b'{"version":1,"file":{"file_type":1,"file_timestamp":1729504017,"duration":10,'
                 b'"framerate":25},"fm_trigger":{"type":5},"cam_trigger":{"type":9},"location":'
                 b'{"latitude":54.700418,"longitude":-25.279651},"driver_name":"JOHN DOE"}\0')


class Device:
    """Writes the side of a device that offers files by path."""

    def __init__(self, protocol=6):
        self.protocol, self.stream, self.crc, self.starts = protocol, b"", 0, []

    def command(self, number, payload):
        self.stream += struct.pack(">HH", number, len(payload)) + payload
        return self

    def init(self, offers=0x02):
        self.stream += struct.pack(">HHQI", 0, self.protocol, IMEI, offers << 24 | 0x40000400)
        return self

    def begin(self, path, start, metadata=b"", rest=0):
        self.init().command(13, path)
        if metadata:
            self.command(11, metadata)
        return self.command(1, struct.pack(">IH", start, rest))

    def sync(self, offset):
        self.crc = 0
        return self.command(3, struct.pack(">I", offset))

    def data(self, content, size, first=0, enhanced=False):
        """From the byte `first` on, to the end."""
        for at in range(first, len(content), size):
            payload = content[at:at + size]
            self.crc = crc16(payload, self.crc)
            self.starts.append(len(self.stream))
            head = struct.pack(">I", at) if enhanced else b""
            self.command(14 if enhanced else 4, head + payload + struct.pack(">H", self.crc))
        return self

    def file(self, path, content, size, enhanced=False, metadata=b""):
        return (self.begin(path, len(content), metadata).sync(0).data(content, size,
                                                                      enhanced=enhanced))


def content(size, seed=1, head=b"\xff\xd8\xff\xe0"):
    return (head + random.Random(seed).randbytes(size))[:size]


class PathTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dcam-crc-paths-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_tool(self, stream, *arguments, code=0):
        (self.folder / "d").write_bytes(stream)
        result = subprocess.run([TOOLS / "dcam-crc", "--dump", *arguments, "d"], cwd=self.folder,
                                capture_output=True, timeout=120)
        self.assertEqual(result.returncode, code, result.stderr + result.stdout[-2000:])
        return result.stdout.decode()

    def transfers(self, stream, code=0):
        lines = self.run_tool(stream, "--json", "-x", "out", code=code).splitlines()
        events = [json.loads(line) for line in lines]
        return ([event for event in events if event["event"] == "transfer"],
                [event for event in events if event["event"] == "extracted"])

    def transfer(self, stream, code=0):
        transfers, extracted = self.transfers(stream, code)
        self.assertEqual(len(transfers), 1)
        self.written = (self.folder / extracted[0]["path"]).read_bytes() if extracted else b""
        self.name = pathlib.Path(extracted[0]["path"]).name if extracted else ""
        return transfers[0]


class Whole(PathTest):
    def test_every_size_of_packets_in_both_forms(self):
        for size in (4, 5, 100, 1000, 1024, 1025, 2048, 4096):
            for enhanced in (False, True):
                for total in (size * 3, size * 3 + 1, size - 1, 1):
                    with self.subTest(size=size, enhanced=enhanced, total=total):
                        whole = content(total)
                        stream = Device().file(DSM, whole, size, enhanced).init(0).stream
                        found = self.transfer(stream)
                        self.assertEqual((found["bytes"], found["announced_bytes"],
                                          found["complete"], found["crc16"], found["numbering"],
                                          found["bad"], found["missing_bytes"]),
                                         (total, total, True, f"{crc16(whole):04x}", "stated", 0, []))
                        self.assertEqual(self.written, whole)

    def test_the_vectors(self):
        data = bytes.fromhex("00040006 31323334 8832 00040006 35363738 8b19 00040003 39 2189")
        enhanced = bytes.fromhex("000e000a 00000000 31323334 8832 000e000a 00000004 35363738 8b19"
                                 "000e0007 00000008 39 2189")
        for protocol, path, packets in ((6, ADAS, enhanced), (5, DSM, data), (5, ADAS, enhanced)):
            for status in (0, 1, 7):
                device = Device(protocol).begin(path, 9, rest=0xABCD).sync(0)
                device.stream += packets
                found = self.transfer(device.command(5, struct.pack(">I", status)).init(0).stream)
                self.assertEqual((found["good"], found["bytes"], found["crc16"], found["complete"],
                                  found["start_rest"]), (3, 9, "2189", True, "abcd"))
                self.assertEqual(self.written, b"123456789")
        text = self.run_tool(device.stream)
        self.assertIn("START 9 and abcd: 9 bytes: 3 good, 0 bad, 0 bytes missing", text)

    def test_the_path_is_kept_and_names_and_metadata_are_of_the_family(self):
        for path, metadata, name, driver in (
                (ADAS, ADAS_METADATA, f"{IMEI}_20241021T094657Z_adas.jpg", None),
                (DSM, DSM_METADATA, f"{IMEI}_20231020T211452Z_dsm.jpg", "JOHN DONE"),
                (DASHCAM, JSON_METADATA, f"{IMEI}_20241021T094657Z_dashcam.mp4", "JOHN DOE")):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            found = self.transfer(Device().file(path, content(5000), 1000, True, metadata).init(0)
                                  .stream)
            self.assertEqual((found["device_path"], self.name), (path[:-1].decode(), name))
            self.assertEqual(found["metadata"].get("driver"), driver)
            self.assertIn("54.700418", str(found["metadata"]["latitude"]))

    def test_the_first_bytes_name_what_the_path_does_not(self):
        for head, extension in ((b"\xff\xd8\xff\xe0", ".jpg"), (b"\0\0\0\x20ftypisom", ".mp4"),
                                (b"PTMF", ".h265"), (b"\0\0\0\x01\x40\x01", ".h265"),
                                (b"\0\0\0\x01\x67\x42", ".h264"), (b"<html>", ".bin")):
            shutil.rmtree(self.folder / "out", ignore_errors=True)
            self.transfer(Device().file(b"x/y", content(50, head=head), 4).init(0).stream)
            self.assertEqual(self.name, f"{IMEI}_unknown_file{extension}")

    def test_several_files_of_two_cameras_behind_one_imei(self):
        device = Device(5)
        files = [(DSM, content(3000, 1)), (ADAS, content(3000, 2)), (DSM, content(3000, 3)),
                 (DASHCAM, content(7, 4))]
        for number, (path, whole) in enumerate(files):
            device.file(path, whole, 700, enhanced=number % 2 == 1)
        device.init(0x04).command(1, struct.pack(">IH", 1, 0)).sync(1)
        device.data(content(500, 5), 1024).init(0)
        found, extracted = self.transfers(device.stream)
        self.assertEqual([each.get("device_path", "").split("/")[0] for each in found],
                         ["dsm", "mdas9", "dsm", "dashcam", ""])
        self.assertEqual([each["kind"] for each in found], [None] * 4 + ["photof"])
        self.assertEqual([(self.folder / each["path"]).read_bytes() for each in extracted],
                         [whole for _, whole in files] + [content(500, 5)])

    def test_the_servers_requests_in_both_forms_are_stepped_over(self):
        for form in (DSM, DSM[:7]):
            device = Device().init()
            device.stream += bytes.fromhex("000c0002 0000")
            device.command(13, DSM).command(10, b"").command(11, DSM_METADATA).command(8, form)
            device.command(1, struct.pack(">IH", 3000, 0)).command(2, bytes(4)).sync(0)
            device.data(content(3000), 1024)
            device.stream += bytes.fromhex("0009")
            device.init(0)
            self.assertTrue(self.transfer(device.stream)["complete"])


class Odd(PathTest):
    def test_start_that_counts_packets(self):
        for packets, size, last in ((8, 1024, 100), (8, 1024, 1024), (8192, 4, 4), (8192, 8, 8),
                                    (1024, 1024, 1024), (3, 4096, 1)):
            for first_sync in (0, 1):
                with self.subTest(packets=packets, size=size, last=last, first_sync=first_sync):
                    whole = content((packets - 1) * size + last)
                    device = Device().begin(DSM, packets).sync(first_sync)
                    found = self.transfer(device.data(whole, size).init(0).stream)
                    self.assertEqual((found["complete"], found["bytes"], self.written == whole),
                                     (True, len(whole), True))
        text = self.run_tool(Device().begin(DSM, 8).sync(0).data(content(8000), 1024).init(0).stream)
        self.assertIn("START counts packets, though the file goes by path", text)

    def test_start_that_counts_packets_and_one_is_missing(self):
        whole = content(20 * 1024)
        device = Device().begin(DSM, 20).sync(0).data(whole[:19 * 1024], 1024).init(0)
        found = self.transfer(device.stream, code=1)
        self.assertEqual((found["complete"], found["bytes"]), (False, 19 * 1024))

    def test_never_complete_with_another_length(self):
        for total in (2999, 3001, 4096, 70_000):
            device = Device().begin(DSM, 3000 if total < 9000 else 69_999).sync(0)
            found = self.transfer(device.data(content(total), 500).init(0).stream, code=1)
            self.assertFalse(found["complete"])

    def test_a_sync_further_back_and_in_mid_packet(self):
        whole = content(20_000)
        for back in (0, 1, 1000, 4321, 5999, 6000):
            for enhanced in (False, True):
                device = Device().begin(ADAS, len(whole)).sync(0).data(whole[:6000], 1000, 0, enhanced)
                found = self.transfer(device.sync(back).data(whole, 999, back, enhanced).init(0).stream)
                self.assertTrue(found["complete"])
                self.assertIn(found["crc16"], (f"{crc16(whole):04x}", None))  # packets overlap
                self.assertEqual(self.written, whole)

    def test_a_gap_is_told_in_bytes(self):
        whole = content(20_000)
        device = Device().begin(ADAS, len(whole)).sync(0).data(whole[:6000], 1000)
        found = self.transfer(device.sync(7500).data(whole, 1000, 7500).init(0).stream, code=1)
        self.assertEqual((found["complete"], found["bytes"], found["missing_bytes"]),
                         (False, 18_500, [[6000, 7499]]))
        self.assertEqual(self.written, whole[:6000] + bytes(1500) + whole[7500:])
        text = self.run_tool(device.stream, "-x", "other", code=1)
        self.assertIn("missing bytes: 6000-7499", text)
        self.assertIn("filled with zeros: bytes 6000-7499", text)

    def test_a_damaged_packet_costs_its_bytes_in_both_forms(self):
        whole = content(20_000)
        for enhanced in (False, True):
            for at in (2, 10, 500):
                device = Device().begin(ADAS, len(whole)).sync(0).data(whole, 1000, 0, enhanced)
                device.init(0)
                place = device.starts[7] + at
                stream = device.stream
                stream = stream[:place] + bytes([stream[place] ^ 8]) + stream[place + 1:]
                with self.subTest(enhanced=enhanced, at=at):
                    found = self.transfer(stream, code=1)
                    self.assertEqual((found["complete"], found["good"]), (False, 19))
                    self.assertEqual(self.written[:7000] + self.written[8000:],
                                     whole[:7000] + whole[8000:])

    def test_start_0_and_no_start(self):
        device = Device().begin(DSM, 0)
        found = self.transfer(device.init(0).stream)
        self.assertEqual((found["bytes"], found["announced_bytes"]), (0, 0))
        device = Device().init().command(13, DSM).sync(0).data(content(3000), 1000).init(0)
        self.assertFalse(self.transfer(device.stream, code=1)["complete"])

    def test_begins_in_mid_stream(self):
        whole = content(30_000)
        device = Device().begin(DSM, len(whole)).sync(0).data(whole, 1500, 0, True).init(0)
        found = self.transfer(device.stream[device.starts[4] + 7:], code=1)
        self.assertEqual((found["good"], found["unchecked"], found["missing_bytes"][0]),
                         (14, 1, [0, 7499]))
        self.assertEqual(self.written, bytes(7500) + whole[7500:])

    def test_the_map_counts_bytes(self):
        whole = content(40_000)
        device = Device().begin(ADAS, len(whole)).sync(0).data(whole[:10_000], 100)
        device.sync(20_000).data(whole, 100, 20_000).init(0)
        text = self.run_tool(device.stream, "--map", code=1)
        signs = "".join(re.findall(r"^ *\d+  ([#x.r?]+)$", text, re.MULTILINE))
        self.assertEqual(len(signs), 400)
        self.assertAlmostEqual(signs.count(".") / len(signs), 0.25, delta=0.02)


if __name__ == "__main__":
    unittest.main()
