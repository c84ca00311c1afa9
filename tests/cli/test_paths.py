"""Files by path, of every family: their names and sidecars, events and hooks, hostile paths, and that
everything a transfer has holds for them."""

import contextlib
import json
import os
import pathlib
import struct
import tempfile
import time
import unittest

from harness import IMEI, PATIENCE, SIGKILL, SIGTERM, ToolTest, sanitized
from path_camera import PathUpload
from uploads import was_read
from wire import AGAIN, FILE, PATH_WANTED, RESUME

DSM = b"dsm/picture/231020/231452.jpg\0"
DSM_METADATA = bytes.fromhex("6532edcc 01 0d fcbd567e 0181bca3 0109 454e4f44204e484f4a00")
ADAS_METADATA = bytes.fromhex("67162311 00 05 0342a982 fe7e435d 0a")
DOCUMENT = {"version": 1, "file": {"file_type": 1, "file_timestamp": 1729504017, "duration": 10},
            "fm_trigger": {"type": 5}, "driver_name": "J\u00d6RG \u0416"}
JPEG = bytes.fromhex("ffd8ffe0")


def checkpoint_of(folder):
    return next((path for path in folder.rglob("*.checkpoint")), None)


class PathTest(ToolTest):
    @contextlib.contextmanager
    def case(self, **what):
        """With an empty output folder."""
        with self.subTest(**what):
            self.out = pathlib.Path(tempfile.mkdtemp(dir=self.folder))
            yield

    def upload(self, server, content, path, *arguments, **options):
        with PathUpload(server, content, path, *arguments, **options) as camera:
            camera.run()
            return camera

    def one(self, content, path, *options, **camera):
        """A server of its own; its events."""
        server = self.serve("--json", *options)
        self.upload(server, content, path, **camera)
        self.assertEqual(server.wait(), 0, server.errors)
        return server

    def sidecar(self):
        path, = self.out.rglob("*.json")
        return json.loads(path.read_text())


class WhatIsKnown(PathTest):
    def test_names_sidecars_and_events(self):
        text = json.dumps(DOCUMENT, ensure_ascii=False).encode()
        received = r"20\d{6}T\d{6}Z"
        for path, metadata, name, kind, camera, source in (
                (DSM, DSM_METADATA, "20231020T211452Z_dsm.jpg", "photo", "dsm", "metadata"),
                (DSM, None, "20231020T231452Z_dsm.jpg", "photo", "dsm", "path"),
                (b"mdas9/video/x.mp4", ADAS_METADATA, "20241021T094657Z_adas.mp4", "video", "adas",
                 "metadata"),
                (b"dualcam_rear/video/a.h265\0", text + b"\0", "20241021T094657Z_dualcam.h265",
                 "videor", "dualcam", "metadata"),
                (b"dashcam/picture/241021/094657", text[:20], "20241021T094657Z_dashcam.jpg",
                 "photof", "dashcam", "path"),
                (b"dsm/picture/x", b"", received + "_dsm.jpg", "photo", "dsm", "received"),
                (b"a/\"b\\\n\x1b\xff\0", ADAS_METADATA, "20241021T094657Z_adas", None, "adas",
                 "metadata")):
            with self.case(path=path):
                content = self.random.randbytes(3000)
                server = self.one(content, path, metadata=metadata)
                stored, = self.stored()
                self.assertRegex(stored, f"^{IMEI}/{name}$")
                self.assertEqual((self.out / stored).read_bytes(), content)
                sidecar = self.sidecar()
                escaped = "".join(chr(byte) if 0x20 <= byte < 0x7f and byte != 0x5c
                                  else f"\\x{byte:02x}" for byte in path)
                self.assertEqual(sidecar["device_path"], escaped)
                self.assertEqual(sidecar["camera"], camera)
                self.assertEqual(sidecar["kind"], kind)
                self.assertEqual(sidecar["time_source"], source)
                self.assertEqual(sidecar.get("raw"), metadata.hex() if metadata else None)
                for event in ("file-start", "file-done") + (("metadata",) if metadata else ()):
                    told = self.event(server.output, event)
                    self.assertEqual((told["camera"], told["device_path"], told["kind"]),
                                     (camera, escaped, kind))
                done = self.event(server.output, "file-done")
                self.assertEqual(done["bytes"], 3000)
                self.assertEqual(done["packets"], 3)
                self.assertEqual(done["metadata"], sidecar)

    def test_the_whole_document_stands_in_the_sidecar(self):
        self.one(b"x" * 10, b"dualcam_front/video/1", metadata=json.dumps(DOCUMENT).encode())
        self.assertEqual(self.sidecar()["document"], DOCUMENT)
        self.assertEqual(self.sidecar()["driver"], "J\u00d6RG \u0416")

    def test_a_sidecar_without_metadata_is_read(self):
        self.one(b"x" * 10, DSM, "--no-metadata")
        path, = self.out.rglob("*.json")
        told = self.run_tool("dcam-meta", "--json", path)
        self.assertEqual(told.returncode, 0, told.stderr)
        record = json.loads(told.stdout)
        self.assertEqual((record["imei"], record["camera"], record["time"]),
                         (IMEI, "dsm", "2023-10-20T23:14:52.000Z"))

    def test_a_document_that_cannot_be_read_is_kept_as_text(self):
        server = self.one(b"x" * 10, b"dashcam/video/1", metadata=b'{"file": {"driver": "J\xd6RG"')
        self.assertEqual(self.sidecar()["text"], '{"file": {"driver": "J\u00d6RG"')
        self.assertIn("kept as it came", server.errors)

    def test_where_the_path_says_nothing_the_content_names_the_file(self):
        for content, extension in ((JPEG + b"x" * 50, ".jpg"), (b"\0\0\0\x18ftypisom" * 9, ".mp4"),
                                   (b"PTMF" * 20, ""), (b"nothing known", "")):
            with self.case(content=content[:8]):
                server = self.serve("--no-metadata", "--name", "{camera}{ext}")
                with PathUpload(server, content, b"dsm/x", size=8) as camera:
                    camera.send_first(1)
                    was_read(server, camera)
                    deadline = time.monotonic() + PATIENCE
                    while not (self.out / "dsm.part").exists() and time.monotonic() < deadline:
                        time.sleep(0.005)
                    self.assertTrue((self.out / "dsm.part").exists())  # whatever is in it
                with PathUpload(server, content, b"dsm/x", size=8) as camera:
                    camera.run()
                self.assertEqual(server.wait(), 0, server.errors)
                if extension:
                    self.assertEqual(self.stored(), ["dsm" + extension])
                self.assertEqual((self.out / self.stored()[0]).read_bytes(), content)

    def test_a_hook_is_told_path_and_camera(self):
        told = self.folder / "told"
        script = f'env | grep ^DCAM_ | sort > {told}'
        self.one(b"x" * 10, DSM, "--exec", f"sh -c '{script}'", metadata=DSM_METADATA)
        environment = dict(line.split("=", 1) for line in told.read_text().splitlines())
        self.assertEqual(environment["DCAM_CAMERA"], "dsm")
        self.assertEqual(environment["DCAM_DEVICE_PATH"], r"dsm/picture/231020/231452.jpg\x00")
        self.assertEqual(environment["DCAM_KIND"], "photo")
        self.assertEqual(environment["DCAM_TIME"], "2023-10-20T21:14:52.000Z")
        self.assertEqual(environment["DCAM_TIME_SOURCE"], "metadata")
        self.assertEqual(environment["DCAM_DRIVER"], "JOHN DONE")
        self.assertTrue(environment["DCAM_PATH"].endswith("_dsm.jpg"))

    def test_a_hook_runs_whatever_the_length_of_the_path(self):
        told = self.folder / "told"
        self.one(b"x" * 10, b"dsm/" + b"\xff" * 65_531, "--exec",
                 f"sh -c 'echo $DCAM_CAMERA > {told}'")
        self.assertEqual(told.read_text(), "dsm\n")


class Hostile(PathTest):
    PATHS = [b"../../etc/passwd", b"/etc/passwd", b"..", b".", b"/", b"//", b"~", b"-rf", b"\0",
             b"\0\0", b"a\0b", b"a\nb", b"a\rb", b"\x1b[2J\x1b]0;x\x07", b"\xff\xfe", b"a/" * 300,
             b"x" * 300, b"x" * 300 + b".jpg", (b"y" * 300 + b"/") * 5, b"%s%n", b"$(id)", b"`id`",
             b"{imei}", b"a" * 65_535, b"\xff" * 65_535, b"CON", b"a.json", b"a", b"a.part",
             b"a.part.checkpoint", b".dcam-serve", b".dcam-serve/" + IMEI.encode(), b"a.json.part",
             b"dsm/../../../tmp/x", b"\\..\\..\\x", "\u202egpj.exe".encode(), b"a/b", b"a_b", b"a b",
             b"a\xffb", b"a.jpg", b"a_1.jpg", b"a.jpg.json"]

    def test_they_stay_inside_and_never_collide(self):
        folders = {self.out}
        names = (None, "{path}", "{path}{ext}", "{imei}/{path}/{path}", "{camera}-{kind}")
        for name in names[::3 if sanitized() else 1]:
            with self.case(name=name):
                server = self.serve("-k", "--no-metadata", *(("--name", name) if name else ()))
                contents = {}
                for number, path in enumerate(self.PATHS):
                    if path == b"\0":
                        continue  # an empty path
                    contents[path] = b"%d " % number + self.random.randbytes(50)
                    camera = self.upload(server, contents[path], path, size=32)
                    self.assertTrue(camera.taken, path[:40])
                server.signal(SIGTERM)
                self.assertEqual(server.wait(), 0, server.errors)
                found = [pathlib.Path(line) for line in server.output.splitlines()]
                self.assertEqual(len(set(found)), len(contents))
                for path in found:
                    self.assertTrue(path.resolve().is_relative_to(self.out.resolve()), path)
                self.assertEqual(sorted(path.read_bytes() for path in found),
                                 sorted(contents.values()))
                for path in found:
                    sidecar = json.loads(pathlib.Path(f"{path}.json").read_bytes())
                    self.assertEqual(sidecar["imei"], IMEI)
                folders.add(self.out)
                self.assertEqual({*self.folder.iterdir()}, folders)
                self.assertEqual([*self.out.rglob("*.part")], [])
                for byte in server.output + server.errors:
                    self.assertTrue(byte == "\n" or byte.isprintable(), repr(byte))


class Transfers(PathTest):
    def test_a_killed_server_goes_on_at_the_byte_it_had(self):
        content = self.random.randbytes(2_500_000)
        for size, enhanced in ((1024, False), (1000, True), (4096, True), (77, False)):
            with self.case(size=size, enhanced=enhanced):
                camera = dict(path=DSM, metadata=DSM_METADATA, size=size, enhanced=enhanced)
                server = self.serve()
                with PathUpload(server, content, **camera) as first:
                    first.send_first(1_200_000 // size)
                    deadline = time.monotonic() + PATIENCE
                    while not (checkpoint_of(self.out)
                               and b"held " in checkpoint_of(self.out).read_bytes()):
                        self.assertLess(time.monotonic(), deadline)
                        time.sleep(0.01)
                    server.signal(SIGKILL)
                    self.assertEqual(server.wait(), 128 + SIGKILL)
                again = self.serve("--json")
                with PathUpload(again, content, **camera) as second:
                    second.run()
                self.assertEqual(again.wait(), 0, again.errors)
                self.assertGreater(second.resumed_at[0], 700_000)
                self.assertLess(second.resumed_at[0], 1_200_000)
                self.assertEqual(len(second.resumed_at), 1)
                self.assertEqual(self.event(again.output, "resumed")["offset"],
                                 second.resumed_at[0])
                stored, = self.stored()
                self.assertEqual((self.out / stored).read_bytes(), content)

    def test_a_lost_link_costs_no_more_than_the_overlap(self):
        content = self.random.randbytes(50_000)
        server = self.serve("--no-metadata")
        for connection, count in enumerate((10, 25, 3), 1):
            with PathUpload(server, content, DSM, size=500) as camera:
                camera.send_first(count)
                was_read(server, camera)
            server.expect_count("incomplete", connection)
        with PathUpload(server, content, DSM, size=500) as camera:
            camera.run()
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertGreaterEqual(camera.resumed_at[0], 15_000)
        self.assertEqual((self.out / self.stored()[0]).read_bytes(), content)

    def test_another_file_under_the_same_path_is_not_spliced(self):
        first, second = self.random.randbytes(20_000), self.random.randbytes(20_000)
        server = self.serve("--no-metadata")
        with PathUpload(server, first, DSM) as camera:
            camera.send_first(10)
            was_read(server, camera)
        server.expect("incomplete")
        self.upload(server, second, DSM)
        self.assertEqual(server.wait(), 0, server.errors)
        finished = [path for path in self.stored() if path.endswith(".jpg")]
        self.assertEqual([(self.out / path).read_bytes() for path in finished], [second])
        self.assertIn("offers another file", server.errors)

    def test_standard_output_gets_each_byte_once(self):
        content = self.random.randbytes(30_000)
        with open(self.folder / "bytes", "wb") as output:
            server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", "-",
                                "--no-metadata", stdout=output)
            server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
            with PathUpload(server, content, DSM, size=700, enhanced=True) as camera:
                camera.send_first(30)
                was_read(server, camera)
            server.expect("incomplete")
            camera = self.upload(server, content, DSM, size=700, enhanced=True)
            self.assertEqual(server.wait(), 0, server.errors)
        self.assertGreater(camera.resumed_at[0], 0)
        self.assertEqual((self.folder / "bytes").read_bytes(), content)

    def test_a_file_offered_again_is_recognised(self):
        content = self.random.randbytes(30_000)
        for metadata in (DSM_METADATA, None):
            with self.case(metadata=metadata):
                server = self.serve("-k", "--json")
                for _ in range(3):
                    camera = self.upload(server, content, DSM, metadata=metadata)
                    self.assertTrue(camera.taken)
                self.assertGreater(camera.resumed_at[0], 20_000)
                other = self.random.randbytes(30_000)
                self.assertTrue(self.upload(server, other, DSM, metadata=metadata).taken)
                server.signal(SIGTERM)
                self.assertEqual(server.wait(), 0, server.errors)
                done = [event for event in self.events(server.output)
                        if event["event"] == "file-done"]
                self.assertEqual(len(done), 2)
                self.assertEqual(sorted((self.out / name).read_bytes() for name in self.stored()),
                                 sorted((content, other)))

    def test_a_start_that_counts_packets_brings_the_whole_file(self):
        content = self.random.randbytes(40 * 1024 - 5)
        server = self.one(content, DSM, "--no-metadata", announced=40)
        self.assertEqual((self.out / self.stored()[0]).read_bytes(), content)
        self.assertIn("START of this file counts packets", server.errors)

    def test_files_that_are_too_large_are_refused(self):
        for announced, size in ((None, 5000), (5, 1024)):
            with self.case(announced=announced):
                server = self.serve("--max-file-size", "4K", "--no-metadata")
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    self.upload(server, bytes(5000), DSM, announced=announced)
                self.assertEqual(server.wait(), 3, server.errors)
                # once, though the device offers it again and again
                self.assertEqual(server.errors.count("(--max-file-size)"), 1, server.errors)
                self.assertEqual([path for path in self.stored() if path.endswith(".jpg")], [])

    def test_a_file_that_turns_out_too_large_keeps_no_other_from_coming(self):
        large, small = self.file("large", 20_000), self.file("small", 5_000)
        server = self.serve("-k", "--max-file-size", "10K")
        result = self.sim(server, "--camera", "dsm", "--start-in-packets", "--reconnect", "4",
                          "--reconnect-delay", "0", f"photof={large}", f"photof={small}")
        self.assertEqual(result.returncode, 5, result.stderr)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual([(self.out / name).stat().st_size for name in self.stored()
                          if name.endswith(".jpg")], [5_000])

    def test_room_is_counted_in_bytes(self):
        stat = os.statvfs(self.out)
        free = stat.f_bavail * stat.f_frsize
        server = self.serve("--no-metadata", "--min-free", str(free - (200 << 20)))
        self.upload(server, bytes(1_000_000), DSM)  # as packets it would be 1 GB
        self.assertEqual(server.wait(), 0, server.errors)

    def test_a_taken_name_is_skipped_only_for_the_same_extension(self):
        (self.out / "dsm").write_bytes(b"mine")
        server = self.one(JPEG + b"x" * 50, b"dsm/x", "--no-metadata", "--name", "{camera}{ext}",
                          "--if-exists", "skip")
        self.assertEqual(self.stored(), ["dsm", "dsm.jpg"])
        self.assertEqual((self.out / "dsm").read_bytes(), b"mine")
        again = self.serve("--no-metadata", "--name", "{camera}{ext}", "--if-exists", "skip")
        self.upload(again, JPEG + b"y" * 50, b"dsm/x", size=32)
        self.assertEqual(again.wait(), 0, again.errors)
        self.assertEqual((self.out / "dsm.jpg").read_bytes(), JPEG + b"x" * 50)
        self.assertIn("skipped", again.errors)


class TwoCameras(PathUpload):
    """Two cameras behind one IMEI: each round offers the next of some files."""

    def __init__(self, server, files, **options):
        super().__init__(server, files[0][1], files[0][0], **options)
        self.files = list(files)

    def answer(self, command, payload):
        if command == AGAIN and len(self.files) > 1:
            self.files.pop(0)
            self.path, self.content = self.files[0]
            self.announced = len(self.content)
            return self.begin()
        return super().answer(command, payload)


class Wishes(PathTest):
    def test_two_cameras_behind_one_imei(self):
        files = [(b"dsm/picture/231020/231452.jpg", b"one" * 500),
                 (b"mdas9/picture/231020/231452.jpg", b"two" * 700),
                 (b"dsm/picture/231020/231453.jpg", b"three" * 900)]
        server = self.serve("--no-metadata")
        with TwoCameras(server, files) as camera:
            camera.run()
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual(self.stored(), [f"{IMEI}/20231020T231452Z_adas.jpg",
                                         f"{IMEI}/20231020T231452Z_dsm.jpg",
                                         f"{IMEI}/20231020T231453Z_dsm.jpg"])

    def test_only_what_is_wanted_is_fetched(self):
        files = [(b"dsm/picture/231020/23145%d.jpg" % second, b"one" * 500) for second in (2, 3, 4, 5)]
        files.append((b"mdas9/picture/231020/231452.jpg", b"two" * 700))
        for options in (("-s", "adas"), ("--camera", "adas"), ("-s", "adas, photo")):
            with self.case(options=options):
                server = self.serve("--no-metadata", *options)
                with TwoCameras(server, files) as camera:
                    camera.run()
                self.assertEqual(server.wait(), 0, server.errors)
                self.assertEqual(self.stored(), [f"{IMEI}/20231020T231452Z_adas.jpg"])
                self.assertIn("dsm/picture/231020/231452.jpg, which is not wanted", server.errors)

    def test_nothing_wanted_is_no_failure(self):
        server = self.serve("-s", "dashcam")
        camera = self.upload(server, b"x", DSM)
        self.assertEqual(server.wait(), 0, server.errors)
        self.assertEqual(self.stored(), [])
        self.assertEqual(camera.resumed_at, [])

    def test_a_path_that_does_not_come_lets_the_kinds_go_first(self):
        photo = self.random.randbytes(3000)
        server = self.serve("--no-metadata")
        with Broken(server, bytes(range(256)) * 20, DSM, photo) as camera:
            camera.run()
        server.expect("does not come")
        with Broken(server, bytes(range(256)) * 20, DSM, photo) as camera:
            camera.run()
        self.assertEqual(camera.asked, [FILE, PATH_WANTED])
        server.expect_count("did not arrive", 2)
        server.signal(SIGTERM)
        server.wait()
        self.assertEqual([(self.out / name).read_bytes() for name in self.stored()
                          if name.endswith("photof.jpg")], [photo])


class Broken(PathUpload):
    """Offers a photo, too; the second packet of the file by path never has the right CRC."""

    def __init__(self, server, content, path, photo):
        super().__init__(server, content, path, protocol=5)
        self.photo, self.asked, self.has_photo, self.photo_is_next = photo, [], True, False

    def begin(self):
        self.begun = True
        self.init(0x02 | (0x04 if self.has_photo else 0), imei=self.imei, protocol=5)

    def answer(self, command, payload):
        self.photo_is_next = payload == b"%photof" or (self.photo_is_next and command == RESUME)
        if command == PATH_WANTED or payload == b"%photof":
            self.asked.append(command)
        if payload == b"%photof":
            return self.send(struct.pack(">HHIH", 1, 6, -(-len(self.photo) // 1024), 0))
        if command == RESUME and self.photo_is_next:
            self.send(struct.pack(">HHI", 3, 4, 1))
            return self.data(self.photo)
        if command == AGAIN:
            self.has_photo = False
            return self.begin()
        if command == RESUME:
            self.sync(self.wanted)
            if self.wanted == 0:
                self.packet()
            return self.send("0004 0003 41 ffff")
        return super().answer(command, payload)


if __name__ == "__main__":
    unittest.main()
