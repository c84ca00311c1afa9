"""Cameras that do what protocol and page do not say, but honestly: each is served, and the bytes
are right."""

import re
import shutil
import socket
import struct

from harness import IMEI, SIGTERM, STATE, Camera, ToolTest, crc16
from uploads import was_read

METADATA_V2 = "0204 00000192d84dac30 05 0000"  # of 13 bytes: the frame rate is missing
NAME = f"{IMEI}/20241029T124342Z_photof.jpg"
START, RESUME_1, SYNC_1 = "0001 0006 {:08x} 0000", "0002 0004 00000001", "0003 0004 00000001"
FILE_REQUEST = "0008 0007 2570686f746f66"
METADATA_REQUEST = "000a 0007 2570686f746f66"
REPEAT_INIT, CLOSE = "0009", "0000 0000"


def chained(payloads, crc=0):
    """DATA for each payload."""
    stream = b""
    for payload in payloads:
        crc = crc16(payload, crc)
        stream += struct.pack(">HH", 4, len(payload) + 2) + payload + struct.pack(">H", crc)
    return stream


def go_on(camera, packets):
    """START and SYNC; the packet that RESUME asks for."""
    camera.send(START.format(packets))
    camera.expect("0002 0004")
    [first] = struct.unpack(">I", camera.socket.recv(4))
    camera.send(struct.pack(">HHI", 3, 4, first))
    return first


def leave(camera):
    """Everything has arrived."""
    camera.expect(REPEAT_INIT)
    camera.init(0)
    camera.expect(CLOSE)


class OddCameras(ToolTest):
    def begin(self, camera, packets):
        camera.send(START.format(packets))
        camera.expect(RESUME_1)
        camera.send(SYNC_1)

    def check(self, server, content, status=0):
        self.assertEqual(server.wait(), status, server.errors)
        found = [path.read_bytes() for path in self.out.rglob("*.jpg")]
        self.assertEqual(found, [content])
        shutil.rmtree(self.out / STATE, ignore_errors=True)  # the same content is a new file again

    def test_views_outlive_what_they_were_found_in(self):
        """Packets within what was to be a longer one, looked at when RESUME has been sent."""
        payloads = [self.random.randbytes(64) for _ in range(7)]
        inner = bytes.fromhex("0003000400000001") + chained(payloads)
        server = self.serve("--no-metadata", "--idle-timeout", "800ms")
        with Camera(server) as camera:
            camera.init(0x04)
            camera.expect(FILE_REQUEST)
            self.begin(camera, 7)
            camera.send(struct.pack(">HH", 4, 1026) + inner)
            camera.expect(RESUME_1)  # after a quarter of the idle timeout
            leave(camera)
        self.check(server, b"".join(payloads))

    def test_metadata_with_a_byte_that_its_length_does_not_count(self):
        content = self.random.randbytes(1500)
        for at_once in (True, False):
            for byte in ("19", "00"):
                server = self.serve("--json")
                with Camera(server) as camera:
                    camera.init(0x04)
                    camera.expect(METADATA_REQUEST)
                    if at_once:
                        camera.send(f"000b 000d {METADATA_V2} {byte}")
                        camera.expect(FILE_REQUEST)
                        self.begin(camera, 2)
                    else:
                        camera.send(f"000b 000d {METADATA_V2}")
                        camera.expect(FILE_REQUEST)
                        camera.send(byte)
                        self.begin(camera, 2)
                    camera.send(chained([content[:1024], content[1024:]]))
                    leave(camera)
                self.check(server, content)
                done = self.event(server.output, "file-done")
                self.assertEqual(done["metadata"]["frame_rate"], int(byte, 16))
                self.assertEqual(done["path"], str(self.out / NAME))
                (self.out / NAME).unlink()

    def test_packets_of_other_sizes(self):
        for sizes in ([1024, 1024, 0], [1024, 500, 1024, 7], [3, 1024, 1024], [1024, 0]):
            payloads = [self.random.randbytes(size) for size in sizes]
            server = self.serve("--no-metadata")
            with Camera(server) as camera:
                camera.init(0x04)
                camera.expect(FILE_REQUEST)
                self.begin(camera, len(sizes))
                camera.send(chained(payloads))
                leave(camera)
            self.check(server, b"".join(payloads))
            next(self.out.rglob("*.jpg")).unlink()

    def test_a_link_that_is_lost_among_packets_of_other_sizes(self):
        """What has come of them is gone on with, or fetched again; never spliced."""
        sizes = [1024, 500, 1024, 1000, 1024, 33, 1024, 7]
        payloads = [self.random.randbytes(size) for size in sizes]
        for cut in range(1, len(sizes) + 1):
            server = self.serve("--no-metadata")
            with Camera(server) as camera:
                camera.init(0x04)
                camera.expect(FILE_REQUEST)
                self.begin(camera, len(sizes))
                camera.send(chained(payloads[:cut])[:-1 if cut == len(sizes) else None])
            server.expect("incomplete")
            with Camera(server) as camera:
                camera.init(0x04)
                camera.expect(FILE_REQUEST)
                packet = go_on(camera, len(sizes))
                camera.send(chained(payloads[packet - 1:]))
                leave(camera)
            self.check(server, b"".join(payloads))
            next(self.out.rglob("*.jpg")).unlink()

    def test_start_twice(self):
        payloads = [self.random.randbytes(1024), self.random.randbytes(10)]
        for first in (1, 3, 100_000):
            server = self.serve("--no-metadata")
            with Camera(server) as camera:
                camera.init(0x04)
                camera.expect(FILE_REQUEST)
                camera.send(START.format(first) + START.format(2))
                camera.expect(RESUME_1 + RESUME_1)
                camera.send(SYNC_1 + SYNC_1)
                camera.send(chained(payloads))
                leave(camera)
            self.check(server, b"".join(payloads))
            self.assertEqual(len(list(self.out.rglob("*.part*"))), 0)
            next(self.out.rglob("*.jpg")).unlink()

    def test_status_0_between_metadata_and_start(self):
        content = self.random.randbytes(100)
        server = self.serve()
        with Camera(server) as camera:
            camera.init(0x04)
            camera.expect(METADATA_REQUEST)
            camera.send(f"000b 000e {METADATA_V2} 00 0005 0004 00000000")
            camera.expect(FILE_REQUEST)
            self.begin(camera, 1)
            camera.send(chained([content]))
            leave(camera)
        self.check(server, content)

    def test_metadata_after_our_wait_is_over(self):
        content = self.random.randbytes(100)
        server = self.serve("--json", "--idle-timeout", "600ms")
        with Camera(server) as camera:
            camera.init(0x04)
            camera.expect(METADATA_REQUEST + FILE_REQUEST)
            camera.send(f"000b 000e {METADATA_V2} 00")
            self.begin(camera, 1)
            camera.send(chained([content]))
            leave(camera)
        self.check(server, content)
        self.assertEqual(self.event(server.output, "file-done")["path"], str(self.out / NAME))


class SeveralSizes(ToolTest):
    """Packets of several sizes over a line that is cut again and again: what has come is gone on
    with."""

    def upload(self, server, payloads, at_once):
        """How many connections it takes, and how many packets are sent in all."""
        sent = 0
        for connection in range(1, 100):
            with Camera(server) as camera:
                camera.init(0x04)
                camera.expect(FILE_REQUEST)
                first = go_on(camera, len(payloads))
                rest = payloads[first - 1:]
                sent += len(rest[:at_once])
                camera.send(chained(rest[:at_once]))
                if len(rest) <= at_once:
                    leave(camera)
                    return connection, sent
                was_read(server, camera)
            server.expect_count("incomplete, ", connection)
        self.fail("no progress\n" + server.errors)

    def test_a_line_that_is_cut_every_few_packets(self):
        for sizes in ([1024, 500, 1024, 33], [33, 1024], [1024] * 9 + [1000], [900, 7, 7, 1024]):
            for at_once in (5, 8, 31):
                sizes_of_all = (sizes * 40)[:60]
                payloads = [self.random.randbytes(size) for size in sizes_of_all]
                server = self.serve("--no-metadata")
                connections, sent = self.upload(server, payloads, at_once)
                self.assertEqual(server.wait(), 0, server.errors)
                self.assertEqual([path.read_bytes() for path in self.out.rglob("*.jpg")],
                                 [b"".join(payloads)])
                self.assertLessEqual(sent - len(payloads), 3 * connections, (sizes, at_once))
                shutil.rmtree(self.out)
                self.out.mkdir()


class LongPadding(ToolTest):
    """200 KiB of zeros prove nothing, so more of them is compared than a bad link lets through at
    once; what was compared counts for the next connection."""

    def upload(self, server, content):
        """The number of connections that it takes."""
        for connection in range(1, 21):
            with Camera(server) as camera:
                camera.init(0x04)
                camera.expect(FILE_REQUEST)
                last = -(-len(content) // 1024)
                first = go_on(camera, last)
                end = min(first + 60, last + 1)
                camera.data(content[:(end - 1) * 1024], first)
                if end > last:
                    leave(camera)
                    return connection
            server.expect_count("incomplete, ", connection)
        self.fail("no progress\n" + server.errors)

    def test_a_link_that_breaks_every_60_packets_gets_through(self):
        content = self.random.randbytes(10_000) + bytes(200 * 1024) + self.random.randbytes(5_000)
        server = self.serve("--no-metadata")
        self.assertLess(self.upload(server, content), 12)
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual([path.read_bytes() for path in self.out.rglob("*.jpg")], [content])


def bring_photo(camera, offers, content):
    """In one packet; the server asks then for the next INIT."""
    camera.init(offers)
    camera.expect(FILE_REQUEST)
    camera.send(START.format(1))
    camera.expect(RESUME_1)
    camera.send(SYNC_1)
    camera.send(chained([content]))
    camera.expect(REPEAT_INIT)


class WhatIsTold(ToolTest):
    """STATUS 0, "completed", is for a camera whose every file is stored; the user hears of the
    others."""

    def test_what_cannot_be_fetched(self):
        refused = "by path that the device offers is not to be had: .*STATUS 17"
        for protocol, kinds, path_is_asked, why in ((5, 0x01, False, "unknown"),
                                                    (5, 0x80, False, "unknown"),
                                                    (5, 0x02, True, refused),
                                                    (6, 0x02, True, refused),
                                                    (7, 0x04, True, refused)):
            for options in ((), ("--json",)):
                server = self.serve(*options)
                with Camera(server) as camera:
                    camera.init(kinds, protocol=protocol)
                    if path_is_asked:
                        camera.expect("000c 0002 0000")
                        camera.send("0005 0004 00000011")
                    self.assertEqual(camera.ended(), bytes.fromhex(CLOSE))
                self.assertEqual(server.wait(), 6, server.errors)
                told = [line for line in server.lines if re.search(f"{IMEI}: .*{why}", line)]
                self.assertEqual(len(told), 1, server.errors)
                self.assertEqual(self.stored(), [])

    def test_nothing_on_offer_is_no_failure_whatever_the_protocol(self):
        for protocol in (5, 6, 7, 255):
            server = self.serve()
            with Camera(server) as camera:
                camera.init(0, protocol=protocol)
                camera.ended()
            self.assertEqual(server.wait(), 0, server.errors)

    def test_it_costs_other_cameras_nothing(self):
        photo = self.file("a.jpg", 5000)
        server = self.serve("-k")
        with Camera(server) as camera:
            camera.init(0x02, imei=7, protocol=6)
            camera.expect("000c 0002 0000")
            camera.send("0005 0004 00000011")
            self.assertEqual(camera.ended(), bytes.fromhex(CLOSE))
        self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        server.expect("000000000000007: the file by path")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)

    def test_a_camera_that_is_not_on_the_list_does_not_count(self):
        server = self.serve("--imei", "000000000000007")
        with Camera(server) as camera:
            camera.init(0x02, protocol=6)
            self.assertEqual(camera.ended(), bytes.fromhex(CLOSE))
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 128 + SIGTERM)

    def test_an_unwanted_path_is_left_when_the_photo_is_stored(self):
        content = self.random.randbytes(100)
        server = self.serve("--no-metadata", "-s", "photo")
        with Camera(server) as camera:
            bring_photo(camera, 0x06, content)
            camera.init(0x02)
            self.assertEqual(camera.ended(), bytes.fromhex(CLOSE))
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual(len(server.output.splitlines()), 1)

    def test_an_unwanted_path_is_left_when_the_camera_hangs_up_behind_its_photo(self):
        server = self.serve("--no-metadata", "-s", "photo")
        with Camera(server) as camera:
            bring_photo(camera, 0x06, b"photo")
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual(len(server.output.splitlines()), 1)

    def test_a_link_that_breaks_after_a_whole_file_is_no_leave(self):
        """One run waits for the camera to come back with what else it has."""
        server = self.serve("--no-metadata")
        with Camera(server) as camera:
            bring_photo(camera, 0x04, b"photo")
            camera.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        with Camera(server) as camera:
            camera.init(0)
            self.assertEqual(camera.ended(), bytes.fromhex("0005 0004 00000000"))
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual(len(server.output.splitlines()), 1)

    def test_a_camera_that_says_completed_in_mid_file_and_no_more_is_told_close(self):
        server = self.serve("--no-metadata", "--idle-timeout", "2s")
        with Camera(server) as camera:
            camera.init(0x04)
            camera.expect(FILE_REQUEST)
            camera.send(START.format(3))
            camera.expect(RESUME_1)
            camera.send(SYNC_1)
            camera.send(chained([b"x" * 1024] * 2))
            for _ in range(9):  # each RESUME is answered so
                camera.send("0005 0004 00000000 0003 0004 00000003")
            self.assertEqual(camera.ended()[-4:], bytes.fromhex(CLOSE))
        server.signal(SIGTERM)
        server.wait()
        self.assertIn("incomplete, 2 of 3 packets", server.errors)

    def test_a_refused_file_ends_with_close(self):
        for packets in (None, 0, 1):
            server = self.serve("--no-metadata")
            with Camera(server) as camera:
                camera.init(0x04)
                camera.expect(FILE_REQUEST)
                if packets is not None:
                    camera.send(START.format(3))
                    camera.expect(RESUME_1)
                    camera.send(SYNC_1)
                    camera.send(chained([bytes(1024)] * packets))
                camera.send("0005 0004 00000004")
                self.assertEqual(camera.ended(), bytes.fromhex(CLOSE))
            self.assertIn(server.wait(), (5, 6), server.errors)
            self.assertEqual(list(self.out.rglob("*.jpg")), [])

    def test_a_file_that_is_not_wanted_ends_with_close(self):
        server = self.serve("-s", "videof")
        with Camera(server) as camera:
            camera.init(0x04)
            self.assertEqual(camera.ended(), bytes.fromhex(CLOSE))
        self.assertEqual(server.wait(), 0)

    def test_nothing_offered_ends_with_completed(self):
        server = self.serve()
        with Camera(server) as camera:
            camera.init(0)
            self.assertEqual(camera.ended(), bytes.fromhex("0005 0004 00000000"))
        self.assertEqual(server.wait(), 0)
