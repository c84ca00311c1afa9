"""Bytes as the tools and languages of this world print them, each form a function of the bytes.

Installed tools are run; what others print is made here as they do.
"""

import base64
import binascii
import json
import pprint
import subprocess
import textwrap
import urllib.parse


def rows(data, size=16):
    return [(at, data[at:at + size]) for at in range(0, len(data), size)]


def signed(data):
    return [byte - 256 if byte > 127 else byte for byte in data]


def shown(row):
    return "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)


def run(*command):
    return lambda data: subprocess.run(command, input=data, capture_output=True, check=True).stdout


def pieces(size, make):
    """A log that has a line for so many bytes each."""
    return lambda data: "".join(make(row, i) + "\n" for i, (_, row) in enumerate(rows(data, size)))


def joined(between, make, before="", behind=""):
    return lambda data: before + between.join(make(byte) for byte in data) + behind


def escaped(data, others):
    """A string that shows what can be shown."""
    return "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in "\"'\\" else others(byte)
                   for byte in data)


def od_forms():
    forms = {f"od {options}": run("od", *options.split()) for options in (
        "-b", "-v -b", "-t x1z", "-v -A x -t x1z", "-A d -t o1z", "-A n -v -t x1z")}
    for base in "oxdn":
        for number in ("o1", "d1", "u1", "x1"):
            for width in ("", " -w8", " -w32"):
                options = f"-v -A{base} -t{number}{width}"
                forms["od " + options] = run("od", *options.split())
    for base in "oxd":
        forms[f"od -A{base} -tx1 with *"] = run("od", f"-A{base}", "-tx1")
    return forms


def words_of_od():
    """What stands in an order that od chooses."""
    forms = {f"od {number}": run("od", "-v", number) for number in ("-x", "-d", "-o", "-i", "-l")}
    for base in "oxdn":
        for number in ("x2", "x4", "x8", "d2", "u4", "o2", "c", "a"):
            forms[f"od -A{base} -t{number}"] = run("od", "-v", f"-A{base}", f"-t{number}")
    return forms


def dump_forms():
    forms = {f"xxd {options}": run("xxd", *options.split()) for options in (
        "", "-d", "-u", "-a", "-c8", "-c32", "-c 60", "-g1", "-g4", "-g8", "-g0", "-p", "-p -c0",
        "-p -u", "-i", "-i -u", "-o 4096", "-E", "-c 10 -g 5", "-d -c20")}
    forms |= {f"hexdump {options}": run("hexdump", *options.split()) for options in (
        "-C", "-Cv", "-b", "-bv")}
    for name, text in {
            "bytes": '16/1 "%02x " "\\n"', "no blanks": '1/1 "%02x"', "upper": '1/1 "%02X "',
            "0x": '16/1 "0x%02x, " "\\n"', "offsets": '"%08.8_ax  " 16/1 "%02x " "\\n"',
            "decimal offsets": '"%07.7_ad: " 16/1 "%02x " "\\n"', "decimal": '16/1 "%3u " "\\n"',
            "octal": '16/1 "%03o " "\\n"', "one a line": '1/1 "%02x\\n"',
            "colons in one line": '16/1 "%02x:"', "colons": '16/1 "%02x:" "\\n"',
            "commas in one line": '1/1 "%02x,"', "0x in one line": '1/1 "0x%02x,"'}.items():
        forms[f"hexdump -e, {name}"] = run("hexdump", "-v", "-e", text)
    return forms


def words_of_gdb(letter, size):
    def form(data):
        lines = []
        for at, row in rows(data):
            words = [row[i:i + size][::-1].hex().zfill(2 * size) for i in range(0, len(row), size)]
            lines.append(f"0x{0x7fffffffe000 + at:x}:\t" + "\t".join("0x" + word for word in words))
        return "\n".join(lines) + "\n"
    return {f"gdb's x/x{letter}": form}


def words_of_dumps():
    gdb = words_of_gdb("h", 2) | words_of_gdb("w", 4) | words_of_gdb("g", 8)
    forms = gdb | {f"xxd {options}": run("xxd", *options.split()) for options in ("-e", "-e -g8", "-b")}
    return forms | {f"hexdump {options}": run("hexdump", *options.split()) for options in (
        "", "-v", "-x", "-d", "-o", "-c", "-cv")} | {
            "hexdump -e, words": run("hexdump", "-v", "-e", '4/4 "%08x " "\\n"'),
            "hexdump -e, short words": run("hexdump", "-v", "-e", '8/2 "%04x " "\\n"')}


def netty(data):
    ruler = "+--------+" + "-" * 49 + "+----------------+\n"
    return ("         +" + "-" * 49 + "+\n         |  0  1  2  3  4  5  6  7  8  9  a  b  c  d  e  f |\n"
            + ruler + "".join(f"|{at:08x}| {row.hex(' '):<47} |{shown(row):<16}|\n"
                              for at, row in rows(data)) + ruler)


def format_hex(data):
    """Of PowerShell 7; 5.1 has fewer digits and another heading."""
    return ("\r\n   Label: C:\\dump.bin\r\n\r\n          Offset Bytes\r\n                 "
            + " ".join(f"{i:02X}" for i in range(16)) + "\r\n          ------ -----\r\n"
            + "".join(f"{at:016X} {row.hex(' ').upper():<47} {shown(row)}\r\n"
                      for at, row in rows(data)))


def wireshark_forms():
    def array(data):
        return "static const unsigned char pkt5[] = {\n" + ", \\\n".join(
            ", ".join(f"0x{byte:02x}" for byte in row) for _, row in rows(data, 8)) + "\n};\n"
    return {
        "copied as hex dump": pieces_of_dump("{:04x}   {}"),
        "copied as hex and ASCII": pieces_of_dump("{:04x}   {:<47}   {}"),
        "copied as a hex stream": bytes.hex,
        "copied as an escaped string": lambda data: "\n".join(
            '"' + "".join(f"\\x{byte:02x}" for byte in row) + '" \\' for _, row in rows(data)),
        "copied as base64": base64.b64encode,
        "a C array": array,
        "followed, raw": pieces(200, lambda row, i: row.hex()),
    }


def pieces_of_dump(line):
    return lambda data: "".join(line.format(at, row.hex(" "), shown(row)) + "\n"
                                for at, row in rows(data))


def language_forms():
    go_escapes = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r",
                  34: '\\"', 39: "'", 92: "\\\\"}
    lua_escapes = {10: "\\\n", 13: "\\r", 34: '\\"', 92: "\\\\"}
    return {
        "Python's repr": repr, "Python's bytearray": lambda data: repr(bytearray(data)),
        "Python's log": pieces(100, lambda row, i: f"2024-10-29 12:43:42,{i:03} DEBUG rx {row!r}"),
        "Python's dict": lambda data: repr({"from": ("10.0.0.5", 4000), "data": data}),
        "Python's hexlify": lambda data: repr(binascii.hexlify(data)),
        "Python's list": lambda data: repr(list(data)),
        "Python's list of hex": lambda data: repr([hex(byte) for byte in data]),
        "Python's pprint": pprint.pformat, "Python's groups": lambda data: data.hex(" ", -4),
        "Node's Uint8Array": lambda data: f"Uint8Array({len(data)}) [\n" + ",\n".join(
            "  " + ", ".join(f"{byte:3d}" for byte in row) for _, row in rows(data, 12)) + "\n]\n",
        "Node's buffers": pieces(50, lambda row, i: f"<Buffer {row.hex(' ')}>"),
        "Node's buffers in JSON": pieces(50, lambda row, i: json.dumps(
            {"level": 30, "time": i, "msg": f"rx <Buffer {row.hex(' ')}>", "pid": 7})),
        "Java's Arrays.toString": lambda data: str(signed(data)),
        "Java's array": joined(", ", lambda byte: f"(byte) 0x{byte:02x}", "byte[] d = {", "};"),
        "Java's HexFormat": joined(", ", lambda byte: f"{byte:02x}"),
        "Netty": netty, "Format-Hex": format_hex,
        "Format-Hex in UTF-16": lambda data: format_hex(data).encode("utf-16"),
        "C with casts": joined(", ", lambda byte: f"(uint8_t)0x{byte:02X}", "uint8_t d[] = {", "};"),
        "C, decimal": joined(", ", lambda byte: f"{byte:3d}", "char d[] = {\n", "\n};"),
        "C, octal escapes": joined("", lambda byte: f"\\{byte:03o}", '"', '";'),
        "Go's %v": joined(" ", str, "[", "]"), "Go's % x": lambda data: data.hex(" "),
        "Go's %# x": joined(" ", lambda byte: f"0x{byte:02x}"),
        "Go's %#v": joined(", ", lambda byte: f"0x{byte:x}", "[]byte{", "}"),
        "Go's %q": lambda data: '"' + escaped(
            data, lambda byte: go_escapes.get(byte, f"\\x{byte:02x}")) + '"',
        "Rust's {:?}": lambda data: str(list(data)),
        "Rust's Bytes": lambda data: 'b"' + escaped(
            data, lambda byte: "\\0" if byte == 0 else f"\\x{byte:02x}") + '"',
        "Rust's {:02x?}": joined(", ", lambda byte: f"{byte:02x}", "[", "]"),
        "Rust's {:x?}": joined(", ", lambda byte: f"{byte:x}", "[", "]"),
        "Rust's {:#?}": joined("\n", lambda byte: f"    {byte},", "[\n", "\n]"),
        "BitConverter": lambda data: data.hex("-").upper(),
        "BitConverter in a log": pieces(64, lambda row, i: (
            f"[12:43:42 INF] Received {row.hex('-').upper()} from 10.0.0.5:4000")),
        "PHP's unpack": lambda data: "Array\n(\n" + "".join(
            f"    [{i + 1}] => {byte}\n" for i, byte in enumerate(data)) + ")\n",
        "PHP's var_dump": lambda data: f"array({len(data)}) {{\n" + "".join(
            f"  [{i + 1}]=>\n  int({byte})\n" for i, byte in enumerate(data)) + "}\n",
        "Visual Studio": lambda data: f"{{byte[{len(data)}]}}\n" + "".join(
            f"    [{i}]: {byte}\n" for i, byte in enumerate(data)),
        "Node's Buffer.from": lambda data: (
            f"Buffer.from('{base64.b64encode(data).decode()}', 'base64');"),
        "encodeURIComponent": lambda data: "data=" + urllib.parse.quote(data, safe="-_.!~*'()"),
        "assembler": pieces(8, lambda row, i: "    db " + ", ".join(
            f"0{byte:02X}h" if byte > 0x9F else f"{byte:02X}h" for byte in row)),
        "F#": joined("; ", lambda byte: f"{byte}uy", "[|", "|]"),
        "Swift's escapes": lambda data: '"' + escaped(data, lambda byte: f"\\u{{{byte:X}}}") + '"',
        "Lua's %q": lambda data: '"' + "".join(lua_escapes.get(
            byte, chr(byte) if 32 <= byte < 127 else f"\\{byte:03}") for byte in data) + '"',
        "Chrome's Uint8Array": pieces(64, lambda row, i: (
            f"server.js:42 rx Uint8Array({len(row)}) [{', '.join(map(str, row))}, "
            f"buffer: ArrayBuffer({len(row)}), byteLength: {len(row)}, byteOffset: 0, length: {len(row)}, "
            "Symbol(Symbol.toStringTag): 'Uint8Array']")),
        "JSON.stringify of a Uint8Array": pieces(64, lambda row, i: json.dumps(
            {"t": i, "dir": "RX", "data": {str(at): byte for at, byte in enumerate(row)}})),
        "Rust's dbg!": lambda data: "[src/main.rs:42:5] &data[..n] = [\n" + "".join(
            f"    {byte},\n" for byte in data) + "]",
        "IntelliJ": lambda data: f"data = {{byte[{len(data)}]@1024}} \n" + "".join(
            f" {i} = {byte}\n" for i, byte in enumerate(signed(data))),
        "Ada": joined(", ", lambda byte: f"16#{byte:02X}#", "(", ")"),
        "Verilog": joined(", ", lambda byte: f"8'h{byte:02x}"),
        "Erlang": joined(",", str, "<<", ">>"), "Visual Basic": joined(", ", lambda byte: f"&H{byte:02X}"),
    }


def debugger_forms():
    def gdb(shown, name=" <{}>", size=8):
        return lambda data: "(gdb) x/64xb buffer\n" + "".join(
            f"0x{0x7fffffffe000 + at:x}" + name.format(f"buffer+{at}" if at else "buffer") + ":"
            + "".join(f"\t{shown(byte)}" for byte in row) + "\n" for at, row in rows(data, size))

    def columns(behind):
        """As MATLAB and Octave show a row."""
        return lambda data: "d =\n\n" + "".join(
            f"  Columns {at + 1} through {at + len(row)}{behind}\n\n"
            + "".join(f"{byte:6d}" for byte in row) + "\n\n" for at, row in rows(data, 13))
    return {
        "gdb's x/xb": gdb("0x{:02x}".format), "gdb's x/xb of the heap": gdb("0x{:02x}".format, ""),
        "gdb's x/xb in a class": gdb("0x{:02x}".format, " <Camera::{}>"),
        "gdb's x/ub": gdb("{:d}".format),
        "gdb's x/ub, indented": lambda data: textwrap.indent(gdb("{:d}".format)(data), "    "),
        "lldb's print": lambda data: f"(uint8_t[{len(data)}]) $10 = {{\n" + "".join(
            f"  [{i}] = 0x{byte:02x}\n" for i, byte in enumerate(data)) + "}\n",
        "hx": lambda data: "".join(
            f"0x{at:06x}: {' '.join(f'0x{byte:02x}' for byte in row):<49} {shown(row)}\n"
            for at, row in rows(data, 10)),
        "OpenSSL": lambda data: f"read from 0x55d1c3a0 ({len(data)} bytes)\n" + "".join(
            f"{at:04x} - {row[:8].hex(' ')}{'-' if len(row) > 8 else ' '}{row[8:].hex(' '):<23}   "
            f"{shown(row)}\n" for at, row in rows(data)),
        "Data::HexDump": lambda data: (
            f"          {bytes(range(8)).hex(' ')} - {bytes(range(8, 16)).hex(' ').upper()}  "
            "0123456789ABCDEF\n\n" + "".join(
                f"{at:08X}  {row[:8].hex(' '):<23} - {row[8:].hex(' '):<23}  {shown(row)}\n"
                for at, row in rows(data))),
        "lldb": pieces_of_dump("0x{:012x}: {:<47}  {}"),
        "Emacs": lambda data: (
            "87654321  0011 2233 4455 6677 8899 aabb ccdd eeff  0123456789abcdef\n"
            + run("xxd")(data).decode()),
        "HxD": lambda data: (
            "Offset(d) 00 01 02 03 04 05 06 07 08 09 10 11 12 13 14 15 Decoded text\n\n"
            + pieces_of_dump("{:08d}  {:<47}  {}")(data)),
        "PulseView": lambda data: "".join(
            f"{i * 100}-{i * 100 + 90} UART: RX data: {byte:02X}\n" for i, byte in enumerate(data)),
        "WinDbg": lambda data: "".join(
            f"000000d4`{0x12340000 + at:08x}  {row[:8].hex(' ')}-{row[8:].hex(' ')}  {shown(row)}\n"
            for at, row in rows(data)),
        "MATLAB": columns(""), "Octave": columns(":"),
        "MATLAB's column": lambda data: f"d =\n\n  {len(data)}x1 uint8 column vector\n\n" + "".join(
            f"{byte:6d}\n" for byte in data),
        "numpy": lambda data: "array([" + ",\n       ".join(
            ", ".join(f"{byte:3d}" for byte in row) for _, row in rows(data, 14)) + "], dtype=uint8)",
        "R": lambda data: "".join(
            f"{f'[{at + 1}]':>7} {row.hex(' ')}\n" for at, row in rows(data, 25)),
        "Julia": lambda data: f"{len(data)}-element Vector{{UInt8}}:\n" + "".join(
            f" 0x{byte:02x}\n" for byte in data),
    }


def yaml_forms():
    def block(lines, mark):
        return lambda data: f"time: 2024-10-29\ndata: {mark}\n" + "".join(
            f"  {line}\n" for line in lines(data)) + "end: 2024-10-30\n"

    def documents(shown):
        return pieces(64, lambda row, i: (
            f"---\ntime: 2024-10-29T12:43:42Z\nport: 7050\ndir: rx\ndata: {shown(row)}"))
    return {
        "items": lambda data: "time: 2024-10-29\ndata:\n" + "".join(f"  - {byte}\n" for byte in data),
        "items behind a clock": lambda data: (
            "time: 2024-10-29T12:43:42.123Z\nport: 7050\ndata:\n"
            + "".join(f"- {byte}\n" for byte in data)),
        "items in hex": lambda data: "n: 1\ndata:\n" + "".join(f"  - 0x{byte:02x}\n" for byte in data),
        "a list": lambda data: f"time: 2024-10-29\ndata: {list(data)}\n",
        "a list in lines": lambda data: "time: 2024-10-29\ndata: [" + ",\n  ".join(
            ", ".join(map(str, row)) for _, row in rows(data)) + "]\nend: 1\n",
        "hex": lambda data: f"time: 2024-10-29\ndata: {data.hex()}\n",
        "quoted hex": lambda data: f"time: 2024-10-29\nport: 7050\ndata: \"{data.hex(' ')}\"\n",
        "a block of hex": block(lambda data: [row.hex(" ") for _, row in rows(data)], "|"),
        "a block of base64": block(lambda data: base64.encodebytes(data).decode().split(), "!!binary |"),
        "documents of hex": documents(bytes.hex), "documents of lists": documents(lambda row: list(row)),
        "items with names": lambda data: "packets:\n" + "".join(
            f"  - time: 2024-10-29 12:43:42\n    len: {len(row)}\n    data: {row.hex()}\n"
            for _, row in rows(data, 64)),
    }


def json_forms():
    return {
        "characters": lambda data: json.dumps({"time": 1, "data": data.decode("latin1")}),
        "characters in UTF-8": lambda data: json.dumps(
            {"time": 1, "data": data.decode("latin1")}, ensure_ascii=False),
        "characters in lines": pieces(64, lambda row, i: json.dumps(
            {"time": f"12:43:{i % 60:02}", "dir": "rx", "payload": row.decode("latin1")})),
        "escapes only": lambda data: '{"data":"' + "".join(f"\\u{byte:04X}" for byte in data) + '"}',
        "characters by another name": lambda data: json.dumps(
            {"level": "info", "message": data.decode("latin1")}),
        "a list in lines": lambda data: json.dumps({"time": 1, "data": list(data)}, indent=2),
        "an object of numbers": lambda data: json.dumps(
            {"data": {str(i): byte for i, byte in enumerate(data)}}),
        "a list of hex": lambda data: json.dumps({"data": [f"{byte:02x}" for byte in data]}),
        "base64 for addresses": lambda data: json.dumps(
            {"data": base64.urlsafe_b64encode(data).decode()}),
        "Buffer": lambda data: json.dumps({"type": "Buffer", "data": list(data)}),
    }


def column_forms():
    return {
        "first": lambda data: "data,time\n" + pieces(32, lambda row, i: f"{row.hex()},12:43:42")(data),
        "in the middle": lambda data: "n,data,time\n" + pieces(
            32, lambda row, i: f"{i},{row.hex()},12:43:42")(data),
        "quoted": lambda data: '"time","dir","data"\r\n' + pieces(
            32, lambda row, i: f'"2024-10-29 12:43:42.{i:03}","RX","{row.hex(" ")}"\r')(data),
        "behind semicolons": pieces(32, lambda row, i: f"29.10.2024 12:43:42;RX;{row.hex(' ')}"),
    }


def cut_forms():
    """Of which the beginning was printed only."""
    def buffer(data, most=50):
        return f"<Buffer {data[:most].hex(' ')} ... {len(data) - most} more bytes>"

    def numbers(data):
        return ", ".join(map(str, data[:100]))
    return {
        "a Buffer": buffer,
        "a Buffer in a log": lambda data: f"2024-10-29T12:43:42Z rx {buffer(data)}\n",
        "a Buffer in an object": lambda data: f"{{\n  port: 4000,\n  data: {buffer(data)}\n}}\n",
        "a Buffer in JSON": lambda data: json.dumps({"level": 30, "msg": "rx " + buffer(data)}),
        "a Buffer as data": lambda data: json.dumps({"data": buffer(data), "level": 30}),
        "a Buffer in two lines": lambda data: buffer(data).replace(" ", "\n ", 40).replace("\n ", " ", 39),
        "an ArrayBuffer": lambda data: (
            f"ArrayBuffer {{\n  [Uint8Contents]: <{data[:50].hex(' ')} ... {len(data) - 50} more "
            f"bytes>,\n  byteLength: {len(data)}\n}}\n"),
        "a list": lambda data: f"[\n  {numbers(data)},\n  ... {len(data) - 100} more items\n]\n",
        "Elixir": lambda data: f"<<{numbers(data)}, ...>>",
        "Dart": pieces(500, lambda row, i: f"rx [{numbers(row)}, ..., {row[-2]}, {row[-1]}]"),
        "okio": pieces(500, lambda row, i: f"rx [size={len(row)} hex={row[:64].hex()}\u2026]"),
        "strace": pieces(200, lambda row, i: 'read(5, "' + "".join(
            f"\\x{byte:02x}" for byte in row[:32]) + f'"..., 4096) = {len(row)}'),
        "hex": lambda data: f"rx {data[:100].hex(' ')} ...\n",
        "Apple's NSData": lambda data: (
            f"rx {{length = {len(data)}, bytes = 0x{data[:16].hex(' ', -4)} ... "
            f"{data[-8:].hex(' ', -4)} }}\n"),
    }


def other_encodings():
    """Each with what makes bytes of it again."""
    def intel(data):
        lines = (bytes([len(row), at >> 8, at & 255, 0]) + row for at, row in rows(data))
        return "".join(":" + (line + bytes([-sum(line) & 255])).hex().upper() + "\n"
                       for line in lines) + ":00000001FF\n"

    def s_records(data):
        lines = (bytes([len(row) + 3, at >> 8, at & 255]) + row for at, row in rows(data))
        return "S00600004844521B\n" + "".join(
            "S1" + (line + bytes([~sum(line) & 255])).hex().upper() + "\n" for line in lines)

    def uuencoded(data):
        return "begin 644 dump.bin\n" + "".join(
            binascii.b2a_uu(row).decode() for _, row in rows(data, 45)) + "`\nend\n"
    controls = ("NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK "
                "SYN ETB CAN EM SUB ESC FS GS RS US").split()

    def docklight(row, i):
        return f"29/10/2024 12:43:{i % 60:02}.12 [RX] - " + "".join(
            f"<{controls[byte]}>" if byte < 32 else bytes([byte]).decode("cp1252", "replace")
            for byte in row)
    return {
        "Docklight": (pieces(64, docklight), "Docklight"),
        "a name": (pieces(500, lambda row, i: f"12:43:42 rx [B@1b6d3{i:03}"), "log these as hex"),
        "Rust's lossy text": (pieces(500, lambda row, i: 'rx "' + "".join(
            character if character.isprintable() else f"\\u{{{ord(character):x}}}"
            for character in row.decode(errors="replace")) + '"'), "U\\+FFFD"),
        "cat -v": (run("cat", "-v"), "cat -v"), "od -a": (run("od", "-a"), "od -a"),
        "bits in a log": (pieces(64, lambda row, i: f"12:43:{i % 60:02} RX " + " ".join(
            f"{byte:08b}" for byte in row)), "without -b"),
        "a listing": (pieces(8, lambda row, i: f".data:{0x804A000 + 8 * i:08X}   db " + ", ".join(
            f"0{byte:X}h" if byte > 9 else str(byte) for byte in row)), "disassembler"),
        "Intel HEX": (intel, "objcopy -I ihex"), "S-records": (s_records, "objcopy -I srec"),
        "uuencode": (uuencoded, "uudecode"), "base32": (run("base32"), "base32 -d"),
        "base32, the other": (run("basenc", "--base32hex"), "basenc -d --base32hex"),
        "bits": (run("basenc", "--base2msbf"), "without -b"),
        "quoted-printable": (lambda data: binascii.b2a_qp(data, istext=False), "quopri -d"),
        "Ascii85": (lambda data: base64.a85encode(data, adobe=True, wrapcol=72), "a85decode"),
    }
