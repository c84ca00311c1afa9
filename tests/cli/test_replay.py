#!/usr/bin/env python3
"""dcam-sim --replay: the devices of a capture, against a server.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_replay.py
"""
import select
import socket
import struct
import threading
import unittest

from damaged_captures import Upload, behind, capture as made, command, one_connection
from harness import IMEI, PATIENCE
from test_crc_captures import records
from test_scrub import Scrubbed
from wire import (AGAIN, DATA, FILE, INIT, KINDS, METADATA_WANTED, RESUME, START, SYNC, crc16)


def init(kinds):
    return struct.pack(">HHQI", INIT, 5, int(IMEI), (0x40 | kinds) << 24 | 0x400)


class AskingServer:
    """Serves one camera: what it asks for is answered, and nothing comes before it has asked."""

    def __init__(self, opening, rounds):
        self.opening, self.rounds = opening, rounds
        self.failures = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.serve)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join(PATIENCE)
        self.listener.close()

    def serve(self):
        self.listener.settimeout(PATIENCE)
        with self.listener.accept()[0] as camera:
            camera.settimeout(PATIENCE)
            self.hear(camera, self.opening)
            for asks, answers in self.rounds:
                if select.select([camera], [], [], 0.05)[0]:
                    self.failures.append(f"something came before it was asked for: {asks.hex()}")
                camera.sendall(asks)
                self.hear(camera, answers)
            camera.sendall(bytes(4))  # CLOSE
            if more := camera.recv(1):
                self.failures.append(f"{more.hex()} came behind the end")

    def hear(self, camera, wanted):
        came = b""
        while len(came) < len(wanted) and (piece := camera.recv(len(wanted) - len(came))):
            came += piece
        if came != wanted:
            self.failures.append(f"{wanted.hex()} was to come, and {came.hex()} did")


class Replay(Scrubbed):
    def replay(self, capture, *options, code=0, server_options=()):
        """The capture of a replay of it."""
        again = self.folder / f"{len(list(self.folder.iterdir()))}.pcap"
        self.fresh()
        server = self.serve("-k", "--capture", again, *server_options)
        done = self.sim(server, "--replay", capture, *options)
        server.signal(15)
        server.wait()
        self.assertEqual(done.returncode, code, done.stderr)
        return again

    def faulty(self, *more):
        return self.record("--seed", "5", "--corrupt", "0.05", "--cut", "9", "--cut", "30",
                           "--reconnect", "5", "--reconnect-delay", "10ms", *more,
                           files=(f"photof={self.file('a.jpg', 30_000)}",
                                  f"videor={self.file('b.h265', 45_678)}"))

    def assert_replayed(self, capture, *options):
        again = self.replay(capture, *options)
        self.assertEqual(self.told(again), self.told(capture))

    def test_a_scrubbed_faulty_one(self):
        capture = self.faulty()
        self.scrub(capture)
        self.assertTrue(any(event.get("verdict") in ("bad", "cut") for event in self.told(capture)))
        for options in ((), ("--rate", "10M")):
            again = self.replay(self.made, *options)
            self.assertEqual(self.told(again), self.told(capture))

    def test_by_path(self):
        for more in ((), ("--enhanced-data", "--packet-size", "500")):
            with self.subTest(more=more):
                self.assert_replayed(self.record(
                    "--camera", "dsm", "--seed", "4", "--corrupt", "0.1", *more,
                    files=(self.file("a.jpg", 20_000),)), "--rate", "10M")

    def test_several_devices(self):
        capture = self.record("--devices", "3", files=(f"photof={self.file('a.jpg', 9_000)}",))
        again = self.replay(capture, "--rate", "10M")
        key = lambda event: (event["event"], event.get("imei", ""))
        self.assertEqual(sorted(map(str, self.told(again))), sorted(map(str, self.told(capture))))
        self.assertEqual(len(self.stored()), 3)

    def test_what_was_captured_twice_is_played_once(self):
        capture = self.record(files=(f"photof={self.file('a.jpg', 3000)}",))
        head, frames = records(capture.read_bytes())
        capture.write_bytes(head + b"".join(2 * frames))
        self.assert_replayed(capture, "--rate", "10M")
        done = self.sim(self.serve("-k"), "--replay", capture, "--json", "--rate", "10M")
        self.assertEqual(len([event for event in self.events(done.stdout)
                              if event["event"] == "connected"]), 1)

    def test_files_arrive(self):
        photo = self.file("a.jpg", 30_000)
        capture = self.record(files=(f"photof={photo}",))
        self.replay(capture)
        self.assert_stored(photo)

    def test_what_a_balancer_says_is_not_the_devices(self):
        frames, _ = Upload(2, "kinds", "none").frames(20_000)
        capture = self.folder / "balanced.pcap"
        ends = bytes([203, 0, 113, 7, 203, 0, 113, 9]) + struct.pack(">HH", 40_000, 7_050)
        for header in (b"PROXY TCP4 203.0.113.7 203.0.113.9 40000 7050\r\n",
                       b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack(">H", len(ends)) + ends):
            with self.subTest(header=header):
                capture.write_bytes(made(behind(frames, header)))
                done = self.run_tool("dcam-crc", "--json", "--dump", capture)
                (transfer,) = [each for each in self.events(done.stdout)
                               if each["event"] == "transfer"]
                self.assertEqual((done.returncode, transfer["device"], transfer["balancer"]),
                                 (0, "203.0.113.7:40000", "10.0.0.2:20000"))
                done = self.run_tool("dcam-crc", "--dump", capture)
                self.assertIn("  from 203.0.113.7:40000 by way of 10.0.0.2:20000 to "
                              "10.0.0.1:7050\n", done.stdout)
                self.assert_same(capture)
                self.assert_gone(header[12:])
                self.replay(capture, "--rate", "10M", server_options=("--no-metadata",))
                self.assertEqual(len(self.stored()), 1)

    def test_it_waits_for_what_the_device_waited_for(self):
        photo = self.random.randbytes(300)
        unanswered = command(METADATA_WANTED, b"%photof")
        rounds = ((command(FILE, b"%photof"), command(START, struct.pack(">IH", 1, 0))),
                  (command(RESUME, struct.pack(">I", 1)),
                   command(SYNC, struct.pack(">I", 1)) +
                   command(DATA, photo + struct.pack(">H", crc16(photo)))),
                  (struct.pack(">H", AGAIN), init(0)))
        says = [(True, init(KINDS["photof"])), (False, unanswered)]
        for asks, answers in rounds:
            says += [(False, asks), (True, answers)]
        capture = self.folder / "capture.pcap"
        capture.write_bytes(made(one_connection([*says, (False, bytes(4))])))
        with AskingServer(says[0][1], rounds) as server:
            done = self.sim(server, "--replay", capture, "--rate", "10M")
        self.assertEqual(server.failures, [])
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_server_that_asks_for_less(self):
        photo = self.file("a.jpg", 3000)
        capture = self.record(files=(f"photof={photo}",))
        self.fresh()
        server = self.serve("--no-metadata")
        done = self.sim(server, "--replay", capture, "--rate", "10M")
        self.assertIn("sends FILE REQUEST where the captured one sent METADATA REQUEST",
                      done.stderr)
        self.assertEqual((done.returncode, server.wait()), (0, 0), done.stderr + server.errors)
        self.assert_stored(photo)

    def test_the_pace_of_the_capture(self):
        capture = self.record(files=(f"photof={self.file('a.jpg', 3000)}",))
        head, frames = records(capture.read_bytes())
        slow = []
        for i, frame in enumerate(frames):  # 20 ms from frame to frame
            slow.append(struct.pack(">II", 1000, i * 20_000_000) + frame[8:])
        capture.write_bytes(head + b"".join(slow))
        times = [struct.unpack(">II", frame[:8])
                 for frame in records(self.replay(capture).read_bytes())[1]]
        took = times[-1][0] - times[0][0] + (times[-1][1] - times[0][1]) / 1e9
        said = [frame for frame in frames if len(frame) > 56 and frame[38:40] == frames[0][38:40]]
        self.assertGreater(took, 0.02 * (len(said) - 1))

    def test_what_is_no_capture(self):
        photo = self.file("a.jpg", 3000)
        nothing = self.run_tool("dcam-sim", "--replay", photo, "127.0.0.1:1")
        self.assertEqual(nothing.returncode, 1)
        self.assertIn("a capture was expected", nothing.stderr)
        self.assertEqual(self.run_tool("dcam-sim", "--replay", self.folder / "none", "127.0.0.1:1")
                         .returncode, 3)
        self.assertEqual(self.run_tool("dcam-sim", "--replay", photo, "127.0.0.1:1", photo)
                         .returncode, 2)
        capture = self.record(files=(f"photof={photo}",))
        gone = self.run_tool("dcam-sim", "--replay", capture, "127.0.0.1:1")
        self.assertEqual(gone.returncode, 3)
        self.assertIn("cannot connect", gone.stderr)


if __name__ == "__main__":
    unittest.main()
