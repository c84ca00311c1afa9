#!/usr/bin/env python3
"""dcam-crc on captures that are given together, compressed, cut short, or carried in tunnels.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc_captures.py
"""
import gzip
import json
import struct
import subprocess
import tarfile
import unittest
import zipfile

from damaged_captures import PORT, Upload, capture
from harness import ToolTest, tool


def records(capture):
    """The header and the frames, with their own headers, of a big-endian pcap."""
    frames, at = [], 24
    while at < len(capture):
        end = at + 16 + struct.unpack_from(">I", capture, at + 8)[0]
        frames.append(capture[at:end])
        at = end
    return capture[:24], frames


def is_of_device(frame):
    return frame[22:24] == struct.pack(">H", PORT)


def renumbered(frame, device, server):
    """Made by damaged_captures: by so much behind."""
    ahead = (device, server) if is_of_device(frame) else (server, device)
    numbers = (number + by for number, by in zip(struct.unpack_from(">II", frame, 24), ahead))
    return frame[:24] + struct.pack(">II", *numbers) + frame[32:]


class Captures(ToolTest):
    def setUp(self):
        super().setUp()
        content = self.file("videof.h265", 40_000)
        self.capture = self.folder / "whole.pcap"
        server = self.serve("-k", "--capture", self.capture)
        self.sim(server, "--cut", "12", "--reconnect", "2", "--reconnect-delay", "10ms",
                 f"videof={content}")
        server.signal(15)
        server.wait()
        self.header, self.frames = records(self.capture.read_bytes())

    def check(self, *files, **options):
        done = subprocess.run([tool("dcam-crc"), "--json", "--dump", *map(str, files)],
                              capture_output=True, **options)
        found = [json.loads(line) for line in done.stdout.splitlines()]
        return done, [each for each in found if each["event"] == "transfer"]

    def write(self, name, frames):
        path = self.folder / name
        path.write_bytes(self.header + b"".join(frames))
        return path

    def assert_whole(self, found):
        done, transfers = found
        self.assertEqual([(each["complete"], each["connections"]) for each in transfers],
                         [(True, 2)], done.stderr)

    def test_rotated_ones_in_any_order(self):
        size = len(self.frames) // 5 + 1
        parts = [self.write(f"part{i}", self.frames[i * size:(i + 1) * size]) for i in range(5)]
        self.assert_whole(self.check(*parts))
        self.assert_whole(self.check(*(parts[i] for i in (3, 1, 4, 0, 2))))
        self.assert_whole(self.check(*parts[1:], "-", input=parts[0].read_bytes()))
        done, transfers = self.check(*parts[:3], self.folder / "none", parts[4])
        self.assertEqual(done.returncode, 3)
        self.assertIn(len(transfers), (1, 2))  # how the frames fall decides what the gap hides

    def test_what_was_captured_twice_is_told_once(self):
        for frames in (self.frames, self.frames[8:-8]):  # without a beginning and an end, too
            capture, half = self.write("once", frames), len(frames) // 2
            once = self.check(capture)[1]
            several = [each for frame in frames for each in (frame, frame)]
            for files in ((capture, capture), (capture, self.write("part", frames[half:])),
                          (self.write("appended", frames + frames),),
                          (self.write("merged", several),)):
                with self.subTest(files=files):
                    done, transfers = self.check(*files)
                    count = len(frames) - (half if files[-1].name == "part" else 0)
                    self.assertIn(f"{count} frames were captured twice", done.stderr.decode())
                    self.assertEqual([{**each, "dump": ""} for each in transfers],
                                     [{**each, "dump": ""} for each in once])

    def test_compressed_ones(self):
        for command, name, said in ((["gzip", "-c"], "gz", "gzip"),
                                    (["zstd", "-qc"], "zst", "zstd"), (["xz", "-c"], "xz", "xz"),
                                    (["bzip2", "-c"], "bz2", "truncated")):
            with self.subTest(command=command):
                packed = subprocess.run([*command, self.capture], capture_output=True,
                                        check=True).stdout
                path = self.folder / f"whole.pcap.{name}"
                path.write_bytes(packed)
                self.assert_whole(self.check(path))
                self.assert_whole(self.check("-", input=packed))
                path.write_bytes(packed[:-9])
                done, _ = self.check(path)
                self.assertEqual(done.returncode, 1)
                self.assertIn(said, done.stderr.decode())
        text = self.folder / "text.gz"
        text.write_bytes(gzip.compress(b"00 05 00 04 00 00 00 00\n"))
        self.assertIn("STATUS", self.run_tool("dcam-crc", "-v", "--dump", text).stderr)

    def test_what_the_tool_that_unpacks_complains_of(self):
        path, tools = self.folder / "a.gz", self.folder / "tools"
        path.write_bytes(gzip.compress(self.capture.read_bytes()))
        tools.mkdir()
        fake = tools / "gzip"
        for script, said in (("printf '\\ngzip: stdin\\\\ : oops; \\nmore\\n' >&2; exit 1",
                              r"is not all there: gzip: stdin\x5c : oops"),
                             ("kill -9 $$", "is not all there: gzip was killed (Killed)"),
                             ("exit 1", "is not all there: gzip failed")):
            with self.subTest(script=script):
                fake.write_text(f"#!/bin/sh\n{script}\n")
                fake.chmod(0o755)
                done = self.run_tool("dcam-crc", "--dump", path, env={"PATH": str(tools)})
                self.assertEqual((done.returncode, done.stdout), (1, ""))
                self.assertEqual(done.stderr, f"dcam-crc: {path}: {said}\n")

    def test_one_in_the_wrong_order_of_time(self):
        frames, _ = Upload(2, "kinds", "none").frames(20_000)
        _, early = records(capture(frames))
        late = [each[:3] + bytes([each[3] ^ 16]) + each[4:] for each in early]  # by 16 seconds
        half = len(frames) // 2
        done, _ = self.check(self.write("turned", [*late[half:], *early[:half]]))
        self.assertEqual(done.returncode, 1)
        self.assertIn("the times of frames go back: 'reordercap' puts frames in the order",
                      done.stderr.decode())
        stepped = [*late[:half], *early[half:]]  # a clock was put right
        done, _ = self.check(self.write("stepped", stepped))
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_what_is_none_but_may_become_one(self):
        zipped, tarred = self.folder / "a.zip", self.folder / "a.tar"
        zipfile.ZipFile(zipped, "w").write(self.capture)
        with tarfile.open(tarred, "w") as archive:
            archive.add(self.capture)
        twice, nothing = self.folder / "a.gz.gz", self.folder / "nothing"
        twice.write_bytes(gzip.compress(gzip.compress(self.capture.read_bytes())))
        nothing.write_bytes(b"")
        sniffed = self.folder / "a.enc"
        sniffed.write_bytes(b"TRSNIFF data    \x1a" + bytes(100))
        for path, what in (
                (zipped, "is an archive, zip: unpack it, and give what is in it"),
                (tarred, "is an archive, tar: unpack it, and give what is in it"),
                (twice, "is compressed more than once: 'gzip -dc' undoes it once"),
                (sniffed, "is a capture of Sniffer: 'editcap -F pcap' makes one of it that can be "
                          "read"),
                (nothing, "the input is empty"),
                (self.write("no frames", []), "no packet in it")):
            with self.subTest(path=path):
                done, transfers = self.check(path)
                self.assertEqual((done.returncode, transfers), (1, []))
                self.assertEqual(done.stderr.decode(), f"dcam-crc: {path}: {what}\n")

    def test_one_that_is_damaged_is_read_up_to_there(self):
        at = 24 + sum(map(len, self.frames[:9]))
        damaged = [*self.frames[:9], self.frames[9][:8] + b"\x7f" + self.frames[9][9:],
                   *self.frames[10:]]
        done, transfers = self.check(self.write("damaged", damaged))
        self.assertEqual((done.returncode, len(transfers)), (1, 1))
        self.assertFalse(transfers[0]["complete"])
        self.assertIn(f", in packet 10 at byte {at}; it is not read any further",
                      done.stderr.decode())
        self.assertIn("1 capture was not read to the end: what is missing may be in the rest",
                      done.stderr.decode())
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["captures_not_read_to_end"], 1)
        done, _ = self.check(self.capture)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["captures_not_read_to_end"], 0)

    def test_frames_cut_by_the_snapshot_length_are_counted(self):
        frames = []
        for frame in self.frames:
            head, body = frame[:16], frame[16:]
            frames.append(head[:8] + struct.pack(">I", min(len(body), 96)) + head[12:] + body[:96])
        done, _ = self.check(self.write("cut", frames))
        self.assertIn("snapshot length", done.stderr.decode())
        self.assertEqual(done.returncode, 1)

    def test_the_first_ten_bad_packets_and_the_status_are_told(self):
        stream = bytes.fromhex("0000 0005 00013ee13c001981 10000400 0001 0006 00000014 0000"
                               "0003 0004 00000001")
        stream += (bytes.fromhex("0004 000a") + b"12345678" + b"zz") * 20
        stream += bytes.fromhex("0005 0004 00000011")
        path = self.folder / "bad.bin"
        path.write_bytes(stream)
        said = self.run_tool("dcam-crc", "--dump", path).stdout
        self.assertEqual(sum("CRC stored" in line for line in said.splitlines()), 10)
        self.assertIn("and 10 more such packets: -v lists all", said)
        self.assertIn("the camera's STATUS 17: ", said)
        self.assertLess(said.index("incomplete: "), said.index("CRC stored"))
        said = self.run_tool("dcam-crc", "-v", "--dump", path).stdout
        self.assertEqual(sum("CRC stored" in line for line in said.splitlines()), 20)
        _, (transfer,) = self.check(path)
        self.assertEqual(transfer["status"], 17)
        closed = subprocess.run(["sh", "-c", f"{tool('dcam-crc')} <&-"], capture_output=True)
        self.assertEqual((closed.returncode, closed.stdout), (3, b""))

    def made(self, frames):
        """Of another camera: whether all is told, and (last digit of the IMEI, complete) each."""
        path = self.folder / "made"
        path.write_bytes(capture(frames))
        done, transfers = self.check(path)
        return done, [(each["imei"][-1], each["complete"]) for each in transfers]

    def test_a_port_that_is_used_again_without_a_syn_hides_no_upload(self):
        first, second = (Upload(seed, "kinds", "none").frames(20000)[0] for seed in (2, 4))
        without_syn = [each for each in second if not each[33] & 2]
        done, transfers = self.made(first + without_syn)
        self.assertEqual((done.returncode, transfers), (0, [("2", True), ("4", True)]))
        without_end = [each for each in first if not each[33] & 1]
        done, transfers = self.made(without_end + without_syn)
        self.assertEqual((done.returncode, transfers), (1, [("2", True)]))
        self.assertIn("TCP segments came again with other bytes, which are not used",
                      done.stderr.decode())
        self.assertGreater(json.loads(done.stdout.splitlines()[-1])["segments_differing"], 20)
        done, transfers = self.made([*first[:-2], *first])
        self.assertEqual((done.returncode, transfers, done.stderr), (0, [("2", True)], b""))

    def test_a_segment_that_comes_again_with_other_bytes_is_told(self):
        frames = Upload(2, "kinds", "none").frames(20000)[0]
        at = next(i for i, each in enumerate(frames) if len(each) > 800)
        again = frames[at][:60] + bytes(30) + frames[at][90:]
        done, _ = self.made([*frames[:at + 1], again, *frames[at + 1:]])
        self.assertEqual(done.returncode, 1)
        self.assertIn("1 TCP segment came again with other bytes", done.stderr.decode())

    def test_a_rst_amid_what_a_side_says_is_no_end_of_it(self):
        frames = Upload(2, "kinds", "none").frames(20000)[0]
        for at in (20, 30):
            of_device = frames[at][22:24] == frames[0][22:24]
            rst = bytearray(frames[at][:40])
            rst[2:4], rst[33] = struct.pack(">H", 40), 4
            done, transfers = self.made([*frames[:at], bytes(rst), *frames[at:]])
            with self.subTest(at=at, of_device=of_device):
                self.assertEqual(transfers, [("2", True)])

    def test_behind_a_rst_an_upload_of_another_camera_is_read(self):
        first, second = (Upload(seed, "kinds", "none").frames(20000)[0] for seed in (2, 4))
        rst = first[-1][:33] + b"\x14" + first[-1][34:]  # in place of both FINs
        later = [renumbered(each, 100_000, 1_000_000_000) for each in second if not each[33] & 2]
        device = [each for each in later if is_of_device(each)]
        for name, behind in (("both sides", later), ("the device's side", device)):
            with self.subTest(name):
                done, transfers = self.made([*first[:-2], rst, *behind])
                self.assertEqual((done.returncode, transfers, done.stderr),
                                 (0, [("2", True), ("4", True)], b""))

    def test_headers_that_cannot_be_are_counted(self):
        frames = Upload(2, "kinds", "none").frames(20000)[0]
        for at, value, size, what in ((32, 0x20, 180, "TCP"), (32, 0x50, 39, "TCP"),
                                      (0, 0x41, 180, "IP"), (0, 0x45, 19, "IP")):
            damaged = bytearray(frames[20][:size])
            damaged[at:at + 1] = bytes([value])[:size - at]
            with self.subTest(what=what, value=value, size=size):
                done, _ = self.made([*frames[:20], bytes(damaged), *frames[21:]])
                self.assertIn(f"1 frame not read: {what} headers that are damaged or cut off",
                              done.stderr.decode())

    def test_a_path_of_any_length_is_shown_on_a_line(self):
        stream = bytes.fromhex("0000 0006 00013ee13c001981 42000400 000d 9c40")
        stream += b"dsm/\x1b[31m" + b"p" * 39_991 + bytes.fromhex("0001 0006 00000009 0000")
        path = self.folder / "path.bin"
        path.write_bytes(stream)
        done = self.run_tool("dcam-crc", "-v", "--dump", path)
        self.assertIn("ppp... (40000 bytes)", done.stderr)
        self.assertNotIn("\x1b", done.stdout + done.stderr)
        self.assertLess(max(map(len, (done.stdout + done.stderr).splitlines())), 500)

    def test_tunnels(self):
        link = struct.unpack_from(">I", self.header, 20)[0]
        outer = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 0, 0, 0, 64, 0, 0, bytes(4), bytes(4))
        cut = {101: 0, 1: 14, 228: 0}[link]  # the link layer's header
        ethernet = bytes(12) + b"\x08\0"
        for name, protocol, before in (
                ("IP in IP", 4, b""), ("GRE", 47, bytes.fromhex("00000800")),
                ("GRE, checksum and key", 47, bytes.fromhex("a0000800 00000000 00000007")),
                ("GRE, Ethernet", 47, bytes.fromhex("00006558") + ethernet),
                ("VXLAN", 17, bytes.fromhex("c00012b500000000 0800000000002a00") + ethernet),
                ("Geneve", 17, bytes.fromhex("c00017c100000000 0100080000002a00 00000000")),
                ("GTP", 17, bytes.fromhex("0868086800000000 30ff000000000001"))):
            with self.subTest(tunnel=name):
                frames = []
                for frame in self.frames:
                    inner = before + frame[16 + cut:]
                    ip = (outer[:2] + struct.pack(">H", 20 + len(inner)) + outer[4:9]
                          + bytes([protocol]) + outer[10:] + inner)
                    size = struct.pack(">I", cut + len(ip))
                    frames.append(frame[:8] + size + size + frame[16:16 + cut] + ip)
                self.assert_whole(self.check(self.write("tunnel", frames)))


if __name__ == "__main__":
    unittest.main()
