"""dcam-sim, as far as test_serve.py does not drive it anyway."""

import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import time
import unittest

from faults import Trace, fault_environment
from harness import IMEI, PATIENCE, ToolTest, sha256, tool


class Simulator(ToolTest):
    def test_generated_media_arrive_byte_for_byte(self):
        server = self.serve("--json")
        result = self.run_tool("dcam-sim", "--generate", "1", "--json", f"localhost:{server.port}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        sizes = {event["kind"]: event["bytes"] for event in self.events(result.stdout)
                 if event["event"] == "file-taken"}
        stored = {event["kind"]: event for event in self.events(server.output)
                  if event["event"] == "file-done"}
        self.assertEqual(sizes, {kind: done["bytes"] for kind, done in stored.items()})
        self.assertEqual(set(sizes), {"photof", "videof"})
        with open(stored["photof"]["path"], "rb") as photo:
            self.assertEqual(photo.read(2), b"\xff\xd8")

    def test_stopped_while_it_makes_its_video_it_ends_as_by_the_signal(self):
        ffmpeg = self.folder / "ffmpeg"
        ffmpeg.write_text(f"#!/bin/sh\necho $$ > {self.folder}/new; mv {self.folder}/new "
                          f"{self.folder}/pid\nexec sleep 600\n")
        ffmpeg.chmod(0o755)
        path = f"{self.folder}:{os.environ['PATH']}"
        server = self.serve("-k")
        for number, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)):
            sim = self.start("dcam-sim", f"localhost:{server.port}", env={**os.environ, "PATH": path})
            deadline = time.monotonic() + PATIENCE
            while not (self.folder / "pid").exists():
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.01)
            sim.signal(number)
            self.assertEqual(sim.wait(), code)
            self.assertEqual(sim.lines[1:], ["dcam-sim: stopped"])
            self.assertFalse(pathlib.Path(f"/proc/{(self.folder / 'pid').read_text().strip()}")
                             .exists())
            (self.folder / "pid").unlink()

    def test_events_tell_what_the_server_asked_for(self):
        server = self.serve()
        photo = self.file("a.jpg", 100)
        result = self.run_tool("dcam-sim", "--json", f"localhost:{server.port}", f"photor={photo}")
        asked = [event["command"] for event in self.events(result.stdout)
                 if event["event"] == "asked"]
        self.assertEqual(asked, ["METADATA REQUEST photor", "FILE REQUEST photor", "RESUME 1",
                                 "REPEAT INIT", "CLOSE"])

    def test_the_kind_is_guessed_by_content(self):
        photo, video = self.folder / "x", self.folder / "y"
        photo.write_bytes(b"\xff\xd8" + bytes(100))
        video.write_bytes(bytes(100))
        server = self.serve()
        self.assertEqual(self.sim(server, photo, video).returncode, 0)
        server.wait()
        kinds = {name.rsplit("_", 1)[1]: sha256(self.out / name) for name in self.stored()}
        self.assertEqual(kinds, {"photof.jpg": sha256(photo), "videof.h265": sha256(video)})

    def test_faults_repeat_with_their_seed(self):
        video = self.file("v.h265", 100_000)

        def faults(seed, *options):
            shutil.rmtree(self.out)  # a server that knows the file needs only its end
            self.out.mkdir()
            server = self.serve()
            result = self.run_tool("dcam-sim", "--json", "--seed", seed, "--corrupt", "0.05",
                                   *options, f"127.0.0.1:{server.port}", f"videof={video}")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(server.wait(), 0)
            events = self.events(result.stdout)
            cuts = [event["packet"] for event in events if event["event"] == "cut"]
            asked = {event["command"] for event in events if event["event"] == "asked"}
            return cuts, asked

        cut = ("--cut", "random", "--reconnect", "1", "--reconnect-delay", "0")
        cuts, damages = set(), set()
        for seed in range(5):
            # What the server asks for at the moment of the cut is a matter of timing.
            where = [faults(seed, *cut)[0] for _ in range(3)]
            self.assertEqual(where, [where[0]] * 3)
            asked = [faults(seed)[1] for _ in range(3)]
            self.assertEqual(asked, [asked[0]] * 3)
            cuts.add(tuple(where[0]))
            damages.add(frozenset(asked[0]))
        self.assertGreater(len(cuts), 2)
        self.assertEqual(len(damages), 5)

    def pieces(self, *options):
        """How many bytes dcam-sim hands to the kernel at a time, by the trace of its calls."""
        trace = self.folder / "trace"
        trace.unlink(missing_ok=True)
        server = self.serve("--name", "{received}{ext}")
        result = subprocess.run(
            [tool("dcam-sim"), *options, f"127.0.0.1:{server.port}", self.file("a.jpg", 5000)],
            capture_output=True, timeout=PATIENCE, stdin=subprocess.DEVNULL,
            env=fault_environment(self.folder, None) | {"DUALCAM_FAULT_TRACE": str(trace)})
        self.assertEqual((result.returncode, server.wait()), (0, 0), result.stderr)
        return [call["size"] for call in Trace(trace).calls if call["call"] == "send"]

    def test_pieces_are_as_small_as_is_asked_for(self):
        self.assertGreater(max(self.pieces()), 1030)  # several packets at once
        self.assertEqual(set(self.pieces("--chunk", "1")), {1})
        self.assertEqual(max(self.pieces("--chunk", "7")), 7)
        self.assertGreater(len(set(self.pieces("--chunk", "random"))), 5)

    def replaced(self, size, *options):
        """Cuts a video of `size` bytes after its packet 2 and offers another; the original, what
        was stored, and the event that told of the other."""
        video = self.file("v.h265", size)
        server = self.serve()
        result = self.run_tool("dcam-sim", "--json", "--cut", "2", "--replace-file",
                               "--reconnect", "1", "--reconnect-delay", "0", *options,
                               f"127.0.0.1:{server.port}", f"videof={video}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        stored = {sha256(self.out / name): self.out / name for name in self.stored()}
        event = self.event(result.stdout, "replaced")
        self.assertIn(event["sha256"], stored, "the other file was not taken")
        return video.read_bytes(), stored[event["sha256"]], event

    def test_a_replaced_file_begins_like_the_first_and_is_taken(self):
        original, path, event = self.replaced(5000)
        self.assertEqual((event["kind"], event["bytes"]), ("videof", 5000))
        stored = path.read_bytes()
        self.assertEqual(len(stored), 5000)
        self.assertEqual(stored[:1024], original[:1024])
        self.assertFalse([i for i in range(1024, 5000) if stored[i] == original[i]])

    def test_replaced_content_repeats_with_its_seed(self):
        hashes = [self.replaced(5000, "--seed", seed)[2]["sha256"] for seed in (1, 2)]
        self.random.seed(self.id())
        self.assertEqual(hashes[0], self.replaced(5000, "--seed", 1)[2]["sha256"])
        self.assertNotEqual(*hashes)

    def test_the_metadata_of_a_replaced_file_has_another_time(self):
        content = self.file("a.jpg", 3000)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            sim = self.start("dcam-sim", "--cut", "1", "--replace-file", "--reconnect", "1",
                             "--reconnect-delay", "0",
                             f"127.0.0.1:{listener.getsockname()[1]}", f"photof={content}")
            times = []
            for _ in range(2):
                with listener.accept()[0] as camera, camera.makefile("rb") as stream:
                    camera.settimeout(60)
                    stream.read(16)
                    camera.sendall(bytes.fromhex("000a 0007 2570686f746f66"))
                    times.append(stream.read(4 + 32)[6:14])
                    camera.sendall(bytes.fromhex("0008 0007 2570686f746f66 0002 0004 00000001"))
                    stream.read(10 + 8 + 1030)
            sim.wait()
        self.assertEqual([len(time) for time in times], [8, 8])
        self.assertLess(*times)

    def test_a_server_that_is_not_there(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        photo = self.file("a.jpg", 100)
        result = self.run_tool("dcam-sim", f"127.0.0.1:{port}", photo)
        self.assertEqual(result.returncode, 3)
        self.assertIn("is dcam-serve listening there?", result.stderr)

    def test_out_of_descriptors_it_says_so_and_what_to_do(self):
        photo = self.file("a.jpg", 100)
        for host in ("127.0.0.1", "localhost"):
            with socket.create_server(("127.0.0.1", 0), backlog=100) as listener:
                sim = self.start("dcam-sim", "-q", "--devices", "60",
                                 f"{host}:{listener.getsockname()[1]}", photo,
                                 preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE,
                                                                       (30, 30)))
                line = sim.expect("cannot connect").string
                with listener.accept()[0] as peer:
                    self.assertTrue(peer.recv(1))
            self.assertTrue(line.endswith("Too many open files; raise the limit of open files "
                                          "(ulimit -n) or do less at once"), line)
            self.assertEqual(sim.wait(), 5)  # those that have connected are hung up on
            self.assertEqual(sum("cannot connect" in line for line in sim.lines), 10)
            more = re.search(r"unreachable: (\d+) devices more", sim.errors)
            self.assertGreater(int(more.group(1)), 15)

    def test_the_limit_of_open_files_is_raised_for_many_cameras(self):
        server = self.serve("-k")
        photo = self.file("a.jpg", 100)
        result = subprocess.run([tool("dcam-sim"), "-q", "--devices", "60", "--ramp", "100ms",
                                 f"127.0.0.1:{server.port}", str(photo)], capture_output=True,
                                text=True, timeout=PATIENCE, preexec_fn=lambda: resource.setrlimit(
                                    resource.RLIMIT_NOFILE, (30, 1000)))
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(len(self.stored()), 60)

    def test_files_that_cannot_be_sent(self):
        empty = self.file("empty", 0)
        for path, text in (("/missing.jpg", "cannot read /missing.jpg"), (empty, "is empty")):
            result = self.run_tool("dcam-sim", "localhost:1", path)
            self.assertEqual(result.returncode, 3)
            self.assertIn(text, result.stderr)

    def test_missing_ffmpeg_is_said_with_a_remedy(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            result = self.run_tool("dcam-sim", f"127.0.0.1:{server.getsockname()[1]}",
                                   env={"PATH": "/nonexistent"})
        self.assertEqual(result.returncode, 7)
        self.assertIn("cannot run ffmpeg: No such file or directory; install it", result.stderr)

    def test_wrong_values(self):
        for arguments, text in [([], "HOST:PORT"), (["localhost"], "is not HOST:PORT"),
                                (["localhost:0"], "is not HOST:PORT"),
                                (["--corrupt", "2", "h:1"], "a share from 0 to 1"),
                                (["--chunk", "0", "h:1"], "--chunk: '0'"),
                                (["--cut", "x", "h:1"], "--cut: 'x'"),
                                (["--position", "1", "h:1"], "LAT,LON"),
                                (["--imei", "x", "h:1"], "15 digits"),
                                (["--crc-after-sync", "x", "h:1"], "give zero, chain")]:
            result = self.run_tool("dcam-sim", *arguments)
            self.assertEqual(result.returncode, 2, arguments)
            self.assertIn(text, result.stderr)


if __name__ == "__main__":
    unittest.main()
