#!/usr/bin/env python3
"""Hours of 200 cameras of every family on bad lines, half of them over TLS: nothing is lost, nothing grows.

    tests/soak.py BUILD MINUTES

Each camera has files of its own. Now and then the servers get a SIGHUP, and early on they are started
again, as a service is. Prints what was stored and compared, and draws memory and descriptors over time; exit
status 1 if a file differs or is missing, or if either of the two has grown in the second half.
"""

import collections
import hashlib
import os
import pathlib
import random
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time

CAMERAS = 200
FAMILIES = (("dualcam", 5), ("adas", 5), ("dsm", 5), ("dashcam", 6), ("dualcam", 6))
FAULTS = (("--corrupt", "2%"), ("--cut", "random,random"), ("--chunk", "random"), ("--stall", "2s"),
          ("--crc-after-sync", "chain"), ("--sync-back", "3"), ("--end-status", "0"), ("--rate", "100K"),
          ("--corrupt", "5%", "--cut", "random"), ())
SAMPLE = 1  # seconds
BARS = " ▁▂▃▄▅▆▇█"


class Server:
    def __init__(self, tools, folder, *options):
        self.command = [tools / "dcam-serve", "-k", "-q", "-b", "127.0.0.1", "--min-free", "0", "-o",
                        folder, *options]
        self.port = 0
        self.tls = bool(options)
        self.start()

    def start(self):
        self.process = subprocess.Popen([*self.command, "-p", str(self.port), "--json"],
                                        stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r'"port":(\d+)', self.process.stdout.readline())[1])
        # Its events are read by nobody's program: a pipe's reader of its own.
        self.reader = subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(60)
        self.process.stdout.close()
        self.reader.wait(60)
        return status

    def hang_up(self):
        """Configuration is read again; where that is not so, the server ends in good order."""
        self.process.send_signal(signal.SIGHUP)
        try:
            self.process.wait(SAMPLE)
        except subprocess.TimeoutExpired:
            return
        if self.process.returncode != 129:
            raise SystemExit(f"SIGHUP ended the server with {self.process.returncode}")
        self.process.stdout.close()
        self.reader.wait(60)
        self.start()

    def measured(self):
        """Memory in KiB, descriptors."""
        entry = pathlib.Path(f"/proc/{self.process.pid}")
        memory = re.search(r"VmRSS:\s+(\d+)", (entry / "status").read_text())[1]
        return int(memory), len(list((entry / "fd").iterdir()))


class Camera:
    """One device: uploads file after file, each once."""

    def __init__(self, number, tools, folder):
        self.random = random.Random(number)
        self.imei = 350612071913857 + number
        self.family, self.protocol = FAMILIES[number % len(FAMILIES)]
        self.tool, self.folder, self.process, self.round = tools / "dcam-sim", folder, None, 0

    def begin(self, server, sent):
        self.round += 1
        path = self.folder / f"{self.imei}-{self.round}"
        content = self.random.randbytes(self.random.randrange(5_000, 200_000))
        path.write_bytes(content)
        os.utime(path, (1_700_000_000 + self.round * 60,) * 2)
        sent[hashlib.sha256(content).hexdigest()] += 1
        faults = self.random.choice(FAULTS)
        kind = self.random.choice(("photof", "videof"))
        self.process = subprocess.Popen(
            [self.tool, "-q", "--imei", str(self.imei), "--camera", self.family, "--protocol",
             str(self.protocol), "--reconnect", "1000", "--reconnect-delay", "200ms", "--seed",
             str(self.random.randrange(1 << 30)), *faults, *(["--tls"] if server.tls else []),
             f"127.0.0.1:{server.port}", f"{kind}={path}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.path = path

    def done(self):
        if self.process is None:
            return True
        if self.process.poll() is None:
            return False
        if self.process.returncode != 0:
            raise SystemExit(f"camera {self.imei} ended with {self.process.returncode}")
        self.path.unlink()
        self.process = None
        return True


def plot(name, values, unit):
    """In 60 columns."""
    step = max(1, len(values) // 60)
    columns = [max(values[at:at + step]) for at in range(0, len(values), step)]
    top = max(columns)
    print(f"{name:12} {''.join(BARS[round(8 * each / top)] for each in columns)}  at most {top} {unit}")


def flat(values):
    """Whether the last third of the time needs what the third before did, but for a tenth: both by
    their medians, since the cameras that are connected at a moment are a matter of chance."""
    third = len(values) // 3
    return third == 0 or statistics.median(values[-third:]) <= 1.1 * statistics.median(
        values[third:2 * third]) + CAMERAS / 10


def soak(tools, minutes, folder):
    sent = collections.Counter()
    certificate, key = folder / "certificate", folder / "key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost",
                    "-days", "30", "-out", certificate, "-keyout", key], check=True,
                   capture_output=True)
    servers = [Server(tools, folder / "plain"),
               Server(tools, folder / "tls", "--tls-cert", certificate, "--tls-key", key)]
    cameras = [Camera(number, tools, folder) for number in range(CAMERAS)]
    samples = []
    restarts = 0
    end = time.monotonic() + 60 * minutes
    next_restart = time.monotonic() + 60 * minutes / 4
    next_signal = next_restart + 60
    signals = 0
    while time.monotonic() < end:
        for number, camera in enumerate(cameras):
            if camera.done():
                camera.begin(servers[number % 2], sent)
        samples.append(tuple(map(sum, zip(*(server.measured() for server in servers)))))
        if time.monotonic() >= next_signal:
            signals += 1
            next_signal += 60
            servers[signals % 2].hang_up()
        if time.monotonic() >= next_restart and restarts == 0:
            restarts += 1  # once, early: what is measured then is one process
            for server in servers:
                if server.stop() != 0:
                    raise SystemExit("a server did not end well")
                server.start()
            samples.clear()
        time.sleep(SAMPLE)
    while not all(camera.done() for camera in cameras):
        time.sleep(SAMPLE)
    status = max(server.stop() for server in servers)
    stored = collections.Counter(
        hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*/**/*")
        if path.is_file() and path.suffix != ".json" and ".dcam-serve" not in path.parts)
    lost = sum((sent - stored).values())
    wrong = sum((stored - sent).values())
    memory, descriptors = zip(*samples)
    print(f"soak: {minutes:g} minutes, {CAMERAS} cameras, {sum(sent.values())} files, {restarts} restarts, "
          f"{signals} SIGHUPs")
    plot("memory", memory, "KiB")
    plot("descriptors", descriptors, "")
    print(f"soak: {lost} files missing, {wrong} SHA-256 mismatches, exit status {status}, memory "
          f"{'flat' if flat(memory) else 'grows'}, descriptors {'flat' if flat(descriptors) else 'grow'}")
    return 0 if lost + wrong + status == 0 and flat(memory) and flat(descriptors) else 1


def main():
    if len(sys.argv) != 3:
        raise SystemExit("usage: tests/soak.py BUILD MINUTES")
    with tempfile.TemporaryDirectory(prefix="dualcam-soak-") as folder:
        return soak(pathlib.Path(sys.argv[1]) / "tools", float(sys.argv[2]), pathlib.Path(folder))


if __name__ == "__main__":
    sys.exit(main())
