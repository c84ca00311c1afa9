#!/usr/bin/env python3
"""One video over the same lines to dcam-serve and to a stand-in for the vendor's test server.

    tests/bench/vendor_comparison.py BUILD

The vendor's server itself is not here: tests/cli/vendor_server.py asks and counts as it does.
"""

import os
import pathlib
import random
import sys
import tempfile
import time

build = pathlib.Path(sys.argv[1]).resolve()
os.environ["DUALCAM_TOOLS"] = str(build / "tools")
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "cli"))

from harness import Running, tool  # noqa: E402
from vendor_server import VendorServer  # noqa: E402

LINES = (("clean", ()), ("0.5 % of the packets damaged", ("--corrupt", "0.5%")),
         ("cut twice", ("--cut", "500,1500", "--reconnect", "2", "--reconnect-delay", "0")))


def upload(port, video, line):
    start = time.monotonic()
    sim = Running([tool("dcam-sim"), "-q", *line, f"127.0.0.1:{port}", f"videof={video}"])
    status = sim.wait()
    return status, time.monotonic() - start


def main():
    with tempfile.TemporaryDirectory() as folder:
        video = pathlib.Path(folder) / "clip.h265"
        content = random.Random(1).randbytes(2 << 20)
        video.write_bytes(content)
        print("| 2 MiB, one run of `tests/bench/vendor_comparison.py` | vendor's (stand-in) | dcam-serve |")
        print("|---|---|---|")
        for name, line in LINES:
            vendor = VendorServer()
            status, seconds = upload(vendor.port, video, line)
            vendor.join(30)
            whole = [file.content for file in vendor.files] == [content]
            row = [f"{seconds:.2f} s" if status == 0 and whole else "not whole"]
            server = Running([tool("dcam-serve"), "-q", "-b", "127.0.0.1", "-p", "0", "--json", "-o",
                              f"{folder}/{name}"])
            while server.process.poll() is None and not (port := listening(server)):
                time.sleep(0.01)
            status, seconds = upload(port, video, line)
            stored = next((pathlib.Path(folder) / name).glob("3*/*.h265"))
            whole = server.wait() == 0 and stored.read_bytes() == content
            row.append(f"{seconds:.2f} s" if status == 0 and whole else "not whole")
            print(f"| {name} | {' | '.join(row)} |")


def listening(server):
    """The port, by the sockets of the process; 0: not yet."""
    inodes = {os.readlink(link) for link in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir()
              if link.exists() or link.is_symlink()}
    for line in pathlib.Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes:
            return int(fields[1].split(":")[1], 16)
    return 0


if __name__ == "__main__":
    main()
