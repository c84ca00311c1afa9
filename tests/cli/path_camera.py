"""A camera made by hand that offers files by path, and can be stopped at every step of it."""

import struct

from harness import IMEI
from uploads import Upload
from wire import (AGAIN, DATA, ENHANCED_DATA, FILE, METADATA, METADATA_WANTED, PATH, PATH_WANTED,
                  RESUME, START, SYNC, crc16)


class PathUpload(Upload):
    """Offers `content` as one file by `path`. `metadata`: the payload; None: STATUS 5 instead."""

    def __init__(self, server, content, path, metadata=None, protocol=6, imei=int(IMEI), size=1024,
                 announced=None, enhanced=False):
        super().__init__(server, content, imei=imei)
        self.path, self.metadata, self.protocol = path, metadata, protocol
        self.size, self.enhanced = size, enhanced
        self.announced = len(content) if announced is None else announced
        self.crc = self.place = self.wanted = 0

    def begin(self):
        self.begun = True
        self.init(0x02, imei=self.imei, protocol=self.protocol)

    def answer(self, command, payload):
        if command == PATH_WANTED:
            self.send(struct.pack(">HH", PATH, len(self.path)) + self.path)
        elif command == METADATA_WANTED:
            self.send("0005 0004 00000005" if self.metadata is None else
                      struct.pack(">HH", METADATA, len(self.metadata)) + self.metadata)
        elif command == FILE:
            assert payload == self.path, payload
            self.send(struct.pack(">HHIH", START, 6, self.announced, 0xFFFF))
        elif command == RESUME:
            self.sync(*struct.unpack(">I", payload))
            while self.place < len(self.content):
                self.packet()
        elif command == AGAIN:
            self.taken = True
            self.init(0, imei=self.imei, protocol=self.protocol)

    def sync(self, offset):
        self.resumed_at.append(offset)
        self.crc, self.place = 0, offset
        self.send(struct.pack(">HHI", SYNC, 4, offset))

    def packet(self):
        """The next one."""
        payload = self.content[self.place:self.place + self.size]
        self.crc = crc16(payload, self.crc)
        end = payload + struct.pack(">H", self.crc)
        self.send(struct.pack(">HHI", ENHANCED_DATA, len(end) + 4, self.place) + end if self.enhanced
                  else struct.pack(">HH", DATA, len(end)) + end)
        self.place += len(payload)
        self.sent += len(payload)

    def command(self):
        command, payload = super().command()
        if command == RESUME:
            self.wanted, = struct.unpack(">I", payload)
        return command, payload

    def send_first(self, count):
        """Up to RESUME, SYNC and so many packets from there."""
        self.run(RESUME)
        self.sync(self.wanted)
        for _ in range(count):
            self.packet()
