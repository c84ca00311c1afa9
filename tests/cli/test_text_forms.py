#!/usr/bin/env python3
"""Text of any form gives the answer that its bytes give, or its line is named: never another one.

Run: DUALCAM_TOOLS=build/gcc/tools python3 tests/cli/test_text_forms.py
"""
import base64
import itertools
import json
import pathlib
import random
import re
import struct
import unittest

import pasted_forms
import text_forms
import wrapped_forms
from figures import full
from harness import ToolTest
from wire import crc16

PLAIN = (pathlib.Path(__file__).parent / "cases" / "plain.bin").read_bytes()
SAID_OF_THE_TEXT = ("dump", "form", "lines_passed_over", "lines_not_read")


def transfer(payload, damaged=None):
    """The camera's side of a transfer in packets of 512 bytes, one of them perhaps damaged."""
    packets = [payload[at:at + 512] for at in range(0, len(payload), 512)]
    sent = bytes.fromhex("0000000500013ee13c001981440004000001 0006")
    sent += struct.pack(">IH", len(packets), 0) + bytes.fromhex("0003000400000000")
    crc = 0
    for number, packet in enumerate(packets):
        crc = crc16(packet, crc)
        shown = packet[:-1] + bytes([packet[-1] ^ 1]) if number == damaged else packet
        sent += struct.pack(">HH", 4, len(packet) + 2) + shown + struct.pack(">H", crc)
    return sent


# What the lines of a dump look like depends on the bytes: equal lines, text, none of that.
TRUTHS = {
    "plain": PLAIN,
    "blank": transfer(bytes(1500) + b"\xff" * 500),
    "text": transfer(b'It\'s * a "text" | with \\ and <signs> ... 0123456789abcdef\n' * 20),
    "damaged": transfer(random.Random(15).randbytes(2000), damaged=2),
    "padded": transfer(random.Random(16).randbytes(1000)) + bytes(40),
}


def talk():
    """The messages of plain.bin, and what a server says between them."""
    asked = {1: "000a00072570686f746f66", 2: "000800072570686f746f66", 3: "0002000400000001"}
    at = 0
    for number in itertools.count():
        if at == len(PLAIN):
            return
        if number in asked:
            yield bytes.fromhex(asked[number])
        size = 16 if PLAIN[at:at + 2] == b"\0\0" else 4 + int.from_bytes(PLAIN[at + 2:at + 4], "big")
        yield PLAIN[at:at + size]
        at += size


def as_lines(text):
    is_wide = isinstance(text, bytes) and text[:2] == b"\xff\xfe"
    text = text.decode("utf-16" if is_wide else "utf-8") if isinstance(text, bytes) else text
    return text.rstrip("\n")


TALK = list(talk())
HEADS = {"by nothing": lambda i: "", "by a blank line": lambda i: "\n",
         "by a line": lambda i: "TX:\n" if i in (1, 3, 5) else "RX:\n"}
# Offsets that do not begin at 0, so nothing tells where a dump begins.
NOT_IN_PIECES = ("xxd -o 4096",)


class TextForms(ToolTest):
    def answer(self, content):
        path = self.folder / "dump"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        done = self.run_tool("dcam-crc", "--dump", "--json", path)
        events = [{key: value for key, value in json.loads(line).items()
                   if key not in SAID_OF_THE_TEXT} for line in done.stdout.splitlines()]
        return done.returncode, events, done.stderr

    def is_read(self, forms, truths=tuple(TRUTHS)):
        for truth in truths:
            code, events, _ = self.answer(TRUTHS[truth])
            self.assertIn("transfer", [event["event"] for event in events])
            for name, form in forms.items():
                with self.subTest(form=name, truth=truth):
                    told = self.answer(form(TRUTHS[truth]))
                    self.assertEqual(told[1], events, told[2])
                    self.assertEqual(told[0], code, told[2])

    def is_named(self, forms, told=lambda name: "", truths=("plain", "text")):
        for truth in truths:
            for name, form in forms.items():
                with self.subTest(form=name, truth=truth):
                    code, events, said = self.answer(form(TRUTHS[truth]))
                    self.assertEqual(code, 1, said)
                    self.assertRegex(said, rf"line \d+: .*{told(name)}")
                    self.assertFalse([event for event in events if event.get("complete")])

    def test_od(self):
        self.is_read(text_forms.od_forms(), ("plain", "text"))

    def test_xxd_and_hexdump(self):
        self.is_read(text_forms.dump_forms())

    def test_words_in_an_order_of_the_machine_are_refused(self):
        self.is_named(text_forms.words_of_od() | text_forms.words_of_dumps(), truths=("plain",))

    def test_wireshark(self):
        self.is_read(text_forms.wireshark_forms())

    def test_programming_languages(self):
        self.is_read(text_forms.language_forms())

    def test_debuggers_and_consoles(self):
        self.is_read(text_forms.debugger_forms())

    def test_prints_within_json_and_tables(self):
        self.is_read(wrapped_forms.wrapped_forms(), truths=("plain",))

    def test_what_consoles_and_mail_make_of_bytes(self):
        self.is_read(pasted_forms.pasted_forms(), truths=("plain", "damaged"))

    def test_tables_of_databases(self):
        self.is_read(pasted_forms.database_forms(), truths=("plain", "damaged"))

    def test_a_damaged_message_is_named_in_a_log(self):
        """Few and long lines, of both sides, of which that of the last packet is damaged."""
        bad = 9
        for name, form in pasted_forms.logged_forms().items():
            lines = [form(message, i) for i, message in enumerate(TALK)]
            at = next(at for at in itertools.count(len(lines[bad]) // 2) if lines[bad][at].isdigit())
            are_pairs = "00" in lines[0][-20:]  # of numbers any other may be one, too
            for damage in ("?", " ", "") if are_pairs else ("?",):
                text = lines[:]
                text[bad] = lines[bad][:at] + damage + lines[bad][at + 1:]
                with self.subTest(form=name, damage=damage):
                    code, events, said = self.answer("\n".join(text))
                    self.assertEqual(code, 1, said)
                    self.assertRegex(said, rf"line {bad + 1}: ")
                    self.assertEqual([event["good"] for event in events
                                      if event["event"] == "transfer"], [2], said)

    def test_a_damaged_first_message_is_not_lost(self):
        """The server has not answered it, and nothing else tells."""
        for name, form in {
                "hex": wrapped_forms.lines(lambda each, i: f"INFO:root:<- {each.hex(' ')}"),
                "groups": wrapped_forms.lines(lambda each, i: f"INFO:root:<- {each.hex(' ', 2)}"),
                "0x": wrapped_forms.lines(lambda each, i: "rx " + " ".join(
                    f"0x{byte:02x}" for byte in each))}.items():
            with self.subTest(form=name):
                code, events, _ = self.answer(form(PLAIN).replace("00", "40", 1))
                self.assertEqual(code, 1)
                self.assertIn(16, [event.get("bytes") for event in events])

    def test_a_damaged_message_without_a_checksum_is_named(self):
        """INIT's and metadata's: all packets are there, and nothing but the text tells."""
        messages = list(wrapped_forms.messages(PLAIN))
        for name, parted in {"digits": lambda each: each.hex(), "pairs": lambda each: each.hex(" "),
                             "groups": lambda each: each.hex(" ", -4)}.items():
            for bad in (0, 1):
                lines = [parted(message) for message in messages]
                middle = lines[bad].index("3", len(lines[bad]) // 4)
                for damage in ("O", "?", ""):
                    lines[bad] = parted(messages[bad])
                    lines[bad] = lines[bad][:middle] + damage + lines[bad][middle + 1:]
                    with self.subTest(form=name, line=bad + 1, damage=damage):
                        code, _, said = self.answer("\n".join(lines) + "\n")
                        self.assertEqual(code, 1, said)
                        self.assertRegex(said, rf"line {bad + 1}: ")

    def test_yaml(self):
        self.is_read(text_forms.yaml_forms())

    def test_both_directions_in_any_form(self):
        """Each message printed by itself, the server's between the camera's, headed in one way, or in
        every one with --full."""
        _, events, _ = self.answer(PLAIN)
        forms = (text_forms.od_forms() | text_forms.dump_forms() | text_forms.wireshark_forms()
                 | text_forms.language_forms() | text_forms.json_forms()
                 | text_forms.column_forms())
        for name in NOT_IN_PIECES:
            del forms[name]
        all_heads = list(HEADS.items())
        for turn, (name, form) in enumerate(forms.items()):
            shown = [as_lines(form(message)) for message in TALK]
            for headed, heads in full([all_heads[turn % len(all_heads)]], all_heads):
                with self.subTest(form=name, headed=headed):
                    code, found, said = self.answer("".join(
                        f"{heads(i)}{text}\n" for i, text in enumerate(shown)))
                    for each in found + events: # where a packet stands differs with what is between
                        each.pop("offset", None)
                    self.assertEqual(found, events, said)
                    self.assertEqual(code, 0, said)

    def test_json(self):
        self.is_read(text_forms.json_forms())

    def test_columns(self):
        self.is_read(text_forms.column_forms())

    def test_what_was_cut_when_it_was_printed(self):
        self.is_named(text_forms.cut_forms(), lambda name: "not there")
        for name, form in text_forms.cut_forms().items():
            if "Buffer" in name:
                self.assertIn("buffer.toString('hex')", self.answer(form(PLAIN))[2])

    def test_other_encodings_are_named_with_what_undoes_them(self):
        forms = text_forms.other_encodings()
        self.is_named({name: form for name, (form, _) in forms.items()},
                      lambda name: forms[name][1])

    def test_a_bad_line_is_named_in_whatever_form(self):
        """One digit in the middle of it is none, and the packet is the only one that suffers."""
        forms = text_forms.dump_forms() | text_forms.language_forms()
        for name in ("xxd ", "xxd -g1", "xxd -c32", "hexdump -C", "Node's buffers in JSON"):
            lines = as_lines(forms[name](TRUTHS["damaged"])).split("\n")
            bad = len(lines) // 3
            middle = len(lines[bad]) * 45 // 100
            at = next(at for at in itertools.count(middle) if lines[bad][at] in "0123456789abcdef")
            lines[bad] = lines[bad][:at] + "O" + lines[bad][at + 1:]
            with self.subTest(form=name):
                code, events, said = self.answer("\n".join(lines))
                self.assertEqual(code, 1, said)
                self.assertRegex(said, rf"line {bad + 1}: ")
                self.assertEqual([event["good"] for event in events if event["event"] == "transfer"],
                                 [2], said)

    def test_a_mark_in_the_place_of_a_digit_is_named_in_decimal_lists(self):
        for name, form, marks in (
                ("Python's list", lambda data: str(list(data)), "?"),
                ("gdb's x/ub", text_forms.debugger_forms()["gdb's x/ub"], "?*\ufffd")):
            lines = as_lines(form(TRUTHS["damaged"])).split("\n")
            bad = len(lines) // 2
            at = lines[bad].rindex("1")
            for mark in marks:
                damaged = lines[:]
                damaged[bad] = lines[bad][:at] + mark + lines[bad][at + 1:]
                with self.subTest(form=name, mark=mark):
                    code, _, said = self.answer("\n".join(damaged) + "\n")
                    self.assertEqual(code, 1, said)
                    self.assertRegex(said, rf"line {bad + 1}: ")

    def test_a_number_that_lacks_among_rows_is_named(self):
        forms = text_forms.od_forms() | text_forms.dump_forms() | text_forms.wireshark_forms()
        for name, lost in (("od -v -An -tu1", r" +\d+$"), ("od -v -An -to1 -w8", r" \d+$"),
                           ("hexdump -e, decimal", r" +\d+ ?$"), ("a C array", r"0x.., "),
                           ("od -v -An -tu1", r"\d(?=\d)"), ("hexdump -e, bytes", r".. ")):
            lines = as_lines(forms[name](TRUTHS["damaged"])).split("\n")
            bad = len(lines) // 2
            lines[bad] = re.sub(lost, "", lines[bad], count=1)
            with self.subTest(form=name, lost=lost):
                code, _, said = self.answer("\n".join(lines) + "\n")
                self.assertEqual(code, 1, said)
                self.assertEqual(re.findall(r"line (\d+): ", said), [str(bad + 1)], said)

    def test_one_line_of_bytes_is_kept_but_for_its_damage(self):
        """Named by its column: of one line its number tells nothing."""
        data = TRUTHS["damaged"]
        for name, parted in {"blanks": data.hex(" "), "dashes": data.hex("-").upper(),
                             "commas": data.hex(","), "a prefix": f"12:43:42 RX: {data.hex(' ')}",
                             "digits": data.hex(), "Rust": f"[{data.hex(' ').replace(' ', ', ')}]",
                             "groups": data.hex(" ", -4)}.items():
            at = next(at for at in itertools.count(len(parted) // 2) if parted[at].isdigit())
            for damage in ("?", "O", " ", "\ufffd") + (("",) if name != "digits" else ()):
                with self.subTest(form=name, damage=damage):
                    code, events, said = self.answer(parted[:at] + damage + parted[at + 1:] + "\n")
                    self.assertEqual(code, 1, said)
                    self.assertRegex(said, r"line 1: .* in column \d+ is no pair of hex digits")
                    self.assertEqual([event["good"] for event in events
                                      if event["event"] == "transfer"], [2], said)

    def test_a_row_of_a_table_is_kept_but_for_its_damage(self):
        """A missing digit, too: what tells nothing of its place leaves both ends of the row."""
        tables = {
            "psql": lambda each, i: f" {i} | 12:43:{i:02} | \\x{each.hex()}",
            "a dump of PostgreSQL": lambda each, i: f"{i}\t2024-10-29\t\\\\x{each.hex()}",
            "MySQL": lambda each, i: f"| {i} | {each.hex().upper()} |",
            "SQLite": lambda each, i: f"INSERT INTO p VALUES({i},'rx',X'{each.hex()}');",
            "CSV": lambda each, i: f'"{i}","12:43:{i:02}","{each.hex()}"',
            "CSV with blanks": lambda each, i: f"{i},12:43:{i:02},{each.hex(' ')}",
            "XML": lambda each, i: f'<rx t="12:43:{i:02}">{each.hex()}</rx>',
            "logfmt": lambda each, i: f"time=2024-10-29T12:43:{i:02}Z len={len(each)} data={each.hex()}",
            "logcat": lambda each, i: f"10-29 12:43:{i:02}.123  1234  1256 D CamRx   : {each.hex()}",
            "JSON": lambda each, i: json.dumps({"ts": i, "data": each.hex()}),
            "nothing": lambda each, i: each.hex(),
        }
        self.each_is_kept_but_for_its_damage(tables)

    def test_a_string_of_base64_is_kept_but_for_its_damage(self):
        def encoded(each):
            return base64.b64encode(each).decode()
        self.each_is_kept_but_for_its_damage({
            "JSON": lambda each, i: json.dumps({"ts": i, "data": encoded(each)}),
            "zap": lambda each, i: json.dumps({"level": "debug", "ts": 173020582 + i,
                                               "caller": "srv/conn.go:42", "data": encoded(each)}),
            "YAML": lambda each, i: f"- {{ts: {i}}}\n- data: !!binary {encoded(each)}",
            "a log": lambda each, i: f"12:43:{i:02} rx {encoded(each)}",
        }, damages=("?", "\ufffd", ""))

    def test_strings_behind_what_is_looked_at_first_are_kept_but_for_their_damage(self):
        data = transfer(random.Random(17).randbytes(60_000))
        packets = list(wrapped_forms.messages(data))
        for name, encoded in {"hex": bytes.hex,
                              "base64": lambda each: base64.b64encode(each).decode()}.items():
            lines = [json.dumps({"ts": i, "data": encoded(each)}) for i, each in enumerate(packets)]
            bad = len(lines) - 5
            at = len(lines[bad]) // 2
            for damage in ("?", ""):
                damaged = lines[bad][:at] + damage + lines[bad][at + 1:]
                with self.subTest(name=name, damage=damage):
                    code, events, said = self.answer(
                        "\n".join(lines[:bad] + [damaged] + lines[bad + 1:]) + "\n")
                    self.assertEqual(code, 1, said)
                    self.assertEqual(re.findall(r"line (\d+): ", said), [str(bad + 1)], said)
                    self.assertEqual([(event["good"], event["bad"]) for event in events
                                      if event["event"] == "transfer"], [(117, 1)], said)

    def each_is_kept_but_for_its_damage(self, forms, damages=("?", "O", "")):
        for name, form in forms.items():
            lines = [form(message, i) for i, message in enumerate(wrapped_forms.messages(PLAIN))]
            for bad in range(4, 7):  # the packets
                middle = next(at for at in itertools.count(len(lines[bad]) // 2)
                              if lines[bad][at].isalnum())
                for damage in damages:
                    damaged = lines[bad][:middle] + damage + lines[bad][middle + 1:]
                    with self.subTest(form=name, line=bad + 1, damage=damage):
                        code, events, said = self.answer(
                            "\n".join(lines[:bad] + [damaged] + lines[bad + 1:]) + "\n")
                        self.assertEqual(code, 1, said)
                        expected = 1 + lines[bad].count("\n") + sum(
                            1 + line.count("\n") for line in lines[:bad])
                        self.assertEqual(re.findall(r"line (\d+): ", said), [str(expected)], said)
                        self.assertEqual([event["good"] for event in events
                                          if event["event"] == "transfer"], [2], said)

    def test_a_line_that_is_cut_costs_its_message_and_is_the_only_one_named(self):
        """As logs cut long lines: without the bracket, the quote or the digits that end it."""
        forms = pasted_forms.logged_forms() | {
            "Rust's list": lambda each, i: f"[2024-11-27T12:43:{i:02}Z DEBUG cam] rx {list(each)}",
            "Python's tuple": lambda each, i: f"12:43:{i:02} rx {tuple(each)}",
            "gdb": lambda each, i: f"${i} = {{{', '.join(map(hex, each))}}}",
            "Elixir": lambda each, i: (
                f"12:43:{i:02} rx <<{', '.join(f'0x{byte:02X}' for byte in each)}>>"),
            "Redis": lambda each, i: f'{i}) "' + text_forms.escaped(
                each, lambda byte: f"\\x{byte:02x}") + '"',
            "MongoDB": lambda each, i: (
                f'{{ "_id" : {i}, "data" : BinData(0,"{base64.b64encode(each).decode()}") }}'),
            "zerolog": lambda each, i: json.dumps(
                {"level": "debug", "raw": each.hex(), "time": 1732737909 + i}),
            "slog": lambda each, i: json.dumps(
                {"level": "DEBUG", "payload": base64.b64encode(each).decode(), "n": i}),
            "SQL": lambda each, i: f"INSERT [p] ([id], [d]) VALUES ({i}, 0x{each.hex().upper()})",
            "Kibana": lambda each, i: f"Nov 27, 2024 @ 12:43:{i:02}.123\trx {each.hex(' ')}",
            "a terminal": lambda each, i: (
                f"[12:43:{i:02}.123]\u6536\u2190\u25c6{each.hex(' ').upper()} "),
            "three digits": lambda each, i: f"RX: {' '.join(f'{byte:03}' for byte in each)}",
            "MATLAB": lambda each, i: f"d = [{' '.join(map(str, each))}];",
        }
        for name, form in forms.items():
            lines = [form(message, i) for i, message in enumerate(wrapped_forms.messages(PLAIN))]
            for at in (len(lines[5]) // 2, len(lines[5]) // 2 + 1):
                with self.subTest(form=name, at=at):
                    code, events, said = self.answer(
                        "\n".join([*lines[:5], lines[5][:at], *lines[6:]]) + "\n")
                    self.assertEqual(code, 1, said)
                    self.assertLessEqual(set(re.findall(r"line (\d+): ", said)), {"6"}, said)
                    self.assertEqual(
                        [(event["kind"], event["good"], event["unchecked"])
                         for event in events if event["event"] == "transfer"],
                        [("photof", 1, 1)], said)

    def test_a_byte_with_a_digit_too_many_leaves_the_others_in_place(self):
        for name, form in {
                "with h": lambda each, i: " ".join(f"{byte:02X}h" for byte in each),
                "with 0x": lambda each, i: f"rx <<{', '.join(f'0x{b:02X}' for b in each)}>>",
                "with $": lambda each, i: ", ".join(f"${byte:02X}" for byte in each)}.items():
            lines = [form(message, i) for i, message in enumerate(wrapped_forms.messages(PLAIN))]
            middle = re.compile(r"[0-9A-F]{2}(?=h|,| )").search(lines[5], len(lines[5]) // 2).end()
            lines[5] = lines[5][:middle] + "7" + lines[5][middle:]
            with self.subTest(form=name):
                code, events, said = self.answer("\n".join(lines) + "\n")
                self.assertEqual(code, 1, said)
                self.assertEqual(re.findall(r"line (\d+): ", said), ["6"], said)
                self.assertEqual([event["good"] for event in events
                                  if event["event"] == "transfer"], [2], said)

    def test_no_whole_line_is_named_for_a_number_that_another_lacks(self):
        def rust(each, i):
            return f"[2024-11-27T12:43:{i:02}Z DEBUG cam] rx {list(each)}"

        def table(each, i):
            return f"| {i + 1} | 0x{each.hex()} |"
        for name, form, lost in (("Rust's list", rust, ", 0"), ("MySQL's table", table, "00")):
            lines = [form(message, i) for i, message in enumerate(wrapped_forms.messages(PLAIN))]
            at = lines[-2].rindex(lost)
            lines[-2] = lines[-2][:at] + lines[-2][at + len(lost):]
            with self.subTest(form=name):
                code, events, said = self.answer("\n".join(lines) + "\n")
                self.assertEqual(code, 1, said)
                self.assertNotRegex(said, r"line [1-4]: ")
                self.assertEqual([event["kind"] for event in events
                                  if event["event"] == "transfer"], ["photof"], said)

    def test_a_signature_behind_a_list_is_none_of_its_numbers(self):
        signature = "\n\n-- \nBob\n"
        self.is_read({name: lambda data, form=form: form(data) + signature for name, form in {
            "Python's list": lambda data: str(list(data)),
            "od": lambda data: as_lines(text_forms.od_forms()["od -v -An -tu1"](data)),
        }.items()}, truths=("plain",))

    def test_dcam_meta_reads_logs_of_whole_sessions_as_dcam_crc_does(self):
        forms = {
            "SQLite": lambda each, i: f"INSERT INTO p VALUES({i},'rx',X'{each.hex()}');",
            "MySQL's table": lambda each, i: f"| {i} | 0x{each.hex()} |",
            "base64": lambda each, i: f"12:43:{i:02} rx {base64.b64encode(each).decode()}",
        }
        path = self.folder / "log"
        for name, form in forms.items():
            with self.subTest(form=name):
                lines = [form(message, i) for i, message in enumerate(wrapped_forms.messages(PLAIN))]
                path.write_text("\n".join(lines) + "\n")
                done = self.run_tool("dcam-meta", "--json", path)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                record = json.loads(done.stdout)
                self.assertEqual((record["imei"], record["kind"]), ("350612071913857", "photof"))
                bad = len(lines) - 2
                middle = len(lines[bad]) // 2
                lines[bad] = lines[bad][:middle] + "?" + lines[bad][middle + 1:]
                path.write_text("\n".join(lines) + "\n")
                done = self.run_tool("dcam-meta", "--json", path)
                self.assertEqual(done.returncode, 1)
                self.assertIn(f"line {bad + 1}: ", done.stderr)

    def test_a_lost_line_is_named_where_offsets_tell(self):
        for name, form in text_forms.dump_forms().items():
            if name not in ("xxd ", "xxd -d", "hexdump -Cv", "hexdump -bv"):
                continue
            lines = as_lines(form(PLAIN)).split("\n")
            del lines[100]
            with self.subTest(form=name):
                code, _, said = self.answer("\n".join(lines))
                self.assertEqual(code, 1, said)
                self.assertRegex(said, "line 101: 16 bytes are missing before it")

    def test_text_that_gives_nothing_is_named_by_its_line(self):
        code, _, said = self.answer("\nfeed beef 0102 0304 0506 0708 090a 0b0c 0d0e\n")
        self.assertEqual(code, 1)
        self.assertIn("line 2: ", said)


if __name__ == "__main__":
    unittest.main()
