"""dcam-serve with simulated and hand-made cameras, over loopback."""

import fcntl
import json
import os
import pty
import re
import signal
import socket
import subprocess
import termios
import time
import unittest

from families import for_every_family
from harness import IMEI, PATIENCE, SIGHUP, SIGINT, SIGTERM, STATE, Camera, ToolTest, sha256, tool
from uploads import Upload, was_read


class Downloads(ToolTest):
    @for_every_family
    def test_one_photo_arrives_and_its_path_is_the_output(self):
        photo = self.file("a.jpg", 30_000)
        server = self.serve()
        self.assertEqual(self.sim(server, *self.family.sim, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)
        self.assertEqual(server.output.splitlines(), [str(self.out / name) for name in self.stored()])
        label = self.family.label("photof")
        self.assertRegex(self.stored()[0], rf"^{IMEI}/\d{{8}}T\d{{6}}Z_{label}\.jpg$")

    @for_every_family
    def test_all_four_kinds_in_one_connection(self):
        files = {kind: self.file(kind, size) for kind, size in
                 [("photof", 1), ("photor", 1024), ("videof", 1025), ("videor", 500_000)]}
        server = self.serve()
        result = self.sim(server, *self.family.sim, *(f"{kind}={path}" for kind, path in files.items()))
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(*files.values())
        for name in self.stored() if not self.family.folder else ():
            kind = name.rsplit("_", 1)[1].split(".")[0]
            self.assertEqual(sha256(self.out / name), sha256(files[kind]))

    @for_every_family
    def test_several_photos_of_one_kind(self):
        photos = [self.file(f"{i}.jpg", 1100 + i) for i in range(5)]
        server = self.serve()
        self.assertEqual(self.sim(server, *self.family.sim, *(f"photor={path}" for path in photos)).returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(*photos)

    @for_every_family
    def test_twenty_cameras_at_once(self):
        video = self.file("v.h265", 300_000)
        server = self.serve("-k")
        result = self.sim(server, *self.family.sim, "--devices", "20", f"videof={video}")
        self.assertEqual(result.returncode, 0, result.stderr)
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(len(server.output.splitlines()), 20)
        self.assert_stored(*[video] * 20)
        self.assertEqual(len({name.split("/")[0] for name in self.stored()}), 20)

    @for_every_family
    def test_corrupt_packets_are_fetched_again(self):
        videos = [self.file(name, 400_000) for name in ("v.h265", "w.h265")]
        for habit, video in zip(("zero", "chain"), videos):
            server = self.serve("--idle-timeout", "8s", "--json")
            result = self.sim(server, *self.family.sim, "--corrupt", "0.03", "--crc-after-sync", habit,
                              f"videof={video}")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertEqual(server.wait(), 0)
            done = self.event(server.output, "file-done")
            self.assertEqual(done["sha256"], sha256(video))
            self.assertGreater(done["resumes"], 3)
        self.assert_stored(*videos)

    @for_every_family
    def test_bytes_trickling_one_at_a_time(self):
        photo = self.file("a.jpg", 5_000)
        server = self.serve()
        self.assertEqual(self.sim(server, *self.family.sim, "--chunk", "1", f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)

    @for_every_family
    def test_random_pieces_at_a_limited_rate(self):
        photo = self.file("a.jpg", 50_000)
        server = self.serve()
        result = self.sim(server, *self.family.sim, "--chunk", "random", "--rate", "400K", f"photof={photo}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)

    @for_every_family
    def test_a_camera_that_was_cut_off_comes_back(self):
        video = self.file("v.h265", 200_000)
        server = self.serve()
        result = self.sim(server, *self.family.sim, "--cut", "50", "--cut", "random", "--reconnect", "2",
                          "--reconnect-delay", "0", f"videof={video}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(result.stderr.count("connection cut after packet"), 2)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(video)

    @for_every_family
    def test_a_silence_in_mid_file_is_survived(self):
        video = self.file("v.h265", 100_000)
        server = self.serve("--idle-timeout", "2s")
        begun = time.monotonic()
        result = self.sim(server, *self.family.sim, "--stall", "700ms", f"videof={video}")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertGreater(time.monotonic() - begun, 0.7)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(video)

    def test_only_the_wanted_sources_are_fetched(self):
        photo, video = self.file("a.jpg", 100), self.file("v.h265", 100)
        server = self.serve("-s", "video,photor")
        result = self.sim(server, f"photof={photo}", f"videor={video}")
        self.assertEqual(result.returncode, 5)
        self.assertIn("left 1 file untaken", result.stderr)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(video)

    def test_stops_after_the_wanted_count_of_files(self):
        photos = [self.file(f"{i}.jpg", 100) for i in range(3)]
        server = self.serve("-k", "-c", "2")
        silent = Camera(server)  # keeps nobody waiting
        self.addCleanup(silent.close)
        self.sim(server, *(f"photof={path}" for path in photos))
        self.assertEqual(server.wait(), 0)
        self.assert_stored(*photos[:2])

    def test_a_slow_camera_is_no_brake_for_a_fast_one(self):
        server = self.serve("-k")
        with Camera(server) as slow:
            slow.init(0x04, imei=1)
            photo = self.file("a.jpg", 10_000)
            self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        self.assert_stored(photo)


class Metadata(ToolTest):
    def test_the_sidecar_is_the_record_of_the_event(self):
        photo = self.file("a.jpg", 100)
        server = self.serve("--json")
        self.sim(server, "--position", "-33.8568,151.2153", "--trigger", "3", "--meta-version", "4",
                 f"photor={photo}")
        self.assertEqual(server.wait(), 0)
        done = self.event(server.output, "file-done")
        sidecar = json.loads((self.out / (done["path"] + ".json")).read_text())
        self.assertEqual(sidecar, done["metadata"])
        self.assertEqual((sidecar["imei"], sidecar["kind"], sidecar["version"]), (IMEI, "photor", 4))
        self.assertEqual((sidecar["latitude"], sidecar["longitude"]), (-33.8568, 151.2153))
        self.assertEqual((sidecar["trigger"], sidecar["trigger_name"]), (3, "crash"))
        self.assertRegex(sidecar["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_the_real_example_names_its_file(self):
        server = self.serve()
        with Camera(server) as camera:
            camera.init(0x10)
            camera.expect("000a 0007 25766964656f66")
            camera.send("000b 0020 03 10 00000192d84dac30 00 0003 14 012c 404b59a74e8e028d "
                        "403947973bf147d6")
            camera.expect("0008 0007 25766964656f66")
            camera.send("0001 0006 00000001 0000")
            camera.expect("0002 0004 00000001")
            camera.send("0003 0004 00000000")
            camera.data(b"123456789")
            camera.expect("0009")
            camera.init(0)
            camera.expect("0000 0000")
        self.assertEqual(server.wait(), 0)
        self.assertEqual(self.stored(), [f"{IMEI}/20241029T124342Z_videof.h265"])
        sidecar = json.loads((self.out / (self.stored()[0] + ".json")).read_text())
        self.assertEqual(sidecar["time"], "2024-10-29T12:43:42.000Z")
        self.assertEqual(sidecar["time_zone_minutes"], 300)
        self.assertEqual(sidecar["latitude"], 54.7004183)

    def test_a_device_silent_about_metadata_is_served_without(self):
        photo = self.file("a.jpg", 100)
        server = self.serve("--idle-timeout", "1s")
        self.assertEqual(self.sim(server, "--mute-metadata", f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)
        self.assertEqual(list(self.out.rglob("*.json")), [])
        self.assertIn("does not answer METADATA REQUEST", server.errors)

    def test_undecodable_metadata_costs_a_warning_only(self):
        server = self.serve()
        with Camera(server) as camera:
            camera.init(0x04)
            camera.expect("000a 0007 2570686f746f66")
            camera.send("000b 0003 030400")
            camera.expect("0008 0007 2570686f746f66")
        server.expect("the metadata ends before its timestamp.*byte 2")

    def test_no_metadata_is_asked_for_when_not_wanted(self):
        server = self.serve("--no-metadata")
        with Camera(server) as camera:
            camera.start_photo(1)
            camera.data(b"x")
            camera.expect("0009")
            camera.init(0)
            camera.expect("0000 0000")
        self.assertEqual(server.wait(), 0)


class Names(ToolTest):
    def upload(self, *arguments, name="{kind}{ext}"):
        photo = self.file("a.jpg", 100)
        server = self.serve("--name", name, *arguments)
        result = self.sim(server, f"photof={photo}")
        return server.wait(), server, result

    def test_a_template_makes_the_path(self):
        status, *_ = self.upload(name="x/{camera}-{imei}/{trigger}_{kind}{ext}")
        self.assertEqual(status, 0)
        self.assertEqual(self.stored(), [f"x/dualcam-{IMEI}/server_request_photof.jpg"])

    def test_a_taken_name_is_numbered(self):
        for _ in range(3):
            self.assertEqual(self.upload()[0], 0)
        self.assertEqual(self.stored(), ["photof.jpg", "photof_1.jpg", "photof_2.jpg"])

    def test_a_taken_name_is_skipped(self):
        self.upload()
        before = sha256(self.out / "photof.jpg")
        status, server, result = self.upload("--if-exists", "skip")
        self.assertEqual(status, 0)
        self.assertIn("exists already", server.errors)
        self.assertIn("untaken", result.stderr)
        self.assertEqual((self.stored(), sha256(self.out / "photof.jpg")), (["photof.jpg"], before))

    def test_a_taken_name_is_an_error(self):
        self.upload()
        before = sha256(self.out / "photof.jpg")
        self.assertEqual(self.upload("--if-exists", "fail")[0], 3)
        self.assertEqual((self.stored(), sha256(self.out / "photof.jpg")), (["photof.jpg"], before))

    def test_a_replaced_file_leaves_no_metadata_to_one_that_has_none(self):
        server = self.serve("-k", "--if-exists", "replace", "--name", "latest{ext}")
        for milliseconds in (1_730_205_822_000, None):
            with Upload(server, self.random.randbytes(3000), milliseconds=milliseconds) as camera:
                camera.run()
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual({path.name for path in self.out.iterdir()}, {"latest.jpg", STATE})

    def test_a_taken_name_is_replaced(self):
        self.upload()
        before = sha256(self.out / "photof.jpg")
        self.assertEqual(self.upload("--if-exists", "replace")[0], 0)
        self.assertEqual(self.stored(), ["photof.jpg"])
        self.assertNotEqual(sha256(self.out / "photof.jpg"), before)

    def test_nothing_else_is_left_in_the_folder(self):
        self.upload()
        self.assertEqual({path.name for path in self.out.iterdir()},
                         {"photof.jpg", "photof.jpg.json", STATE})


class Peers(ToolTest):
    def test_a_device_with_nothing_to_offer_is_done(self):
        server = self.serve()
        with Camera(server) as camera:
            camera.init(0)
            camera.expect("0005 0004 00000000")
            self.assertEqual(camera.ended(), b"")
        self.assertEqual(server.wait(), 0)
        self.assertIn("offers nothing", server.errors)
        self.assertEqual(self.stored(), [])

    def test_an_unknown_imei_is_refused_and_does_not_count(self):
        photo = self.file("a.jpg", 100)
        allowed = self.folder / "imeis"
        allowed.write_text("# ours\n\n000000000000007\n")
        server = self.serve("-i", f"@{allowed}", "-i", "000000000000008", "--json")
        result = self.sim(server, f"photof={photo}")
        self.assertEqual(result.returncode, 5)
        for imei in ("000000000000007", "000000000000008")[:1]:
            self.assertEqual(self.sim(server, "--imei", imei, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 0)
        rejected = self.event(server.output, "rejected")
        self.assertEqual(rejected["imei"], IMEI)
        self.assert_stored(photo)

    def test_an_empty_list_of_imeis_lets_nobody_in(self):
        photo = self.file("a.jpg", 100)
        nobody = self.folder / "imeis"
        nobody.write_text("# none yet\n")
        server = self.serve("-k", "--imei", f"@{nobody}")
        self.sim(server, f"photof={photo}")
        server.expect("not among the IMEIs of --imei")
        server.signal(SIGTERM)
        self.assertEqual(server.wait(), 0)
        self.assertEqual(self.stored(), [])

    def test_strangers_are_named_refused_and_leave_no_trace(self):
        server = self.serve("-v")
        for opening, name in [(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "HTTP"),
                              (bytes.fromhex("16030102000100"), "TLS"),
                              (bytes.fromhex("0300002b26e0000000000043"), "RDP"),
                              (b"\x00\x0f350612071913857", "sends tracking data"),
                              (bytes.fromhex("00000000000000368e01"), "sends tracking data"),
                              (b"\x1b[2J\x07 hello", "opened with 1b5b324a"),
                              (bytes.fromhex("0000000500038d7ea4c6800044000400"), "15 digits")]:
            with Camera(server) as peer:
                peer.send(opening)
                self.assertEqual(peer.ended(), b"")
            server.expect(name)
        photo = self.file("a.jpg", 100)
        self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assertNotIn("\x1b", server.errors)
        self.assert_stored(photo)

    def test_a_silent_peer_is_dropped_at_its_deadline(self):
        server = self.serve("-v", "--idle-timeout", "300ms")
        with Camera(server) as peer:
            self.assertEqual(peer.ended(), b"")
        server.expect("it said nothing")

    def test_a_silent_camera_is_dropped_and_the_part_is_kept(self):
        server = self.serve("--no-metadata", "--idle-timeout", "400ms", "-w", "100ms")
        with Camera(server) as camera:
            camera.start_photo(3)
            camera.data(bytes(1024))
            camera.ended()
        self.assertEqual(server.wait(), 5)
        self.assertRegex(server.errors, r"incomplete, 1 of 3 packets.*kept as .*\.jpg\.part")
        self.assertEqual(len(list(self.out.rglob("*.part"))), 1)

    def test_a_device_error_is_told_with_its_meaning(self):
        server = self.serve("--no-metadata")
        with Camera(server) as camera:
            camera.init(0x04)
            camera.expect("0008 0007 2570686f746f66")
            camera.send("0005 0004 00000011")
        self.assertEqual(server.wait(), 6)
        self.assertIn("status 17: camera not configured, or the requested file is not available",
                      server.errors)

    def test_one_shot_serves_one_camera_only(self):
        server = self.serve("--no-metadata")
        with Camera(server) as camera:
            camera.start_photo(2)
            photo = self.file("a.jpg", 100)
            result = self.sim(server, "--imei", "5".zfill(15), f"photof={photo}")
            self.assertEqual(result.returncode, 5)
            content = bytes(2000)
            camera.data(content)
            camera.expect("0009")
            camera.init(0)
            camera.expect("0000 0000")
        self.assertEqual(server.wait(), 0)
        self.assertIn("-k serves several cameras", server.errors)

    def test_a_second_connection_of_a_camera_takes_over_from_a_dead_one(self):
        photo = self.file("a.jpg", 5_000)
        server = self.serve("--no-metadata")
        with Camera(server) as dead:
            dead.start_photo(3)
            self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 0)
        self.assert_stored(photo)

    def test_a_stored_file_is_not_called_done_before_it_has_its_name(self):
        server = self.serve("--no-metadata", "--name", "x{ext}")
        with Camera(server) as camera:
            camera.start_photo(1)
            camera.data(b"hello")
            camera.expect("0009")
            self.assertEqual((self.out / "x.jpg").read_bytes(), b"hello")


class Endings(ToolTest):
    def test_nobody_came(self):
        server = self.serve("-w", "100ms")
        self.assertEqual(server.wait(), 4)
        self.assertIn("no camera came", server.errors)

    def test_a_lost_camera_that_stays_away_leaves_a_partial_file(self):
        video = self.file("v.h265", 100_000)
        server = self.serve("-w", "300ms")
        self.assertEqual(self.sim(server, "--cut", "5", f"videof={video}").returncode, 5)
        self.assertEqual(server.wait(), 5)
        self.assertEqual(len(list(self.out.rglob("*.part"))), 1)

    def test_interrupted_in_mid_file(self):
        for number, status, arguments in ((SIGINT, 130, ()), (SIGTERM, 143, ()), (SIGHUP, 129, ()),
                                          (SIGINT, 130, ("-k",))):
            server = self.serve("--no-metadata", *arguments)
            with Camera(server) as camera:
                camera.start_photo(3)
                camera.data(bytes(1024))
                server.signal(number)
                camera.ended()
            self.assertEqual(server.wait(), status)
            self.assertIn("run the same command again", server.errors)

    def test_a_closed_terminal_is_a_signal_like_any_other(self):
        terminal, end = pty.openpty()
        server = subprocess.Popen([tool("dcam-serve"), "--no-metadata", "-b", "127.0.0.1", "-p",
                                   "0", "-o", self.out, "--color", "never"], stdin=end, stdout=end,
                                  stderr=end, preexec_fn=lambda: (os.setsid(), fcntl.ioctl(
                                      end, termios.TIOCSCTTY, 0)))
        self.addCleanup(server.kill)
        os.close(end)
        said = b""
        while not (port := re.search(rb"port (\d+), .*\n", said)):
            said += os.read(terminal, 4096)
        server.port = int(port.group(1))
        with Camera(server) as camera:
            camera.start_photo(3)
            camera.data(bytes(1024))
            was_read(server, camera)
            os.close(terminal)
            camera.ended()
        self.assertEqual(server.wait(PATIENCE), 129)
        self.assertEqual([path.stat().st_size for path in self.out.rglob("*.part")], [1024])

    def test_a_hangup_that_is_ignored_stays_ignored(self):  # nohup
        photo = self.file("a.jpg", 100)
        server = self.serve(preexec_fn=lambda: signal.signal(SIGHUP, signal.SIG_IGN))
        server.signal(SIGHUP)
        self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
        self.assertEqual(server.wait(), 0)

    def test_a_server_told_to_end_saves_what_it_has_and_exits_0(self):
        server = self.serve("-k", "--no-metadata")
        with Camera(server) as camera:
            camera.start_photo(3)
            camera.data(bytes(1024))
            server.expect("connected")
            while not any(path.stat().st_size for path in self.out.rglob("*.part")):
                time.sleep(0.01)
            server.signal(SIGTERM)
            camera.ended()
        self.assertEqual(server.wait(), 0)
        self.assertEqual([path.stat().st_size for path in self.out.rglob("*.part")], [1024])

    def test_a_taken_port(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            port = other.getsockname()[1]
            result = self.run_tool("dcam-serve", "-b", "127.0.0.1", "-p", port, "-o", self.out)
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stderr, rf"cannot listen on port {port} .*in use; take another")

    def test_a_missing_output_folder_is_made_if_its_parent_is_there(self):
        for name in ("new", "another/", "third/../fourth"):
            wanted = self.folder / name if name != "another/" else f"{self.folder}/another/"
            (self.folder / "third").mkdir(exist_ok=True)
            server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", wanted)
            server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
            photo = self.file("photo.jpg", 3000)
            self.assertEqual(self.sim(server, f"photof={photo}").returncode, 0)
            self.assertEqual(server.wait(), 0)
            path, = server.output.splitlines()
            self.assertEqual(sha256(path), sha256(photo))
            self.assertTrue(os.path.normpath(path).startswith(os.path.normpath(wanted) + "/"))

    def test_a_missing_output_folder_whose_parent_is_missing_too(self):
        result = self.run_tool("dcam-serve", "-p", "0", "-o", self.folder / "no/new")
        self.assertEqual(result.returncode, 3)
        self.assertIn("create it: mkdir -p", result.stderr)
        self.assertFalse((self.folder / "no").exists())

    def test_an_output_folder_that_is_a_dangling_link_is_not_made(self):
        (self.folder / "link").symlink_to(self.folder / "elsewhere")
        result = self.run_tool("dcam-serve", "-p", "0", "-o", self.folder / "link")
        self.assertEqual(result.returncode, 3)
        self.assertIn("cannot write to the output folder", result.stderr)
        self.assertFalse((self.folder / "elsewhere").exists())

    def test_several_devices_in_one_word(self):
        other = str(int(IMEI) + 1)
        server = self.serve("-k", "-i", f"{int(IMEI) + 7},{other}")
        photo = self.file("photo.jpg", 3000)
        self.assertEqual(self.sim(server, "--imei", other, f"photof={photo}").returncode, 0)
        self.assertNotEqual(self.sim(server, f"photof={photo}").returncode, 0)
        server.signal(SIGTERM)
        server.wait()
        self.assert_stored(photo)

    def test_an_output_folder_nobody_may_write_to(self):
        result = self.run_tool("dcam-serve", "-p", "0", "-o", "/proc/self")
        self.assertEqual(result.returncode, 3)
        self.assertRegex(result.stderr, "cannot write to the output folder|does not exist")

    def test_a_disk_that_refuses_ends_a_one_shot_with_3(self):
        server = self.serve("--no-metadata", "--name", "sub/{kind}{ext}")
        (self.out / "sub").write_text("in the way")
        with Camera(server) as camera:
            camera.init(0x04)
            camera.expect("0008 0007 2570686f746f66")
            camera.send("0001 0006 00000001 0000")
            camera.ended()
        self.assertEqual(server.wait(), 3)
        self.assertRegex(server.errors, "cannot (create|open) .*sub.*: Not a directory")


if __name__ == "__main__":
    unittest.main()
