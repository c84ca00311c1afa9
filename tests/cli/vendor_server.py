"""A stand-in for the vendor's server, as strict as that is: it asks and counts as dualcam-protocol(7)
says of it [srv] [run], and takes nothing that its code would not. To be a peer of dcam-sim in tests;
a device that it takes for a real one, the vendor's would, too."""

import contextlib
import dataclasses
import json
import socket
import struct
import threading

from harness import PATIENCE
from wire import (AGAIN, DATA, ENHANCED_DATA, FILE, INIT, METADATA, METADATA_WANTED, PACKET, PATH,
                  PATH_WANTED, RESUME, START, STATUS, SYNC, crc16)

SYNC_HEAD = struct.pack(">HH", SYNC, 4)
SILENCE = 0.5  # seconds, behind which a packet is asked for again
MARKS = (("mdas9", "adas"), ("dsm", "dsm"), ("dualcam_front", "dualcam"),
         ("dualcam_rear", "dualcam"), ("dashcam", "dashcam"))
KIND_BITS = ((0x20, "videor"), (0x10, "videof"), (0x08, "photor"), (0x04, "photof"))


class Wrong(Exception):
    """What a real device would not do."""


class Gone(Exception):
    """The device has hung up."""


@dataclasses.dataclass
class Received:
    name: str       # the kind, or the path without its NUL
    camera: str
    metadata: bytes
    content: bytes = b""
    resumes: int = 0
    back: int = 0   # the furthest that the device began before what was asked for


class VendorServer(threading.Thread):
    """Serves one camera, reconnections included, until the camera has nothing more to offer."""

    def __init__(self, metadata=True):
        super().__init__(daemon=True)
        self.metadata = metadata
        self.files, self.wrong = [], []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(PATIENCE)
        self.port = self.listener.getsockname()[1]
        self.start()

    def run(self):
        with self.listener, contextlib.suppress(TimeoutError):
            while not self.wrong:
                with self.listener.accept()[0] as connection:
                    self.connections += 1
                    connection.settimeout(PATIENCE)
                    try:
                        _Session(connection, self).run()
                        return
                    except (Gone, ConnectionError):
                        pass
                    except (Wrong, TimeoutError) as error:
                        self.wrong.append(str(error) or "it is silent")

    def result(self):
        """The files, once the camera has nothing more."""
        self.join(PATIENCE)
        if self.wrong or self.is_alive():
            raise AssertionError(self.wrong or "the camera has not come to its end")
        return self.files


class _Session:
    def __init__(self, connection, server):
        self.connection, self.server = connection, server
        self.buffer = b""
        self.repeated = False

    def need(self, condition, what):
        if not condition:
            raise Wrong(what)

    def fill(self, count):
        while len(self.buffer) < count:
            piece = self.connection.recv(4096)
            if not piece:
                raise Gone()
            self.buffer += piece

    def read(self, count):
        self.fill(count)
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send(self, command, payload=None):
        self.connection.sendall(struct.pack(">H", command) if payload is None
                                else struct.pack(">HH", command, len(payload)) + payload)

    def command(self, *wanted):
        command, length = struct.unpack(">HH", self.read(4))
        self.need(command in wanted, f"{command:04x} {length:04x} where {wanted} was due")
        return command, self.read(length)

    def run(self):
        while True:
            protocol, settings = self.init()
            if settings & 0x02:
                self.by_path(protocol)
            elif kinds := [kind for bit, kind in KIND_BITS if settings & bit and protocol <= 5]:
                self.by_kind(kinds[0])
            else:
                break
            self.repeated = True
            self.send(AGAIN)
        self.send(INIT, b"") if self.repeated else self.send(STATUS, bytes(4))
        with contextlib.suppress(Gone):
            self.fill(len(self.buffer) + 1)
            raise Wrong("it goes on behind CLOSE")

    def init(self):
        self.fill(2)
        if self.buffer[:2] == struct.pack(">H", STATUS):  # behind the last packet of a file
            _, status = self.command(STATUS)
            self.need(status != bytes(4), "STATUS 0 behind the last packet")
        head, protocol, imei, settings, rest = struct.unpack(">HHQB3s", self.read(16))
        self.need(head == 0 and 5 <= protocol <= 7, f"INIT {head} {protocol}")
        self.need(imei < 10**15, "IMEI")
        self.need(settings & 0x41 == 0x40 and rest == b"\x00\x04\x00", f"settings {settings:02x}")
        return protocol, settings

    def by_path(self, protocol):
        self.send(PATH_WANTED, bytes(2))
        _, path = self.command(PATH)
        self.need(1 < len(path) <= 255 and path.count(0) == path.endswith(b"\0"), f"path {path}")
        text = path.rstrip(b"\0").decode("ascii")
        cameras = [camera for mark, camera in MARKS if mark in text]
        self.need(cameras, f"a path of no camera: {text}")
        short = path[:7] if cameras[-1] in ("dualcam", "dashcam") else None
        metadata = self.metadata(short or b"")
        if protocol >= 6:
            self.need(not metadata or "file" in json.loads(metadata), f"metadata {metadata}")
        elif metadata and cameras[-1] in ("adas", "dsm"):
            self.need(len(metadata) in {"adas": (15,), "dsm": (16, 26)}[cameras[-1]], "metadata")
        self.send(FILE, short or path)
        size = self.announced()
        self.file(Received(text, cameras[-1], metadata), lambda content: len(content) < size)
        self.need(len(self.server.files[-1].content) == size, "more bytes than START said")

    def by_kind(self, kind):
        metadata = self.metadata(b"%" + kind.encode())
        self.need(not metadata or len(metadata) == (0, 13, 14, 32, 40)[metadata[0]], "metadata")
        self.send(FILE, b"%" + kind.encode())
        packets = self.announced()
        self.file(Received(kind, "dualcam", metadata),
                  lambda content: -(-len(content) // PACKET) < packets)

    def metadata(self, request):
        if not self.server.metadata:
            return b""
        self.send(METADATA_WANTED, request)
        return self.command(METADATA)[1]

    def announced(self):
        _, start = self.command(START)
        self.need(len(start) == 6, f"START of {len(start)} bytes")
        return struct.unpack(">IH", start)[0]

    def file(self, received, is_open):
        """DATA, or ENHANCED DATA, until START's number is reached."""
        by_path = "/" in received.name
        content, crc = bytearray(), 0
        position = self.resume(received, 0)
        self.need(position in (0, 0 if by_path else 1), f"SYNC {position} behind RESUME 0")
        while is_open(content):
            data, told, offset = self.packet()
            crc = crc16(data, crc)
            if crc == told and offset in (None, len(content)):
                content += data
                continue
            wanted = len(content) if by_path else len(content) // PACKET + 1
            position = self.resume(received, wanted)
            self.need(position <= wanted, "SYNC beyond what was asked for")
            received.back = max(received.back, wanted - position)
            del content[position if by_path else (max(position, 1) - 1) * PACKET:]
            crc = 0
        received.content = bytes(content)
        self.server.files.append(received)

    def packet(self):
        """Bytes, CRC and offset; nothing fits what is no packet, or does not come."""
        self.connection.settimeout(SILENCE)
        try:
            self.fill(4)
            command, length = struct.unpack(">HH", self.buffer[:4])
            if command not in (DATA, ENHANCED_DATA) or not 2 < length <= 4102:
                return b"", None, None
            self.read(4)
            payload = self.read(length)
        except TimeoutError:
            return b"", None, None
        finally:
            self.connection.settimeout(PATIENCE)
        head = 4 if command == ENHANCED_DATA else 0
        return (payload[head:-2], struct.unpack(">H", payload[-2:])[0],
                struct.unpack(">I", payload[:4])[0] if head else None)

    def resume(self, received, wanted):
        """Where the device begins; what comes before its SYNC is dropped."""
        received.resumes += 1
        self.send(RESUME, struct.pack(">I", wanted))
        while SYNC_HEAD not in self.buffer:
            self.fill(len(self.buffer) + 1)
        self.buffer = self.buffer[self.buffer.index(SYNC_HEAD) + len(SYNC_HEAD):]
        return struct.unpack(">I", self.read(4))[0]
