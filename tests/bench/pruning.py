#!/usr/bin/env python3
"""What do asha and hyperband find, with how many epochs, where the whole grid is known? Trains the grid of
sweeps/mnist-pooling.ini (81 points, 3 repeats) on fewer images, once, and applies the rules to what is known: nothing more
is trained. Prints for each rule and order of the points the epochs that it takes of the grid's, the rank in the whole grid
of the point that it finds, and how many standard errors of the best point's mean that is away.

  python3 tests/bench/pruning.py build/release/sweep [--train 1500] [--validation 1000] [--epochs 9] [--folder FOLDER]
      [--words "model.kernels=8 model.dropout=0.02,0.05"]
Needs MNIST (see README). With --folder a grid that was trained before is used again, and one that was broken off
goes on; --words make the space smaller. Some twenty minutes of two cores.

What is found in one order of the points is chance. With --orders 20 each rule also decides in as many other orders: those
of the values of the axes, drawn at random, which change no training."""
import argparse
import csv
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile

SWEEP_FILE = os.path.join(os.path.dirname(__file__), "..", "..", "sweeps", "mnist-pooling.ini")
AXES = {"model.kernels": ["8", "12", "16"], "model.dropout": ["0.02", "0.05", "0.1"], "model.pool_at": ["2", "3", "4"],
        "train.batch_size": ["32", "64", "128"]}
# rule -> words; a search has an order of its own
WAYS = (("asha, grid", ["prune.method=asha"]),
        ("asha, random", ["prune.method=asha", "search.method=random", "search.trials=all"]),
        ("promotion, grid", ["prune.method=asha", "prune.promotion=yes"]),
        ("promotion, random", ["prune.method=asha", "prune.promotion=yes", "search.method=random", "search.trials=all"]),
        ("hyperband, grid", ["prune.method=hyperband"]),
        ("hyperband, promotion", ["prune.method=hyperband", "prune.promotion=yes"]),
        ("hyperband, random", ["prune.method=hyperband", "search.method=random", "search.trials=all"]),
        ("median, random", ["prune.method=median", "search.method=random", "search.trials=all"]))


def call(a, folder, command, *words):
    ran = subprocess.run([a.sweep, *command, *words, "--out", folder], capture_output=True, text=True)
    if ran.returncode not in (0, 1):  # 1: a requirement is not met
        sys.exit(ran.stdout + ran.stderr)
    return ran.stdout


def train(a, folder, *words):
    settings = [f"data.train={a.train}", f"data.validation={a.validation}", f"train.epochs={a.epochs}", "sweep.keep=none", *a.words.split()]
    call(a, folder, [SWEEP_FILE, "-q", "--no-plots"], *settings, *words)


def table(folder, suffix):
    with open(os.path.join(folder, "results", "mnist-pooling" + suffix)) as f:
        return list(csv.DictReader(f))


def epochs_of(folder):
    return sum(int(r["epochs_run"] or 0) for r in table(folder, ".csv"))


def in_other_order(number):
    draw = random.Random(number)
    return [f"{axis}=" + ",".join(draw.sample(values, len(values))) for axis, values in AXES.items()]


def found_by(a, whole, points, words):
    """How many points the rule has seen, its epochs, and the row of the whole grid that it finds."""
    with tempfile.TemporaryDirectory() as out:
        shutil.copytree(os.path.join(whole, "results", "mnist-pooling"), os.path.join(out, "results", "mnist-pooling"))
        train(a, out, *words)
        rows = table(out, ".points.csv")
        found = next(r for r in rows if r["rank"] == "1")
        return len(rows), epochs_of(out), points[tuple(found.get(x) for x in AXES)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", type=os.path.abspath)
    p.add_argument("--train", type=int, default=1500)
    p.add_argument("--validation", type=int, default=1000)
    p.add_argument("--epochs", type=int, default=9)
    p.add_argument("--folder")
    p.add_argument("--orders", type=int, default=0)
    p.add_argument("--only", help="one of the rules")
    p.add_argument("--words", default="", help="of the command line of each sweep")
    a = p.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        whole = a.folder or os.path.join(scratch, "whole")
        train(a, whole)
        all_epochs = epochs_of(whole)
        points = {tuple(r.get(x) for x in AXES): r for r in table(whole, ".points.csv")}
        best = next(r for r in points.values() if r["rank"] == "1")
        mean, error = float(best["val_accuracy_mean"]), float(best["val_accuracy_std"]) / float(best["n"]) ** 0.5
        print(f"whole grid: {len(points)} points, {all_epochs} epochs, best {100 * mean:.2f} % (standard error {100 * error:.2f})")
        for name, words in WAYS:
            if a.only not in (None, name):
                continue
            words = [f"search.trials={len(points)}" if w == "search.trials=all" else w for w in words]
            below, shares = [], []
            for order in range(a.orders + 1):
                n, epochs, there = found_by(a, whole, points, words + (in_other_order(order) if order else []))
                off = (mean - float(there["val_accuracy_mean"])) / error
                if not order:
                    print(f"{name:20} {n:3} points, {epochs:5} epochs ({100 * epochs / all_epochs:3.0f} %), finds rank "
                          f"{there['rank']:>3}, {100 * float(there['val_accuracy_mean']):.2f} %, {off:5.2f} standard errors "
                          "below the best", flush=True)
                    continue
                below.append(off)
                shares.append(100 * epochs / all_epochs)
            if below:
                print(f"  {a.orders} other orders: {min(shares):.1f} to {max(shares):.1f} % of the epochs, median "
                      f"{statistics.median(shares):.1f}; {sum(b <= 1 for b in below)} find a point within one standard error of "
                      f"the best, {sum(b <= 0 for b in below)} the best one", flush=True)
            if "grid" in name:
                print("  " + call(a, whole, ["replay", "mnist-pooling"], *words).strip().replace("\n", "\n  "))


if __name__ == "__main__":
    main()
