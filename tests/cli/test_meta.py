"""dcam-meta: exact standard output, standard error and exit code of each kind of input."""

import csv
import io
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

TOOL = str(pathlib.Path(os.environ["DUALCAM_TOOLS"]) / "dcam-meta")
SOURCE = pathlib.Path(__file__).resolve().parents[2]
GPX_SCHEMA = SOURCE / "build/schemas/gpx.xsd"

V1 = "010400000192d84dac30030000"
V3 = "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6"
V4 = "040400000192d84dac300300001eff88404b59a74e8e028d403947973bf147d600000192d84dabcd"
NO_FIX = "030400000192d84dac3000000000012c00000000000000000000000000000000"
ADAS = "6500000001050342a7520181be1305"
DSM = "65000000010d0342a7520181be13020900004e484f4a00000000"
INIT = "0000000500013ee13c00198144000400"
DOCUMENT = ('{"version":1,"file":{"file_type":"photo","file_timestamp":1730205822,"duration":0},'
            '"fm_trigger":{"type":3},"cam_trigger":{"type":"button"},'
            '"location":{"latitude":54.7,"longitude":25.2},"driver_name":"A\\u001bB"}')
EXPECTED = ("a metadata payload (version 1 to 4, ADAS or DSM), a METADATA or INIT message, JSON of "
            "dcam-serve or of a camera, or captured traffic was expected")
DECIMAL = "16 hex digits such as 404b59a74e8e028d or decimal degrees such as 54.7004183 were expected"

V3_TEXT = """\
file            front video
camera          DualCam, metadata version 3
time            2024-10-29T12:43:42.000Z
local time      2024-10-29 17:43:42 UTC+05:00
trigger         server request (0)
length          3 s
frame rate      20 fps
position        54.7004183, 25.2796514
                54°42'01.51"N 25°16'46.75"E
map             geo:54.7004183,25.2796514
"""
V3_JSON = ('"camera":"dualcam","kind":"videof","version":3,"time":"2024-10-29T12:43:42.000Z",'
           '"trigger":0,"trigger_name":"server request","length_seconds":3,"frame_rate":20,'
           '"time_zone_minutes":300,"latitude":54.7004183,"longitude":25.2796514,'
           f'"position_valid":true,"raw":"{V3}"')


def message(payload):
    return f"000b{len(payload) // 2:04x}{payload}"


class MetaTest(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dualcam-meta-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def run_tool(self, *arguments, stdin=b"", **options):
        result = subprocess.run([TOOL, *map(str, arguments)], input=stdin, capture_output=True,
                                timeout=60, cwd=self.folder, **options)
        return result.stdout.decode(), result.stderr.decode(), result.returncode

    def expect(self, arguments, stdout="", stderr="", code=0, **options):
        self.assertEqual(self.run_tool(*arguments, **options), (stdout, stderr, code), arguments)

    def file(self, name, content):
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return name


class Text(MetaTest):
    def test_the_real_example(self):
        self.expect(["-x", V3], V3_TEXT)

    def test_output_does_not_depend_on_the_time_zone(self):
        self.expect(["-x", V3], V3_TEXT, env={**os.environ, "TZ": "Asia/Kathmandu"})

    def test_version_4_says_how_long_after_the_trigger(self):
        self.expect(["-x", V4], """\
file            front photo
camera          DualCam, metadata version 4
time            2024-10-29T12:43:42.000Z
local time      2024-10-29 10:43:42 UTC-02:00
trigger time    2024-10-29T12:43:41.901Z
finalised       0.1 s after the trigger
trigger         crash (3)
length          0 s
frame rate      30 fps
position        54.7004183, 25.2796514
                54°42'01.51"N 25°16'46.75"E
map             geo:54.7004183,25.2796514
""")

    def test_version_1(self):
        self.expect(["-x", V1], """\
file            front photo
camera          DualCam, metadata version 1
time            2024-10-29T12:43:42.000Z
trigger         crash (3)
length          0 s
""")

    def test_an_unknown_version_keeps_the_rest_in_hex(self):
        stdout, stderr, code = self.run_tool("-x", "05" + V4[2:] + "cafe")
        self.assertEqual((stderr, code), ("", 0))
        self.assertIn("\nnot known       cafe\n", stdout)
        self.assertIn("metadata version 5\n", stdout)

    def test_init(self):
        self.expect(["-x", INIT], """\
message         INIT
IMEI            350612071913857
protocol        5
offered         front photo
settings        44000400
""")

    def test_adas_and_dsm_are_told_by_their_size(self):
        stdout = self.run_tool("-x", ADAS, "-x", DSM)[0]
        self.assertEqual(stdout, """\
file            snapshot
camera          ADAS
time            2023-09-12T06:06:56.000Z
trigger         crash (5)
length          5 s
position        54.699858, 25.280019
                54°41'59.49"N 25°16'48.07"E
map             geo:54.699858,25.280019

file            snapshot
camera          DSM
time            2023-09-12T06:06:56.000Z
trigger         DSM event (13)
position        54.699858, 25.280019
                54°41'59.49"N 25°16'48.07"E
map             geo:54.699858,25.280019
events          drowsiness, phone, bit 9
driver          JOHN
""")

    def test_json_of_protocol_6_is_kept_whole_and_escaped(self):
        stdout, stderr, code = self.run_tool(stdin=DOCUMENT.encode())
        self.assertEqual((stderr, code), ("", 0))
        self.assertIn("driver          A\\x1bB\n", stdout)
        self.assertIn("camera trigger  button\n", stdout)
        self.assertIn("file            photo\n", stdout)
        document = re.search(r"document +(.*)", stdout).group(1)
        self.assertEqual(json.loads(document), json.loads(DOCUMENT))
        self.assertEqual(self.run_tool(stdin=b"\xef\xbb\xbf" + DOCUMENT.encode()), (stdout, "", 0))

    def test_positions_that_are_none_are_shown_as_such(self):
        self.assertIn("position        0, 0 (no satellite fix)\n", self.run_tool("-x", NO_FIX)[0])
        nan = NO_FIX[:32] + "7ff8000000000000" + NO_FIX[48:]
        self.assertIn("position        nan, 0 (invalid)\n", self.run_tool("-x", nan)[0])

    def test_a_clock_years_away_is_warned_of(self):
        stdout, stderr, code = self.run_tool("-x", V3.replace("00000192d84dac30", "000002199d824c00"))
        self.assertEqual(code, 0)
        self.assertIn("time            2043-", stdout)
        self.assertRegex(stderr, r"^dcam-meta: --hex: the time is years away from now: 2043-.*Z; "
                                 r"was the clock set\?\n$")


class Inputs(MetaTest):
    def json_of(self, *arguments, **options):
        stdout, stderr, code = self.run_tool("--json", *arguments, **options)
        self.assertEqual((stderr, code), ("", 0), arguments)
        return [json.loads(line) for line in stdout.splitlines()]

    def test_json_to_the_letter(self):
        self.expect(["--json", "-x", V3], "{" + V3_JSON + "}\n")
        self.expect(["-f", "json", "-x", V3], "{" + V3_JSON + "}\n")

    def test_every_form_of_one_message_gives_the_same(self):
        spaced = " ".join(V3[i:i + 2] for i in range(0, len(V3), 2))
        xxd = f"00000000: {V3[:32]}  ................\n00000010: {V3[32:]}  ................\n"
        for content in (bytes.fromhex(V3), V3, V3.upper() + "\n", spaced, spaced.replace(" ", ":"),
                        bytes.fromhex(message(V3)), message(V3), xxd):
            name = self.file("input", content)
            self.expect(["--json", name], "{" + V3_JSON + ',"input":"input"}\n')

    def test_hex_text_with_a_payload_on_each_line(self):
        found = self.json_of(stdin=f"{V3}\n\n{message(V4)}\n".encode())
        self.assertEqual([record["raw"] for record in found], [V3, V4])

    def test_of_repeated_options_the_last_counts_but_hex_adds_up(self):
        self.expect(["-f", "csv", "-f", "json", "-x", V3], "{" + V3_JSON + "}\n")
        found = self.json_of("--camera", "adas", "--camera", "dsm", "-x", DSM)
        self.assertEqual(found[0]["camera"], "dsm")
        self.assertEqual(self.json_of("--camera", "dashcam", "-x", V3)[0]["camera"], "dashcam")
        self.assertEqual([record["raw"] for record in self.json_of("-x", V3, "-x", V4)], [V3, V4])

    def test_one_bad_line_costs_that_line(self):
        for bad in ("xyz", V3[:-1], INIT[:-2], "[3, 16, 0, 200]"):
            stdout, stderr, code = self.run_tool("--json", stdin=f"{V3}\n{bad}\n{V4}\n".encode())
            self.assertEqual([json.loads(line)["raw"] for line in stdout.splitlines()], [V3, V4])
            self.assertRegex(stderr, r"^dcam-meta: standard input: line 2: .*\n$")
            self.assertEqual(code, 1)
        stdout, stderr, code = self.run_tool("--json", stdin=f"{V3}\n{V4}\nxyz\n".encode())
        self.assertEqual(len(stdout.splitlines()), 2)
        self.assertRegex(stderr, r"^dcam-meta: standard input: line 3: .*\n$")
        self.assertEqual(code, 1)

    def test_decimal_numbers_are_read_as_such_or_refused(self):
        payload = bytes.fromhex(V3)
        signed = [value - 256 if value > 127 else value for value in payload]
        for text in (str(list(payload)), str(signed), str(list(payload))[1:-1],
                     json.dumps({"type": "Buffer", "data": list(payload)}),
                     " ".join(map(str, payload)), "\n".join(map(str, payload))):
            whole = INIT + message(V3)
            found = self.json_of(stdin=text.encode())
            self.assertEqual([record["raw"] for record in found], [V3], text)
            found = self.json_of(stdin=str(list(bytes.fromhex(whole))).encode())
            self.assertEqual([record["imei"] for record in found], ["350612071913857"])
        self.refused("[4, 3, 2, 1]", "decimal or hex")

    def refused(self, text, why):
        stdout, stderr, code = self.run_tool(stdin=text if isinstance(text, bytes) else
                                             text.encode())
        self.assertEqual((stdout, code), ("", 1), text)
        self.assertIn(why, stderr)

    def test_what_is_no_hex_for_certain_is_refused(self):
        self.file("d", bytes.fromhex(INIT + message(V3)))
        for command, why in ((["hexdump", "d"], "16-bit words"), (["od", "-x", "d"], "16-bit"),
                             (["xxd", "-e", "d"], "byte order")):
            text = subprocess.run(command, capture_output=True, cwd=self.folder, check=True).stdout
            self.refused(text, why)
        self.refused(V3[:-1], "line 1: an odd number of hex digits")
        self.refused(V3[:30] + V3[31:], "line 1: an odd number of hex digits")
        self.refused(" ".join(V3[at:at + 2] for at in range(0, 60, 2)) + " 7", "an odd number")
        self.refused(f"{V3}\n*\n{V3[:2]}\n", "line 2")

    def test_utf_16(self):
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            self.assertEqual(self.json_of(stdin=f"{V3}\r\n".encode(encoding))[0]["raw"], V3)

    def test_a_dump_gives_each_metadata_message_with_the_imei_before_it(self):
        start = "0001000600000000" + "0000"
        dump = INIT + message(V3) + start + INIT + message(V4) + start
        for content in (bytes.fromhex(dump), dump):
            found = self.json_of(self.file("dump", content))
            self.assertEqual([(record["imei"], record["raw"]) for record in found],
                             [("350612071913857", V3), ("350612071913857", V4)])

    def test_a_capture(self):
        self.file("dump.pcap", pcap(bytes.fromhex(INIT + message(V3))))
        found = self.json_of("dump.pcap")
        self.assertEqual([(record["imei"], record["raw"]) for record in found],
                         [("350612071913857", V3)])

    def test_the_path_tells_the_family_in_a_dump(self):
        path = b"dsm/picture/231020/231452.jpg\0".hex()
        dump = INIT.replace("44000400", "42000400") + f"000d{len(path) // 2:04x}{path}" + message(
            DSM + "ff")
        found = self.json_of(stdin=bytes.fromhex(dump))
        self.assertEqual([(record["camera"], record["rest"]) for record in found], [("dsm", "ff")])

    def test_sidecars_give_what_they_hold(self):
        sidecar = '{"imei":"350612071913857",' + V3_JSON + "}\n"
        self.expect(["--json", self.file("a.json", sidecar)],
                    sidecar.replace("}\n", ',"input":"a.json"}\n'))
        old = json.loads(sidecar)
        del old["camera"]
        self.assertEqual(self.json_of(self.file("b.json", json.dumps(old, indent=2))),
                         [{**json.loads(sidecar), "input": "b.json"}])

    def test_its_own_json_lines_read_back(self):
        first = self.run_tool("--json", *[part for text in (V1, V3, V4, ADAS, DSM, INIT)
                                          for part in ("-x", text)])[0]
        again = self.json_of(self.file("records", first))
        self.assertEqual([{key: value for key, value in record.items() if key != "input"}
                          for record in again], [json.loads(line) for line in first.splitlines()])

    def test_events_of_dcam_serve(self):
        events = ('{"event":"connected","imei":"1"}\n{"event":"file-done","metadata":{' + V3_JSON +
                  '}}\n{"event":"file-done","metadata":null}\n')
        self.assertEqual([record["raw"] for record in self.json_of(stdin=events.encode())], [V3])

    def test_a_family_can_be_forced(self):
        found = self.json_of("--camera", "dsm", "-x", DSM + "beef")
        self.assertEqual((found[0]["camera"], found[0]["rest"]), ("dsm", "beef"))

    def test_documented_keys_are_those_produced(self):
        page = (SOURCE / "man/dualcam.7").read_text()
        section = page.split(".Ss Sidecars")[1].split(".Ss ")[0]
        documented = {key for line in re.findall(r"^\.It Li (.*)$", section, re.MULTILINE)
                      for key in re.findall(r"\w+", line)}
        self.file("document", DOCUMENT)
        self.file("hex", "\n".join((V1, V3, V4, ADAS, DSM + "ff", INIT)))
        found = self.json_of("--camera", "dsm", "-x", DSM + "ff")
        found += self.json_of("document", *[part for text in (V4, ADAS, DSM, INIT)
                                            for part in ("-x", text)])
        of_paths = {"device_path", "time_source", "received", "text"} # dcam-serve's; test_paths
        self.assertEqual(documented, of_paths | {key for record in found for key in record})


class Errors(MetaTest):
    def test_truncated_names_the_missing_field_and_its_offset(self):
        self.expect(["-x", V3[:52]], "", "dcam-meta: --hex: byte 24: the metadata ends before its "
                    "longitude: 8 bytes were expected, 2 are left\n", 1)
        self.expect(["-x", message(V3)[:60]], "", "dcam-meta: --hex: byte 28: the metadata ends "
                    "before its longitude: 8 bytes were expected, 2 are left\n", 1)
        self.expect(["-x", INIT[:30]], "", "dcam-meta: --hex: byte 15: INIT ends early: 16 bytes "
                    "were expected, 15 are there\n", 1)
        self.expect(["--camera", "dsm", "-x", DSM[:-2]], "", "dcam-meta: --hex: byte 16: the "
                    "metadata ends before its driver name: 10 bytes were expected, 9 are left\n", 1)

    def test_what_is_nothing_known(self):
        for content in (b"hello, world", b"\n a text that is long enough to be metadata of a kind",
                        b"\xfe\xd8\xff\xe0" + bytes(100), bytes(70000)):
            self.expect([self.file("x", content)], "", "dcam-meta: x: byte 0: no metadata and no "
                        f"INIT in it; {EXPECTED}\n", 1)
        self.expect([], "", f"dcam-meta: standard input: byte 0: the input is empty; {EXPECTED}\n",
                    1)

    def test_broken_json(self):
        self.expect([self.file("x", '{"raw": 1')], "", "dcam-meta: x: byte 9: the JSON ends early\n",
                    1)
        self.expect([self.file("x", '{"raw":"03"}')], "", "dcam-meta: x: byte 1: the metadata ends "
                    "before its file type: 1 byte was expected, 0 are left (in the record's "
                    "'raw')\n", 1)
        self.expect([self.file("x", '{"a":' + "1," * 600000)], "", "dcam-meta: x: byte 1048576: the "
                    "JSON is too long: at most 1 MiB was expected\n", 1)

    def test_bad_messages_of_a_dump_do_not_end_it(self):
        dump = INIT + message(V3[:20]) + message(V4)
        stdout, stderr, code = self.run_tool("--json", stdin=bytes.fromhex(dump))
        self.assertEqual(code, 1)
        self.assertEqual(json.loads(stdout)["raw"], V4)
        self.assertEqual(stderr, "dcam-meta: standard input: byte 30: the metadata ends before its "
                         "trigger: 1 byte was expected, 0 are left\n")

    def test_of_several_inputs_the_largest_code_counts(self):
        self.file("good", V3)
        stdout, stderr, code = self.run_tool("--json", "missing", "good", self.file("bad", "00"))
        self.assertEqual(code, 3)
        self.assertEqual(len(stdout.splitlines()), 1)
        self.assertIn("dcam-meta: missing: No such file or directory\n", stderr)

    def test_usage(self):
        for arguments, text in ((["-x", "zz"], "--hex: 'zz' is not accepted; give hex digits"),
                                (["-f", "xml"], "--format: 'xml' is not accepted; give text, json, "
                                                "csv, geojson, gpx"),
                                (["--json", "-f", "csv"], "exclude each other"),
                                (["--tag"], "--tag needs the name of a photo"),
                                (["--tag", "-x", "00", "a"], "--hex has no meaning with --tag"),
                                (["--formt", "csv"], "did you mean '--format'?"),
                                (["--camera", "x"], "auto, dualcam, adas, dsm, dashcam")):
            stdout, stderr, code = self.run_tool(*arguments)
            self.assertEqual((stdout, code), ("", 2), arguments)
            self.assertIn(text, stderr)

    def test_a_full_disk_is_an_error_and_a_closed_pipe_is_none(self):
        with open("/dev/full", "wb") as full:
            result = subprocess.run([TOOL, "-x", V3], stdout=full, stderr=subprocess.PIPE)
        self.assertEqual((result.returncode, result.stderr), (
            3, b"dcam-meta: cannot write to standard output: No space left on device\n"))
        reader, writer = os.pipe()
        os.close(reader)
        with open(writer, "wb") as closed:
            for arguments in (["-x", V3], ["coord", "1"], ["--help"]):
                result = subprocess.run([TOOL, *arguments], stdout=closed, stderr=subprocess.PIPE)
                self.assertEqual((result.returncode, result.stderr), (0, b""), arguments)


class Coordinates(MetaTest):
    def test_the_vendors_example_and_back(self):
        self.expect(["coord", "404B59A74E8E028D"], "54.7004183\n")
        self.expect(["coord", "54.7004183"], "404b59a74e8e028d\n")

    def test_pairs_on_one_line(self):
        self.expect(["coord", "54.7004183", "25.2796514"], "404b59a74e8e028d 403947973bf147d6\n")
        self.expect(["coord", "404b59a74e8e028d,403947973bf147d6"], "54.7004183,25.2796514\n")

    def test_negative_degrees_are_arguments(self):
        self.expect(["coord", "-33.8", "151.2"], "c040e66666666666 4062e66666666666\n")
        self.expect(["coord", "54,", "25"], "404b000000000000, 4039000000000000\n")
        self.expect(["coord", "54.5,", "25.5", "1"], "404b400000000000, 4039800000000000\n3ff0000000000000\n")
        self.expect(["coord", "-33.8", "-.5"], "c040e66666666666 bfe0000000000000\n")
        self.expect(["coord", "--", "-33.8"], "c040e66666666666\n")

    def test_standard_input_line_by_line(self):
        lines = b"404b59a74e8e028d 403947973bf147d6\n\n-33.8\r\n54.7;25.2"
        self.expect(["coord"], "54.7004183 25.2796514\n\nc040e66666666666\r\n"
                    "404b59999999999a;4039333333333333\n", stdin=lines)

    def test_a_line_is_answered_before_the_next_is_written(self):
        with subprocess.Popen([TOOL, "coord"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as process:
            for given, expected in (("54.7004183\n", "404b59a74e8e028d\n"), ("1\n", "3ff0000000000000\n")):
                process.stdin.write(given)
                process.stdin.flush()
                self.assertEqual(process.stdout.readline(), expected)
            process.stdin.close()
            self.assertEqual(process.wait(60), 0)

    def test_what_is_wrong_is_said_by_name(self):
        for value, why in (("404b59a74e8e028", f"15 hex digits; {DECIMAL}"),
                           ("404b59a74e8e028g", f"'g' at digit 16 is no hex digit; {DECIMAL}"),
                           ("7ff8000000000000", "this is NaN, no coordinate"),
                           ("7ff0000000000000", "this is infinite, no coordinate"),
                           ("-inf", "this is infinite, no coordinate"),
                           ("1e999", "this is out of the range of a double"), ("north", DECIMAL)):
            self.expect(["coord", value], "", f"dcam-meta: '{value}': {why}\n", 1)

    def test_a_wrong_line_is_named_and_the_others_go_on(self):
        self.expect(["coord"], "3ff0000000000000\n4000000000000000\n",
                    "dcam-meta: line 2: 'nan': this is NaN, no coordinate\n", 1,
                    stdin=b"1\nnan\n2\n")

    def test_json(self):
        self.expect(["--json", "coord", "1"], '{"input":"1","output":"3ff0000000000000"}\n')


class Formats(MetaTest):
    def test_csv(self):
        stdout, stderr, code = self.run_tool("-f", "csv", self.file('a,"b', V3), "-x", DSM)
        self.assertEqual((stderr, code), ("", 0))
        self.assertEqual(stdout.count("\r\n"), stdout.count("\n"))
        rows = list(csv.DictReader(io.StringIO(stdout, newline=""), strict=True))
        self.assertEqual(len(rows), 2)
        self.assertEqual((rows[0]["events"], rows[0]["driver"]), ("drowsiness;phone;bit 9", "JOHN"))
        self.assertEqual((rows[1]["input"], rows[1]["latitude"]), ('a,"b', "54.7004183"))

    def test_csv_has_the_same_columns_whatever_comes(self):
        headers = {self.run_tool("-f", "csv", "-x", text)[0].splitlines()[0]
                   for text in (V1, V4, DSM, INIT)}
        self.assertEqual(headers, {
            "input,imei,camera,kind,file_type,version,time,trigger,trigger_name,camera_trigger,"
            "length_seconds,frame_rate,time_zone_minutes,latitude,longitude,position_valid,"
            "trigger_time,events,driver,rest,raw,protocol,offered,offers_path"})

    def test_geojson(self):
        stdout, stderr, code = self.run_tool("-f", "geojson", "-x", V3, "-x", NO_FIX, "-x", ADAS)
        self.assertEqual((stderr, code),
                         ("dcam-meta: 1 record without a valid position left out\n", 0))
        collection = json.loads(stdout)
        self.assertEqual(set(collection), {"type", "features"})
        self.assertEqual(collection["type"], "FeatureCollection")
        for feature in collection["features"]:
            self.assertEqual(set(feature), {"type", "geometry", "properties"})
            self.assertEqual((feature["type"], feature["geometry"]["type"]), ("Feature", "Point"))
        self.assertEqual(collection["features"][0]["geometry"]["coordinates"],
                         [25.2796514, 54.7004183])
        self.assertEqual(collection["features"][0]["properties"]["time"], "2024-10-29T12:43:42.000Z")

    def test_gpx_is_valid(self):
        driver = DOCUMENT.replace('"photo"', '"<photo> & \\ufffe"')
        stdout, stderr, code = self.run_tool("-f", "gpx", "-x", V3, "-x", NO_FIX, "-x", INIT, "-x",
                                             driver.encode().hex())
        self.assertEqual((stderr, code),
                         ("dcam-meta: 2 records without a valid position left out\n", 0))
        self.assertIn('<wpt lat="54.7004183" lon="25.2796514">', stdout)
        self.validate(stdout)
        self.validate(self.run_tool("-f", "gpx", "-x", NO_FIX)[0])

    def test_numbers_of_maps_have_no_exponent(self):
        almost_zero = V3[:32] + "0000000000000001" + V3[48:]
        gpx = self.run_tool("-f", "gpx", "-x", almost_zero)[0]
        self.assertIn('<wpt lat="0" lon=', gpx)
        self.validate(gpx)
        text = self.run_tool("-x", almost_zero)[0]
        self.assertIn("5e-324, ", text)
        self.assertIn("geo:0,", text)

    def validate(self, gpx):
        self.assertTrue(GPX_SCHEMA.exists(), f"{GPX_SCHEMA} is missing: tests/run.sh fetches it")
        self.file("out.gpx", gpx)
        result = subprocess.run(["xmllint", "--nonet", "--noout", "--schema",
                                 GPX_SCHEMA, self.folder / "out.gpx"],
                                capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_longitude_180_is_minus_180_in_gpx(self):
        stdout = self.run_tool("-f", "gpx", "-x", V3[:48] + "4066800000000000")[0]
        self.assertIn('lon="-180"', stdout)
        self.validate(stdout)


def pcap(stream):
    """The device's bytes in one packet of raw IP."""
    tcp = struct.pack(">HHIIBBHHH", 40000, 7050, 1, 1, 0x50, 0x18, 65535, 0, 0) + stream
    ip = struct.pack(">BBHHHBBHII", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0, 0x7F000001, 0x7F000001)
    return (struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) +
            struct.pack("<IIII", 0, 0, len(ip + tcp), len(ip + tcp)) + ip + tcp)


if __name__ == "__main__":
    unittest.main()
