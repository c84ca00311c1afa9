"""What is cited is in the repository, and the examples of the man pages are right."""

import json
import pathlib
import re
import subprocess
import unittest

from harness import TOOLS, crc16

SOURCE = pathlib.Path(__file__).resolve().parents[2]
ROOMS = ("libdualcam", "tools", "tests", "completions", "man", ".ci")
COMMENTS = {".hpp": "//", ".cpp": "//", ".py": "#", ".sh": "#", ".cmake": "#", ".txt": "#",
            ".dox": "//"}


def sources():
    """Every text of the repository, by path."""
    paths = [path for room in ROOMS for path in (SOURCE / room).rglob("*")]
    for path in sorted([*paths, SOURCE / "README.md", SOURCE / "CMakeLists.txt"]):
        if path.is_file() and not {"corpus", "cases", "results", "__pycache__"} & set(path.parts):
            yield path.relative_to(SOURCE), path.read_text()


def comments_of(path, text):
    """Its comments, those on lines that follow each other as one line."""
    sign = COMMENTS.get(path.suffix)
    if sign is None:
        return ""
    comments = ""
    for line in text.splitlines():
        code, found, comment = line.partition(sign)
        if found:
            comments += (" " if not code.strip() else "\n") + comment.strip("/!< ")
        else:
            comments += "\n"
    return comments


def sections_of(page):
    return re.findall(r"^\.S[hs] (.*)$", (SOURCE / "man" / page).read_text(), re.MULTILINE)


def literals_of(page):
    """The displays of a page, as the reader sees them."""
    text = (SOURCE / "man" / page).read_text()
    return re.findall(r"^\.Bd -literal.*\n((?:.*\n)*?)\.Ed$", text, re.MULTILINE)


def unbroken(text):
    """Its lines; one that begins with blanks goes on with the one before."""
    return re.sub(r"\n +", " ", text).splitlines()


def crc64(data):
    """CRC-64/XZ."""
    crc = 2 ** 64 - 1
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xC96C5795D7870F42 if crc & 1 else 0)
    return crc ^ 2 ** 64 - 1


class Citations(unittest.TestCase):
    """The repository stands alone: what it cites is in it."""

    def test_no_file_outside_of_the_repository_is_cited(self):
        for path, text in sources():
            for cited in re.findall(r"(?<![\w.*-])[\w./-]*[\w-]\.md\b", text):
                self.assertTrue((SOURCE / cited).is_file(), f"{path} cites {cited}")
            self.assertNotRegex(text, r"(?<![\w/.])(\.\./)*shared" + "/", path)

    def test_files_named_in_comments_exist(self):
        known = {path.name for path, _ in sources()} | {"version.hpp", "dualcam_change.hpp"} # made
        count = 0
        for path, text in sources():
            comments = comments_of(path, text)
            for cited in re.findall(r"(?<![\w.*])[a-z][a-z0-9_]*\.[ch]pp\b", comments):
                self.assertTrue(cited in known, f"{path} cites {cited}")
                count += 1
        self.assertGreater(count, 5)

    def test_the_main_page_of_the_reference_lists_every_header_once(self):
        page = SOURCE / "libdualcam/doc/main_page.dox"
        rooms = page.read_text().partition("## The rooms")[2].partition("## What holds")[0]
        listed = re.findall(r"\w+\.hpp", rooms)
        headers = list((SOURCE / "libdualcam/include/dualcam").rglob("*.hpp"))
        self.assertEqual(sorted(listed), sorted([path.name for path in headers] + ["version.hpp"]))
        for path in headers:  # without this it has no page, and is no link
            self.assertTrue(path.read_text().startswith("/// \\file\n"), path)

    def test_pages_and_sections_that_are_cited_exist(self):
        pages = {path.name for path in SOURCE.glob("man/*.[17]")}
        count = 0
        for path, text in sources():
            searched = comments_of(path, text)
            for name, section in re.findall(r"\b((?:dcam|dualcam)[\w-]*)\((\d)\)", searched):
                self.assertIn(f"{name}.{section}", pages, path)
                count += 1
            for name, title in re.findall(r"\b(dualcam[\w-]*)\(7\), ([A-Z][\w ]*)", searched):
                titles = sections_of(f"{name}.7")
                self.assertTrue([each for each in titles if title.startswith(each)],
                                f"{path}: {name}(7) has no section {title}")
        self.assertGreater(count, 10)

    def test_pages_refer_to_pages_that_exist(self):
        for page in SOURCE.glob("man/*.[17]"):
            for name, section in re.findall(r"^\.Xr (d(?:cam|ualcam)\S*) (\d)", page.read_text(),
                                            re.MULTILINE):
                self.assertTrue((SOURCE / "man" / f"{name}.{section}").is_file(), f"{page}: {name}")


class Readme(unittest.TestCase):
    """What README names within its sentences exists; the commands are run by test_shown.py."""

    def test_its_paths(self):
        count = 0
        text = re.sub(r"^```.*?^```", "", (SOURCE / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)
        for code in re.findall(r"`([^`]+)`", text):
            path = code.split()[0]
            if re.match(r"(tools|tests|libdualcam)/", path):
                found = (SOURCE / path).exists()
            elif re.search(r"^\w+/\w+\.[ch]pp$|^\w+\.(cpp|py|sh)$", path):
                found = list(SOURCE.glob(f"[lt]*/**/{path}"))
            else:
                continue
            self.assertTrue(found, path)
            count += 1
        self.assertGreater(count, 20)


class PageExamples(unittest.TestCase):
    """The vectors of the pages are what the text beside them says."""

    def test_the_packets_of_the_protocol_page_have_the_right_crc(self):
        text = (SOURCE / "man/dualcam-protocol.7").read_text()
        lines = re.findall(r"^(000[4e])(\w{4}) (?:(\w{8}) )?((?:3\d)+) +(\w{4})$", text,
                           re.MULTILINE)
        self.assertEqual(len(lines), 6)
        for start in (0, 3):
            crc, content = 0, b""
            for command, length, offset, payload, stored in lines[start:start + 3]:
                payload = bytes.fromhex(payload)
                if offset:
                    self.assertEqual(int(offset, 16), len(content))
                content += payload
                crc = crc16(payload, crc)
                self.assertEqual(int(stored, 16), crc)
                self.assertEqual(int(length, 16), len(payload) + (6 if offset else 2), command)
            self.assertEqual(content, b"123456789")

    def test_the_paths_of_the_protocol_page_are_those_beside_them(self):
        text = (SOURCE / "man/dualcam-protocol.7").read_text()
        shown = re.findall(r"^\.Li (\S+\.jpg)$", text, re.MULTILINE)
        sent = re.findall(r"^000d(\w{4}) (\w+)$", text, re.MULTILINE)
        self.assertEqual(len(sent), 2)
        self.assertEqual([bytes.fromhex(path) for _, path in sent],
                         [path.encode() + b"\0" for path in shown])
        self.assertEqual([int(length, 16) for length, _ in sent], [len(path) + 1 for path in shown])

    def test_the_checkpoint_of_the_entry_page_has_the_right_checksums(self):
        text, = (each for each in literals_of("dualcam.7") if "dualcam checkpoint" in each)
        *header, check, first, second = unbroken(text)
        header = "".join(f"{line}\n" for line in header)
        self.assertEqual(check, f"check {crc64(header.encode()):016x}")
        block = f"{header}{check}\n".encode().ljust(4096, b"\0")
        for line in (first, second):
            claim, _, checksum = line.rpartition(" ")
            self.assertEqual(checksum, f"{crc64(block + claim.encode()):016x}", line)

    def test_the_state_of_a_camera_of_the_entry_page_agrees_with_itself(self):
        text, = (each for each in literals_of("dualcam.7") if "dualcam camera" in each)
        _, *lines = unbroken(text)
        for line in lines:
            fact, _, checksum = line.rpartition(" ")
            self.assertEqual(checksum, f"{crc64(fact.encode()):016x}", line)
        stored, = (line.split() for line in lines if line.startswith("stored"))
        packets, size, full, packet, tail = (int(stored[at]) for at in (3, 7, 8, 10, 12))
        self.assertEqual(-(-size // full), packets)
        self.assertEqual((packet - 1) * full + tail, size)
        self.assertGreaterEqual(tail, 4096)

    def metadata(self, first, *arguments):
        """The record of the example that begins like that."""
        text, = (each for each in literals_of("dualcam-protocol.7") if each.startswith(first))
        result = subprocess.run([TOOLS / "dcam-meta", "--json", *arguments, "-x", text],
                                capture_output=True, text=True)
        return result.returncode, result.stdout and json.loads(result.stdout)

    def test_the_payloads_of_the_protocol_page_are_what_it_says(self):
        expected = [
            ("03 10", {"kind": "videof", "time": "2024-10-29T12:43:42.000Z", "length_seconds": 3,
                       "trigger_name": "server request", "frame_rate": 20, "time_zone_minutes": 300,
                       "latitude": 54.7004183, "longitude": 25.2796514}),
            ("67162311 00", {"camera": "adas", "time": "2024-10-21T09:46:57.000Z",
                             "file_type": "video", "trigger_name": "crash", "length_seconds": 10,
                             "latitude": 54.700418, "longitude": -25.279651}),
            ("6532edcc", {"camera": "dsm", "time": "2023-10-20T21:14:52.000Z",
                          "file_type": "snapshot", "trigger_name": "DSM event",
                          "latitude": -54.700418, "longitude": 25.279651, "driver": "JOHN DONE",
                          "events": ["drowsiness", "phone", "G-sensor"]}),
            ("0000 0005 00013ee13c001981", {"imei": "350612071913857", "protocol": 5,
                                            "offered": ["photof"]})]
        for first, fields in expected:
            status, record = self.metadata(first)
            self.assertEqual(status, 0, first)
            self.assertEqual({key: record.get(key) for key in fields}, fields)
        self.assertEqual(self.metadata("67162311 01", "--camera", "adas"), (1, ""))


if __name__ == "__main__":
    unittest.main()
