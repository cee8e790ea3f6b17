#!/usr/bin/env python3
"""What do asha and hyperband find, with how many epochs, where the whole grid is known? Trains the grid of
sweeps/mnist-pooling.ini (81 points, 3 repeats) on fewer images, once, and applies the rules to what is known: nothing more
is trained. Prints for each rule and order of the points the epochs that it takes of the grid's, the rank in the whole grid
of the point that it finds, and how many standard errors of the best point's mean that is away.

  python3 tests/bench/pruning.py build/release/sweep [--train 1500] [--validation 1000] [--epochs 9] [--folder FOLDER]
      [--words "model.kernels=8 model.dropout=0.02,0.05"]
Needs MNIST (see README). With --folder a grid that was trained before is used again, and one that was broken off
goes on; --words make the space smaller. Some twenty minutes of two cores."""
import argparse
import csv
import os
import shutil
import subprocess
import sys
import tempfile

SWEEP_FILE = os.path.join(os.path.dirname(__file__), "..", "..", "sweeps", "mnist-pooling.ini")
AXES = ("model.kernels", "model.dropout", "model.pool_at", "train.batch_size")
# rule -> words of a search in an order of its own; of hyperband as many points as take a third of the epochs
WAYS = (("asha, grid", ["prune.method=asha"]),
        ("asha, random", ["prune.method=asha", "search.method=random", "search.trials=all"]),
        ("promotion, grid", ["prune.method=asha", "prune.promotion=yes"]),
        ("promotion, random", ["prune.method=asha", "prune.promotion=yes", "search.method=random", "search.trials=all"]),
        ("hyperband, grid", ["prune.method=hyperband"]),
        ("hyperband, random", ["prune.method=hyperband", "search.method=random", "search.trials=five ninths"]),
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


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("sweep", type=os.path.abspath)
    p.add_argument("--train", type=int, default=1500)
    p.add_argument("--validation", type=int, default=1000)
    p.add_argument("--epochs", type=int, default=9)
    p.add_argument("--folder")
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
            out = os.path.join(scratch, name)
            shutil.copytree(os.path.join(whole, "results", "mnist-pooling"), os.path.join(out, "results", "mnist-pooling"))
            count = {"search.trials=all": len(points), "search.trials=five ninths": len(points) * 5 // 9}
            words = [f"search.trials={count[w]}" if w in count else w for w in words]
            train(a, out, *words)
            found = next(r for r in table(out, ".points.csv") if r["rank"] == "1")
            there = points[tuple(found.get(x) for x in AXES)]
            epochs = epochs_of(out)
            print(f"{name:18} {len(table(out, '.points.csv')):3} points, {epochs:5} epochs ({100 * epochs / all_epochs:3.0f} %), "
                  f"finds rank {there['rank']:>3}, {100 * float(there['val_accuracy_mean']):.2f} %, "
                  f"{(mean - float(there['val_accuracy_mean'])) / error:5.2f} standard errors below the best")
            if "grid" in name:
                print("  " + call(a, whole, ["replay", "mnist-pooling"], *words).strip().replace("\n", "\n  "))


if __name__ == "__main__":
    main()
