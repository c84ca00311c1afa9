"""dcam-sim as every family of cameras, before a server as strict as the vendor's."""

import json
import os
import socket
import struct
import subprocess
import time

from families import FAMILIES
from harness import ToolTest, tool
from vendor_server import VendorServer

TIME = 1_697_843_692  # 2023-10-20T23:14:52Z
FAULTS = {
    "none": (),
    "pieces": ("--chunk", "random"),
    "corrupt": ("--corrupt", "0.1"),
    "corrupt and back": ("--corrupt", "0.1", "--sync-back", 3),
    "cut": ("--cut", 2, "--cut", "random", "--reconnect", 2, "--reconnect-delay", "0"),
    "stall": ("--stall", "600ms"),
    "status": ("--end-status", 1),
}
HAPPENED = {  # what the server and the clock tell of it
    "corrupt": lambda server, _: sum(file.resumes for file in server.files) > 2,
    "corrupt and back": lambda server, _: max(file.back for file in server.files) > 0,
    "cut": lambda server, _: server.connections == 3,
    "stall": lambda _, seconds: seconds > 0.6,
}
EVERY_FORM = ("--packet-size", 4), ("--packet-size", 4096, "--enhanced-data"), ()


class Families(ToolTest):
    def photo(self, size=3000):
        path = self.folder / "a.jpg"
        path.write_bytes(b"\xff\xd8" + self.random.randbytes(size - 2))
        os.utime(path, (TIME, TIME))
        return path

    def video(self):
        path = self.file("v", 30_000)
        os.utime(path, (TIME, TIME))
        return path

    def upload(self, *arguments, metadata=True, happened=lambda *_: True):
        """What the vendor's server gets."""
        server = VendorServer(metadata)
        begun = time.monotonic()
        result = self.sim(server, *arguments)
        self.assertEqual(result.returncode, 0, result.stderr)
        files = server.result()
        self.assertTrue(happened(server, time.monotonic() - begun))
        return files

    def test_every_family_is_taken_for_a_real_camera_whatever_the_line_does(self):
        photo, video = self.photo(), self.video()
        for family in FAMILIES:
            for name, faults in FAULTS.items():
                with self.subTest(family=family.name, faults=name):
                    files = self.upload(*family.sim, *faults, f"photof={photo}", f"videof={video}",
                                        happened=HAPPENED.get(name, lambda *_: True))
                    self.assertEqual(sorted(len(file.content) for file in files), [3000, 30_000])
                    self.assertEqual({file.content for file in files},
                                     {photo.read_bytes(), video.read_bytes()})

    def test_what_no_real_camera_does_is_noticed(self):
        photo = self.photo()
        for odd, wrong in ((("--start-in-packets",), "more bytes than START said"),
                           (("--end-status", 0), "STATUS 0 behind the last packet"),
                           (("--path", "other/thing"), "a path of no camera"),
                           (("--path", "dsm/" + 252 * "x"), "path b'dsm/x"), (("--meta-format", "json"), "metadata")):
            server = VendorServer()
            self.sim(server, "--camera", "dsm", *odd, photo)
            with self.assertRaisesRegex(AssertionError, wrong, msg=odd):
                server.result()

    def test_packets_of_any_size_and_both_commands_at_every_protocol(self):
        photo = self.photo(size=5000)
        for protocol in (5, 6, 7):
            for camera in ("adas", "dsm", "dashcam"):
                for form in EVERY_FORM:
                    [file] = self.upload("--camera", camera, "--protocol", protocol, *form, photo,
                                         metadata=(camera, protocol) != ("dashcam", 5))
                    self.assertEqual((file.content, file.resumes), (photo.read_bytes(), 1))

    def test_two_cameras_behind_one_imei_take_turns(self):
        photo, video = self.photo(), self.video()
        files = self.upload("--camera", "adas,dsm,dualcam", photo, f"videor={video}")
        self.assertEqual([file.name for file in files],
                         ["mdas9/picture/231020/231452.jpg", "dsm/picture/231020/231452.jpg",
                          "mdas9/video/231020/231452.mp4", "dsm/video/231020/231452.mp4",
                          "videor", "photof"])

    def test_metadata_is_what_the_camera_has(self):
        photo = self.photo()
        place = ("--position", "54.700418,-25.279651", "--trigger", 5)
        [adas] = self.upload("--camera", "adas", *place, photo)
        self.assertEqual(adas.metadata.hex(), "653309ec" "0105" "0342a982" "fe7e435d" "00")
        [dsm] = self.upload("--camera", "dsm", *place, photo)
        self.assertEqual(dsm.metadata.hex(), "653309ec" "0105" "0342a982" "fe7e435d" "0001"
                         + b"EOD NHOJ".hex() + "0000")
        [six] = self.upload("--camera", "dsm", "--protocol", 6, *place, photo)
        self.assertEqual(json.loads(six.metadata), {
            "version": 3, "driver_name": "JOHN DOE",
            "file": {"file_type": 1, "file_timestamp": TIME, "duration": 0, "framerate": 0},
            "fm_trigger": {"type": 5}, "cam_trigger": {"type": 5},
            "location": {"latitude": 54.700418, "longitude": -25.279651}})

    def test_generated_files_go_by_path_as_well(self):
        files = self.upload("--camera", "dashcam", "--generate", 1)
        self.assertRegex(files[0].name, r"^dashcam/picture/\d{6}/\d{6}\.jpg$")
        self.assertRegex(files[1].name, r"^dashcam/video/\d{6}/\d{6}\.h265$")

    def test_events_tell_camera_and_path(self):
        server = VendorServer()
        result = self.sim(server, "--json", "--camera", "dsm", self.photo())
        server.result()
        taken = self.event(result.stdout, "file-taken")
        self.assertEqual({key: taken[key] for key in ("camera", "device_path", "bytes")},
                         {"camera": "dsm", "device_path": "dsm/picture/231020/231452.jpg",
                          "bytes": 3000})


class Vectors(ToolTest):
    """The bytes of dualcam-protocol(7), asked for by hand."""

    def answers(self, arguments, *exchanges):
        """What dcam-sim sends first and then behind each request, as hex."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            sim = self.start("dcam-sim", f"127.0.0.1:{listener.getsockname()[1]}", *arguments)
            with listener.accept()[0] as camera:
                camera.settimeout(60)
                for request, count in (("", 16), *exchanges):
                    camera.sendall(bytes.fromhex(request))
                    got = b""
                    while len(got) < count:
                        piece = camera.recv(count - len(got))
                        self.assertTrue(piece, got.hex())
                        got += piece
                    yield got.hex()
            sim.wait()

    def nine(self, name="a.jpg"):
        path = self.folder / name
        path.write_bytes(b"123456789")
        os.utime(path, (TIME, TIME))
        return path

    def test_a_dsm_photo_of_protocol_5(self):
        path = "000d001e" "64736d2f706963747572652f3233313032302f3233313435322e6a706700"
        request = "0008001e" + path[8:]
        nine = "photof=" + str(self.nine())
        self.assertEqual(list(self.answers(
            ("--camera", "dsm", "--packet-size", "4", "--end-status", "1", nine),
            ("000c00020000", 34), (request, 10), ("0002000400000000", 35 + 8))),
            ["0000000500013ee13c00198142000400", path, "000100060000000900" "00",
             "0003000400000000" "0004000631323334" "8832" "0004000635363738" "8b19"
             "000400033921" "89" "0005000400000001"])

    def test_an_adas_photo_of_protocol_6_in_enhanced_data(self):
        path = "000d0020" "6d646173392f706963747572652f3235313031322f3039343635372e6a706700"
        nine = "photof=" + str(self.nine())
        options = ("--camera", "adas", "--protocol", "6", "--packet-size", "4", "--enhanced-data",
                   "--path", "mdas9/picture/251012/094657.jpg", nine)
        self.assertEqual(list(self.answers(
            options, ("000c00020000", 36), ("00080020" + path[8:], 10),
            ("0002000400000000", 8 + 14 + 14 + 11), ("0002000400000004", 8 + 14 + 11))),
            ["0000000600013ee13c00198142000400", path, "00010006000000090000",
             "0003000400000000" "000e000a00000000313233348832" "000e000a00000004353637388b19"
             "000e000700000008392189",
             "0003000400000004" "000e000a00000004" "35363738" "34b3" "000e000700000008" "39" "2b66"])

    def test_how_a_path_has_to_be_asked_for(self):
        whole = b"dashcam/picture/231020/231452.jpg\0"
        forms = {"whole": struct.pack(">HH", 8, len(whole)) + whole, "first7": b"\0\x08\0\7dashcam"}
        refused, start = "0005000400000011", "00010006000000090000"
        for form in ("either", "whole", "first7"):
            for asked, request in forms.items():
                right = form in ("either", asked)
                [_, answer] = self.answers(
                    ("--camera", "dashcam", "--path-form", form, f"photof={self.nine()}"),
                    (request.hex(), 10 if right else 8))
                self.assertEqual(answer, start if right else refused, (form, asked))

    def test_start_in_packets_and_a_longest_path(self):
        path = "x" * 65_535
        [init, sent, start] = self.answers(
            ("--path", path, "--start-in-packets", "--packet-size", "4", str(self.nine())),
            ("000c00020000", 4 + 65_535), ("0008ffff" + path.encode().hex(), 10))
        self.assertEqual(init, "0000000600013ee13c00198142000400")
        self.assertEqual(sent, "000dffff" + path.encode().hex())
        self.assertEqual(start, "00010006000000030000")


class Errors(ToolTest):
    def test_what_makes_no_sense_is_said(self):
        for arguments, text in (
                (["--camera", "x"], "--camera: 'x' is not accepted; give dualcam, adas, dsm, dash"),
                (["--protocol", "4"], "--protocol: '4' is not accepted; give a whole number from 5"),
                (["--enhanced-data"], "--enhanced-data is for files by path, which a DualCam of"),
                (["--camera", "dualcam", "--path", "x"], "--path is for files by path"),
                (["--path", ""], "--path: '' is not accepted; give 1 to 65535 bytes"),
                (["--path-form", "half"], "give either, whole, first7"),
                (["--meta-format", "xml"], "give binary, json"),
                (["--packet-size", "5000"], "from 1 to 4096")):
            result = self.run_tool("dcam-sim", *arguments, "h:1")
            self.assertEqual((result.returncode, result.stdout), (2, ""), arguments)
            self.assertIn(text, result.stderr)

    def test_a_closed_standard_input_is_no_obstacle(self):
        server = VendorServer()
        photo = self.file("a.jpg", 100)
        result = subprocess.run(["sh", "-c", '"$@" <&-', "sh", tool("dcam-sim"),
                                 f"127.0.0.1:{server.port}", photo], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(server.result()), 1)
