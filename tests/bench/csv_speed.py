#!/usr/bin/env python3
"""Reads a CSV file of numbers with sweep and with pandas' C reader, in turns, on one core.

usage: csv_speed.py SWEEP [MEGABYTES [ROUNDS]]      (pip install pandas; 1000 megabytes: 1 GB)

The file has 20 columns of numbers with six digits and one of two classes. `sweep plan` reads all of it, as `run` does, with
the cache switched off; both are measured in seconds of the processor, and by the most memory that they have had."""
import os
import resource
import statistics
import subprocess
import sys
import tempfile

READ = """
import os, resource, sys, time
import pandas
begin = time.process_time()
table = pandas.read_csv(sys.argv[1], engine="c")
print(time.process_time() - begin, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, *table.shape)
"""


def make(path, megabytes):
    import random
    random.seed(1)
    scale = [1, 10, 1e3, 1e-3] * 5
    lines = []
    for _ in range(20000):
        row = [random.gauss(0, s) for s in scale]
        lines.append(",".join(f"{v:.6g}" for v in row) + f",{int(row[0] > 0)}\n")
    text = "".join(lines).encode()
    with open(path, "wb") as f:
        f.write((",".join(f"x{i}" for i in range(20)) + ",y\n").encode())
        for _ in range(megabytes * 1000000 // len(text) + 1):
            f.write(text)


def one_core():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def read_by_sweep(sweep, folder):
    child = subprocess.Popen([sweep, "plan", "numbers.ini"], cwd=folder, stdout=subprocess.DEVNULL, preexec_fn=one_core,
                             env={**os.environ, "SWEEP_CACHE": "off"})
    _, status, used = os.wait4(child.pid, 0)
    if status:
        sys.exit("sweep plan failed")
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def read_by_pandas(folder):
    out = subprocess.run([sys.executable, "-c", READ, os.path.join(folder, "numbers.csv")], check=True, text=True,
                         stdout=subprocess.PIPE, preexec_fn=one_core).stdout.split()
    return float(out[0]), int(out[1])


def main():
    sweep = os.path.abspath(sys.argv[1])
    megabytes = int(sys.argv[2]) if len(sys.argv) > 2 else 200
    rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 3
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "numbers.csv")
        make(path, megabytes)
        size = os.path.getsize(path)
        with open(os.path.join(folder, "numbers.ini"), "w") as f:
            f.write("[data]\ndataset = csv\nfile = numbers.csv\n[model]\nlayers = dense 2\n")
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(read_by_sweep(sweep, folder))
            theirs.append(read_by_pandas(folder))
    for name, got in (("sweep", ours), ("pandas", theirs)):
        seconds = statistics.median(s for s, _ in got)
        print(f"{name:7} {seconds:6.2f} s  {size / seconds / 1e6:6.0f} MB/s  {max(m for _, m in got) / 1024:6.0f} MB of memory")
    print(f"{statistics.median(t / o for (o, _), (t, _) in zip(ours, theirs)):.2f} times as fast")


main()
