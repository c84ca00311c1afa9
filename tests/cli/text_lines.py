"""Lines of bytes as logs, shells and mail put something before them, or around them.

Each is a function of a line's text and of its number, as the program of its name writes it.
"""
import json


def clock(i):
    return f"20:{i // 60 % 60:02}:{i % 60:02}"


def before(prefix):
    """`prefix` is a text, or a function of a line's number."""
    return lambda text, i: (prefix if isinstance(prefix, str) else prefix(i)) + text


def around(prefix, behind):
    return lambda text, i: before(prefix)(text, i) + behind


ADDRESSES = {
    "IPv4 and port": before("192.168.17.4:40312 "),
    "IPv4 and port, colon": before("192.168.17.4:40312: "),
    "IPv6 and port": before("[2001:db8::a8:17]:40312 "),
    "IPv6 and port, colon": before("[2001:db8::a8:17]:40312: "),
    "IPv6 alone": before("2001:db8::a8:17 "),
    "IPv6 with all groups": before("2001:0db8:0000:0000:0000:0000:00a8:0017 "),
    "IPv6 with all groups, colon": before("2001:0db8:0000:0000:0000:0000:00a8:0017: "),
    "IPv6 with a zone": before("fe80::1ff:fe23:4567:890a%eth0 > "),
    "IPv4 in IPv6": before("::ffff:192.168.17.4 "),
    "IPv4 in IPv6 and port": before("[::ffff:192.168.17.4]:40312 -> "),
    "two IPv6": before("2001:db8::a8:17.40312 > 2001:db8::1.7050: "),
    "a MAC": before("02:42:ac:11:00:02 "),
    "a MAC with dashes": before("02-42-ac-11-00-02 "),
    "Traccar": before(lambda i: f"2024-11-27 {clock(i)}  INFO: [Tb3f5c1e2: dualcam < 10.0.0.5] HEX: "),
    "Traccar, old": before(lambda i: f"2024-11-27 {clock(i)} DEBUG: [b3f5c1e2: 7050 < 10.0.0.5] HEX: "),
}
DIRECTIONS = {
    "[RX]": before("[RX] "), "[RX]:": before("[RX]: "), "RX:": before("RX: "), "rx": before("rx "),
    "RX without a blank": before("RX:"), "<-": before("<- "), "->": before("-> "),
    "<<": before("<< "), "<<<": before("<<< "), ">>>": before(">>> "), "=>": before("=> "),
    "<": before("< "), "-->": before("--> "), "←": before("← "), "recv(": around("recv(", ")"),
    "IN": before("IN  "), "Received 16 bytes": before("Received 16 bytes: "),
    "16 bytes": before("received (16): "), "a quote": around('rx "', '"'),
    "brackets": around("rx [", "]"), "angles": around("rx <", ">"), "braces": around("rx {", "}"),
    "data=": before("dir=in data="), "len=16 data=": before("len=16 data="),
    "SocketTest": before("◀ "), "Hercules": around("{", "}"),
}
DATES = {
    "a clock": before(lambda i: f"{clock(i)} "),
    "a clock and thousandths": before(lambda i: f"{clock(i)}.{i:03} "),
    "a clock, thousandths, colon": before(lambda i: f"{clock(i)}.{i:03}: "),
    "a clock and millionths": before(lambda i: f"{clock(i)}.{i:06} "),
    "a clock in brackets": before(lambda i: f"[{clock(i)}] "),
    "a clock with AM": before(lambda i: f"{1 + i % 12}:05:09 PM "),
    "ISO date": before(lambda i: f"2024-11-27 {clock(i)} "),
    "ISO date in brackets": before(lambda i: f"[2024-11-27 {clock(i)}.{i:03}] "),
    "ISO without a T, zone": before(lambda i: f"2024-11-27 {clock(i)}+02:00 "),
    "RFC 3339": before(lambda i: f"2024-11-27T{clock(i)}Z "),
    "RFC 3339, thousandths": before(lambda i: f"2024-11-27T{clock(i)}.{i:03}Z "),
    "RFC 3339, a zone": before(lambda i: f"2024-11-27T{clock(i)}+02:00 "),
    "RFC 3339, a zone west": before(lambda i: f"2024-11-27T{clock(i)}-0500 "),
    "RFC 3339, nanoseconds, a zone": before(lambda i: f"2024-11-27T{clock(i)}.{i:09}+02:00 "),
    "a basic date": before(lambda i: f"20241127T2005{i % 60:02}Z "),
    "a basic date and clock": before(lambda i: f"20241127 2005{i % 60:02} "),
    "German": before(lambda i: f"27.11.2024 {clock(i)} "),
    "German, short": before(lambda i: f"27.11.24 {clock(i)} "),
    "British": before(lambda i: f"27/11/2024 {clock(i)} "),
    "American": before(lambda i: f"11/27/2024, {1 + i % 12}:05:09 PM "),
    "ctime": before(lambda i: f"Wed Nov 27 {clock(i)} 2024 "),
    "RFC 5322": before(lambda i: f"Wed, 27 Nov 2024 {clock(i)} +0200 "),
    "epoch": before(lambda i: f"{1732737909 + i} "),
    "epoch, colon": before(lambda i: f"{1732737909 + i}: "),
    "epoch in brackets": before(lambda i: f"[{1732737909 + i}] "),
    "epoch, milliseconds": before(lambda i: f"{1732737909123 + i} "),
    "epoch, nanoseconds": before(lambda i: f"{1732737909123456789 + i} "),
    "epoch and fraction": before(lambda i: f"{1732737909 + i}.{i:06} "),
    "epoch in hex": before(lambda i: f"@{0x400000006747F6F5 + i:016x}1f2e3d4c "),
    "uptime": before(lambda i: f"[{i + 1234.5678:12.6f}] "),
    "seconds": before(lambda i: f"{i * 0.125:8.3f} "),
    "milliseconds": before(lambda i: f"+{i * 12}ms "),
}
PROGRAMS = {
    "syslog, RFC 3164": before(lambda i: f"<30>Nov 27 {clock(i)} server dcam[4711]: "),
    "syslog, as rsyslog writes it": before(lambda i: f"Nov 27 {clock(i)} server dcam[4711]: "),
    "syslog, a day of one digit": before(lambda i: f"Nov  7 {clock(i)} server dcam: "),
    "syslog, RFC 5424": before(lambda i: (
        f"<30>1 2024-11-27T{clock(i)}.123456+02:00 server dcam 4711 ID47 - ")),
    "syslog, RFC 5424 with data": before(lambda i: (
        f'<165>1 2024-11-27T{clock(i)}.003Z server dcam 4711 ID47 [ex@32473 a="3" b="x"] ')),
    "syslog, new rsyslog": before(lambda i: f"2024-11-27T{clock(i)}.123456+02:00 server dcam[4711]: "),
    "journalctl": before(lambda i: f"Nov 27 {clock(i)} server dcam[123]: "),
    "journalctl, short-iso": before(lambda i: f"2024-11-27T{clock(i)}+0200 server dcam[123]: "),
    "journalctl, short-precise": before(lambda i: f"Nov 27 {clock(i)}.123456 server dcam[123]: "),
    "journalctl, short-unix": before(lambda i: f"{1732737909 + i}.123456 server dcam[123]: "),
    "journalctl, a name of hex letters": before(lambda i: f"Nov 27 {clock(i)} cafe beef[123]: "),
    "dmesg": before(lambda i: f"[{i + 12.345678:12.6f}] ttyUSB0: "),
    "logcat": before(lambda i: f"11-27 {clock(i)}.123  1234  5678 D DualCam: "),
    "logcat, brief": before("D/DualCam( 1234): "),
    "logcat, time": before(lambda i: f"11-27 {clock(i)}.123 D/DualCam( 1234): "),
    "logcat, long year": before(lambda i: f"2024-11-27 {clock(i)}.123  1234  5678 D DualCam: "),
    "docker compose": before("web-1  | "),
    "docker compose, old": before("web_1        | "),
    "docker logs -t": before(lambda i: f"2024-11-27T{clock(i)}.123456789Z "),
    "kubectl": before("[pod/dcam-5d4b9c7f9b-x2x7k/dcam] "),
    "kubectl, stern": before("dcam-5d4b9c7f9b-x2x7k dcam "),
    "CRI": before(lambda i: f"2024-11-27T{clock(i)}.123456789Z stdout F "),
    "Python logging": before("DEBUG:dcam.server:"),
    "Python logging, asctime": before(lambda i: f"2024-11-27 {clock(i)},123 - dcam - DEBUG - "),
    "loguru": before(lambda i: f"2024-11-27 {clock(i)}.123 | DEBUG    | cam:rx:42 - "),
    "log4j": before(lambda i: f"2024-11-27 {clock(i)},123 DEBUG [nio-7050-exec-1] c.t.Cam : "),
    "log4j, relative": before(lambda i: f"{1234 + i} [main] DEBUG com.example.Cam - "),
    "logback": before(lambda i: f"{clock(i)}.123 [main] DEBUG c.t.Cam -- "),
    "Spring Boot": before(lambda i: (
        f"2024-11-27T{clock(i)}.123+02:00 DEBUG 4711 --- [nio-7050-exec-1] c.t.Cam     : ")),
    "java.util.logging": before("FINE: "),
    "Serilog": before(lambda i: f"[{clock(i)} DBG] "),
    "NLog": before(lambda i: f"2024-11-27 {clock(i)}.1234|DEBUG|Cam.Server|"),
    "glog": before(lambda i: f"I1127 {clock(i)}.123456  4711 cam.cc:42] "),
    "klog": before(lambda i: f"I1127 {clock(i)}.123456       1 cam.go:42] "),
    "Go's log": before(lambda i: f"2024/11/27 {clock(i)} "),
    "Go's log with a file": before(lambda i: f"2024/11/27 {clock(i)} cam.go:42: "),
    "Go's slog": around(lambda i: f'time=2024-11-27T{clock(i)}.123+02:00 level=DEBUG msg=rx data="',
                        '"'),
    "logrus": around('level=debug msg="', '" addr="10.0.0.5:40312"'),
    "Rust's tracing": before(lambda i: f"2024-11-27T{clock(i)}.123456Z DEBUG cam::rx: "),
    "env_logger": before(lambda i: f"[2024-11-27T{clock(i)}Z DEBUG cam::rx] "),
    "nginx": before(lambda i: f"2024/11/27 {clock(i)} [debug] 4711#4711: *1 "),
    "Apache": before(lambda i: f"[Wed Nov 27 {clock(i)}.123456 2024] [core:debug] [pid 4711:tid 139] "),
    "access log": around(lambda i: f'10.0.0.5 [27/Nov/2024:{clock(i)} +0200] TCP 200 "', '"'),
    "Windows event": before(lambda i: f"Information\t11/27/2024 {1 + i % 12}:05:09 PM\tDcam\t1000\tNone\t"),
    "Windows event, CSV": around(lambda i: f'Information,27.11.2024 {clock(i)},Dcam,1000,None,"', '"'),
    "thread id in hex": before("[7f3a1c2b4700] "),
    "thread id in hex, bare": before("7f3a1c2b4700 "),
    "thread id with 0x": before("[0x7f3a1c2b4700] "),
    "thread id with 0x and a clock": before(lambda i: f"{clock(i)} 0x7f3a1c2b4700 "),
    "PID in brackets": before("[4711] "),
    "PID, two of them": before("[4711:4712] "),
    "a program and PID": before("dcam[4711]: "),
    "Erlang": before(lambda i: f"{clock(i)}.123 [debug] <0.123.0> "),
    "Ruby": before(lambda i: f"D, [2024-11-27T{clock(i)}.123456 #4711] DEBUG -- : "),
    "Zephyr": before(lambda i: f"[00:00:{i % 60:02}.123,456] <dbg> cam: rx: "),
    "ESP-IDF": before(lambda i: f"D ({1234 + i}) cam: "),
    "a request id": before("req-3f2504e0 "),
    "a UUID": before("3f2504e0-4f89-11d3-9a0c-0305e82c3301 "),
    "a UUID in brackets": before("[3f2504e0-4f89-11d3-9a0c-0305e82c3301] "),
    "a trace id": before("[0af7651916cd43dd8448eb211c80319c] "),
    "a trace id, bare": before("0af7651916cd43dd8448eb211c80319c "),
    "trace and span": before("[dcam,0af7651916cd43dd8448eb211c80319c,b7ad6b7169203331] "),
    "an IMEI": before("350612071913857 "),
    "an IMEI in brackets": before("[350612071913857] "),
    "a serial port": before("/dev/ttyUSB0: "),
    "grep": before("camera.log:"),
    "grep -n": before(lambda i: f"{i + 1}:"),
    "grep -Hn": before(lambda i: f"camera.log:{i + 1}:"),
    "cat -n": before(lambda i: f"{i + 1:6}\t"),
    "nl": before(lambda i: f"{i + 1:6}  "),
    "less -N": before(lambda i: f"{i + 1:7} "),
    "a list": before(lambda i: f"{i + 1}. "),
    "a list with parentheses": before(lambda i: f"{i + 1}) "),
    "numbered with #": before(lambda i: f"#{i + 1} "),
    "a packet's number": before(lambda i: f"Packet {i + 1}: "),
    "a patch": before("+"), "a comment": before("# "), "a comment in C": before("// "),
}
AROUND = {
    "quoted mail": before("> "), "quoted twice": before(">> "), "quoted twice, apart": before("> > "),
    "indented": before("    "), "a tab": before("\t"),
    "CSV": before(lambda i: f"2024-11-27 {clock(i)},rx,"),
    "CSV, quoted": around(lambda i: f'"{i}","rx","', '"'),
    "CSV, in the middle": around(lambda i: f"{i},rx,", ",ok"),
    "CSV, first": around("", f",2024-11-27T20:05:09Z,rx"),
    "CSV, semicolons": around(lambda i: f"{i};27.11.2024 {clock(i)};rx;", ""),
    "TSV": before(lambda i: f"{i}\t2024-11-27 {clock(i)}\trx\t"),
    "Markdown's table": around(lambda i: f"| {i} | rx | ", " |"),
    "Markdown's table with code": around(lambda i: f"| {i} | rx | `", "` |"),
    "Markdown's code": around("- `", "`"),
    "Jira's table": around(lambda i: f"|{i}|rx|", "|"),
    "HTML's table": around(lambda i: f"<tr><td>{i}</td><td>rx</td><td>", "</td></tr>"),
    "HTML's lines": around("", "<br>"),
    "JSON, several keys": lambda text, i: json.dumps(
        {"ts": f"2024-11-27T{clock(i)}Z", "level": "debug", "id": 1000 + i, "peer": "10.0.0.5:40312",
         "dir": "rx", "data": text}),
    "JSON, another name": lambda text, i: json.dumps(
        {"ts": 1732737909 + i, "level": "debug", "trace": "0af7651916cd43dd8448eb211c80319c",
         "message": text}),
    "JSON, in a message": lambda text, i: json.dumps(
        {"ts": 1732737909 + i, "level": "debug", "message": "rx " + text}),
    "docker's json-file": lambda text, i: json.dumps(
        {"log": f"rx {text}\n", "stream": "stdout", "time": f"2024-11-27T{clock(i)}.123456789Z"}),
    "a count, and from where": around("len=16 ", " from 10.0.0.5:40312"),
    "a number, and a clock": lambda text, i: f"[{i}] {text}  {clock(i)}",
    "C's comments": lambda text, i: f"/* {16 * i:4} */ {text} /* rx */",
    "logfmt": around(lambda i: f"ts={1732737909 + i} dir=rx len=16 data=", " ok=true"),
    "XML": around(lambda i: f'<packet n="{i}" dir="rx">', "</packet>"),
}
TABLE = {"address": ADDRESSES, "direction": DIRECTIONS, "date": DATES, "program": PROGRAMS,
         "around": AROUND}


def lines_with(make, text):
    """Each line of `text` with what `make` puts beside it."""
    return "".join(make(line, i) + "\n" for i, line in enumerate(text.splitlines()))
