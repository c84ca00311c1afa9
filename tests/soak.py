#!/usr/bin/env python3
"""Hours of 200 cameras of every family on bad lines, half of them over TLS: nothing is lost, nothing grows.

    tests/soak.py BUILD MINUTES

Each camera has files of its own. Every minute a server's certificate is renewed, its captured traffic moved
away and its metrics removed; after a SIGHUP all three have to be new. Early on the servers are started again,
as a service is. Prints what was stored and compared, and draws memory and descriptors over time; exit status 1
if a file differs or is missing, or if either of the two has grown in the last third. All of it may be stopped
for minutes.
"""

import collections
import hashlib
import os
import pathlib
import random
import re
import signal
import ssl
import statistics
import subprocess
import sys
import tempfile
import time

CAMERAS = 200
FAMILIES = (("dualcam", 5), ("adas", 5), ("dsm", 5), ("dashcam", 6), ("dualcam", 6))
FAULTS = (("--corrupt", "2%"), ("--cut", "random,random"), ("--chunk", "random"), ("--stall", "2s"),
          ("--crc-after-sync", "chain"), ("--sync-back", "3"), ("--end-status", "0"), ("--rate", "100K"),
          ("--corrupt", "5%", "--cut", "random"), ("--mute-metadata",), ("--stall", "15s"), ())
KINDS = ("photof", "photor", "videof", "videor")
REST = 30  # seconds that a camera stays away between files, at most
SAMPLE = 1  # seconds
PATIENCE = 600  # seconds, for what takes one
WITH_US = ("setpriv", "--pdeathsig", "KILL")  # a command that does not outlive this one
BARS = " ▁▂▃▄▅▆▇█"


def wait_until(what, happened):
    end = time.monotonic() + PATIENCE
    while not happened():
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {PATIENCE} s")
        time.sleep(0.1)


class Server:
    def __init__(self, tools, folder, tls):
        self.crc, self.tls = tools / "dcam-crc", tls
        self.capture, self.metrics, self.certificate, self.key = (
            folder / f"server.{name}" for name in ("pcap", "prom", "crt", "key"))
        self.command = [tools / "dcam-serve", "-k", "-q", "-b", "127.0.0.1", "--min-free", "0",
                        "--idle-timeout", "10s", "--capture", self.capture, "--metrics", self.metrics,
                        "-o", folder / "files"]
        (folder / "files").mkdir(parents=True)
        if tls:
            self.command += ["--tls-cert", self.certificate, "--tls-key", self.key]
            self.renew_certificate()
        self.port = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen([*WITH_US, *self.command, "-p", str(self.port), "--json"],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port = int(re.search(r'"port":(\d+)', self.process.stdout.readline())[1])
        # Its events are read by nobody, and of what it says nobody needs to see what the faults lead to.
        self.readers = [subprocess.Popen(["cat"], stdin=self.process.stdout, stdout=subprocess.DEVNULL),
                        subprocess.Popen(["grep", "--line-buffered", "-v", ": incomplete, "],
                                         stdin=self.process.stderr, stdout=sys.stderr)]
        for stream in (self.process.stdout, self.process.stderr):
            stream.close()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.wait(PATIENCE)
        return status

    def renew_certificate(self):
        made = [path.with_name(path.name + ".new") for path in (self.certificate, self.key)]
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                        "-nodes", "-subj", "/CN=localhost", "-days", "30", "-out", made[0], "-keyout", made[1]],
                       check=True, capture_output=True)
        for new, path in zip(made, (self.certificate, self.key)):
            new.replace(path)

    def shows_its_certificate(self):
        try:
            shown = ssl.get_server_certificate(("127.0.0.1", self.port), timeout=PATIENCE)
        except OSError:
            return False
        return shown.strip() == self.certificate.read_text().strip()

    def hang_up(self):
        """What SIGHUP is for: lists, certificates, captures and metrics by their names of now."""
        moved = self.capture.with_suffix(".moved")
        self.capture.rename(moved)
        self.metrics.unlink(missing_ok=True)
        if self.tls:
            self.renew_certificate()
        self.process.send_signal(signal.SIGHUP)
        wait_until("a new capture", self.capture.exists)
        wait_until("new metrics", self.metrics.exists)
        if self.tls:
            wait_until("the new certificate", self.shows_its_certificate)
        checked = subprocess.run([self.crc, "-q", "--dump", moved], capture_output=True, check=False)
        if checked.returncode not in (0, 1) or not checked.stdout:  # 1: damage, which is meant
            raise SystemExit(f"the capture cannot be read: {checked.returncode} {checked.stderr.decode()}")
        moved.unlink()

    def measured(self):
        """Memory in KiB, descriptors."""
        if self.process.poll() is not None:
            raise SystemExit(f"a server ended with {self.process.returncode}")
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
        self.returns = time.monotonic() + self.random.uniform(0, REST)

    def begin(self, server, sent):
        self.round += 1
        path = self.folder / f"{self.imei}-{self.round}"
        content = self.random.randbytes(self.random.randrange(5_000, 200_000))
        path.write_bytes(content)
        os.utime(path, (1_700_000_000 + self.round * 60,) * 2)
        sent[hashlib.sha256(content).hexdigest()] += 1
        faults = self.random.choice(FAULTS)
        kind = self.random.choice(KINDS)
        self.process = subprocess.Popen(
            [*WITH_US, self.tool, "-q", "--imei", str(self.imei), "--camera", self.family, "--protocol",
             str(self.protocol), "--reconnect", "1000", "--reconnect-delay", "200ms", "--seed",
             str(self.random.randrange(1 << 30)), *faults, *(["--tls"] if server.tls else []),
             f"127.0.0.1:{server.port}", f"{kind}={path}"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.path = path

    def may_begin(self):
        return self.done() and time.monotonic() >= self.returns

    def done(self):
        if self.process is None:
            return True
        if self.process.poll() is None:
            return False
        if self.process.returncode != 0:
            raise SystemExit(f"camera {self.imei} ended with {self.process.returncode}")
        self.path.unlink()
        self.process = None
        self.returns = time.monotonic() + self.random.uniform(0, REST)
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
    servers = [Server(tools, folder / "plain", tls=False), Server(tools, folder / "tls", tls=True)]
    cameras = [Camera(number, tools, folder) for number in range(CAMERAS)]
    samples = []
    restarts = 0
    end = time.monotonic() + 60 * minutes
    next_restart = time.monotonic() + 60 * minutes / 4
    next_signal = time.monotonic() + 60
    signals = 0
    while time.monotonic() < end:
        for number, camera in enumerate(cameras):
            if camera.may_begin():
                camera.begin(servers[number % 2], sent)
        samples.append(tuple(map(sum, zip(*(server.measured() for server in servers)))))
        if time.monotonic() >= next_signal:
            signals += 1
            next_signal += 60
            for server in servers:
                server.hang_up()
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
        hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*/files/**/*")
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
