"""What the tests of dcam-serve under faults share: a server with the fault shim preloaded (see
tests/faults/shim.cpp), its trace, and a camera that offers the same files run after run."""

import contextlib
import dataclasses
import hashlib
import json
import os
import pathlib
import random
import shutil
import socket
import struct
import subprocess
import tempfile

from families import DUALCAM, Family
from figures import figure
from harness import IMEI, PATIENCE, STATE, TOOLS, Running, ToolTest, sanitized, tool
from power_cut import SYNCS
from uploads import Upload
from wire import (AGAIN, CLOSE, FILE, KINDS, METADATA, METADATA_WANTED, PATH, PATH_WANTED, RESUME,
                  START, STATUS, SYNC)

SHIM = TOOLS.parent / "tests" / "faults" / "libfault-shim.so"
ENOUGH = 10  # cases that are wrong
SEED = int(os.environ.get("DUALCAM_SEED", "1"))
RECORDED = 1_730_205_822_000  # 2024-10-29T12:43:42Z, in milliseconds


@dataclasses.dataclass
class Recording:
    """A file of the camera, and what is told about it."""
    kind: str
    content: bytes
    time: int = RECORDED
    trigger: int = 3
    family: Family = DUALCAM

    @property
    def sha256(self):
        return hashlib.sha256(self.content).hexdigest()

    @property
    def request(self):
        """What FILE REQUEST says."""
        return self.family.request(self.kind)

    @property
    def ending(self):
        """Of its name in the output folder."""
        suffix = "h265" if self.kind.startswith("video") else "jpg"
        return f"_{self.family.label(self.kind)}.{suffix}"

    def metadata(self):
        """The METADATA message."""
        if self.family.folder:
            return self.family.metadata(self.kind, self.time)
        video = self.kind.startswith("video")
        data = struct.pack(">BBQBHBhddQ", 4, KINDS[self.kind], self.time, self.trigger,
                           10 if video else 0, 25 if video else 0, 0, 54.7004183, 25.2796514,
                           self.time)
        return struct.pack(">HH", METADATA, len(data)) + data

    def packets_from(self, first):
        """Messages from this packet on, as after a SYNC."""
        return b"".join(self.family.packets(self.content, first))


class Device:
    """A camera that offers its recordings until each is taken. It comes back with the same files
    and the same metadata, which dcam-sim, started again, does not."""

    def __init__(self, recordings, imei=IMEI, cut=None):
        self.imei = int(imei)
        self.recordings = list(recordings)
        self.family = self.recordings[0].family
        self.cut = cut  # it hangs up after so many bytes of DATA
        self.asked = []  # kind and packet of each RESUME

    def upload(self, server, attempts=3):
        """Connects, again if the link is lost, until the server takes its leave or is gone."""
        while attempts and not self.connect(server) and not server.gone():
            attempts -= 1

    def connect(self, server):
        """One connection; whether the server took its leave."""
        try:
            with _Connection(server, self) as connection:
                connection.run()
                return connection.left
        except ConnectionError:
            return False


class _Connection(Upload):
    """One connection of a device: as many files as the server takes."""

    def __init__(self, server, device):
        super().__init__(server, b"", imei=device.imei)
        self.device = device
        self.recording = None
        self.sent = None  # the one whose last packet was sent
        self.left = False

    def begin(self):
        self.begun = True
        bits = {self.device.family.bit(each.kind) for each in self.device.recordings}
        self.init(sum(bits), imei=self.imei, protocol=self.device.family.protocol)

    def answer(self, command, payload):
        if command in (FILE, AGAIN, CLOSE, STATUS) and self.sent:
            self.device.recordings.remove(self.sent)
            self.sent = None
        if command == PATH_WANTED:
            self.recording = min(self.device.recordings, key=lambda each: len(each.content))
            self.send(struct.pack(">HH", PATH, len(self.recording.request))
                      + self.recording.request)
        elif command in (METADATA_WANTED, FILE) and payload:
            self.recording = next(each for each in self.device.recordings
                                  if each.request == payload)
        if command == METADATA_WANTED:
            self.send(self.recording.metadata())
        elif command == FILE:
            announced = self.device.family.announced(self.recording.content)
            self.send(struct.pack(">HHIH", START, 6, announced, 0))
        elif command == RESUME:
            self.upload(self.device.family.packet_of(*struct.unpack(">I", payload)))
        elif command == AGAIN:
            self.begin()
        elif command != PATH_WANTED:
            self.left = True

    def upload(self, first):
        self.device.asked.append((self.recording.kind, first))
        data = self.recording.packets_from(first)[:self.device.cut]
        self.send(struct.pack(">HHI", SYNC, 4, self.device.family.number(first)) + data)
        if self.device.cut:
            self.socket.shutdown(socket.SHUT_RDWR)
        self.sent = self.recording


class Trace:
    """What the shim saw, line by line; paths and data are bytes."""

    HEX = ("path", "target", "to", "data", "fate")

    def __init__(self, path):
        lines = path.read_text().split("\n")
        self.calls = [self._decoded(line) for line in lines[:-1]]  # the last one a kill may cut

    def _decoded(self, line):
        call = json.loads(line)
        for key in self.HEX:
            if key in call:
                call[key] = bytes.fromhex(call[key])
        return call

    @property
    def hit(self):
        return [call for call in self.calls if "fate" in call]

    def failed_syncs(self):
        return [call for call in self.hit
                if call["call"] in SYNCS and "error" in call]

    def synced(self, suffix):
        """How many bytes of the last file whose name ends so were durable. What the disk took of an
        append that was cut short counts once the rest is there: if that fails, the append is undone,
        which a sync that happens to run meanwhile does not change."""
        written, durable = 0, 0
        begun = {}  # what a sync that is under way will have covered
        for call in self.calls:
            if call.get("path", b"").endswith(suffix) and "error" not in call:
                if "offset" in call:
                    whole = call.get("fate") != b"shortened"
                    written = max(written, call["offset"] + whole * call["result"])
                elif call["call"] == "sync-begins":
                    begun[call["sync"]] = written
                elif call["call"] in SYNCS:
                    durable = max(durable, begun[call["sync"]])
        return durable


def fault_environment(folder, fault):
    """That of a process whose calls the shim watches below a folder; `fault`: see there, or none."""
    return os.environ | ({"DUALCAM_FAULT": fault} if fault else {}) | {
        "LD_PRELOAD": str(SHIM),
        "DUALCAM_FAULT_FOLDER": str(folder),
        # where ASan is a shared library it would rather come first; it need not
        "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0",
    }


class WatchedServer(Running):
    """dcam-serve with the shim, which watches its output folder or what is given; `port` is None if
    it ended before it listened."""

    def __init__(self, folder, trace, *arguments, fault=None, data=False, watch=None):
        trace.unlink(missing_ok=True)
        environment = fault_environment(watch or folder, fault) | {
            "DUALCAM_FAULT_TRACE": str(trace),
            "DUALCAM_FAULT_TRACE_DATA": "1" if data else "",
        }
        super().__init__([tool("dcam-serve"), "-b", "127.0.0.1", "-p", "0", "-o", str(folder),
                          *arguments], env=environment, errors="backslashreplace")
        self.trace_path = trace
        try:
            self.port = int(self.expect(r"listening on .* port (\d+)").group(1))
        except AssertionError:
            self.port = None

    def gone(self):
        """Whether the process ends, which a lost connection may announce."""
        if self.port is None:
            return True
        try:
            socket.create_connection(("127.0.0.1", self.port), PATIENCE).close()
            return False
        except ConnectionError:
            return True

    def killed_after(self, seconds):
        """Ends it by SIGKILL, unless it is faster."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()

    @property
    def trace(self):
        return Trace(self.trace_path)


class FaultTest(ToolTest):
    """Everything below a folder in memory where there is one: what a disk would make of it is
    the shim's business."""
    family = DUALCAM

    def setUp(self):
        super().setUp()
        if not SHIM.exists():
            raise FileNotFoundError(f"{SHIM}: build first")
        shutil.rmtree(self.folder)
        memory = "/dev/shm" if os.path.isdir("/dev/shm") else None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dualcam-test-", dir=memory))
        self.out = self.folder / "out"
        self.random = random.Random(f"{SEED} {sanitized()} {self.id()}")
        self.cases = self.wrong = 0
        self.fresh()

    @contextlib.contextmanager
    def case(self, **what):
        """One of many cases of a test: a failure is counted and named, the others go on, up to a
        number that tells enough."""
        self.assertLess(self.wrong, ENOUGH, "many cases are wrong")
        self.cases += 1
        with self.subTest(seed=SEED, **what):
            try:
                yield
            except BaseException:
                self.wrong += 1
                raise

    def every(self, stride):
        """Of so many calls one is tried: of a family that shares most of its code fewer, and fewer
        of the slow sanitizers' build, which begins elsewhere than the other."""
        if self.family is not DUALCAM:
            return 9 * stride
        return 4 * stride if sanitized() and stride > 1 else stride

    def record(self, kind, size):
        return Recording(kind, self.random.randbytes(size), family=self.family)

    def row(self, name, how, target, count=None):
        """The cases as a row of figures."""
        figure(name, f"{self.family}: {how}; seed {SEED}", count or self.cases,
               "all right" if self.wrong == 0 else f"{self.wrong} wrong", target)
        self.cases = self.wrong = 0

    def watched(self, *arguments, **options):
        server = WatchedServer(self.out, self.folder / "trace", *arguments, **options)
        self.running.append(server)
        return server

    def contents(self, folder=None):
        """Every file below the output folder."""
        folder = folder or self.out
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
                if not path.is_dir() and STATE not in path.parts}

    @staticmethod
    def is_final(name):
        return not name.endswith((".part", ".checkpoint", ".json"))

    def assert_no_wrong_finals(self, contents, recordings):
        """Each final name has one of the recordings, each sidecar is whole."""
        right = {recording.sha256 for recording in recordings}
        for name, content in contents.items():
            if name.endswith(".json"):
                json.loads(content)
            elif self.is_final(name):
                self.assertIn(hashlib.sha256(content).hexdigest(), right, f"wrong content: {name}")

    def assert_exactly(self, recordings, folder=None):
        """The files, each once, with their sidecars, and nothing else."""
        contents = self.contents(folder)
        self.assert_no_wrong_finals(contents, recordings)
        finals = sorted(name for name in contents if self.is_final(name))
        found = sorted(hashlib.sha256(contents[name]).hexdigest() for name in finals)
        self.assertEqual(found, sorted(each.sha256 for each in recordings), sorted(contents))
        self.assertEqual(sorted(contents), sorted(finals + [name + ".json" for name in finals]))
