"""Transfers that survive a lost link and a stopped server, and the limits of what is kept."""

import contextlib
import hashlib
import os
import socket
import subprocess
import threading
import time

from families import DUALCAM, for_every_family
from harness import IMEI, PATIENCE, SIGINT, SIGTERM, Camera, ToolTest, sha256, wait_until_full
from uploads import Upload, was_read
from wire import AGAIN, CLOSE, FILE, KINDS, RESUME

TIME = 1_730_205_822_000
NAME = f"{IMEI}/20241029T124342Z_photof.jpg"


class OffersTwo(Upload):
    """Offers a file of another kind, too."""
    other = None

    def begin(self):
        self.begun = True
        self.init(KINDS[self.kind] | KINDS[self.other], imei=self.imei)


class WithVideo(OffersTwo):
    """Nobody asks for the video."""
    other = "videof"

    def answer(self, command, payload):
        if command == AGAIN:
            self.init(KINDS[self.other], imei=self.imei)
        else:
            super().answer(command, payload)


class WithoutPhoto(OffersTwo):
    """It does not have the photo."""
    other = "photof"

    def answer(self, command, payload):
        if command == FILE and payload == b"%photof":
            self.send("0005 0004 00000011")
        else:
            super().answer(command, payload)


class Resuming(ToolTest):
    family = DUALCAM

    def camera(self, server, content, **options):
        return Upload(server, content, family=self.family, **options)

    def cut_after(self, server, content, packets, **options):
        """A connection that is lost after so many packets."""
        with self.camera(server, content, **options) as camera:
            self.assertEqual(camera.run(RESUME), RESUME)
            camera.sync(1)
            for packet in range(packets):
                camera.packet(packet)
        server.expect("incomplete")

    def upload(self, server, content, **options):
        """A whole one; the packets that the server asked for."""
        with self.camera(server, content, **options) as camera:
            camera.run()
            self.assertTrue(camera.taken)
        return camera.resumed_at

    def names(self):
        return self.stored()

    def content(self, size=20_000):
        return self.random.randbytes(size)

    @property
    def name(self):
        return f"{IMEI}/20241029T124342Z_{self.family.label('photof')}.jpg"

    @property
    def last(self):
        """The packet from which a stored file of 20,000 bytes is compared: 4 KiB at least."""
        return (20_000 - 4096) // self.family.size + 1

    @for_every_family
    def test_a_lost_link_costs_one_packet(self):
        content = self.content()
        server = self.serve("--json")
        self.cut_after(server, content, 7, milliseconds=TIME)
        self.assertEqual(self.upload(server, content, milliseconds=TIME), [7])
        self.assertEqual(server.wait(), 0)
        self.assertEqual(self.names(), [self.name])
        self.assertEqual((self.out / self.name).read_bytes(), content)
        done = self.event(server.output, "file-done")
        self.assertEqual((done["sha256"], done["resumes"]),
                         (hashlib.sha256(content).hexdigest(), 1))
        resumed = self.event(server.output, "resumed")
        place = resumed["offset" if self.family.folder else "packet"]
        self.assertEqual((place, resumed["reason"]), (self.family.number(7), "held"))
        self.assertEqual(self.event(server.output, "summary")["incomplete"], 0)

    def test_each_resume_of_a_file_counts(self):
        photo = self.file("a.jpg", 60_000)
        server = self.serve()
        result = self.sim(server, "--cut", "20,21", "--reconnect", "9", "--reconnect-delay", "10ms", photo)
        self.assertEqual((result.returncode, server.wait()), (0, 0), server.errors)
        server.expect(r"stored, .*, 2 resumes\)")

    @for_every_family
    def test_a_stopped_server_goes_on_when_it_runs_again(self):
        for milliseconds, size in ((TIME, 20_000), (None, 21_000)):
            content = self.content(size)
            server = self.serve()
            with self.camera(server, content, milliseconds=milliseconds) as camera:
                camera.send_first(9)
                server.signal(SIGINT)
                self.assertEqual(server.wait(), 130)
            self.assertIn("run the same command again", server.errors)
            part = [name for name in self.names() if name.endswith(".part")]
            self.assertEqual((self.out / part[0]).read_bytes(), content[:9 * self.family.size])
            server = self.serve()
            self.assertEqual(self.upload(server, content, milliseconds=milliseconds), [9])
            self.assertEqual(server.wait(), 0)
            stored = [(self.out / name).read_bytes() for name in self.names()]
            self.assertEqual(stored.count(content), 1)
        self.assertEqual(len(self.names()), 2)

    def write(self, name, content):
        path = self.folder / name
        path.write_bytes(content)
        return path

    @for_every_family
    def test_a_replaced_file_is_fetched_whole_and_the_old_part_kept(self):
        for milliseconds, size in ((TIME, 20_000), (TIME + 5000, 21_000), (None, 22_000)):
            content, other = self.content(size), self.content(size)
            server = self.serve()
            self.cut_after(server, content, 7, milliseconds=TIME)
            asked = self.upload(server, other, milliseconds=milliseconds)
            self.assertEqual(asked, [1] if milliseconds == TIME + 5000 else [7, 1])
            self.assertEqual(server.wait(), 0)
            parts = [path for path in self.out.rglob("*.part")]
            self.assertEqual([part.read_bytes() for part in parts], [content[:7 * self.family.size]])
            files = [path for path in self.out.rglob("*.jpg")]
            self.assertEqual([file.read_bytes() for file in files], [other])
            for path in [*self.out.rglob("*.part*"), *files]:
                path.unlink()

    @for_every_family
    def test_a_file_that_the_camera_did_not_hear_was_stored_is_not_fetched_twice(self):
        content = self.content()
        server = self.serve("-k", "--json")
        with self.camera(server, content, milliseconds=TIME) as camera:
            self.assertEqual(camera.run(AGAIN), AGAIN)
        self.assertEqual(self.upload(server, content, milliseconds=TIME), [self.last])
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(self.names(), [self.name])
        self.event(server.output, "file-done")  # one only

    @for_every_family
    def test_a_file_that_the_camera_did_not_hear_was_stored_does_not_stand_in_its_own_way(self):
        for choice in ("fail", "skip"):
            content = self.content()
            server = self.serve("-k", "--if-exists", choice)
            with self.camera(server, content, milliseconds=TIME) as camera:
                self.assertEqual(camera.run(AGAIN), AGAIN)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            server = self.serve("--if-exists", choice)
            self.assertEqual(self.upload(server, content, milliseconds=TIME), [self.last])
            self.assertEqual(server.wait(), 0)
            self.assertEqual(self.names(), [self.name])
            (self.out / self.name).unlink()

    def test_what_was_not_asked_for_this_time_is_still_known(self):
        """The camera has not heard that its video is stored; meanwhile only photos are wanted."""
        video = self.content()
        with self.served("-s", "videof") as server:
            with Upload(server, video, kind="videof", milliseconds=TIME) as camera:
                camera.run(AGAIN)
        with self.served("-s", "photo") as server:
            with WithVideo(server, self.random.randbytes(3_000), milliseconds=TIME) as camera:
                camera.run()
        with self.served() as server:
            resumed_at = self.upload(server, video, kind="videof", milliseconds=TIME)
        self.assertEqual(resumed_at, [16])
        self.assertEqual(len(self.stored()), 2)

    def test_a_link_lost_after_a_refusal_is_still_a_lost_link(self):
        server = self.serve()
        with WithoutPhoto(server, self.content(), kind="videof") as camera:
            camera.send_first(9)
            was_read(server, camera)
        server.expect("waiting for the camera to come back")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 128 + SIGTERM)

    @for_every_family
    def test_a_part_in_a_folder_that_has_become_a_link_is_found(self):
        content = self.content()
        options = ("--name", "{trigger}/{time}{ext}")
        with self.served(*options) as server:
            self.cut_after(server, content, 9, milliseconds=TIME)
        larger_disk = self.folder / f"larger disk of {self.family}"
        folder = next(self.out.iterdir())
        folder.rename(larger_disk)
        folder.symlink_to(larger_disk)
        with self.served(*options) as server:
            resumed_at = self.upload(server, content, milliseconds=TIME)
        self.assertEqual(resumed_at, [9])

    @contextlib.contextmanager
    def served(self, *options):
        server = self.serve("-k", *options)
        yield server
        time.sleep(0.2)  # it sees that the camera has gone
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    @for_every_family
    def test_a_connection_that_brought_nothing_leaves_nothing(self):
        server = self.serve()
        with self.camera(server, self.content()) as camera:
            camera.run(RESUME)
        server.expect("incomplete, 0 ")
        self.assertEqual(self.names(), [])
        server.signal(SIGINT)
        self.assertEqual(server.wait(), 130)


class Streaming(ToolTest):
    """-o -"""
    family = DUALCAM

    def stream(self, *arguments, stdout):
        server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", "-", *arguments,
                            stdout=stdout)
        server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
        return server

    def to_file(self):
        path = self.folder / "streamed"
        return path, open(path, "wb")

    @for_every_family
    def test_verified_bytes_reach_the_pipe_once_across_reconnections(self):
        video = self.file("v.h265", 300_000)
        path, output = self.to_file()
        with output:
            server = self.stream(stdout=output)
            result = self.sim(server, *self.family.sim, "--corrupt", "0.05", "--cut", "50", "--cut", "200",
                              "--reconnect", "2", "--reconnect-delay", "0", f"videof={video}")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(server.wait(), 0)
        self.assertEqual(sha256(path), sha256(video))
        self.assertEqual(list(self.out.iterdir()), [])

    @for_every_family
    def test_a_file_of_which_nothing_was_written_gives_way_to_another(self):
        other = self.random.randbytes(9_000)
        path, output = self.to_file()
        with output:
            server = self.stream(stdout=output)
        with Upload(server, self.random.randbytes(5_000), milliseconds=TIME,
                    family=self.family) as camera:
            camera.run(RESUME)
        server.expect("waiting for the camera")
        with Upload(server, other, milliseconds=TIME + 9_000, family=self.family) as camera:
            camera.run()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(path.read_bytes(), other)

    @for_every_family
    def test_only_the_first_file_is_streamed(self):
        photo, video = self.file("a.jpg", 5000), self.file("v.h265", 5000)
        path, output = self.to_file()
        with output:
            server = self.stream(stdout=output)
            self.sim(server, *self.family.sim, f"photof={photo}", f"videof={video}")
            self.assertEqual(server.wait(), 0)
        self.assertEqual(sha256(path), sha256(photo))

    @for_every_family
    def test_a_replaced_file_is_an_error_as_nothing_can_be_taken_back(self):
        path, output = self.to_file()
        first, second = self.random.randbytes(9000), self.random.randbytes(9000)
        with output:
            server = self.stream(stdout=output)
            with Upload(server, first, family=self.family) as camera:
                camera.send_first(4)
            server.expect("waiting for the camera")
            with Upload(server, second, family=self.family) as camera:
                camera.run()
            self.assertEqual(server.wait(), 5)
        self.assertIn("offers another file now", server.errors)
        self.assertEqual(path.read_bytes(), first[:4 * self.family.size])

    @for_every_family
    def test_a_reader_that_has_enough_is_no_error_and_the_camera_keeps_the_file(self):
        video = self.file("v.h265", 3_000_000)
        with subprocess.Popen(["head", "-c", "10"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as head:
            server = self.stream(stdout=head.stdin)
            head.stdin.close()
            self.assertEqual(self.sim(server, *self.family.sim, f"videof={video}").returncode, 5)
            self.assertEqual(head.stdout.read(), video.read_bytes()[:10])
        self.assertEqual(server.wait(), 0)

    @for_every_family
    def test_a_full_disk_behind_standard_output(self):
        with open("/dev/full", "wb") as full:
            server = self.stream(stdout=full)
            self.sim(server, *self.family.sim, f"videof={self.file('v.h265', 5000)}")
            self.assertEqual(server.wait(), 3)
        self.assertIn("standard output: No space left on device", server.errors)

    def test_a_reader_that_does_not_read_does_not_keep_ctrl_c_waiting(self):
        video = self.file("v.h265", 3_000_000)
        read, write = os.pipe()
        try:
            server = self.stream(stdout=write)
            sim = self.start("dcam-sim", f"127.0.0.1:{server.port}", f"videof={video}")
            sim.expect("connected")
            wait_until_full(read)
            server.signal(SIGINT)
            self.assertEqual(server.process.wait(PATIENCE), 130)
        finally:
            os.close(read)
            os.close(write)

    def test_options_that_do_not_go_together(self):
        for arguments, text in ((("-k",), "does not go with -k"), (("--json",), "both want"),
                                (("--exec", "true"), "no file that --exec")):
            result = self.run_tool("dcam-serve", "-o", "-", *arguments)
            self.assertEqual(result.returncode, 2)
            self.assertIn(text, result.stderr)


class Claims(Upload):
    """Says that its file has all bytes, or packets, that START can tell of."""

    def answer(self, command, payload):
        if command == FILE:
            self.send("0001 0006 ffffffff 0000")
        elif command == AGAIN:
            self.begin()
        else:
            super().answer(command, payload)


class Limits(ToolTest):
    family = DUALCAM

    def camera(self, server, content, **options):
        return Upload(server, content, family=self.family, **options)

    @for_every_family
    def test_a_disk_without_room_keeps_the_file_on_the_camera(self):
        photo = self.file("a.jpg", 5000)
        server = self.serve("--min-free", "999999G")
        self.assertNotEqual(self.sim(server, *self.family.sim, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 3)
        self.assertIn("--min-free", server.errors)
        self.assertEqual(self.stored(), [])

    @for_every_family
    def test_a_file_that_is_too_large_is_refused_and_the_next_one_taken(self):
        video, photo = self.file("v.h265", 100_000), self.file("a.jpg", 5000)
        server = self.serve("--max-file-size", "50K")
        self.sim(server, *self.family.sim, f"videof={video}", f"photor={photo}")
        self.assertEqual(server.wait(), 3)
        self.assertIn("more than 50.0 KiB (--max-file-size)", server.errors)
        self.assert_stored(photo)

    @for_every_family
    def test_a_claim_of_all_that_start_can_tell_is_refused_at_once(self):
        server = self.serve("--no-metadata")
        with Claims(server, b"x", family=self.family) as camera:
            camera.run(CLOSE)
        self.assertEqual(server.wait(), 3)
        self.assertEqual(self.stored(), [])

    @for_every_family
    def test_peers_that_do_not_say_who_they_are_give_way_to_cameras(self):
        photo = self.file("a.jpg", 5000)
        server = self.serve("--max-connections", "3")
        idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(10)]
        result = self.sim(server, *self.family.sim, f"photof={photo}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        for connection in idle:
            connection.close()
        self.assert_stored(photo)

    @for_every_family
    def test_a_camera_that_waits_for_its_own_connection_is_no_stranger(self):
        server = self.serve("-k", "--max-connections", "2", "--no-metadata")
        with self.camera(server, b"x" * 20_000) as first:
            first.send_first(3)
            with self.camera(server, b"x" * 20_000) as second:
                second.begin()
                was_read(server, second)
                silent = [Camera(server) for _ in range(40)]
                self.assertEqual(silent[0].ended(), b"")  # there is room for a few of them
                second.socket.settimeout(0.3)
                self.assertRaises(TimeoutError, second.socket.recv, 1)
                for camera in silent:
                    camera.close()
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    @for_every_family
    def test_cameras_beyond_the_limit_are_told_of(self):
        server = self.serve("-k", "--max-connections", "1")
        content = self.random.randbytes(5 * self.family.size - 50)
        with self.camera(server, content, imei=1) as first:
            first.send_first(1)
            was_read(server, first)
            with self.camera(server, content, imei=2) as second:
                second.run()
                self.assertFalse(second.taken)
            server.expect("1 connections are open")
            for index in range(1, 5):
                first.packet(index)
            first.run()
            self.assertTrue(first.taken)
        server.signal(SIGINT)
        self.assertEqual(server.wait(), 130)

    @for_every_family
    def test_parts_that_nobody_came_back_for_are_removed(self):
        content = self.random.randbytes(20_000)
        server = self.serve("-k")
        with self.camera(server, content) as camera:
            camera.send_first(1)
        server.expect("incomplete")
        server.signal(SIGINT)
        server.wait()
        self.assertEqual(len(self.stored()), 2)
        checkpoint = next(self.out.rglob("*.checkpoint"))
        day = 24 * 3600
        decoy = self.out / IMEI / "z.jpg.part"  # its removal shows that all were looked at
        for age, left in ((13 * day, 2), (15 * day, 0)):
            for path in (checkpoint, checkpoint.with_suffix("")):
                os.utime(path, (time.time() - age,) * 2)
            for path in (decoy, decoy.with_name(decoy.name + ".checkpoint")):
                path.write_bytes(checkpoint.read_bytes())
                os.utime(path, (time.time() - 15 * day,) * 2)
            server = self.serve("-k")
            server.expect("removed .*z.jpg.part: .*--max-partial-age")
            server.signal(SIGINT)
            server.wait()
            self.assertEqual(len(self.stored()), left)


class SameOrNot(ToolTest):
    """Cases that a reader of the code has found."""
    family = DUALCAM

    def upload(self, server, content, **options):
        with Upload(server, content, family=self.family, **options) as camera:
            camera.run()
        return camera

    @for_every_family
    def test_files_of_one_size_that_end_alike_are_two(self):
        """Every JPEG ends in FF D9: a last packet of two bytes proves nothing."""
        first, second = (self.random.randbytes(20 * 1024) + b"\xff\xd9" for _ in range(2))
        server = self.serve("-k")
        with Upload(server, first, family=self.family) as camera:
            self.assertEqual(camera.run(AGAIN), AGAIN)
        self.upload(server, second)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        found = sorted(path.read_bytes() for path in self.out.rglob("*.jpg"))
        self.assertEqual(found, sorted([first, second]))

    @for_every_family
    def test_a_device_that_cannot_read_its_file_just_now_costs_no_part(self):
        content = self.random.randbytes(20_000)
        server = self.serve("-k")
        with Upload(server, content, family=self.family) as camera:
            camera.send_first(9)
        server.expect("incomplete")
        with Upload(server, content, family=self.family) as camera:
            self.assertEqual(camera.run(RESUME), RESUME)
            camera.send("0005 0004 00000011")
        server.expect("status 17")
        self.assertEqual(self.upload(server, content).resumed_at, [9])
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(self.write(content))

    def write(self, content):
        path = self.folder / "copy"
        path.write_bytes(content)
        return path

    def test_metadata_stays_with_its_file(self):
        server = self.serve("--json")
        with Upload(server, b"x", milliseconds=TIME) as camera:
            camera.init(0x0c)
            camera.expect("000a 0007 2570686f746f66")
            camera.send("000b 000e 0204 00000192d84dac30 00 0000 00")
            camera.expect("0008 0007 2570686f746f66")
            camera.send("0001 0006 00000000 0000")  # no such file after all
            camera.expect("000a 0007 2570686f746f72")
            camera.send("0005 0004 00000005")
            camera.expect("0008 0007 2570686f746f72")
            camera.send("0001 0006 00000001 0000")
            camera.expect("0002 0004 00000001")
            camera.send("0003 0004 00000001")
            camera.data(b"rear")
            camera.expect("0009")
            camera.init(0)
            camera.expect("0000 0000")
        self.assertEqual(server.wait(), 0)
        self.assertIsNone(self.event(server.output, "file-done")["metadata"])

    def test_a_name_that_is_taken_does_not_keep_other_files_from_coming(self):
        old, other = self.random.randbytes(5000), self.random.randbytes(5000)
        server = self.serve("-k", "--if-exists", "fail", "--name", "{kind}{ext}")
        with Upload(server, old, milliseconds=TIME) as camera:
            camera.send_first(1)
        server.expect("incomplete")
        (self.out / "photof.jpg").write_bytes(b"taken meanwhile")
        front, rear = self.write(old), self.file("rear.jpg", 3000)
        self.sim(server, f"photof={front}", f"photor={rear}")
        server.expect("photof.jpg exists already")
        server.expect("rear photo: stored")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual((self.out / "photof.jpg").read_bytes(), b"taken meanwhile")

    def test_strangers_do_not_prolong_the_wait(self):
        server = self.serve("-w", "1s")
        started = time.monotonic()
        while server.process.poll() is None and time.monotonic() - started < PATIENCE:
            try:
                with socket.create_connection(("127.0.0.1", server.port)) as probe:
                    probe.sendall(b"GET / HTTP/1.1\r\n\r\n")
                    probe.recv(100)
            except OSError:
                pass
            time.sleep(0.05)
        self.assertEqual(server.wait(), 4)

    @for_every_family
    def test_a_reader_who_pauses_while_the_camera_comes_back_gets_every_byte_once(self):
        content = self.random.randbytes(600_000)
        read, write = os.pipe()
        server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", "-",
                            "--idle-timeout", "30s", stdout=write)
        os.close(write)
        server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
        got = []

        def reader():
            with open(read, "rb") as pipe:
                resume.wait(PATIENCE)
                got.append(pipe.read())

        resume = threading.Event()
        thread = threading.Thread(target=reader)
        thread.start()
        with Upload(server, content, family=self.family) as camera:
            camera.send_first(300)
            camera.socket.close()
        with Upload(server, content, family=self.family) as camera:
            camera.begin()
            resume.set()
            camera.run()
        self.assertEqual(server.wait(), 0)
        thread.join(PATIENCE)
        self.assertEqual(hashlib.sha256(got[0]).hexdigest(), hashlib.sha256(content).hexdigest())
