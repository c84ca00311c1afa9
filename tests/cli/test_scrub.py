#!/usr/bin/env python3
"""dcam-crc --scrub: the same capture without anything private in it.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_scrub.py
"""
import json
import os
import pathlib
import random
import struct
import subprocess
import unittest

from harness import IMEI, ToolTest, tool
from test_crc_captures import records
from wire import crc16

CASES = pathlib.Path(__file__).parent / "cases"
TOLD = ("event", "good", "bad", "unchecked", "missing", "repeated", "missing_packets", "complete",
        "number", "numbering", "verdict", "offset", "file_offset", "repeat", "packets", "kind",
        "connections", "status", "skipped", "announced_bytes", "start_rest", "missing_bytes",
        "start_in_packets", "corrections")


def luhn_is_right(imei):
    digits = [int(digit) for digit in imei]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[-2::-2]]
    return (sum(digits[::-2]) + sum(doubled)) % 10 == 0


class Scrubbed(ToolTest):
    def setUp(self):
        super().setUp()
        self.made = self.folder / "made.pcap"

    def told(self, capture, *options):
        """What dcam-crc says of it, but for what is replaced."""
        done = self.run_tool("dcam-crc", "--json", *options, "--dump", capture)
        return [{key: event[key] for key in TOLD if key in event}
                for event in self.events(done.stdout)]

    def scrub(self, *captures, code=0, options=()):
        self.made.unlink(missing_ok=True)
        done = self.run_tool("dcam-crc", *options, "--scrub", self.made, "--dump", *captures)
        self.assertEqual(done.returncode, code, done.stderr)
        return done

    def assert_same(self, capture):
        self.scrub(capture)
        self.assertEqual(self.told(self.made), self.told(capture))

    def assert_gone(self, *secrets):
        """Nothing of 8 bytes in a row, and none of these in whole, is left."""
        made = self.made.read_bytes()
        for secret in secrets:
            size = min(len(secret), 8)
            for at in range(len(secret) - size + 1):
                window = secret[at:at + size]
                if len(set(window)) > 1:
                    self.assertNotIn(window, made)

    def record(self, *arguments, files=(), **options):
        """A capture that dcam-serve makes of what dcam-sim does."""
        capture = self.folder / f"{len(list(self.folder.iterdir()))}.pcap"
        self.fresh()
        server = self.serve("-k", "--capture", capture)
        self.sim(server, *arguments, *files)
        server.signal(15)
        server.wait()
        return capture


class ByKind(Scrubbed):
    FAULTS = ("--seed", "5", "--corrupt", "0.05", "--cut", "9", "--cut", "30", "--reconnect", "5",
              "--reconnect-delay", "10ms")

    def setUp(self):
        super().setUp()
        self.photo = self.file("photo.jpg", 30_000)
        self.video = self.file("video.h265", 45_678)
        self.position = (54.7004183, 25.2796514)
        self.capture = self.record(*self.FAULTS, "--position", "54.7004183,25.2796514",
                                   "--meta-version", "4",
                                   files=(f"photof={self.photo}", f"videor={self.video}"))

    def test_the_same_packets_are_bad(self):
        events = self.told(self.capture)
        self.assertTrue(any(event.get("verdict") in ("bad", "cut") for event in events))
        self.assert_same(self.capture)

    def test_what_was_captured_twice_is_written_once(self):
        frames = len(records(self.capture.read_bytes())[1])
        for captures in ((self.capture, self.capture), (self.capture,)):
            self.scrub(*captures)
            self.assertEqual(len(records(self.made.read_bytes())[1]), frames)
            self.assertEqual(self.told(self.made), self.told(self.capture))

    def test_nothing_private_is_left(self):
        done = self.scrub(self.capture)
        self.assertEqual(done.stdout, f"{self.made}\n")
        self.assert_gone(self.photo.read_bytes(), self.video.read_bytes(), IMEI.encode(),
                         int(IMEI).to_bytes(8, "big"),
                         *(struct.pack(">d", each) for each in self.position))
        for frame in records(self.made.read_bytes())[1]:  # elsewhere four bytes may be anything
            self.assertNotIn(socket_address("127.0.0.1"), frame[16 + 12:16 + 20])
        imeis = {event["imei"] for event in self.events(
            self.run_tool("dcam-crc", "--json", "--dump", self.made).stdout) if "imei" in event}
        self.assertEqual(len(imeis), 1)
        self.assertTrue(luhn_is_right(imeis.pop()))

    def test_frames_keep_their_lengths_times_and_ports(self):
        self.scrub(self.capture)
        (head, old), (new_head, new) = (records(path.read_bytes())
                                        for path in (self.capture, self.made))
        self.assertEqual(head[:4] + head[20:], new_head[:4] + new_head[20:])
        self.assertEqual([each[:16] for each in old], [each[:16] for each in new])
        for before, after in zip(old, new):
            self.assertEqual(before[16 + 20:16 + 36], after[16 + 20:16 + 36])  # of TCP
            packet = after[16:]
            pseudo = packet[12:20] + struct.pack(">HH", 6, len(packet) - 20) + packet[20:]
            pseudo += b"\0" * (len(pseudo) % 2)
            for checked in (packet[:20], pseudo):
                total = sum(struct.unpack(f">{len(checked) // 2}H", checked))
                while total >> 16:
                    total = (total & 0xFFFF) + (total >> 16)
                self.assertEqual(total, 0xFFFF)

    def test_two_runs_differ(self):
        self.scrub(self.capture)
        first = self.made.read_bytes()
        self.scrub(self.capture)
        self.assertNotEqual(self.made.read_bytes(), first)

    def test_no_file_is_written_over(self):
        before = self.capture.read_bytes()
        link = self.folder / "link"
        link.symlink_to(self.capture)
        for out in (self.capture, link, self.folder / "." / self.capture.name):
            done = self.run_tool("dcam-crc", "--scrub", out, "--dump", self.capture)
            self.assertEqual(done.returncode, 3)
            self.assertEqual(self.capture.read_bytes(), before)
        self.made.write_text("mine")
        done = self.run_tool("dcam-crc", "--scrub", self.made, "--dump", self.capture)
        self.assertEqual((done.returncode, self.made.read_text()), (3, "mine"))
        self.assertEqual(done.stderr, f"dcam-crc: {self.made}: cannot create it: File exists\n")
        self.assertEqual(list(self.folder.glob("*.part")), [])
        self.assertEqual(self.run_tool("dcam-crc", "--scrub", "/dev/full/x", self.capture)
                         .returncode, 3)

    def test_from_a_pipe_and_to_one(self):
        done = subprocess.run([tool("dcam-crc"), "--scrub", "-", "--dump", "-"],
                              input=self.capture.read_bytes(), capture_output=True, check=True)
        self.made.write_bytes(done.stdout)
        self.assertEqual(self.told(self.made), self.told(self.capture))

    def test_to_a_reader_that_goes_away(self):
        command = [tool("dcam-crc"), "--scrub", "-", "--dump", self.capture]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        process.stdout.read(4)
        process.stdout.close()
        said = process.stderr.read().decode()
        process.stderr.close()
        self.assertEqual(process.wait(), 0, said)
        self.assertNotIn("standard output", said)

    def test_one_thing_to_standard_output(self):
        done = self.run_tool("dcam-crc", "--json", "--scrub", "-", "--dump", self.capture)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("--scrub - and --json both want standard output", done.stderr)

    def test_what_can_be_read_once_needs_room(self):
        capture = (CASES / "resume_fin.pcap").read_bytes()
        done = subprocess.run([tool("dcam-crc"), "--scrub", self.made, "--dump", "-"],
                              input=capture, capture_output=True,
                              env={**os.environ, "TMPDIR": "/no/such"})
        self.assertEqual((done.returncode, done.stdout), (3, b""))
        self.assertEqual(done.stderr.decode(),
                         "dcam-crc: -: cannot make a temporary file in /no/such: No such file or "
                         "directory; TMPDIR may name another folder\n")
        self.assertFalse(self.made.exists())

    def test_only_captures(self):
        self.assertIn("captures", self.scrub(self.photo, code=1).stderr)
        self.assertFalse(self.made.exists())

    def test_a_capture_that_is_cut_off(self):
        cut = self.folder / "cut.pcap"
        cut.write_bytes(self.capture.read_bytes()[:-20])
        self.scrub(cut, code=1)
        self.assertEqual(self.told(self.made), self.told(cut))


class Elsewhere(Scrubbed):
    def test_links_tunnels_and_fragments(self):
        for name in ("pppoe.pcap", "fragments.pcap", "two-linktypes.pcapng", "resume_fin.pcap",
                     "resume_rst.pcap"):
            with self.subTest(capture=name):
                self.assert_same(CASES / name)

    def test_hardware_addresses(self):
        frame = bytes.fromhex("0211223344550266778899aa0800")
        capture = self.folder / "ethernet.pcap"
        whole = self.record(files=(f"photof={self.file('a.jpg', 3000)}",)).read_bytes()
        head, frames = records(whole)
        made = head[:20] + struct.pack(">I", 1)
        for each in frames:
            size = struct.pack(">I", len(each) - 16 + len(frame) + 4)
            made += each[:8] + size + size + frame + each[16:] + b"tail"
        capture.write_bytes(made)
        self.assert_same(capture)
        self.assert_gone(frame[:6], frame[6:12], b"tail")
        self.assertEqual(len(self.made.read_bytes()), len(made))

    def test_other_traffic_is_replaced(self):
        capture = self.record(files=(f"photof={self.file('a.jpg', 3000)}",))
        head, frames = records(capture.read_bytes())
        secret = b"GET /my/secret/page HTTP/1.1\r\n\r\n"
        tcp = struct.pack(">HHIIBBHHH", 40000, 80, 7, 9, 0x50, 0x18, 0xFFFF, 0, 0) + secret
        udp = struct.pack(">HHHH", 5353, 5353, 8 + len(secret), 0) + secret
        for protocol, body in ((6, tcp), (17, udp), (1, secret)):
            packet = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0,
                                 b"\xc0\x00\x02\x07", b"\xc0\x00\x02\x08") + body
            frames.insert(5, frames[5][:8] + struct.pack(">II", len(packet), len(packet)) + packet)
        capture.write_bytes(head + b"".join(frames))
        self.assert_same(capture)
        self.assert_gone(secret, b"\xc0\x00\x02\x07", b"\xc0\x00\x02\x08")

    def test_segments_that_come_again_and_overlap(self):
        capture = self.record("--corrupt", "0.1", "--seed", "3",
                              files=(f"videof={self.file('a.h265', 40_000)}",))
        head, frames = records(capture.read_bytes())
        chosen = random.Random(4)
        doubled = []
        for frame in frames:
            doubled.append(frame)
            size = len(frame) - 56
            if size > 40 and chosen.random() < 0.5:  # a piece of it once more
                begin = chosen.randrange(size - 20)
                body = frame[56 + begin:]
                sequence = struct.unpack_from(">I", frame, 40)[0] + begin
                again = (frame[16:18] + struct.pack(">H", 40 + len(body)) + frame[20:40]
                         + struct.pack(">I", sequence) + frame[44:56] + body)
                doubled.append(frame[:8] + struct.pack(">II", len(again), len(again)) + again)
        capture.write_bytes(head + b"".join(doubled))
        self.assert_same(capture)
        _, new = records(self.made.read_bytes())
        streams = {}
        for frame in new:
            start = struct.unpack_from(">I", frame, 40)[0]
            key = frame[28:40]
            for i, byte in enumerate(frame[56:]):
                self.assertEqual(streams.setdefault((key, start + i), byte), byte)

    def test_a_flipped_bit_stays_in_its_packet(self):
        capture = self.record(files=(f"videof={self.file('a.h265', 40_000)}",))
        head, frames = records(capture.read_bytes())
        largest = max(range(len(frames)), key=lambda i: len(frames[i]))
        frame = bytearray(frames[largest])
        frame[56 + frame[56:].index(bytes.fromhex("00040402")) + 200] ^= 0x10
        frames[largest] = bytes(frame)
        capture.write_bytes(head + b"".join(frames))
        self.assertEqual(sum(event.get("verdict") == "bad" for event in self.told(capture)), 1)
        self.assert_same(capture)

    def test_equal_packets_stay_equal(self):
        content = self.folder / "blank.jpg"
        content.write_bytes(b"\xff\xd8\xff" + bytes(5117) + b"q" * 2048)
        capture = self.record(files=(f"photof={content}", f"photor={content}"))
        self.assert_same(capture)
        self.run_tool("dcam-crc", "-x", self.out / "x", "--dump", self.made)
        made = [path.read_bytes() for path in sorted((self.out / "x").iterdir())]
        self.assertEqual(made[0], made[1])
        self.assertEqual(made[0][1024:2048], made[0][2048:3072])
        self.assertNotIn(bytes(8), made[0])


class ByPath(Scrubbed):
    def secrets_of(self, position, path):
        latitude, longitude = position
        return (struct.pack(">i", round(latitude * 1e6)), struct.pack(">i", round(longitude * 1e6)),
                str(latitude).encode(), str(longitude).encode(), path.encode(), IMEI.encode(),
                int(IMEI).to_bytes(8, "big"))

    def test_every_family(self):
        for camera in ("adas", "dsm", "dashcam", "dualcam"):
            for more in ((), ("--enhanced-data", "--packet-size", "700", "--meta-format", "json")):
                with self.subTest(camera=camera, more=more):
                    path = "Secret-Place/mdas9_99.jpg" if camera == "adas" else None
                    content = self.file("a.jpg", 20_000)
                    capture = self.record("--camera", camera, "--protocol", "6", *more,
                                          "--position", "54.700418,-25.279651", "--seed", "2",
                                          "--corrupt", "0.08", "--cut", "8", "--reconnect", "3",
                                          "--reconnect-delay", "10ms",
                                          *(("--path", path) if path else ()), files=(content,))
                    self.assert_same(capture)
                    self.assert_gone(content.read_bytes(), *self.secrets_of(
                        (54.700418, -25.279651), path or "no such path"))

    def test_documents_and_drivers(self):
        document = ('{"version":1,"file":{"file_timestamp":1729504017},"location":{"latitude":'
                    '"54.700418","longitude":-25.279651},"driver_name":"J\\u00f6hn \\"D\\" Doe",'
                    '"plate":"ABC-123","tracker":{"imei":"350612071913857","odo":123456}}')
        dsm = bytes.fromhex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00")
        for payload, secrets in ((document.encode(), (b"54.700418", b"25.279651", b"ABC-123",
                                                      b"\\u00f6hn", b"123456", IMEI.encode())),
                                 (dsm, (b"ENOD NHO", dsm[6:10], dsm[10:14]))):
            stream = struct.pack(">HHQI", 0, 6, int(IMEI), 0x42000400)
            path = b"dsm/picture/231020/231452.jpg\0"
            stream += struct.pack(">HH", 13, len(path)) + path
            stream += struct.pack(">HH", 11, len(payload)) + payload
            stream += bytes.fromhex("0001 0006 00000009 0000 0003 0004 00000000")
            stream += struct.pack(">HH", 4, 11) + b"123456789" + struct.pack(
                ">H", crc16(b"123456789"))
            capture = self.folder / "one.pcap"
            packet = struct.pack(">BBHHHBBH4s4sHHIIBBHHH", 0x45, 0, 40 + len(stream), 0, 0, 64, 6,
                                 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]), 40000, 7050, 1, 1,
                                 0x50, 0x18, 9999, 0, 0) + stream
            capture.write_bytes(struct.pack(">IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
                                + struct.pack(">IIII", 9, 9, len(packet), len(packet)) + packet)
            self.assert_same(capture)
            self.assert_gone(*secrets, b"231452.jpg"[:6], b"123456789")
            (record,) = [event for event in self.events(self.run_tool(
                "dcam-crc", "--json", "--dump", self.made).stdout) if event["event"] == "transfer"]
            self.assertIn("dsm/picture/", record["device_path"])
            self.assertTrue(record["metadata"]["position_valid"])
            self.assertEqual(record["metadata"]["time"][:10],
                             "2024-10-21" if payload[0] == 0x7B else "2023-10-20")


def socket_address(text):
    return bytes(map(int, text.split(".")))


if __name__ == "__main__":
    unittest.main()
