"""Several connections that claim one IMEI, several files of one second, several servers on one
folder: no file is mixed from two, none is lost."""

import concurrent.futures
import resource
import selectors
import threading
import time

from families import DUALCAM, FAMILIES, for_every_family
from figures import figure, full
from harness import PATIENCE, SIGTERM, ToolTest, sanitized
from test_peers import status_of
from uploads import Upload, digests, was_read
from wire import AGAIN, FILE, METADATA_WANTED, PATH_WANTED, RESUME

TIME = 1_730_205_822_000  # of every file's metadata, milliseconds
SIZE = 5_000

# How far the first connection, with a file of five packets, has got when the second one comes.
STATES = {
    "waiting for PATH": lambda camera: camera.run(PATH_WANTED),
    "waiting for metadata": lambda camera: camera.run(METADATA_WANTED),
    "before START": lambda camera: camera.run(FILE),
    "before SYNC": lambda camera: camera.run(RESUME),
    "before the first packet": lambda camera: camera.send_first(0),
    "in mid-file": lambda camera: camera.send_first(3),
    "in mid-packet": lambda camera: (camera.send_first(2), camera.packet(2, slice(None, 300))),
    "before the last packet": lambda camera: camera.send_first(4),
    "before the repeated INIT": lambda camera: camera.run(AGAIN),
}


def go_on(camera, state):
    """From one of the states to the end of the session."""
    if state == "waiting for PATH":
        camera.answer(PATH_WANTED, b"")
    elif state == "waiting for metadata":
        camera.answer(METADATA_WANTED, b"")
    elif state == "before START":
        camera.answer(FILE, b"")
    elif state == "before SYNC":
        camera.answer(RESUME, camera.family.number(1).to_bytes(4, "big"))
    elif state == "before the repeated INIT":
        camera.answer(AGAIN, b"")
    else:
        done = {"in mid-file": 3, "in mid-packet": 2, "before the last packet": 4}.get(state, 0)
        if state == "in mid-packet":
            camera.packet(done, slice(300, None))
            done += 1
        for index in range(done, 5):
            camera.packet(index)
    camera.run()


class SeveralConnections(ToolTest):
    family = DUALCAM

    def contents(self):
        return tuple(self.random.randbytes(5 * self.family.size - 50) for _ in range(2))

    def camera(self, server, content, **options):
        return Upload(server, content, family=self.family, **options)

    def finals(self, imei):
        return digests(path.read_bytes() for path in (self.out / f"{imei:015}").glob("*.jpg"))

    def events_of(self, output, imei, *names):
        """Which of these events a camera caused, in their order."""
        return [event["event"] for event in self.events(output)
                if event.get("imei") == f"{imei:015}" and event["event"] in names]

    def contend(self, server, imei, contents, state, first_ends):
        """One try: the second connection comes while the first is in `state`, which then ends or
        goes on. What should be there in the end."""
        with self.camera(server, contents[0], imei=imei, milliseconds=TIME) as first, \
                self.camera(server, contents[1], imei=imei, milliseconds=TIME) as second:
            STATES[state](first)
            second.begin()
            was_read(server, second)
            if first_ends:
                first.close()
            else:
                go_on(first, state)
                first.close()
            second.run()
            if not second.taken:
                raise AssertionError(f"the second connection got nowhere; the first was {state}")
            first_stored = not first_ends or state == "before the repeated INIT"
            return digests(contents if first_stored else contents[1:])

    @for_every_family
    def test_a_second_connection_waits_for_the_end_of_the_first_and_takes_over(self):
        count = full(20, 1000 if self.family is DUALCAM else 100)
        server = self.serve("-k", "--json")
        states = [state for state in STATES if self.family.folder or "PATH" not in state]
        tries = [(1 + number, self.contents(), states[number % len(states)],
                  number // len(states) % 2 == 0) for number in range(count)]
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            expected = list(threads.map(lambda one: self.contend(server, *one), tries))
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        for (imei, _, state, first_ends), files in zip(tries, expected):
            what = f"the first {state}, then it {'ends' if first_ends else 'goes on'}"
            self.assertEqual(self.finals(imei), files, what)
            self.assertEqual(self.events_of(server.output, imei, "connected", "disconnected"),
                             ["connected", "disconnected"] * 2, what)
        figure("IMEI", f"{self.family}: a second connection in {len(states)} states of the first, "
               f"seed {self.id()}",
               count, "0 bytes changed, 0 interleaved, all taken over", "0 changed, 0 interleaved")

    def take_over(self, server, imei, family, contents):
        with Upload(server, contents[0], imei=imei, family=family) as first, \
                Upload(server, contents[1], imei=imei, family=family) as second:
            first.send_first(3)
            second.run()
            waited = time.monotonic() - first.last_sent
            return waited, second.taken, first.run()

    def test_a_second_connection_takes_over_from_one_that_idles_for_5_seconds(self):
        server = self.serve("-k", "--json")
        contents = [self.contents() for _ in FAMILIES]
        imeis = range(1, 1 + len(FAMILIES))
        with concurrent.futures.ThreadPoolExecutor(len(FAMILIES)) as threads:
            ends = list(threads.map(self.take_over, [server] * len(FAMILIES), imeis, FAMILIES,
                                    contents))
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        for imei, (waited, taken, rest), files in zip(imeis, ends, contents):
            with self.subTest(family=FAMILIES[imei - 1].name):
                self.assertGreater(waited, 4.9)
                self.assertTrue(taken)
                self.assertIsNone(rest)
                self.assertEqual(self.finals(imei), digests(files[1:]))
                self.assertEqual(
                    self.events_of(server.output, imei, "connected", "file-failed", "file-done"),
                    ["connected", "file-failed", "connected", "file-done"])

    @for_every_family
    def test_a_second_connection_is_closed_when_the_first_is_still_at_work_at_its_deadline(self):
        contents = self.random.randbytes(300_000), self.random.randbytes(SIZE)
        server = self.serve("-k", "--idle-timeout", "1s")
        with self.camera(server, contents[0], imei=1) as first, \
                self.camera(server, contents[1], imei=1) as second:
            first.send_first(1)
            closed = threading.Event()
            waiting = threading.Thread(target=lambda: (second.run(), closed.set()))
            waiting.start()
            sent = 1
            while not closed.wait(0.02):
                first.packet(sent)
                sent += 1
            waiting.join()
            self.assertFalse(second.taken)
            for index in range(sent, self.family.count(contents[0])):
                first.packet(index)
            first.run()
            self.assertTrue(first.taken)
        server.expect("another connection of this camera is still at work")
        self.assertEqual(self.finals(1), digests(contents[:1]))


def below(limit):
    """For a process that is to have no more open files."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit // 2, limit))


class Places(ToolTest):
    family = DUALCAM

    def camera(self, server, content, **options):
        return Upload(server, content, family=self.family, **options)

    def limited(self, limit, *arguments):
        return self.serve("-k", "--json", *arguments, preexec_fn=below(limit))

    def test_the_limit_of_open_files_tells_how_many_there_are(self):
        for limit in (200, 400, 1000):
            server = self.limited(limit)
            places = int(server.expect(r"up to (\d+) connections; ").group(1))
            self.assertLess(2 * places + 16, limit)
            self.assertGreater(3 * places + 150, limit)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            self.assertEqual(self.event(server.output, "listening")["max_connections"], places)
            self.assertNotIn("ulimit", server.errors)

    def test_below_the_least_limit_of_open_files_it_does_not_start(self):
        for limit in (12, 47):
            done = self.run_tool("dcam-serve", "-k", "-o", self.out, preexec_fn=below(limit))
            self.assertEqual(done.returncode, 3)
            self.assertTrue(done.stderr.endswith(
                f"dcam-serve: the limit of open files (ulimit -n {limit}) is too low to serve a "
                "camera: at least 48 are needed\n"), done.stderr)

    def test_the_least_limit_of_open_files_is_enough_for_what_it_promises(self):
        server = self.limited(48, "--capture", self.folder / "a.pcap", "--exec", "true",
                              "--metrics", self.folder / "metrics")
        places = int(server.expect(r"up to (\d+) connections; ").group(1))
        cameras = [self.camera(server, self.random.randbytes(5000), imei=number)
                   for number in range(places)]
        for camera in cameras:
            self.addCleanup(camera.close)
            camera.send_first(1)
        for _ in range(30):
            self.addCleanup(self.camera(server, b"").close)
        running = [threading.Thread(target=camera.run) for camera in cameras]
        for thread in running:
            thread.start()
        for thread in running:
            thread.join()
        self.assertEqual([camera.taken for camera in cameras], [True] * places, server.errors)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertNotIn("open files", server.errors)

    def test_more_places_than_open_files_allow_are_warned_of(self):
        server = self.limited(200, "--max-connections", "150")
        server.expect(r"up to 150 connections; ")
        server.expect(r"--max-connections 150 is more than open files allow \(ulimit -n 200\)")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    def test_that_places_have_run_out_is_told_with_what_set_their_number(self):
        for arguments, why in (((), "as many as ulimit -Hn allows"),
                               (("--max-connections", "10"), "--max-connections")):
            server = self.limited(60, *arguments)
            places = int(server.expect(r"up to (\d+) connections; ").group(1))
            for number in range(places + 20):
                camera = self.camera(server, b"x", imei=number)
                self.addCleanup(camera.close)
            server.expect(rf"\b{places} connections are open \({why}\): closing further ones")
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)

    @for_every_family
    def test_all_places_can_have_a_file_on_its_way(self):
        server = self.limited(250)
        places = int(server.expect(r"up to (\d+) connections; ").group(1))
        contents = [self.random.randbytes(5 * self.family.size - 50) for _ in range(places)]
        cameras = [self.camera(server, content, imei=number) for number, content in enumerate(contents)]
        for camera in cameras:
            self.addCleanup(camera.close)
            camera.send_first(1)
            was_read(server, camera)
        for camera in cameras:
            for index in range(1, 5):
                camera.packet(index)
        for camera in cameras:
            camera.run()
            self.assertTrue(camera.taken, server.errors)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    @for_every_family
    def test_a_camera_that_an_earlier_run_has_files_of_goes_before_a_made_up_one(self):
        contents = [self.random.randbytes(5000) for _ in range(3)]
        server = self.serve()
        with self.camera(server, contents[0], imei=5) as camera:
            camera.run()
        self.assertEqual(server.wait(), 0)
        server = self.serve("-k", "--max-connections", "1")
        with self.camera(server, contents[1], imei=9) as made_up:
            made_up.send_first(1)  # not idle: only who is known may have its place
            was_read(server, made_up)
            with self.camera(server, contents[1], imei=8) as other:
                other.run()
                self.assertFalse(other.taken)
            with self.camera(server, contents[1], imei=5) as camera:
                camera.run()
                self.assertTrue(camera.taken, server.errors)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        server = self.serve("-k", "--max-connections", "1")
        with self.camera(server, contents[2], imei=5) as camera:
            camera.run(METADATA_WANTED)
            with self.camera(server, contents[1], imei=8) as other:
                other.run()
                self.assertFalse(other.taken)
            camera.answer(METADATA_WANTED, b"")
            camera.run()
            self.assertTrue(camera.taken, server.errors)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    @for_every_family
    def test_made_up_inits_keep_no_camera_out(self):
        photos = [self.file(name, 5_000) for name in ("a.jpg", "b.jpg")]
        server = self.serve("-k", "--max-connections", "4", "-v")
        for count, photo in zip((4, 40), photos):
            fakes = [self.camera(server, b"", imei=1 + number) for number in range(count)]
            for fake in fakes:
                self.addCleanup(fake.close)
                fake.run(METADATA_WANTED)
            self.assertEqual(self.sim(server, *self.family.sim, f"photof={photo}").returncode, 0,
                             server.errors)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertIn("made room for another camera", server.errors)
        self.assert_stored(*photos)

    @for_every_family
    def test_a_camera_in_mid_file_is_not_displaced(self):
        content = self.random.randbytes(20 * self.family.size - 50)
        server = self.serve("-k", "--max-connections", "4")
        with self.camera(server, content, imei=1000) as camera:
            camera.send_first(1)
            was_read(server, camera)
            for number in range(20):
                fake = self.camera(server, b"x", imei=1 + number)
                self.addCleanup(fake.close)
                fake.run(FILE)
                camera.packet(1 + number % 19) if number < 19 else None
            camera.run()
            self.assertTrue(camera.taken)
        self.assertEqual(self.stored()[0][:15], "000000000001000")

    def first_answered(self, uploads):
        """One of those that the server has sent something, or hung up on."""
        with selectors.DefaultSelector() as selector:
            for upload in uploads:
                selector.register(upload.socket, selectors.EVENT_READ, upload)
            ready = selector.select(PATIENCE)
        self.assertTrue(ready, "the server has answered nobody")
        return ready[0][0].data

    def test_hundreds_that_wait_for_one_camera_cost_little(self):
        count = full(300, 1000)
        server = self.serve("-k", "--max-connections", "4000", "--no-metadata")
        with Upload(server, self.random.randbytes(2 * count * 1024)) as camera:
            camera.send_first(1)
            was_read(server, camera)
            before = status_of(server, "VmRSS")
            others = []
            for index in range(1, 1 + count):
                others.append(Upload(server, b"x"))
                self.addCleanup(others[-1].close)
                others[-1].begin()
                camera.packet(index)
            waiting = set(others)  # eight of them, not always the first: the disk is asked first
            for index in range(1 + count, 2 * count - 7):
                other = self.first_answered(waiting)
                waiting.remove(other)
                other.run()
                self.assertFalse(other.taken)
                camera.packet(index)
            grown = status_of(server, "VmRSS") - before
            for index in range(2 * count - 7, 2 * count):
                camera.packet(index)
            camera.run()
            self.assertTrue(camera.taken)
        most = 64 if sanitized() else 16  # MiB; freed memory stays with the sanitizer for a while
        figure("waiting for one IMEI", "VmRSS of dcam-serve, all of them together", count,
               f"{grown / 1024:.1f} MiB more", f"< {most} MiB")
        self.assertLess(grown, most * 1024)


class ClaimsWithoutAFile(ToolTest):
    @for_every_family
    def test_what_was_only_announced_leaves_nothing_on_the_disk(self):
        server = self.serve("-k")
        for imei in range(1, 1 + full(4, 40)):
            with Upload(server, b"x" * 3000, imei=imei, family=self.family) as camera:
                camera.run(RESUME)
                if imei % 2:
                    camera.sync(1)
                    camera.send(bytes.fromhex("0004 0006 01020304 ffff"))  # a bad CRC
                was_read(server, camera)
                self.assertEqual(list(self.out.rglob("*")), [])
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(list(self.out.rglob("*")), [])


class FilesOfOneSecond(ToolTest):
    def test_front_and_rear_photo_of_the_same_second(self):
        pairs = full(10, 100)
        server = self.serve("-k", "--name", "{time}{ext}")
        photos = self.file("front.jpg", 20_000), self.file("rear.jpg", 20_000)
        result = self.sim(server, "--devices", pairs, f"photof={photos[0]}", f"photor={photos[1]}")
        self.assertEqual(result.returncode, 0, result.stderr)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(*photos * pairs)
        self.assertEqual(len(server.output.splitlines()), 2 * pairs)
        figure("files a second", f"dcam-sim --devices {pairs}, one name for all of a second", pairs,
               f"{len(self.stored())} files", f"{2 * pairs} files")

    @for_every_family
    def test_two_files_of_one_kind_and_one_time(self):
        contents = [self.random.randbytes(3_000) for _ in range(5)]
        server = self.serve("-k")
        for content in contents:
            with Upload(server, content, milliseconds=TIME, family=self.family) as camera:
                camera.run()
                self.assertTrue(camera.taken)
        stored = [(self.out / name).read_bytes() for name in self.stored()]
        self.assertEqual(digests(stored), digests(contents))


class SeveralServers(ToolTest):
    def upload_at_once(self, servers, contents, imei):
        """A file to each server, the second while the first is on its way; the cameras."""
        first, second = cameras = [
            Upload(server, content, imei=imei, milliseconds=TIME, family=self.family)
            for server, content in zip(servers, contents)]
        for camera in cameras:
            self.addCleanup(camera.close)
        first.run(RESUME)
        first.sync(1)
        count = self.family.count(contents[0])
        for index in range(count):
            if index == count // 2:
                other = threading.Thread(target=second.run)  # it has to wait for its turn
                other.start()
            first.packet(index)
        first.run()
        first.close()
        other.join(PATIENCE)
        return cameras

    @for_every_family
    def test_two_servers_on_one_folder_do_not_mix_files(self):
        servers = [self.serve("-k") for _ in range(2)]
        rounds = full(10, 100)
        for imei in range(1, 1 + rounds):
            contents = [self.random.randbytes(SIZE) for _ in servers]
            cameras = self.upload_at_once(servers, contents, imei)
            finals = [path.read_bytes() for path in (self.out / f"{imei:015}").glob("*.jpg")]
            self.assertEqual(digests(finals),
                             digests(camera.content for camera in cameras if camera.taken))
            self.assertTrue(all(camera.taken for camera in cameras))
        for server in servers:
            server.stop()
        figure(f"two servers on one folder, {self.family}", "one IMEI at both at once",
               rounds, "0 interleaved, 0 wrong", "0")
