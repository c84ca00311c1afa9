"""Cameras whose files go by path, and that do what nobody has seen: the file comes whole, or is not
called whole; dualcam-protocol(7), FILES BY PATH."""

import dataclasses
import struct

from families import FAMILIES
from harness import SIGTERM, ToolTest, sha256
from uploads import Upload, was_read
from wire import AGAIN, FILE, METADATA_WANTED, RESUME, START

BY_PATH = FAMILIES[1:]
TIME = 1_730_205_822_000


class SaysTooLittle(Upload):
    """Sends more than its START says."""
    said = 0

    def send(self, data):
        if isinstance(data, bytes) and data[:4] == struct.pack(">HH", START, 6):
            data = struct.pack(">HHIH", START, 6, self.said, 0)
        super().send(data)


class HasNothing(Upload):
    """Its first files are not there after all: START says 0."""
    empty = 2

    def answer(self, command, payload):
        if command == AGAIN and self.empty > 0:
            self.empty -= 1
            self.begin()
        else:
            super().answer(command, payload)

    def send(self, data):
        if isinstance(data, bytes) and data[:4] == struct.pack(">HH", START, 6) and self.empty:
            data = bytes.fromhex("0001 0006 00000000 0000")
        super().send(data)


class Misplaces(Upload):
    """One packet tells another offset than the one due."""
    wrong = 1  # bytes

    def packet(self, index, part=slice(None)):
        message = bytearray(self.family.packets(self.content, self.resumed_at[-1])[index])
        if index == 2 and len(self.resumed_at) == 1:
            offset, = struct.unpack(">I", message[4:8])
            message[4:8] = struct.pack(">I", offset + self.wrong)
        self.send(bytes(message))


class OddPaths(ToolTest):
    def fetch(self, *arguments, serve=(), status=0):
        """What one run of dcam-sim leaves, and the event of it."""
        self.fresh()
        server = self.serve("--json", *serve)
        result = self.sim(server, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr + server.errors)
        self.assertEqual(server.wait(), status, server.errors)
        return [event for event in self.events(server.output) if event["event"] == "file-done"], server

    def upload(self, camera, content, family, **facts):
        """What a camera made by hand leaves."""
        self.fresh()
        server = self.serve("-k", "--json", "--idle-timeout", "1s")
        with camera(server, content, family=family, **facts) as device:
            device.run()
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        return device, server

    def test_start_counts_packets(self):
        for size, packet in ((8192 * 1024, 1024), (8 * 1024, 1024), (5000, 1000), (4999, 1000),
                             (40, 4), (4096, 4096)):
            file = self.file("v", size)
            for options in ((), ("--enhanced-data",)):
                [done], server = self.fetch("--camera", "dsm", "--start-in-packets",
                                            "--packet-size", packet, *options, f"videof={file}")
                self.assertEqual((done["bytes"], done["sha256"]), (size, sha256(file)))
                self.assertIn("START of this file counts packets", server.errors)

    def test_what_has_come_is_told_as_start_counts(self):
        content = self.random.randbytes(9 * 1024)
        for said, told in ((9, "3 of 9 packets"), (9 * 1024, "3.0 KiB of 9.0 KiB")):
            self.fresh()
            server = self.serve("-k", "--no-metadata")
            with SaysTooLittle(server, content, milliseconds=TIME, family=BY_PATH[0]) as camera:
                camera.said = said
                camera.run(RESUME)
                camera.sync(1)
                for index in range(3):
                    camera.packet(index)
                was_read(server, camera)
            server.expect(f"incomplete, {told}: ")
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_a_device_that_counts_packets_is_asked_for_packets_when_it_comes_back(self):
        for family in (dataclasses.replace(family, by_number=True) for family in BY_PATH):
            self.fresh()
            content = self.random.randbytes(40 * family.size - 50)
            for cut in (7, 30):
                server = self.serve()
                with Upload(server, content, milliseconds=TIME, family=family) as camera:
                    camera.run(RESUME)
                    camera.sync(1 if cut == 7 else 7)
                    for index in range(cut - camera.resumed_at[0] + 1):
                        camera.packet(index)
                    was_read(server, camera)
                server.expect("incomplete")
                server.signal(SIGTERM)
                server.wait()
            server = self.serve("-k")
            for resumed_at in ([30], [(len(content) - 4096) // family.size + 1]):
                with Upload(server, content, milliseconds=TIME, family=family) as camera:
                    camera.run()
                self.assertEqual(camera.resumed_at, resumed_at, family)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            [file] = self.out.rglob("*.jpg")
            self.assertEqual(file.read_bytes(), content)
            self.assertEqual(list(self.out.rglob("*.part")), [])

    def test_a_status_of_any_value_at_the_end(self):
        file = self.file("a", 4096)
        for status in (0, 1, 4, 17, 99, 4294967295):
            for family in BY_PATH:
                [done], _ = self.fetch(*family.sim, "--end-status", status, f"photof={file}")
                self.assertEqual(done["sha256"], sha256(file), (status, family))

    def test_sync_goes_back_further_than_asked(self):
        file = self.file("v", 60_000)
        for family in BY_PATH:
            for back, corrupt in ((1, 0.05), (5, 0.05), (1000, 0.005)):
                [done], _ = self.fetch(*family.sim, "--sync-back", back, "--corrupt", corrupt,
                                       "--cut", "9", "--reconnect", "1", "--reconnect-delay", "0",
                                       f"videof={file}")
                self.assertEqual(done["sha256"], sha256(file), (back, family))

    def test_more_bytes_than_start_said_are_a_fault_not_a_file(self):
        for family in BY_PATH:
            for said in (70_000, 5_000):  # which may count packets
                camera = type("SaysTooLittle", (SaysTooLittle,), {"said": said})
                content = self.random.randbytes(said + 10_000)
                _, server = self.upload(camera, content, family)
                self.assertNotIn("file-done", server.output, (family, said))
                self.assertIn("incomplete", server.errors)
                self.assertEqual(list(self.out.rglob("*.jpg")), [])

    def test_an_offset_that_does_not_fit_is_asked_for_again(self):
        family = next(each for each in BY_PATH if each.enhanced)
        content = self.random.randbytes(9_999)
        for wrong in (1, -1, 1024, -1024, 1 << 30):
            camera, server = self.upload(
                type("Misplaces", (Misplaces,), {"wrong": wrong}), content, family)
            self.assertEqual(camera.resumed_at, [1, 3], wrong)
            self.assertEqual(self.event(server.output, "file-done")["bytes"], len(content))
            [file] = self.out.rglob("*.jpg")
            self.assertEqual(file.read_bytes(), content)

    def test_a_start_of_0_goes_on_to_the_next_init(self):
        for family in BY_PATH:
            content = self.random.randbytes(3_333)
            camera, server = self.upload(HasNothing, content, family)
            self.assertTrue(camera.taken)
            self.assertEqual(self.event(server.output, "file-done")["bytes"], len(content))

    def test_a_path_that_nobody_knows_is_a_file_in_bytes(self):
        for path in ("other/thing", "../../etc/passwd", "x", "mdas9", "a b/\x1b[2J.jpg", "x" * 65_535):
            file = self.file("a", 3_333)
            [done], _ = self.fetch("--path", path, f"photof={file}")
            self.assertEqual(done["sha256"], sha256(file), path[:50])
            self.assertTrue(str(self.out) in done["path"] and ".." not in done["path"], done["path"])
            self.assertEqual(sha256(done["path"]), sha256(file))

    def test_a_path_is_asked_for_by_its_first_bytes_where_it_is_not_understood(self):
        file = self.file("a", 3_333)
        for camera in ("dashcam", "dsm"):
            for metadata in ((), ("--mute-metadata",)):
                serve = ("--no-metadata",) if metadata else ()
                server = self.serve(*serve)
                result = self.sim(server, "--json", "--camera", camera, "--path-form", "first7",
                                  *metadata, f"photof={file}")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(server.wait(), 0)
                asked = [event["command"] for event in self.events(result.stdout)
                         if event["event"] == "asked"]
                self.assertIn(asked.count("FILE REQUEST by path"), (1, 2), asked)
                self.assert_stored(file)
                self.fresh()

    def test_a_device_that_hangs_up_over_every_request_of_one_form_is_asked_otherwise(self):
        """Over whole paths, or over METADATA REQUEST."""
        class HangsUp(Upload):
            def answer(self, command, payload):
                if command == over and len(payload) != 7:
                    raise ConnectionResetError
                super().answer(command, payload)

        content = self.random.randbytes(3_000)
        for over, family in ((FILE, BY_PATH[0]), (FILE, BY_PATH[-1]), (METADATA_WANTED, BY_PATH[1])):
            self.fresh()
            server = self.serve("-k")
            for _ in range(6):
                with HangsUp(server, content, milliseconds=TIME, family=family) as camera:
                    camera.run()
                if camera.taken:
                    break
            self.assertTrue(camera.taken, (over, family, server.errors))
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_two_cameras_behind_one_imei(self):
        photo, video = self.file("a", 3_333), self.file("v", 20_000)
        done, _ = self.fetch("--camera", "dualcam,adas,dsm", f"photof={photo}", f"videor={video}")
        self.assertEqual(sorted(event["sha256"] for event in done),
                         sorted([sha256(photo), sha256(video)] * 3))
        self.assertEqual([event["camera"] for event in done if "device_path" in event],
                         ["adas", "dsm", "adas", "dsm"])
