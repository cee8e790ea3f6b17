#!/usr/bin/env python3
"""Invented but plausible result tables, to look at the plots without training: report_tables.py FOLDER [CASE...]

Writes FOLDER/results/CASE*.csv as src/report reads them. Then: sweep plot CASE --out FOLDER.
"""
import csv
import itertools
import math
import random
import sys
from pathlib import Path


def write(path, rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as f:
        out = csv.DictWriter(f, rows[0].keys(), lineterminator="\n")
        out.writeheader()
        out.writerows(rows)


def quality(point, rng):
    """Error of a point at its end: each axis has a sweet spot."""
    error = 0.006
    for i, (key, text) in enumerate(point.items()):
        try:
            x = float(text)
        except ValueError:
            x = sum(map(ord, text)) % 7 / 3 if text else 1
        if key.endswith("lr"):
            error += 0.004 * (math.log10(x) + 1.3) ** 2
        elif key.endswith("dropout"):
            error += 0.03 * (x - 0.05) ** 2 / 0.04
        elif key.endswith("kernels"):
            error += 0.05 / x
        elif key.endswith("batch_size"):
            error += 0.0006 * abs(math.log2(x) - 6)
        elif key.endswith("pool_at"):
            error += 0.0012 * (x - 3) ** 2
        else:
            error += 0.001 * x * (i + 1)
    if "train.lr" in point and "train.batch_size" in point:
        error += 0.0015 * abs(math.log2(float(point["train.batch_size"])) - 6 - 2 * (math.log10(float(point["train.lr"])) + 1.3))
    return error


def params(point):
    k = float(point.get("model.kernels", 12) or 12)
    return int(9 * k + 9 * k * k * 5 + 200 + 300 * len(point.get("model.variant", "")))


def make(folder, name, points, repeats, epochs=12, fail=(), workers=2, objective="max val_accuracy", classes=10,
         started=None, fail_points=(), spread=0.0006):
    rng = random.Random(name)
    trials, curves, timing, clock = [], [], [], [0.0] * workers
    base = Path(folder) / "results"
    n = 0
    for p, point in enumerate(points):
        final = quality(point, rng)
        for r in range(repeats):
            n += 1
            if started is not None and n > started:  # the sweep was interrupted
                continue
            status = "failed" if n in fail or p + 1 in fail_points else "complete"
            noise = rng.gauss(0, spread)
            rows = []
            for e in range(1, epochs + 1):
                decay = final + 0.12 * math.exp(-e / (epochs / 5)) + abs(rng.gauss(0, 0.001)) * (epochs - e) / epochs
                val = 1 - max(0.001, decay + noise + rng.gauss(0, 0.0004))
                train = 1 - max(0.0005, decay * 0.9 - 0.002 + 0.02 * math.exp(-e / 2))
                rows.append(dict(trial=n, point=p + 1, repeat=r + 1, epoch=e, lr="%.6g" % (0.05 * (1 - e / (epochs + 1))),
                                 train_loss="%.9g" % (3.2 * (1 - train) + 0.004), train_accuracy="%.9g" % train,
                                 val_loss="%.9g" % (3.0 * (1 - val) + 0.008), val_accuracy="%.9g" % val,
                                 grad_norm="%.6g" % (1 + rng.random())))
            if status == "failed":
                rows = rows[:2]
            curves += rows
            last = rows[-1] if status == "complete" else {}
            trials.append(dict(trial=n, point=p + 1, repeat=r + 1, seed=r + 1, status=status, **point, params=params(point),
                               macs=params(point) * 180, receptive_field=28, uses_batchnorm="yes", uses_dropout="yes",
                               head="gap", epochs_run=len(rows), best_epoch=len(rows) if last else "",
                               train_loss=last.get("train_loss", ""), train_accuracy=last.get("train_accuracy", ""),
                               val_loss=last.get("val_loss", ""), val_accuracy=last.get("val_accuracy", ""),
                               test_loss=last.get("val_loss", ""),
                               test_accuracy="%.9g" % (float(last["val_accuracy"]) + 0.001) if last else "",
                               error="" if last else "the loss became NaN at epoch 3 | step 12"))
            w = min(range(workers), key=lambda i: clock[i])
            took = (params(point) / 900 + 2) * rng.uniform(0.9, 1.2)
            timing.append(dict(trial=n, worker=w + 1, start="%.3f" % clock[w], wall="%.3f" % took, cpu="%.3f" % (took * 0.97),
                               images_per_second="%.0f" % (50000 / took), peak_bytes=40000000))
            clock[w] += took + 0.05
    write(base / f"{name}.csv", trials)
    write(base / f"{name}.epochs.csv", curves)
    write(base / f"{name}.timing.csv", timing)
    names = [str(i) for i in range(classes)] if classes == 10 else ["class %c%d" % (65 + i % 26, i) for i in range(classes)]
    confusion = []
    for i, t in enumerate(names):
        row = {"true": t}
        for j, q in enumerate(names):
            row[q] = rng.randint(960, 1010) if i == j else max(0, int(rng.expovariate(0.5)) - 2 + 9 * ((i + j) % 9 == 4))
        confusion.append(row)
    write(base / f"{name}.confusion.csv", confusion)
    met = sum(1 for t in trials if t["test_accuracy"] and float(t["test_accuracy"]) >= 0.994)
    done = sum(1 for t in trials if t["status"] == "complete")
    about = dict(name=name, dataset="mnist", train=50000, validation=10000, test=10000, classes=classes,
                 objective=objective, repeats=repeats, points=len(points), trials=len(points) * repeats)
    about["require.1"] = "test_accuracy >= 99.4%"
    about["require.1.met"] = f"{met}/{done}"
    about["require.1.best"] = "yes" if met == done else "no"
    write(base / f"{name}.about.csv", [dict(key=k, value=v) for k, v in about.items()])


def product(**axes):
    keys = [k.replace("__", ".") for k in axes]
    return [dict(zip(keys, c)) for c in itertools.product(*axes.values())]


CASES = {
    "one-point": lambda f, n: make(f, n, [{}], 3),
    "single": lambda f, n: make(f, n, [{}], 1, workers=1),
    "one-axis": lambda f, n: make(f, n, product(train__lr=["0.01", "0.03", "0.1", "0.3"]), 3),
    "two-axes": lambda f, n: make(f, n, product(model__kernels=["8", "12", "16"], train__lr=["0.02", "0.05", "0.1"]), 2,
                                  classes=18),
    "four-axes": lambda f, n: make(f, n, product(model__kernels=["8", "12", "16"], model__dropout=["0", "0.05", "0.1"],
                                                 model__pool_at=["2", "3", "4"], train__batch_size=["32", "64", "128"]), 3),
    "failures": lambda f, n: make(f, n, product(model__kernels=["8", "16"], train__optimizer=["sgd", "adam"],
                                                train__lr=["0.01", "0.1"]), 3, fail=(4, 9), workers=4,
                                  objective="min val_loss"),
    "conditional": lambda f, n: make(f, n, [
        {"train.optimizer": o, "train.momentum": m, "train.lr": lr, "model.variant": v}
        for o, ms in (("sgd", ("0.9", "0.95", "0.99")), ("adamw", ("",))) for m in ms for lr in ("0.01", "0.03", "0.1")
        for v in ("plain", "a-variant-with-a-rather-long-name", "wide")], 2),
    "zip": lambda f, n: make(f, n, [
        {"train.optimizer": o, "train.lr": lr, "train.batch_size": b, "train.momentum": m}
        for o, ms in (("sgd", ("0", "0.9")), ("adamw", ("",))) for m in ms
        for lr, b in (("0.01", "16"), ("0.0316227766017", "32"), ("0.1", "64"))], 2),
    "holes": lambda f, n: make(f, n, product(model__kernels=["8", "12", "16"], train__lr=["0.02", "0.05", "0.1"],
                                             train__optimizer=["sgd", "adam"]), 2, fail_points=(5, 6, 9), spread=0.01),
    "one-repeat": lambda f, n: make(f, n, product(model__kernels=["8", "12", "16"], train__lr=["0.02", "0.05"]), 1),
    "unfinished": lambda f, n: make(f, n, product(model__kernels=["8", "12", "16"], train__lr=["0.02", "0.05", "0.1", "0.2"]), 2,
                                    started=7),
    "a-rather-long-name-whose-pictures-must-not-be-cut-at-their-edges": lambda f, n: make(f, n, product(
        model__first_block_of_kernels=["8", "12", "16"], train__a_long_name_of_a_rate=["0.02", "0.05"],
        model__variant=["plain", "a-variant-with-a-rather-long-name"]), 1),
    "two-hundred": lambda f, n: make(f, n, product(model__kernels=["8", "10", "12", "16", "24"], train__lr=["0.01", "0.02", "0.05", "0.1"],
                                                   model__dropout=["0", "0.05", "0.1", "0.2", "0.3"], model__pool_at=["2", "3"]), 1,
                                     workers=8),
    "random": lambda f, n: make(f, n, [
        {"model.kernels": str(r.randint(6, 32)), "train.lr": "%.4g" % 10 ** r.uniform(-4, -0.5),
         "model.dropout": "%.3g" % r.uniform(0, 0.3), "train.batch_size": r.choice(["32", "64", "128"])}
        for r in [random.Random(5)] for _ in range(120)], 1, workers=4),
    "hostile": lambda f, n: make(f, n, product(**{
        "model.`touch pwned`": ["`touch pwned`", "it's \"quoted\" {brace", "a|b\nEOD\nsystem 'touch pwned'"],
        "train.it's": ["=cmd|' /C calc'!A0", "@x $(touch pwned) \\n ${y}"]}), 2),
}

if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for case in sys.argv[2:] or CASES:
        CASES[case](sys.argv[1], case)
