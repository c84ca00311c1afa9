#!/usr/bin/env python3
"""dcam-crc as its users meet it. DUALCAM_TOOLS names the folder of the executables.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_crc.py
"""
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
import unittest

from wire import crc16

TOOLS = pathlib.Path(os.environ.get("DUALCAM_TOOLS", "build/gcc/tools")).resolve()
IMEI = 350612071913857
METADATA = bytes.fromhex(
    "031000000192d84dac3000000314012c404b59a74e8e028d403947973bf147d6")


def run(*arguments, cwd=None, data=b"", env=None):
    return subprocess.run([TOOLS / "dcam-crc", *arguments], input=data, capture_output=True,
                          cwd=cwd, timeout=120, env={**os.environ, **(env or {})})


class Device:
    """Writes a device's side, and remembers where packets begin."""

    def __init__(self, packets=10, last=100, seed=1):
        self.content = random.Random(seed).randbytes((packets - 1) * 1024 + last)
        self.packets, self.stream, self.starts, self.next, self.crc = packets, b"", [], 1, 0

    def command(self, number, payload):
        self.stream += struct.pack(">HH", number, len(payload)) + payload
        return self

    def init(self, offers=0x10):
        self.stream += struct.pack(">HHQI", 0, 5, IMEI, offers << 24 | 0x40000400)
        return self

    def start(self):
        return self.command(1, struct.pack(">IH", self.packets, 0))

    def sync(self, packet):
        self.next, self.crc = packet, 0
        return self.command(3, struct.pack(">I", packet))

    def data(self, count):
        for _ in range(count):
            payload = self.content[(self.next - 1) * 1024:self.next * 1024]
            self.crc = crc16(payload, self.crc)
            self.starts.append(len(self.stream))
            self.command(4, payload + struct.pack(">H", self.crc))
            self.next += 1
        return self

    def session(self):
        return (self.init().command(11, METADATA).start().sync(1).data(self.packets).init(0))


def cut(data, offset, count):
    return data[:offset] + data[offset + count:]


def flip(data, offset):
    return data[:offset] + bytes([data[offset] ^ 0x10]) + data[offset + 1:]


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dcam-crc-"))
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content):
        (self.folder / name).write_bytes(content)
        return name

    def ask(self, *arguments, code=0, data=b"", **more):
        result = run(*arguments, cwd=self.folder, data=data, **more)
        self.assertEqual(result.returncode, code, result.stderr.decode(errors="replace"))
        return result

    def events(self, *arguments, code=0, data=b""):
        result = self.ask(*arguments, "--json", code=code, data=data)
        return [json.loads(line) for line in result.stdout.splitlines()]

    def transfer(self, *arguments, code=0, data=b""):
        events = self.events("--dump", *arguments, code=code, data=data)
        found = [event for event in events if event["event"] == "transfer"]
        self.assertEqual(len(found), 1)
        return found[0]


class Checksums(Case):
    def test_check_value(self):
        self.write("nine", b"123456789")
        self.assertEqual(self.ask("nine").stdout, b"2189  nine\n")
        self.assertEqual(self.ask(data=b"123456789").stdout, b"2189  -\n")
        self.assertEqual(self.ask("-", data=b"").stdout, b"0000  -\n")
        self.assertEqual(self.ask("--", "nine").stdout, b"2189  nine\n")

    def test_goes_on_from_init(self):
        first = f"{crc16(b'1234'):04x}"
        for value in (first, "0x" + first, first.upper()):
            self.assertEqual(self.ask("--init", value, data=b"56789").stdout, b"2189  -\n")

    def test_large_files_are_read_in_parallel(self):
        data = random.Random(2).randbytes(1 << 20) * 40 + b"tail"
        self.write("big", data)
        whole, begun = (f"{crc16(data, init):04x}".encode() for init in (0, 0x1234))
        with open(self.folder / "big", "rb") as file:
            self.assertEqual(self.ask("big").stdout, whole + b"  big\n")
            file.seek(1000)  # a standard input that somebody has read from
            rest = subprocess.run([TOOLS / "dcam-crc"], stdin=file, capture_output=True)
        self.assertEqual(rest.stdout, f"{crc16(data[1000:]):04x}  -\n".encode())
        self.assertEqual(self.ask("--init", "1234", "big").stdout, begun + b"  big\n")
        self.assertEqual(self.ask(data=data).stdout, whole + b"  -\n")
        self.assertEqual(self.ask("--init", "1234", data=data).stdout, begun + b"  -\n")

    def test_missing_files_do_not_end_the_run(self):
        self.write("a", b"x")
        result = self.ask("no", ".", "a", code=3)
        self.assertEqual(result.stdout, f"{crc16(b'x'):04x}  a\n".encode())
        self.assertIn(b"dcam-crc: no: No such file or directory", result.stderr)
        self.assertIn(b"dcam-crc: .: Is a directory", result.stderr)

    def test_usage(self):
        for wrong in (["--init", "12345"], ["--init", "xyz"], ["--init", ""], ["--port", "0"],
                      ["--port", "65536"], ["--chekc"], ["-c", "--dump"], ["-x", ""],
                      ["--dump", "--init", "xyz"], ["--color", "blue"]):
            self.assertNotEqual(self.ask(*wrong, code=2).stderr, b"", wrong)
        self.assertIn(b"did you mean '--check'", self.ask("--chekc", code=2).stderr)

    def test_of_repeated_options_the_last_counts(self):
        self.assertEqual(self.ask("--init", "1234", "--init", "0", data=b"123456789").stdout,
                         b"2189  -\n")
        self.write("d", Device().session().stream)
        self.ask("-x", "first", "-x", "second", "d")
        self.assertEqual([path.name for path in self.folder.iterdir() if path.is_dir()],
                         ["second"])
        self.ask("-x", "out", "--max-file-size", "1", "--max-file-size", "1M", "d")
        self.ask("-x", "out", "--max-file-size", "1M", "--max-file-size", "1", "d", code=1)
        self.assertIn(b"\x1b[", self.ask("--map", "--color", "never", "--color", "always",
                                         "d").stdout)

    def test_help_and_version(self):
        self.assertIn(b"Examples:", self.ask("--help").stdout)
        self.assertIn(b"libpcap", self.ask("--version").stdout)

    def test_full_disk_and_reader_gone(self):
        self.write("a", b"\0")
        for arguments in (["a"], ["--help"], ["--dump", "a"], ["-c", "list"]):
            self.write("list", b"%04x  a\n" % crc16(b"\0"))
            with open("/dev/full", "wb") as full:
                code = subprocess.run([TOOLS / "dcam-crc", *arguments], stdout=full,
                                      stderr=subprocess.PIPE, cwd=self.folder).returncode
            self.assertEqual(code, 3, arguments)
        command = f"{TOOLS}/dcam-crc " + "a " * 5000 + "| head -1; echo ${PIPESTATUS[0]}"
        result = subprocess.run(["bash", "-c", command], capture_output=True, cwd=self.folder)
        self.assertEqual(result.stdout.splitlines()[1], b"0")
        self.assertEqual(result.stderr, b"")

    def test_progress_only_where_it_belongs(self):
        self.write("a", b"x" * 1000)
        self.assertEqual(self.ask("a").stderr, b"")
        self.assertEqual(self.ask("--progress", "never", "a").stderr, b"")
        with subprocess.Popen([TOOLS / "dcam-crc", "--progress", "always"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as slow:
            deadline = time.monotonic() + 60
            while not select.select([slow.stderr], [], [], 0.05)[0]:
                self.assertLess(time.monotonic(), deadline, "nothing is shown")
                slow.stdin.write(b"x" * 100_000)
                slow.stdin.flush()
            self.assertIn(b"KiB", slow.communicate()[1])


def sha256sum_version():
    said = subprocess.run(["sha256sum", "--version"], capture_output=True, text=True, check=True)
    return tuple(map(int, said.stdout.splitlines()[0].split()[-1].split(".")[:2]))


def without_new_escapes(line):
    """From coreutils 9.4 on `sha256sum -c` escapes names for their backslashes alone, too."""
    if line.startswith(b"\\") and b"\\n" not in line.replace(b"\\\\", b""):
        return line[1:].replace(b"\\\\", b"\\")
    return line


class Lists(Case):
    """Beside sha256sum -c, on the same files."""

    NAMES = ["plain", " leading", "*star", "new\nline", "back\\slash", "back\\nslash", "-dash", "ümlaut", "\\"]

    def setUp(self):
        super().setUp()
        for name in self.NAMES:
            self.write(name, name.encode() * 3)

    def both(self, *arguments, change=lambda lines: lines):
        """Exit codes and stdout of both tools must agree; returns what both said."""
        said = []
        for tool in ([TOOLS / "dcam-crc"], ["sha256sum"]):
            made = subprocess.run([*tool, "--", *self.NAMES], capture_output=True,
                                  cwd=self.folder)
            self.assertEqual(made.returncode, 0)
            lines = b"".join(change(made.stdout.splitlines(keepends=True)))
            checked = subprocess.run([*tool, "-c", *arguments], input=lines,
                                     capture_output=True, cwd=self.folder)
            program = os.path.basename(tool[0]).encode()
            lines = checked.stdout.splitlines(keepends=True)
            if program == b"sha256sum" and sha256sum_version() >= (9, 4):
                lines = [without_new_escapes(line) for line in lines]
            said.append((checked.returncode, b"".join(lines),
                         sorted(line.removeprefix(program)
                                for line in checked.stderr.replace(b"'", b"").splitlines())))
        self.assertEqual(said[0][:2], said[1][:2])
        return said

    def test_all_right(self):
        ours, theirs = self.both()
        self.assertEqual(ours[0], 0)
        self.assertIn(b"\\new\\nline: OK\n", ours[1])

    def test_control_bytes_of_names_reach_no_terminal(self):
        name = "a\x1b[31m\\b\x9b\x7f"
        self.write(name, b"123456789")
        listed = f"2189  {name}\n{'0000  ' + name}\n2189  {name}x\n".encode()
        checked = self.ask("-c", data=listed, code=1)
        shown = b"a\\x1b[31m\\b\\xc2\\x9b\\x7f"
        self.assertEqual(checked.stdout, shown + b": OK\n" + shown + b": FAILED\n" + shown +
                         b"x: FAILED open or read\n")
        self.assertNotIn(b"\x1b", checked.stderr)

    def test_one_changed(self):
        def change(lines):
            self.write("plain", b"after the list was made")
            return lines
        ours, theirs = self.both(change=lambda lines: [lines[0][:2] + (b"00" if lines[0][2:4] !=
                                                       b"00" else b"11") + lines[0][4:]] +
                                 lines[1:])
        self.assertEqual(ours, theirs)
        self.assertEqual(ours[0], 1)
        self.assertIn(b"plain: FAILED\n", ours[1])
        self.assertEqual(ours[2], [b": WARNING: 1 computed checksum did NOT match"])

    def test_missing_file(self):
        ours, theirs = self.both(change=lambda lines: lines + [lines[0].replace(b"plain", b"no")])
        self.assertEqual(ours, theirs)
        self.assertIn(b"no: FAILED open or read\n", ours[1])
        self.assertIn(b": WARNING: 1 listed file could not be read", ours[2])

    def test_malformed_lines(self):
        ours, theirs = self.both(change=lambda lines: [b"# comment\n", b"\n", b"rubbish\n"] +
                                 lines)
        self.assertEqual(ours[0], 0)
        self.assertIn(b": WARNING: 1 line is improperly formatted", ours[2])

    def test_nothing_but_malformed_lines(self):
        result = self.ask("-c", data=b"rubbish\n", code=1)
        self.assertIn(b"no properly formatted checksum lines found", result.stderr)
        self.assertEqual(subprocess.run(["sha256sum", "-c"], input=b"rubbish\n",
                                        capture_output=True).returncode, 1)

    def test_quiet(self):
        ours, theirs = self.both("--quiet")
        self.assertEqual(ours, theirs)
        self.assertEqual(ours, (0, b"", []))

    def test_json_and_list_as_file(self):
        made = self.ask("--", *self.NAMES)
        self.write("list", made.stdout)
        results = self.events("-c", "list")
        self.assertEqual([line["name"] for line in results], self.NAMES)
        self.assertEqual({line["result"] for line in results}, {"ok"})
        self.ask("-c", "no-list", code=3)


class Dumps(Case):
    def test_whole(self):
        device = Device().session()
        self.write("d", device.stream)
        transfer = self.transfer("d")
        self.assertEqual((transfer["imei"], transfer["kind"], transfer["packets"],
                          transfer["good"], transfer["bad"], transfer["missing"],
                          transfer["repeated"], transfer["bytes"], transfer["complete"]),
                         (str(IMEI), "videof", 10, 10, 0, 0, 0, 9316, True))
        self.assertEqual(transfer["crc16"], f"{crc16(device.content):04x}")
        self.assertEqual(transfer["metadata"]["time"], "2024-10-29T12:43:42.000Z")
        text = self.ask("--dump", "d").stdout.decode()
        self.assertIn("d: transfer 1: front video, IMEI 350612071913857\n", text)
        self.assertIn("10 packets: 10 good, 0 bad, 0 missing, 0 repeated", text)

    def test_flipped_byte(self):
        device = Device().session()
        at = device.starts[4]
        self.write("d", flip(device.stream, at + 500))
        events = self.events("--dump", "d", code=1)
        packets = [event for event in events if event["event"] == "packet"]
        self.assertEqual(len(packets), 1)
        self.assertEqual((packets[0]["number"], packets[0]["offset"], packets[0]["file_offset"],
                          packets[0]["verdict"]), (5, at, 4096, "bad"))
        self.assertEqual(packets[0]["stored"], f"{crc16(device.content[:5120]):04x}")
        text = self.ask("--dump", "d", code=1).stdout.decode()
        self.assertIn(f"packet 5: bad; offset {at} in the dump, 4096 in the file", text)

    def test_captured_fault(self):
        """dualcam-protocol(7), CRC: 450 bytes short, 4 in flight, SYNC 337 twice, on to 584."""
        device = Device(584, 300).init().start().sync(1).data(343)
        device.sync(337).data(1).sync(337).data(248).init(0)
        self.write("d", cut(device.stream, device.starts[338] + 300, 450))
        transfer = self.transfer("d", code=1)
        self.assertEqual((transfer["good"], transfer["bad"], transfer["missing"],
                          transfer["repeated"], transfer["complete"], transfer["numbering"]),
                         (591, 1, 0, 8, True, "inferred"))
        self.ask("--dump", "-x", "out", "d", code=1)
        files = list((self.folder / "out").iterdir())
        self.assertEqual([file.suffix for file in files], [".h265"])
        self.assertEqual(files[0].read_bytes(), device.content)

    def test_hex_shapes(self):
        device = Device().session()
        self.write("d", device.stream)
        shapes = [["xxd", "d"], ["xxd", "-p", "d"], ["xxd", "-i", "d"], ["xxd", "-c", "32", "d"],
                  ["xxd", "-g", "1", "d"], ["hexdump", "-C", "d"], ["xxd", "-u", "d"],
                  ["od", "-A", "x", "-t", "x1", "d"]]
        texts = [subprocess.run(shape, capture_output=True, cwd=self.folder, check=True).stdout
                 for shape in shapes]
        texts += [device.stream.hex().encode(), device.stream.hex(",").encode(),
                  device.stream.hex(":").encode(), device.stream.hex(" ").encode().upper()]
        for number, text in enumerate(texts):
            with self.subTest(number=number):
                self.assertTrue(self.transfer(data=text)["complete"])

    def test_what_programs_print(self):
        """Offsets in other bases, lists, buffers, logs: the same answer, whatever the form."""
        device = Device().session()
        self.write("d", device.stream)
        shapes = [["od", "-t", "x1", "-v", "d"], ["od", "-A", "d", "-t", "x1", "-v", "d"],
                  ["od", "-A", "n", "-t", "x1", "-v", "d"], ["xxd", "-d", "d"],
                  ["od", "-t", "x1z", "-v", "d"], ["xxd", "-c", "7", "-g", "1", "d"]]
        texts = [subprocess.run(shape, capture_output=True, cwd=self.folder, check=True).stdout
                 for shape in shapes]
        signed = [value - 256 if value > 127 else value for value in device.stream]
        pieces = [device.stream[at:at + 1030] for at in range(0, len(device.stream), 1030)]
        texts += [str(list(device.stream)).encode(), str(signed).encode(),
                  json.dumps({"type": "Buffer", "data": list(device.stream)}).encode(),
                  b"".join(b"<Buffer " + each.hex(" ").encode() + b">\n" for each in pieces),
                  b"".join(b"2023-10-20 12:00:00  INFO: [T1a2b3c4d: dualcam < 192.0.2.1] " +
                           each.hex().encode() + b"\n" for each in pieces),
                  b"".join(b"[11:18:%02d.209] " % at + each.hex(" ").encode() + b"\r\n"
                           for at, each in enumerate(pieces)),
                  json.dumps([{"data": each.hex(","), "time": 1} for each in pieces]).encode(),
                  "".join(f"\\x{byte:02x}" for byte in device.stream).encode(),
                  device.stream.hex(" ").encode("utf-16"), device.stream.hex().encode("utf-16-le"),
                  device.stream.hex("\n").encode("utf-16-be")]
        for number, text in enumerate(texts):
            with self.subTest(number=number):
                self.assertTrue(self.transfer(data=text)["complete"])

    def test_what_cannot_be_read_is_refused_by_name(self):
        """Nothing is said of a transfer, and the line and the way out are named."""
        device = Device().session()
        self.write("d", device.stream)
        self.write("zeros", device.stream[:100] + bytes(1000) + device.stream[1000:])
        shapes = [(["hexdump", "d"], "line 1: 16-bit words"), (["od", "d"], "line 1: 16-bit words"),
                  (["od", "-x", "d"], "line 1: 16-bit words"),
                  (["xxd", "-e", "d"], "words in another byte order"),
                  (["od", "-A", "n", "-x", "d"], "16-bit words"),
                  (["od", "-A", "n", "-t", "x1", "zeros"], "od -v")]
        for shape, why in shapes:
            with self.subTest(shape=shape):
                text = subprocess.run(shape, capture_output=True, cwd=self.folder, check=True)
                result = self.ask("--dump", data=text.stdout, code=1)
                self.assertIn(why, result.stderr.decode())
                self.assertEqual(result.stdout, b"")

    def test_a_line_that_cannot_be_read_costs_that_line(self):
        device = Device().session()
        lines = [device.stream[at:at + 32].hex(" ") for at in range(0, len(device.stream), 32)]
        lines[200] = lines[200][:-1]
        result = self.ask("--dump", data="\n".join(lines).encode(), code=1)
        self.assertIn(b"line 201: an odd number of hex digits", result.stderr)
        self.assertIn(b"10 packets: 9 good, 1 bad, 0 missing", result.stdout)
        events = self.events("--dump", data="\n".join(lines).encode(), code=1)
        self.assertEqual(events[-1]["lines_not_read"], 1)

    def test_missing_line_of_hex(self):
        device = Device().session()
        self.write("d", device.stream)
        for shape in (["xxd", "d"], ["xxd", "-p", "d"]):
            lines = subprocess.run(shape, capture_output=True,
                                   cwd=self.folder).stdout.splitlines(keepends=True)
            del lines[len(lines) // 2]
            transfer = self.transfer(data=b"".join(lines), code=1)
            self.assertEqual((transfer["good"], transfer["bad"], transfer["missing"]), (9, 1, 0))

    def test_extract_lists_holes_and_never_overwrites(self):
        device = Device().session()
        self.write("d", cut(device.stream, device.starts[4] + 500, 3000))
        for expected in ("", "_1"):
            result = self.ask("-x", "out", "d", code=1).stdout.decode()
            name = f"{IMEI}_20241029T124342Z_videof{expected}.h265.part"
            self.assertIn(f"written to out/{name}\n", result)
            self.assertIn("filled with zeros: packets 5-8\n", result)
            content = (self.folder / "out" / name).read_bytes()
            self.assertEqual(content, device.content[:4096] + bytes(4096) +
                             device.content[8192:])
        self.assertEqual(len(list((self.folder / "out").iterdir())), 2)

    def test_extract_into_a_file(self):
        self.write("out", b"")
        self.write("d", Device().session().stream)
        self.assertIn(b"out", self.ask("-x", "out", "d", code=3).stderr)

    def test_names_are_not_the_devices(self):
        device = Device(2)
        device.init(0x02).command(13, b"../../etc/passwd\x1b.jpg\0")
        device.command(1, struct.pack(">IH", len(device.content), 0))
        device.command(3, struct.pack(">I", 0)).data(2)
        self.write("d", device.stream)
        self.ask("-x", "out", "d", "--json")
        self.assertEqual([file.name for file in (self.folder / "out").iterdir()],
                         [f"{IMEI}_unknown_file.jpg"])
        self.assertNotIn(b"\x1b", self.ask("--dump", "d").stdout)

    def test_hostile_dump_names(self):
        name = "a\x1b[31m\nb"
        self.write(name, Device().session().stream)
        for arguments in (["--dump", name], ["-x", "out", name]):
            result = self.ask(*arguments)
            self.assertNotIn(b"\x1b", result.stdout + result.stderr)
            self.assertIn(b"a\\x1b[31m\\x0ab: transfer 1", result.stdout)

    def test_map_fits_the_width(self):
        device = Device(300).session()
        self.write("d", cut(flip(device.stream, device.starts[4] + 50), device.starts[200], 5000))
        for columns in ("40", "80", "132"):
            result = self.ask("--map", "d", code=1, env={"COLUMNS": columns}).stdout.decode()
            lines = result.splitlines()
            drawn = [line for line in lines if line.lstrip()[:1].isdigit() and "#" in line]
            self.assertTrue(drawn)
            signs = "".join(line.split()[1] for line in drawn)
            self.assertEqual((len(signs), signs.index("x"), signs.count("x")), (300, 4, 1))
            self.assertEqual(signs.count("."), 5)
            self.assertLessEqual(max(map(len, drawn)), int(columns))
            self.assertTrue(any(line.startswith("# good") for line in lines))
        self.assertNotIn("\x1b", result)
        self.assertIn(b"\x1b[31mx", self.ask("--map", "--color", "always", "d", code=1).stdout)

    def test_begins_and_ends_in_mid_stream(self):
        device = Device().session()
        self.write("d", device.stream[device.starts[3] + 10:device.starts[8] + 10])
        transfer = self.transfer("d", code=1)
        self.assertEqual((transfer["good"], transfer["numbering"], transfer["packets"],
                          transfer["complete"]), (4, "unknown", None, False))

    def test_no_camera_in_it(self):
        self.write("d", random.Random(1).randbytes(100000))
        self.assertIn(b"no command of a camera", self.ask("--dump", "d", code=1).stderr)
        self.assertIn(b"the input is empty", self.ask("--dump", code=1, data=b"").stderr)
        self.ask("--dump", "no-such-file", code=3)

    def test_huge_claims_cost_nothing(self):
        device = Device()
        device.packets = 0xFFFFFFFF
        self.write("d", device.init().start().sync(1).data(3).stream)
        transfer = self.transfer("d", "--map", "-x", "out", code=1)
        self.assertEqual(transfer["missing"], 0xFFFFFFFF - 3)
        self.ask("--map", "d", code=1)

    def test_several_dumps(self):
        self.write("a", Device().session().stream)
        self.write("b", Device(seed=2).session().stream)
        events = self.events("--dump", "a", "b", "no", code=3)
        self.assertEqual([event["dump"] for event in events if event["event"] == "transfer"],
                         ["a", "b"])


class Cases(Case):
    """Captures that once were read wrong, each for a kind. Made from invented data."""

    FOLDER = pathlib.Path(__file__).resolve().parent / "cases"

    def read(self, name, code, *arguments):
        return self.transfer(*arguments, str(self.FOLDER / name), code=code)

    def test_link_layers_and_fragments(self):
        for name, packets, size, crc in (("pppoe.pcap", 3, 3022, "4d59"),
                                         ("fragments.pcap", 20, 20000, "b1d1"),
                                         ("plain.bin", 3, 3022, "4d59"),
                                         ("both-directions.txt", 3, 3022, "4d59")):
            with self.subTest(name=name):
                transfer = self.read(name, 0)
                self.assertEqual((transfer["good"], transfer["bytes"], transfer["crc16"],
                                  transfer["complete"]), (packets, size, crc, True))
        events = self.events("--dump", str(self.FOLDER / "two-linktypes.pcapng"))
        self.assertEqual([event["crc16"] for event in events if event["event"] == "transfer"],
                         ["b1d1", "b1d1"])
        self.assertEqual(events[-1]["frames_not_read"], {})

    def test_one_transfer_in_two_connections_whatever_ended_the_first(self):
        for name in ("resume_fin.pcap", "resume_rst.pcap"):
            with self.subTest(name=name):
                transfer = self.read(name, 1)  # a packet is cut
                self.assertEqual((transfer["connections"], transfer["complete"], transfer["good"],
                                  transfer["bad"], transfer["device"]),
                                 (2, True, 20, 1, "10.0.0.1:40001"))

    def test_bytes_inserted_and_repeated(self):
        inserted = self.read("ins1byte.bin", 1)
        self.assertEqual((inserted["good"], inserted["bad"], inserted["missing"]), (19, 1, 0))
        self.ask("--dump", "-x", "out", str(self.FOLDER / "ins1byte.bin"), code=1)
        self.ask("--dump", "-x", "whole", str(self.FOLDER / "dup1030.bin"), code=1)
        content = next((self.folder / "whole").iterdir()).read_bytes()
        self.assertEqual((len(content), f"{crc16(content):04x}"), (20000, "b1d1"))
        part = next((self.folder / "out").iterdir()).read_bytes()
        self.assertEqual(part, content[:5120] + bytes(1024) + content[6144:])
        repeated = self.read("dup1030.bin", 1)
        self.assertEqual((repeated["good"], repeated["bad"], repeated["missing"],
                          repeated["complete"]), (20, 1, 0, True))

    def test_by_path_packets_have_places_not_numbers(self):
        transfer = self.read("p6_resume_odd.bin", 0, "-x", "out")
        self.assertEqual((transfer["good"], transfer["bytes"], transfer["crc16"],
                          transfer["complete"], transfer["missing_packets"]),
                         (21, 20000, "b1d1", True, []))
        content = next((self.folder / "out").iterdir()).read_bytes()
        self.assertEqual(f"{crc16(content):04x}", "b1d1")
        data = (self.FOLDER / "p6_resume_odd.bin").read_bytes()
        self.write("d", cut(data, 7704, 1034))  # 1024 bytes, which begin in mid-packet
        transfer = self.transfer("d", code=1)
        self.assertEqual((transfer["bytes"], transfer["complete"]), (18976, False))
        self.assertNotEqual(transfer["missing_packets"], [])

    def test_a_packet_alone_is_checked_from_the_crc_before_it(self):
        name = "data-second-packet-alone.hex"
        self.assertEqual(self.read(name, 1)["unchecked"], 1)
        self.assertEqual(self.read(name, 1, "--init", "c9cf")["good"], 1)
        self.assertEqual(self.read(name, 1, "--init", "2389")["bad"], 1)
        self.read("plain.bin", 0, "--init", "1234")  # it has a START, which goes on from 0

    def test_no_cell_is_a_formula(self):
        result = subprocess.run([TOOLS / "dcam-meta", "-f", "csv",
                                 self.FOLDER / "formula-driver.json"], capture_output=True)
        self.assertIn(b",\"'=cmd|' /C calc'!A0\\x1b[31m", result.stdout)


class Captures(Case):
    """A real transfer on loopback, captured by tcpdump, and what losses do to it."""

    @classmethod
    def setUpClass(cls):
        for name in ("dcam-crc", "dcam-serve", "dcam-sim"):
            if not (TOOLS / name).exists():
                raise FileNotFoundError(f"{TOOLS / name}: build first, or set DUALCAM_TOOLS")
        cls.place = pathlib.Path(tempfile.mkdtemp(prefix="dcam-crc-capture-"))
        cls.addClassCleanup(shutil.rmtree, cls.place)
        cls.content = random.Random(9).randbytes(200_000)
        (cls.place / "v.h265").write_bytes(cls.content)
        cls.clean = cls.capture("clean.pcap")
        cls.faulty = cls.capture("faulty.pcap", "--corrupt", "0.02", "--seed", "3")

    @classmethod
    def capture(cls, name, *faults):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = str(probe.getsockname()[1])
        out = cls.place / (name + ".d")
        out.mkdir()
        path = cls.place / name
        as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
        tcpdump = subprocess.Popen(
            [*as_root, "tcpdump", "-Z", "root",  # not as another user: the folder is ours
             "-i", "lo", "--immediate-mode", "-B", "131072", "-U", "-w", path, "tcp", "port", port],
            stderr=subprocess.PIPE)
        try:
            tcpdump.stderr.readline()
            cls.transmit(port, out, faults)
            for _ in range(200):  # refused connections push what the kernel still holds into the file
                with socket.socket() as knock:
                    knock.connect_ex(("127.0.0.1", int(port)))
            time.sleep(0.5)
        finally:  # it would keep the test's output open
            tcpdump.send_signal(signal.SIGINT)
            tcpdump.communicate()
        return path

    @classmethod
    def transmit(cls, port, out, faults):
        server = subprocess.Popen([TOOLS / "dcam-serve", "-p", port, "-b", "127.0.0.1", "-o", out],
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            server.stderr.readline()
            subprocess.run([TOOLS / "dcam-sim", *faults, f"127.0.0.1:{port}",
                            f"videof={cls.place}/v.h265"], capture_output=True, check=True)
        except BaseException:
            server.kill()
            raise
        finally:
            server.communicate()

    @staticmethod
    def records(path):
        data = path.read_bytes()
        order = "<" if data[:4] in (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1") else ">"
        at = 24
        records = []
        while at < len(data):
            length = struct.unpack(order + "I", data[at + 8:at + 12])[0]
            records.append(data[at:at + 16 + length])
            at += 16 + length
        return data[:24], records

    def without(self, path, drop):
        """The capture without the records that `drop` (their number, how many) chooses."""
        head, records = self.records(path)
        kept = [record for i, record in enumerate(records) if not drop(i, len(records))]
        self.write("lossy.pcap", head + b"".join(kept))
        return "lossy.pcap"

    def test_clean_transfer(self):
        transfer = self.transfer(str(self.clean))
        self.assertEqual((transfer["kind"], transfer["packets"], transfer["good"],
                          transfer["bytes"], transfer["complete"]),
                         ("videof", 196, 196, 200_000, True))
        self.assertEqual(transfer["crc16"], f"{crc16(self.content):04x}")
        self.ask("-x", "out", str(self.clean))
        self.assertEqual(next((self.folder / "out").iterdir()).read_bytes(), self.content)

    def test_transfer_with_faults(self):
        self.ask("-x", "out", str(self.faulty), code=1)
        files = list((self.folder / "out").iterdir())
        self.assertEqual([file.suffix for file in files], [".h265"])
        self.assertEqual(files[0].read_bytes(), self.content)

    def test_printed_by_tcpdump(self):
        for option in ("-x", "-X", "-xx", "-XX"):
            text = subprocess.run(["tcpdump", "-r", self.clean, option], capture_output=True)
            self.assertTrue(self.transfer(data=text.stdout)["complete"], option)

    def test_losses(self):
        whole = 0
        numbering = None
        for seed in range(10):
            chosen = random.Random(seed)
            name = self.without(self.clean, lambda i, count: 8 < i < count - 4 and
                                chosen.random() < 0.1)
            result = run("--dump", "--json", "-x", f"out{seed}", name, cwd=self.folder)
            self.assertIn(result.returncode, (0, 1))
            for line in map(json.loads, result.stdout.splitlines()):
                if line["event"] == "transfer":
                    numbering = line["numbering"]
                    self.assertEqual(line["good"] + line["bad"] + line["unchecked"] +
                                     line["missing"], 196)
                    whole += line["good"]
                if line["event"] == "extracted" and numbering != "unknown":
                    self.check_extracted(self.folder / line["path"], line["holes"])
        self.assertGreater(whole, 100)

    def check_extracted(self, path, holes):
        content = path.read_bytes()
        self.assertLessEqual(len(content), len(self.content))
        zeros = {number for first, last in holes for number in range(first, last + 1)}
        for number in range(1, len(content) // 1024 + 1):
            part = slice((number - 1) * 1024, number * 1024)
            if number in zeros:
                self.assertEqual(content[part].strip(b"\0"), b"")
            else:
                self.assertEqual(content[part], self.content[part], number)

    def test_begins_in_mid_stream(self):
        name = self.without(self.clean, lambda i, count: i < 20)
        transfer = self.transfer(name, code=1)
        self.assertGreater(transfer["good"], 0)

    def test_cut_off_file(self):
        data = self.clean.read_bytes()
        self.write("torn.pcap", data[:len(data) // 2])
        self.ask("--dump", "torn.pcap", code=1)

    def test_port(self):
        self.ask("--dump", "--port", "1", str(self.clean), code=1)


if __name__ == "__main__":
    unittest.main()
