"""The families of cameras as one table: tests of transfers, faults and resumption run for each."""

import dataclasses
import functools
import json
import struct

from wire import BY_PATH, DATA, ENHANCED_DATA, KINDS, METADATA, PACKET, crc16


@dataclasses.dataclass(frozen=True)
class Family:
    """How one talks: files by kind are counted in packets from 1, files by path in bytes from 0."""
    name: str
    camera: str = "dualcam"  # as dcam-serve names it
    protocol: int = 5
    folder: str = ""         # what its paths begin with; "" = files by kind
    enhanced: bool = False   # ENHANCED DATA
    size: int = PACKET       # of a packet
    options: tuple = ()      # of dcam-sim
    by_number: bool = False  # its paths are counted in packets all the same

    def __str__(self):
        return self.name

    @property
    def sim(self):
        """The options of dcam-sim that play it."""
        by_path = ("--packet-size", self.size) if self.folder else ()
        return self.options + by_path + (("--enhanced-data",) if self.enhanced else ())

    @property
    def overhead(self):
        """Bytes of a packet's message that are not the file's."""
        return 10 if self.enhanced else 6

    def bit(self, kind):
        """Of INIT's settings."""
        return BY_PATH if self.folder else KINDS[kind]

    def path(self, kind):
        """Each kind has one of its own."""
        medium, ending = ("picture", "jpg") if kind.startswith("photo") else ("video", "h265")
        second = 42 + list(KINDS).index(kind)
        return f"{self.folder}/{medium}/241029/1243{second}.{ending}\0".encode()

    def label(self, kind):
        """What stands in the name of its file."""
        return self.camera if self.folder else kind

    def count(self, content):
        """Packets of a file."""
        return -(-len(content) // self.size)

    @property
    def in_bytes(self):
        """Whether START, RESUME and SYNC count these."""
        return self.folder and not self.by_number

    def announced(self, content):
        """What START says."""
        return len(content) if self.in_bytes else self.count(content)

    def number(self, packet):
        """What RESUME and SYNC say of a packet."""
        return round((packet - 1) * self.size) if self.in_bytes else packet

    def request(self, kind):
        """What FILE REQUEST says."""
        return self.path(kind) if self.folder else b"%" + kind.encode()

    def offset(self, number):
        """The byte of the file that such a number means."""
        return number if self.in_bytes else (max(number, 1) - 1) * self.size

    def packet_of(self, number):
        """The packet that such a number means; of a byte within one, the same with a fraction."""
        packet, odd = divmod(self.offset(number), self.size)
        return packet + 1 + odd / self.size if odd else packet + 1

    def packets(self, content, first):
        """A message for each packet from `first` on; the CRC chain begins at 0, as after each SYNC."""
        return _packets(self, content, round((first - 1) * self.size))

    def metadata(self, kind, milliseconds):
        """The METADATA message."""
        data = self._payload(kind, milliseconds)
        return struct.pack(">HH", METADATA, len(data)) + data

    def _payload(self, kind, milliseconds):
        if self.protocol >= 6:
            return json.dumps({"version": 1, "file": {"file_timestamp": milliseconds // 1000},
                               "fm_trigger": {"type": 0}}).encode()
        if self.camera == "dualcam":
            return struct.pack(">BBQBHB", 2, KINDS[kind], milliseconds, 0, 0, 0)
        head = struct.pack(">IBBii", milliseconds // 1000, 1, 0, 54_700_418, 25_279_651)
        return head + (b"\0" if self.camera == "adas" else b"\0\1" + b"EOD NHOJ\0\0")


@functools.lru_cache(maxsize=256)
def _packets(family, content, offset):
    crc, messages = 0, []
    for start in range(offset, len(content), family.size):
        payload = content[start:start + family.size]
        crc = crc16(payload, crc)
        head = struct.pack(">I", start) if family.enhanced else b""
        data = head + payload + struct.pack(">H", crc)
        messages.append(struct.pack(">HH", ENHANCED_DATA if family.enhanced else DATA, len(data))
                        + data)
    return messages


DUALCAM = Family("DualCam")
FAMILIES = (
    DUALCAM,
    Family("DualCam by path", "dualcam", 6, "dualcam_front", options=("--protocol", 6)),
    Family("ADAS", "adas", 5, "mdas9", size=960, options=("--camera", "adas")),
    Family("DSM", "dsm", 6, "dsm", True, options=("--camera", "dsm", "--protocol", 6)),
    Family("DashCam", "dashcam", 6, "dashcam", size=512, options=("--camera", "dashcam")),
)


def for_every_family(test):
    """Runs a test for each, in an empty output folder; `self.family` tells which."""
    @functools.wraps(test)
    def run(self):
        for self.family in FAMILIES:
            with self.subTest(family=self.family.name):
                self.fresh()
                test(self)
    return run
