"""A file that a camera offers again though it was stored is recognised, wherever it has gone, and a
file that does not come keeps no other from coming."""

import functools
import itertools
import json
import operator
import os
import shutil
import struct
import time

from families import DUALCAM, FAMILIES, for_every_family
from harness import IMEI, SIGKILL, SIGTERM, STATE, ToolTest
from uploads import Upload
from wire import (AGAIN, BY_PATH, DATA, FILE, KINDS, METADATA_WANTED, PACKET, PATH_WANTED, RESUME,
                  STATUS, crc16)

TIME = 1_730_205_822_000
NAME = f"{IMEI}/20241029T124342Z_photof.jpg"


class Insistent(Upload):
    """Offers its file again and again, whatever the server says."""
    asked_for_file = 0

    def answer(self, command, payload):
        if command == FILE:
            self.asked_for_file += 1
        if command == AGAIN:
            self.taken = True
            self.begin()
        else:
            super().answer(command, payload)


class OffersOneByOne(Upload):
    """Has several photos, one a round; each is (content, time)."""

    def __init__(self, server, files, **options):
        super().__init__(server, files[0][0], milliseconds=files[0][1], **options)
        self.files = list(files)

    def answer(self, command, payload):
        if command == AGAIN:
            self.files.pop(0)
            if self.files:
                self.content, self.milliseconds = self.files[0]
                return self.begin()
            return self.init(0, imei=self.imei, protocol=self.family.protocol)
        return super().answer(command, payload)


class OffersKinds(Upload):
    """One file each of some kinds; the packets of `broken` never have the right CRC from the third
    on. By path they take turns, whether the server takes them or not."""

    def __init__(self, server, contents, broken, milliseconds=TIME, family=DUALCAM):
        super().__init__(server, b"", milliseconds=milliseconds, family=family)
        self.contents, self.broken = dict(contents), broken
        self.turns = list(contents)
        self.fetched = []

    def begin(self):
        self.begun = True
        self.init(functools.reduce(operator.or_, map(self.family.bit, self.contents), 0),
                  imei=self.imei, protocol=self.family.protocol)

    def answer(self, command, payload):
        if command == AGAIN:
            for kind in self.fetched:
                self.contents.pop(kind, None)
            self.turns = [kind for kind in self.turns[1:] + self.turns[:1] if kind in self.contents]
            return self.begin()
        if command == PATH_WANTED:
            self.kind = self.turns[0]
        elif command in (METADATA_WANTED, FILE) and not self.family.folder:
            self.kind = payload.decode()[1:]
        if command == FILE:
            self.content = self.contents[self.kind]
        if command == RESUME and self.kind == self.broken:
            first = self.family.packet_of(*struct.unpack(">I", payload))
            self.sync(first)
            for number, message in enumerate(self.family.packets(self.content, first), first):
                self.send(message if number < 3 else message[:-1] + bytes([message[-1] ^ 1]))
            return None
        if command == FILE and self.kind != self.broken:
            self.fetched.append(self.kind)
        return super().answer(command, payload)


class HangsUp(OffersKinds):
    """Over its front photo, when it is asked for what `step` says; DATA, STATUS: behind the second
    packet, the other way round."""
    step, hung_up = RESUME, None

    def hang_up(self):
        self.hung_up = self.kind
        raise ConnectionResetError

    def answer(self, command, payload):
        if command == METADATA_WANTED and not self.family.folder:
            self.kind = payload.decode()[1:]
        if self.kind == "photof" and command == self.step:
            self.hang_up()
        if self.kind != "photof" or command != RESUME or self.step not in (DATA, STATUS):
            return super().answer(command, payload)
        first = self.family.packet_of(*struct.unpack(">I", payload))
        self.sync(first)
        for message in self.family.packets(self.content, first)[:3 - first]:
            self.send(message)
        if self.step == DATA:
            self.hang_up()
        if self.kind in self.fetched:
            self.fetched.remove(self.kind)
        return self.send("0005 0004 00000011")


class OfferedAgain(ToolTest):
    family = DUALCAM

    @property
    def name(self):
        return f"{IMEI}/20241029T124342Z_{self.family.label('photof')}.jpg"

    def tail(self, size):
        """The packet from which a stored file of this size is compared: 4 KiB at least."""
        return (size - 4096) // self.family.size + 1

    def upload(self, server, content, milliseconds=TIME, camera=Upload, **options):
        with camera(server, content, milliseconds=milliseconds, family=self.family,
                    **options) as device:
            device.run()
        return device

    def lose_acknowledgement(self, server, content, milliseconds=TIME):
        with Upload(server, content, milliseconds=milliseconds, family=self.family) as camera:
            self.assertEqual(camera.run(AGAIN), AGAIN)

    def stop(self, server, status=0):
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), status)

    def contents(self):
        return [(self.out / name).read_bytes() for name in self.stored()]

    def told(self, server):
        return server.output.splitlines()

    @for_every_family
    def test_a_camera_that_does_not_forget_gets_its_file_stored_once(self):
        for milliseconds, size in ((TIME, 21_500), (None, 22_500)):
            content = self.random.randbytes(size)
            server = self.serve("-k")
            before = len(self.stored())
            for connection in range(4):
                camera = self.upload(server, content, milliseconds, Insistent)
                # stored, recognised and left alone; recognised and left alone
                again = self.tail(size)
                self.assertEqual(camera.resumed_at, [1, again] if connection == 0 else [again])
                self.assertEqual(camera.asked_for_file, 2 if connection == 0 else 1)
            self.stop(server)
            self.assertEqual(len(self.stored()), before + 1)
            self.assertEqual(len(self.told(server)), 1)
            self.assertEqual(sum("offered again" in line for line in server.lines), 4)

    @for_every_family
    def test_it_is_recognised_by_another_process_and_when_it_has_moved_on(self):
        content = self.random.randbytes(20_000)
        server = self.serve()
        self.upload(server, content)
        self.assertEqual(server.wait(), 0)
        for change in (lambda: None, lambda: (self.out / self.name).rename(self.folder / "moved"),
                       lambda: shutil.rmtree(self.out / IMEI)):
            change()
            server = self.serve("--exec", "false")
            camera = self.upload(server, content)
            self.assertEqual(server.wait(), 0)  # the hook was not run
            self.assertEqual((camera.resumed_at, camera.taken), ([self.tail(20_000)], True))
            self.assertEqual(self.told(server), [])
            self.assertRegex(server.errors, f"offered again.*{self.name}")

    @for_every_family
    def test_it_is_recognised_when_a_hook_moves_each_file(self):
        content = self.random.randbytes(5_000)
        away = self.folder / self.family.camera / self.family.folder
        away.mkdir(parents=True)
        server = self.serve("-k", "--exec", f'sh -c \'mv "$1" {away}/$DCAM_SHA256\' sh')
        for _ in range(3):
            self.upload(server, content, camera=Insistent)
        self.stop(server)
        self.assertEqual([path.read_bytes() for path in away.iterdir()], [content])

    @for_every_family
    def test_the_last_eight_files_of_a_camera_are_known(self):
        contents = [self.random.randbytes(5_000) for _ in range(9)]
        server = self.serve("-k")
        for content in contents:
            self.upload(server, content, None)
        for content in contents[1:]:
            self.assertEqual(self.upload(server, content, None).resumed_at, [self.tail(5_000)])
        self.stop(server)
        self.assertEqual(sorted(self.contents()), sorted(contents))

    @for_every_family
    def test_another_file_of_the_same_second_is_a_new_one(self):
        size = 20 * PACKET - 50
        first = self.random.randbytes(size)
        changed = bytearray(first)
        changed[-100] ^= 1
        server = self.serve("-k")
        for content in (first, bytes(changed), self.random.randbytes(size)):
            self.upload(server, content)
        self.stop(server)
        self.assertEqual(len(set(self.contents())), 3)
        self.assertEqual(len(self.told(server)), 3)

    @for_every_family
    def test_padding_alone_makes_no_file_known(self):
        for padding in (b"\0", b"\xff", b"\x00\xff", b"\xff\xd9" + b"\0" * 100):
            for length in (3 * PACKET, 4096, 6 * PACKET, 70 * PACKET):
                tail = (padding * length)[:length]
                contents = [self.random.randbytes(2 * PACKET - 9) + tail for _ in range(2)]
                server = self.serve("-k")
                before = len(self.stored())
                for content in [*contents, *contents]:
                    self.upload(server, content, None)
                self.stop(server)
                self.assertEqual(len(self.stored()), before + 2, (padding, length))

    @for_every_family
    def test_a_file_that_is_nothing_but_padding_is_compared_whole(self):
        server = self.serve("-k")
        for _ in range(3):
            self.upload(server, bytes(70 * PACKET), None)
        self.upload(server, bytes(70 * PACKET - 1) + b"\1", None)
        self.stop(server)
        self.assertEqual(len(self.stored()), 2)

    @for_every_family
    def test_without_a_time_at_least_4_kib_are_compared(self):
        """Alike in all but one byte, 4 KiB before their end."""
        end = self.random.randbytes(4096)
        contents = [self.random.randbytes(16 * 1024 - 1) + byte + end[1:] for byte in (b"a", b"b")]
        contents[1] = contents[0][:16 * 1024 - 1] + b"b" + end[1:]
        server = self.serve("-k")
        for content in contents:
            self.upload(server, content, None)
        self.stop(server)
        self.assertEqual(sorted(self.contents()), sorted(contents))

    @for_every_family
    def test_files_that_are_known_by_their_time_to_be_others_still_come(self):
        """The acknowledgement of the first was lost; the camera has more of the kind."""
        files = [(self.random.randbytes(5_000), TIME + 1000 * number) for number in range(3)]
        server = self.serve("-k")
        self.lose_acknowledgement(server, *files[0])
        self.stop(server)
        server = self.serve()
        with OffersOneByOne(server, files, family=self.family) as camera:
            camera.run()
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(self.stored()), 3)
        self.assertEqual(len(self.told(server)), 2)

    @for_every_family
    def test_a_server_killed_before_it_could_tell_tells_when_the_file_is_offered_again(self):
        content = self.random.randbytes(20_000)
        server = self.serve("-k")
        self.lose_acknowledgement(server, content)
        state = self.out / STATE / IMEI
        while b"\nsaid " not in state.read_bytes():
            time.sleep(0.01)
        server.signal(SIGKILL)
        server.wait()
        lines = state.read_bytes().splitlines(keepends=True)
        self.assertEqual([line.split()[0] for line in lines[-3:]], [b"gone", b"named", b"said"])
        for cut in (1, 2):
            state.write_bytes(b"".join(lines[:-cut]))
            (self.out / (self.name + ".json")).unlink()
            server = self.serve("--json")
            self.assertEqual(self.upload(server, content).resumed_at, [self.tail(20_000)])
            self.assertEqual(server.wait(), 0)
            done = self.event(server.output, "file-done")
            self.assertEqual(done["path"], str(self.out / self.name))
            self.assertEqual((done["bytes"], done["packets"], done["crc16"]),
                             (20_000, self.family.count(content), f"{crc16(content):04x}"))
            told = json.loads((self.out / (self.name + ".json")).read_text())
            self.assertEqual(told["kind"], done["kind"])
            self.assertEqual(set(state.read_bytes().splitlines(keepends=True)), set(lines))

    @for_every_family
    def test_a_taken_name_does_not_stand_in_the_way_of_a_file_that_is_known(self):
        content, other = self.random.randbytes(20_000), self.random.randbytes(20_000)
        for choice, status in (("skip", 0), ("fail", 3)):
            server = self.serve("-k", "--if-exists", choice, "--name", "{kind}{ext}")
            self.upload(server, content)
            self.assertTrue(self.upload(server, content).taken)
            refused = self.upload(server, other)
            self.assertEqual(refused.resumed_at, [self.tail(20_000)])  # none that is known
            self.assertEqual(refused.taken, bool(self.family.folder))  # others may come behind it
            self.stop(server)
            self.assertEqual(self.contents(), [content])
            self.assertRegex(server.errors, "exists already")

    def test_old_records_are_removed(self):
        content = self.random.randbytes(5_000)
        server = self.serve()
        self.upload(server, content)
        self.assertEqual(server.wait(), 0)
        os.utime(self.out / STATE / IMEI, (0, 0))
        os.utime(self.out / STATE, (0, 0))  # one that has just been made stays
        server = self.serve("--max-partial-age", "1d")
        while (self.out / STATE).exists():  # a camera that is there keeps its lock
            self.assertIsNone(server.process.poll())
            time.sleep(0.01)
        with Upload(server, b"") as camera:
            camera.init(0)
            camera.run()
        self.assertEqual(server.wait(), 0)
        self.assertFalse((self.out / STATE).exists())


class OneSpelling(ToolTest):
    """However the folder is written, a file has one path, and a file offered again after a cut is
    told, counted and given to the hook once."""

    def test_every_way_to_write_a_folder(self):
        (self.folder / "d").mkdir()
        (self.folder / "e").mkdir()
        (self.folder / "elsewhere/deep").mkdir(parents=True)
        (self.folder / "elsewhere/d").mkdir()
        (self.folder / "link").symlink_to("elsewhere/deep")
        (self.folder / "-d").mkdir()
        ways = [(".", ""), ("./", ""), ("./.", ""), ("d/..", ""), ("d", "d/"), ("./d", "d/"),
                ("d/", "d/"), ("d//", "d/"), ("d/.", "d/"), ("e/../d", "d/"), ("e/.././d/", "d/"),
                ("link", "link/"), ("link/../d", "link/../d/"), ("./-d", "./-d/"),
                (f"{self.folder}/e/../d/", f"{self.folder}/d/")]
        names = "{imei}/{time}{ext}", "{time}{ext}"
        families = itertools.cycle(FAMILIES)
        for (folder, start), name in itertools.product(ways, names):
            family = next(families)
            with self.subTest(folder=folder, name=name, family=family.name):
                self.one_way(folder, start, name, family)

    def one_way(self, folder, start, name, family):
        contents = [self.random.randbytes(20_000) for _ in range(2)]
        log = self.folder / "hooks"
        log.write_bytes(b"")
        server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", folder, "--name",
                            name, "-k", "-c", "2", "--exec",
                            f"sh -c 'echo \"$1\" \"$DCAM_PATH\" >>{log}' sh", cwd=self.folder)
        server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
        with Upload(server, contents[0], milliseconds=TIME, family=family) as camera:
            camera.send_first(9)
        with Upload(server, contents[0], milliseconds=TIME, family=family) as camera:
            camera.run(AGAIN)
        with Upload(server, contents[0], milliseconds=TIME, family=family) as camera:
            camera.run(AGAIN)
        with Upload(server, contents[1], milliseconds=TIME + 60_000,
                    family=family) as camera:
            camera.run()
        self.assertEqual(server.wait(), 0, server.errors)
        imei = f"{IMEI}/" if "imei" in name else ""
        paths = [f"{start}{imei}20241029T12434{second}Z.jpg" for second in ("2", "2")]
        paths[1] = f"{start}{imei}20241029T124442Z.jpg"
        self.assertEqual(server.output.splitlines(), paths)
        self.assertEqual(sorted(log.read_text().splitlines()),
                         sorted(f"{path} {path}" for path in paths))
        self.assertIn(f"kept as {paths[0]}.part", server.errors)
        for path, content in zip(paths, contents):
            self.assertEqual((self.folder / path).read_bytes(), content)
            (self.folder / path).unlink()
            (self.folder / (path + ".json")).unlink()
        shutil.rmtree(self.folder / start / STATE)  # or the next way has its files already


class StepsBack(ToolTest):
    """A file whose packet 3 never has the right CRC."""

    family = DUALCAM

    def contents(self):
        return {kind: self.random.randbytes(5_000) for kind in KINDS}

    def offers(self, server, contents, broken=None, camera=OffersKinds):
        """One connection."""
        with camera(server, contents, broken, family=self.family) as device:
            device.run()
        return device

    @property
    def attempts(self):
        """Until it is passed over."""
        return 2 if self.family.folder else 1

    @for_every_family
    def test_its_camera_s_other_files_are_fetched_on_the_next_connection(self):
        place = f"byte {2 * self.family.size}" if self.family.folder else "packet 3"
        for broken in KINDS:
            contents = self.contents()
            server = self.serve("-k")
            before = len(self.stored())
            for _ in range(self.attempts + 1):
                contents = self.offers(server, contents, broken).contents
            self.assertEqual(list(contents), [broken])
            camera = self.offers(server, contents, broken)  # tried again
            self.assertEqual(camera.resumed_at[:1], [2])
            camera = self.offers(server, contents)  # and when it is whole it comes
            self.assertEqual(camera.contents, {})
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)
            told = [line for line in server.lines if "incomplete" in line
                    and f"{place} did not arrive in 8 attempts" in line]
            self.assertEqual(len(told), self.attempts + 2, server.lines)  # each attempt
            self.assertEqual(len(self.stored()), before + 4)

    @for_every_family
    def test_it_is_the_last_of_a_connection_not_left_out(self):
        contents = self.contents()
        server = self.serve()
        for _ in range(self.attempts):
            self.offers(server, contents, "photof")
        camera = self.offers(server, contents)
        self.assertEqual(camera.fetched, ["photor", "videof", "videor", "photof"])
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(self.stored()), 4)

    @for_every_family
    def test_several_of_them_are_the_last(self):
        server = self.serve("-k")
        contents = self.contents()
        for broken in ["photof"] * self.attempts + ["photor"] * self.attempts:
            self.offers(server, contents, broken)
        camera = self.offers(server, contents)
        self.assertEqual(camera.fetched[:2], ["videof", "videor"])
        self.assertEqual(sorted(camera.fetched[2:]), ["photof", "photor"])
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(self.stored()), 4)

    @for_every_family
    def test_a_device_that_hangs_up_over_one_file(self):
        """At any step of it, each time, or says STATUS there."""
        for step in (METADATA_WANTED, FILE, RESUME, DATA, STATUS):
            with self.subTest(step=step):
                self.fresh()
                camera = type("HangsUp", (HangsUp,), {"step": step})
                contents = self.contents()
                server = self.serve("-k")
                for _ in range((4 if self.family.folder else 2) + (step in (DATA, STATUS))):
                    contents = self.offers(server, contents, camera=camera).contents
                self.assertEqual(list(contents), ["photof"])
                again = self.offers(server, contents, camera=camera)
                self.assertEqual(again.hung_up, None if step == STATUS else "photof")
                left = self.offers(server, contents)  # what is held of it is gone on with
                self.assertEqual(left.contents, {})
                self.assertEqual(left.resumed_at[0], 2 if step in (DATA, STATUS) else 1)
                server.signal(SIGTERM)
                self.assertEqual(server.wait(), 0)
                self.assertEqual(len(self.stored()), 4)
                self.assertEqual(sum("does not come" in line for line in server.lines),
                                 1 if self.family.folder or step == STATUS else 0, server.lines)

    def test_a_device_that_also_hangs_up_when_a_file_is_passed_over(self):
        """It comes back with the next one: each has its turn, also the one that was passed over."""
        class OneEach(HangsUp):
            def answer(self, command, payload):
                super().answer(command, payload)
                if command == AGAIN:
                    raise ConnectionResetError

        for self.family in FAMILIES[1:]:
            self.fresh()
            contents = self.contents()
            server = self.serve("-k")
            asked, turns = [], list(contents)
            for _ in range(12):
                with OneEach(server, contents, None, family=self.family) as device:
                    device.turns = [kind for kind in turns if kind in contents]
                    device.run()
                contents, turns = device.contents, device.turns
                asked.append(device.hung_up)
            self.assertEqual(list(contents), ["photof"])
            self.assertGreaterEqual(asked.count("photof"), 6)
            server.signal(SIGTERM)
            self.assertEqual(server.wait(), 0)

    def test_a_device_that_hangs_up_when_it_is_asked_for_a_path(self):
        class HasKinds(Upload):
            def begin(self):
                self.begun = True
                self.init(0x04 | BY_PATH if not self.taken else BY_PATH)

            def answer(self, command, payload):
                if command == PATH_WANTED:
                    raise ConnectionResetError
                super().answer(command, payload)
                if command == AGAIN:
                    raise ConnectionResetError

        server = self.serve("-k")
        content = self.random.randbytes(5_000)
        for _ in range(2):
            with HasKinds(server, content) as device:
                device.run()
        self.assertTrue(device.taken)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(self.stored()), 1)

    @for_every_family
    def test_a_link_that_breaks_while_a_file_grows_changes_no_order(self):
        content = self.random.randbytes(20_000)
        server = self.serve("-k")
        with Upload(server, content, milliseconds=TIME, family=self.family) as camera:
            camera.send_first(5)
        camera = self.offers(server, {"photof": content, "photor": content})
        self.assertEqual(camera.fetched, ["photof", "photor"])
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
