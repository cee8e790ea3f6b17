#!/usr/bin/env python3
"""How busy are two workers in a search that listens to results? Runs each such method with its default lag, and prints
which share of the time they had a trial, by the timing table. Ends with status 1 where that is less than nine tenths.

  python3 tests/bench/busy.py build/release/sweep [--trials 60] [--jobs 2]
On the embedded digits; a minute."""
import argparse
import csv
import os
import subprocess
import sys
import tempfile

SWEEP = """[data]
dataset = optdigits
[search]
method = {method}
trials = {trials}
[grid]
model.units      = 8..64 int log
train.lr         = 1e-3..1 log
train.batch_size = 32, 64, 128
model.dropout    = 0.0..0.5
[model]
units   = 8
dropout = 0
layers  =
    conv 3x3 8, relu, flatten, dropout $dropout, dense $units, relu
    dense 10
[train]
epochs = 12
"""


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", type=os.path.abspath)
    p.add_argument("--trials", type=int, default=60)
    p.add_argument("--jobs", type=int, default=2)
    a = p.parse_args()
    idle = 0
    with tempfile.TemporaryDirectory() as folder:
        for method in ("tpe", "gp", "evolution"):
            with open(os.path.join(folder, method + ".ini"), "w") as f:
                f.write(SWEEP.format(method=method, trials=a.trials))
            subprocess.run([a.sweep, method + ".ini", "-q", "--no-plots", "-j", str(a.jobs)], cwd=folder, check=True,
                           capture_output=True)
            with open(os.path.join(folder, "results", method + ".timing.csv")) as f:
                rows = [(float(r["start"]), float(r["wall"])) for r in csv.DictReader(f)]
            began, end = min(s for s, _ in rows), max(s + w for s, w in rows)
            share = sum(w for _, w in rows) / a.jobs / (end - began)
            idle += share < 0.9
            print(f"{method:10} {a.trials} trials, {a.jobs} workers, {end - began:.1f} s: busy {100 * share:.0f} % of the time")
    sys.exit(idle > 0)


if __name__ == "__main__":
    main()
