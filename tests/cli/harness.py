"""What the tests of the executables share: starting them, simulated and hand-made cameras."""

import fcntl
import hashlib
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import termios
import threading
import time
import unittest

from wire import crc16

TOOLS = pathlib.Path(os.environ["DUALCAM_TOOLS"])
PATIENCE = 60  # seconds; nothing waits that long unless it hangs
IMEI = "350612071913857"
STATE = ".dcam-serve"  # the folder below the output folder that dcam-serve keeps its records in


def sanitized():
    """Whether the tools are built with the sanitizers, which need memory and descriptors as well."""
    cache = (TOOLS.parent / "CMakeCache.txt").read_text()
    return "DUALCAM_SANITIZE:BOOL=ON" in cache or "DUALCAM_FUZZ:BOOL=ON" in cache


def tool(name):
    path = TOOLS / name
    if not path.exists():
        raise FileNotFoundError(f"{path}: build first, or set DUALCAM_TOOLS")
    return str(path)


def sha256(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def wait_until(condition, what="it happens"):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {PATIENCE} s: {what}")
        time.sleep(0.01)


def wait_until_full(reader):
    """A pipe that nobody reads from, by the number of that end."""
    writer = os.open(f"/proc/self/fd/{reader}", os.O_WRONLY)
    try:
        wait_until(lambda: not select.select([], [writer], [], 0)[1], "the pipe is full")
    finally:
        os.close(writer)


def wait_until_read(writer):
    """All that was written into a pipe, by the number of that end."""
    wait_until(lambda: fcntl.ioctl(writer, termios.FIONREAD, bytes(4)) == bytes(4), "the pipe is read")


class Running:
    """A started tool whose standard error is collected line by line."""

    def __init__(self, arguments, stdout=subprocess.PIPE, **options):
        self.process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=stdout,
                                        stderr=subprocess.PIPE, text=True, **options)
        self.lines = []
        self.changed = threading.Condition()
        self.output = None
        self.readers = [threading.Thread(target=self._collect, daemon=True)]
        if self.process.stdout:
            self.readers.append(threading.Thread(target=self._read_output, daemon=True))
        for reader in self.readers:
            reader.start()

    def _collect(self):
        for line in self.process.stderr:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()

    def _read_output(self):
        self.output = self.process.stdout.read()

    def expect(self, pattern):
        """Waits for a line of standard error that matches."""
        deadline = time.monotonic() + PATIENCE
        with self.changed:
            while True:
                for line in self.lines:
                    if match := re.search(pattern, line):
                        return match
                left = deadline - time.monotonic()
                if left <= 0 or (self.process.poll() is not None and not self.readers[0].is_alive()):
                    raise AssertionError(f"no line matches {pattern!r} in {self.lines}")
                self.changed.wait(min(left, 0.1))

    def expect_count(self, text, count):
        """Waits until that many lines of standard error have the text in them."""
        with self.changed:
            done = self.changed.wait_for(
                lambda: sum(text in line for line in self.lines) >= count, PATIENCE)
        if not done:
            raise AssertionError(f"not {count} lines with {text!r} in {self.lines}")

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        """The exit status; 128 + N for signal N, as a shell has it."""
        status = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join(PATIENCE)
        self.process.stderr.close()
        if self.process.stdout:
            self.process.stdout.close()
        return status if status >= 0 else 128 - status

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
        self.wait()

    @property
    def errors(self):
        return "\n".join(self.lines)


class ToolTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dualcam-test-"))
        self.out = self.folder / "out"
        self.out.mkdir()
        self.running = []
        self.random = random.Random(self.id())
        os.environ["XDG_CACHE_HOME"] = str(self.folder / "cache")  # dcam-sim keeps what it generates

    def fresh(self):
        """An empty output folder."""
        if self.out.exists():
            shutil.rmtree(self.out)
        self.out.mkdir()

    def tearDown(self):
        for running in self.running:
            if running.process.poll() is None:
                running.stop()
        shutil.rmtree(self.folder)

    def run_tool(self, name, *arguments, **options):
        return subprocess.run([tool(name), *map(str, arguments)], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=PATIENCE, **options)

    def start(self, name, *arguments, **options):
        return self.start_command([tool(name), *map(str, arguments)], **options)

    def start_command(self, command, **options):
        running = Running(command, **options)
        self.running.append(running)
        return running

    def serve(self, *arguments, **options):
        """A dcam-serve on a free port of loopback; `.port` tells which."""
        server = self.start("dcam-serve", "-b", "127.0.0.1", "-p", "0", "-o", self.out, *arguments,
                            **options)
        server.port = int(server.expect(r"listening on .* port (\d+)").group(1))
        return server

    def sim(self, server, *arguments):
        return self.run_tool("dcam-sim", f"127.0.0.1:{server.port}", *arguments)

    def file(self, name, size):
        path = self.folder / name
        path.write_bytes(self.random.randbytes(size))
        return path

    def stored(self):
        """The finished files, without sidecars, by their name below the output folder."""
        return sorted(str(path.relative_to(self.out)) for path in self.out.rglob("*")
                      if path.is_file() and path.suffix != ".json" and STATE not in path.parts)

    def assert_stored(self, *originals):
        found = sorted(sha256(self.out / name) for name in self.stored())
        self.assertEqual(found, sorted(sha256(path) for path in originals))

    def events(self, output):
        return [json.loads(line) for line in output.splitlines()]

    def event(self, output, name):
        found = [event for event in self.events(output) if event["event"] == name]
        self.assertEqual(len(found), 1, f"{name} in {output}")
        return found[0]


class Camera:
    """A camera made by hand, to say what dcam-sim never would."""

    def __init__(self, server):
        self.socket = socket.create_connection(("127.0.0.1", server.port), PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, data):
        self.socket.sendall(bytes.fromhex(data) if isinstance(data, str) else data)

    def init(self, kinds, imei=int(IMEI), protocol=5):
        self.send(struct.pack(">HHQI", 0, protocol, imei, (0x40 | kinds) << 24 | 0x400))

    def data(self, content, first=1, crc=0):
        for start in range((first - 1) * 1024, len(content), 1024):
            payload = content[start:start + 1024]
            crc = crc16(payload, crc)
            self.send(struct.pack(">HH", 4, len(payload) + 2) + payload + struct.pack(">H", crc))

    def expect(self, data):
        """Reads exactly these bytes."""
        wanted = bytes.fromhex(data)
        got = b""
        while len(got) < len(wanted):
            piece = self.socket.recv(len(wanted) - len(got))
            if not piece:
                break
            got += piece
        if got != wanted:
            raise AssertionError(f"expected {wanted.hex()}, the server sent {got.hex()}")

    def start_photo(self, packets):
        """Up to the point where DATA is due; the server does not ask for metadata."""
        self.init(0x04)
        self.expect("0008 0007 2570686f746f66")
        self.send(struct.pack(">HHIH", 1, 6, packets, 0))
        self.expect("0002 0004 00000001")
        self.send("0003 0004 00000001")

    def ended(self):
        """Waits for the server to hang up; what it sent until then."""
        rest = b""
        try:
            while piece := self.socket.recv(4096):
                rest += piece
        except ConnectionResetError:
            pass
        return rest


SIGHUP, SIGINT, SIGTERM, SIGKILL = signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGKILL
