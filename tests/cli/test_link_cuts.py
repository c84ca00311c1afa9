"""Connections that break anywhere in a file: it is resumed, with one packet fetched twice, or begun
anew when the camera comes back with another file."""

import concurrent.futures
import pathlib

from figures import figure, full
from families import DUALCAM, for_every_family
from harness import SIGTERM, ToolTest, sha256
from uploads import Upload, digests
from wire import RESUME

TIME = 1_730_205_822_000  # of the metadata, milliseconds


class CutTest(ToolTest):
    family = DUALCAM

    def in_parallel(self, function, arguments):
        with concurrent.futures.ThreadPoolExecutor(8) as threads:
            return list(threads.map(function, arguments))

    def stop(self, server):
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)

    def files(self, imei, pattern="*"):
        """What a camera's folder has."""
        return [path.read_bytes() for path in sorted((self.out / f"{imei:015}").glob(pattern))]

    def assert_finals(self, imei, contents, what=None):
        self.assertEqual(digests(self.files(imei, "*.jpg")), digests(contents), what)

    def camera(self, server, content, **facts):
        return Upload(server, content, family=self.family, **facts)

    def content(self, packets):
        """So many packets of the family, the last one shorter: behind a full one a server may wait
        for more."""
        return self.random.randbytes(packets * self.family.size - 50)

    def upload_part(self, server, content, whole, piece=0, **facts):
        """So many whole packets and some bytes of the next; then the link is lost."""
        with self.camera(server, content, **facts) as camera:
            self.assertEqual(camera.run(RESUME), RESUME)
            camera.sync(1)
            for index in range(whole):
                camera.packet(index)
            if piece:
                camera.packet(whole, slice(None, piece))

    def upload(self, server, content, **facts):
        """The camera of a whole session."""
        with self.camera(server, content, **facts) as camera:
            camera.run()
            self.assertTrue(camera.taken)
            return camera


class Cuts(CutTest):
    @for_every_family
    def test_a_cut_at_every_packet(self):
        video = self.file("v.h265", 20 * self.family.size - 100)
        server = self.serve("-k")
        results = self.in_parallel(
            lambda packet: self.sim(server, *self.family.sim, "--imei", f"{packet:015}",
                                    "--cut", packet, "--reconnect", "1", "--reconnect-delay", "0",
                                    f"videof={video}"), range(1, 21))
        for packet, result in enumerate(results, 1):
            self.assertEqual(result.returncode, 0, f"packet {packet}: {result.stderr}")
            self.assertIn(f"connection cut after packet {packet}\n", result.stderr)
        self.stop(server)
        self.assertEqual(len(self.stored()), 20, self.stored())
        self.assert_stored(*[video] * 20)

    @for_every_family
    def test_a_cut_at_every_byte_of_a_packet(self):
        content = self.content(7)
        [message, *_] = self.family.packets(content, 4)
        cuts = sorted({*range(0, len(message), full(103, 1)), len(message)})
        server = self.serve("-k")

        def resumed(cut):
            facts = {"imei": 1 + cut, "milliseconds": TIME}
            self.upload_part(server, content, 3, cut, **facts)
            return self.upload(server, content, **facts)

        cameras = self.in_parallel(resumed, cuts)
        self.stop(server)
        again = 0
        for cut, camera in zip(cuts, cameras):
            held = 4 if cut == len(message) else 3
            self.assertEqual(camera.resumed_at, [held], f"cut at byte {cut}")
            self.assert_finals(1 + cut, [content], f"cut at byte {cut}")
            again += camera.sent - (len(content) - held * self.family.size)
        self.assertEqual(again, len(cuts) * self.family.size)
        figure("link cuts", f"{self.family}: at every packet of 20, and at every byte of one",
               20 + len(cuts), f"all resumed, {again // len(cuts)} bytes a cut fetched again",
               f"all resumed, {self.family.size} bytes")

    @for_every_family
    def test_a_link_that_is_lost_after_each_packet(self):
        content = self.content(12)
        server = self.serve("-k")
        sent = 0
        for held in range(11):
            with self.camera(server, content, milliseconds=TIME) as camera:
                self.assertEqual(camera.run(RESUME), RESUME)
                camera.sync(max(held, 1))
                for index in range(1 if held == 0 else 2):  # the overlap, and a new one
                    camera.packet(index)
                sent += camera.sent
        sent += self.upload(server, content, milliseconds=TIME).sent
        self.stop(server)
        self.assert_finals(350612071913857, [content])
        self.assertEqual(sent, len(content) + 11 * self.family.size)

    @for_every_family
    def test_a_link_that_is_lost_before_the_camera_hears_that_its_file_is_stored(self):
        content = self.content(3)
        server = self.serve("-k")
        self.upload_part(server, content, 3, milliseconds=TIME)
        camera = self.upload(server, content, milliseconds=TIME)
        self.stop(server)
        self.assertEqual(camera.resumed_at, [1])  # less than 4 KiB are compared whole
        self.assert_finals(350612071913857, [content])


class Replaced(CutTest):
    def replace(self, server, imei, old, new, whole, milliseconds):
        self.upload_part(server, old, whole, imei=imei, milliseconds=milliseconds)
        self.upload(server, new, imei=imei, milliseconds=milliseconds)

    @for_every_family
    def test_another_file_of_the_same_size_is_never_spliced(self):
        count = full(20, 1000)
        server = self.serve("-k")
        tries = [(1 + number, self.content(6), self.content(6),
                  1 + self.random.randrange(5), TIME if number % 2 else None)
                 for number in range(count)]
        self.in_parallel(lambda one: self.replace(server, *one), tries)
        self.stop(server)
        for imei, old, new, whole, milliseconds in tries:
            what = f"{whole} packets, metadata: {milliseconds is not None}"
            self.assert_finals(imei, [new], what)
            self.assertIn(digests([old[:whole * self.family.size]])[0], digests(self.files(imei)),
                          what)
        figure("replaced file", f"{self.family}: the same size, with and without metadata, seed "
               f"{self.id()}", count, "0 spliced, the old part kept", "0 spliced")

    @for_every_family
    def test_a_third_file_that_may_be_either_of_two_parts_is_spliced_with_none(self):
        parts = [self.content(6) for _ in range(2)]
        content = self.content(6)
        server = self.serve("-k")
        for number, part in enumerate(parts):
            self.upload_part(server, part, 2 + number, imei=1, milliseconds=TIME + 60_000 * number)
        self.upload(server, content, imei=1)  # no metadata to tell them apart
        self.stop(server)
        self.assert_finals(1, [content])
        kept = digests(self.files(1))
        for number, part in enumerate(parts):
            self.assertIn(digests([part[:(2 + number) * self.family.size]])[0], kept)

    @for_every_family
    def test_a_link_lost_in_the_new_file_does_not_bring_the_old_one_back(self):
        old, new = (self.content(6) for _ in range(2))
        server = self.serve("-k")
        self.upload_part(server, old, 5, imei=1)
        with self.camera(server, new, imei=1) as camera:
            camera.run(RESUME)
            camera.sync(5)
            camera.packet(0)
            self.assertEqual(camera.run(RESUME), RESUME)
            camera.sync(1)
            for index in range(3):
                camera.packet(index)
        camera = self.upload(server, new, imei=1)
        self.stop(server)
        self.assertEqual(camera.resumed_at, [3])
        self.assert_finals(1, [new])

    @for_every_family
    def test_a_simulated_camera_with_another_file(self):
        video = self.file("v.h265", 30_000)
        server = self.serve("-k", "--json")
        result = self.sim(server, *self.family.sim, "--cut", "9", "--replace-file", "--reconnect", "1",
                          "--reconnect-delay", "0", f"videof={video}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.stop(server)
        done = self.event(server.output, "file-done")
        final = pathlib.Path(done["path"])
        self.assertEqual((final.stat().st_size, sha256(final)), (30_000, done["sha256"]))
        self.assertNotEqual(done["sha256"], sha256(video))
        self.assertIn(digests([video.read_bytes()[:9 * self.family.size]])[0],
                      digests(self.files(350612071913857)))
