#!/usr/bin/env python3
"""Lines of bytes with something before them, or around them, give the answer of the clean text.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_text_lines.py
"""
import codecs
import json
import pathlib
import subprocess
import unittest

import text_lines
from figures import full
from harness import ToolTest, tool

PLAIN = (pathlib.Path(__file__).parent / "cases" / "plain.bin").read_bytes()
SAID_OF_THE_TEXT = ("dump", "form", "input", "lines_passed_over", "lines_not_read")


def messages():
    """The camera's, one by one, as a server logs them."""
    at = 0
    while at < len(PLAIN):
        name, length = int.from_bytes(PLAIN[at:at + 2], "big"), int.from_bytes(PLAIN[at + 2:at + 4], "big")
        end = at + (16 if name == 0 else 4 + length)
        yield PLAIN[at:end]
        at = end


def rows(size=16):
    return [PLAIN[at:at + size] for at in range(0, len(PLAIN), size)]


def spaced(pieces):
    return "\n".join(piece.hex(" ") for piece in pieces)


def printed(*command):
    return subprocess.run(command, input=PLAIN, capture_output=True, check=True).stdout.decode()


METADATA = list(messages())[1]
TALK = "\n".join(["connected from 10.0.0.5:40312"] + [
    line for message in messages()
    for line in (f"received {len(message)} bytes", message.hex(" "))] + ["closed after 1.5 s"])


def captured():
    return {
        "hex": spaced(rows()), "xxd": printed("xxd"), "hexdump -C": printed("hexdump", "-Cv"),
        "messages": "\n".join(message.hex() for message in messages()),
        "talk": TALK,
        "INIT": spaced(list(messages())[:1]), "INIT and metadata": spaced(list(messages())[:2]),
    }


def records():
    return {
        "a payload": METADATA[4:].hex(), "a message": METADATA.hex(" "),
        "INIT": next(messages()).hex(), "a dump": spaced(rows()), "xxd": printed("xxd"),
        "payloads": "\n".join([METADATA[4:].hex(" ")] * 3),
    }


def framings(text):
    """Of a whole text."""
    lines = text.splitlines()
    return {
        "CRLF": "\r\n".join(lines) + "\r\n", "CR": "\r".join(lines) + "\r",
        "no last end of line": "\n".join(lines),
        "blank lines": "\n\n".join(lines) + "\n",
        "UTF-16LE with a mark": codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
        "UTF-16BE with a mark": codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
        "UTF-16LE, not all of it ASCII": f"Grüße\n{text}".encode("utf-16-le"),
        "UTF-16LE": text.encode("utf-16-le"), "UTF-16BE": text.encode("utf-16-be"),
        "UTF-8 with a mark": codecs.BOM_UTF8 + text.encode(),
        "line separators": "\u2028".join(lines), "next lines": "\u0085".join(lines),
        "line tabulations": "\v".join(lines), "pages": "\n\f".join(lines) + "\n",
        "zero-width spaces": "".join(f"\u200b{line}\u200b\n" for line in lines),
        "zero-width spaces within": "\u200b".join(text[at:at + 70] for at in range(0, len(text), 70)),
        "marks at lines": "".join(f"\ufeff{line}\n" for line in lines),
        "soft hyphens": "".join(f"{line}\u00ad\n" for line in lines),
        "narrow blanks": text.replace(" ", "\u202f"), "wide digits": text.replace("0", "\uff10"),
        "a code fence": f"This is what I see:\n\n```\n{text}\n```\n\nThanks\n",
        "a code fence with a language": f"```text\n{text}\n```\n",
        "a signature": f"Hi,\n\n{text}\n\n-- \nBob\n",
        "a mail's head": f"From: bob@example.org\nDate: Wed, 27 Nov 2024 20:05:09 +0200\nSubject: x\n\n{text}\n",
        "a shell's prompt": f"bob@server:~$ xxd dump.bin\n{text}\nbob@server:~$ \n",
    }


class TextLines(ToolTest):
    def answers(self, name, texts):
        """What one run says of each."""
        paths = [self.folder / str(i) for i in range(len(texts))]
        for path, text in zip(paths, texts):
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        is_dump = name == "dcam-crc"
        done = subprocess.run([tool(name), *(["--dump"] if is_dump else []), "--json", *paths],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600)
        events = {str(path): [] for path in paths}
        for line in done.stdout.splitlines():
            event = json.loads(line)
            events[event["dump" if is_dump else "input"]].append(
                {key: value for key, value in event.items() if key not in SAID_OF_THE_TEXT})
        return done, list(events.values())

    def are_read(self, name, clean, forms):
        done, (events,) = self.answers(name, [clean])
        self.assertTrue(events, clean)
        told, found = self.answers(name, list(forms.values()))
        for i, form in enumerate(forms):
            with self.subTest(tool=name, form=form):
                self.assertEqual(found[i], events, [
                    line for line in told.stderr.splitlines() if f"/{i}: " in line])
        self.assertEqual(told.returncode, done.returncode, told.stderr)

    def table(self, kind):
        """Every form with every text takes minutes: with one in `step` each, unless --full."""
        step = full(short=8, whole=1)
        for name, texts in (("dcam-crc", captured()), ("dcam-meta", records())):
            for turn, (kind_of_text, text) in enumerate(texts.items()):
                self.are_read(name, text, {
                    f"{kind_of_text}, {form}": text_lines.lines_with(make, text)
                    for i, (form, make) in enumerate(text_lines.TABLE[kind].items())
                    if (i + turn) % step == 0})

    def test_addresses(self):
        self.table("address")

    def test_directions(self):
        self.table("direction")

    def test_dates(self):
        self.table("date")

    def test_programs(self):
        self.table("program")

    def test_what_stands_around(self):
        self.table("around")

    def test_whole_texts(self):
        for name, texts in (("dcam-crc", captured()), ("dcam-meta", records())):
            for text in texts.values():
                self.are_read(name, text, framings(text))


if __name__ == "__main__":
    unittest.main()
