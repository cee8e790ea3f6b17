#!/usr/bin/env python3
"""Writes tests/data/train_classes.txt: outputs of networks that tell classes apart, and what scikit-learn (1.9) measures
of them. Usage: classes_golden.py > tests/data/train_classes.txt

A case is a line `case NAME CLASSES SAMPLES`, a line for each sample (label, outputs), and a line `metrics NAME VALUE
...`. The expected calibration error, which scikit-learn has not, is computed as Guo et al. 2017 define it."""
import warnings

import numpy as np
from sklearn import metrics as m

warnings.filterwarnings("ignore")
BINS = 15


def softmax(z):
    e = np.exp(z.astype(np.float64) - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def calibration_error(right, share):
    bins = np.clip(np.ceil(share * BINS).astype(int) - 1, 0, BINS - 1)
    return sum(abs(right[bins == b].sum() - share[bins == b].sum()) for b in range(BINS)) / len(share)


def measure(y, z):
    classes, p, answer = z.shape[1], softmax(z), z.argmax(axis=1)
    labels = list(range(classes))
    macro = dict(average="macro", zero_division=0)
    auc = np.nan
    if len(set(y)) == classes:
        auc = (m.roc_auc_score(y, p[:, 1]) if classes == 2
               else m.roc_auc_score(y, p, multi_class="ovr", average="macro", labels=labels))
    out = {
        "accuracy": m.accuracy_score(y, answer),
        "precision": m.precision_score(y, answer, **macro),
        "recall": m.recall_score(y, answer, **macro),
        "f1": m.f1_score(y, answer, **macro),
        "kappa": m.cohen_kappa_score(y, answer),
        "matthews": m.matthews_corrcoef(y, answer),
        "auc": auc,
        "log_loss": m.log_loss(y, p, labels=labels),
        "brier": m.brier_score_loss(y, p, labels=labels),
        "ece": calibration_error(answer == y, p.max(axis=1)),
    }
    if classes > 3:
        out["top3"] = m.top_k_accuracy_score(y, z, k=3, labels=labels)
    if classes > 5:
        out["top5"] = m.top_k_accuracy_score(y, z, k=5, labels=labels)
    return out


def write(name, y, z):
    z = np.asarray(z, dtype=np.float32)
    print("case", name, z.shape[1], z.shape[0])
    for label, row in zip(y, z):
        print(label, *(f"{v:.9g}" for v in row))
    print("metrics", *(f"{k} {v:.12g}" for k, v in measure(np.asarray(y), z).items()))


def main():
    rng = np.random.default_rng(5)

    def made(n, classes, right=1.0):
        y = rng.integers(0, classes, n)
        return y, rng.normal(0, 1.5, (n, classes)) + right * np.eye(classes)[y]

    y, z = made(90, 2)
    write("two", y, z)
    z[60:] = z[:30]  # the same shares, other labels
    write("two_ties", y, z)
    y, z = made(70, 3)
    write("three", y, z)
    y, z = made(120, 10)
    z[80:100] = z[:20]
    z[5:25, 3] = z[5:25, 7]  # outputs of a sample that are equal, some of them the largest
    z[25:40, 2] = z[25:40].max(axis=1)
    write("ten_ties", y, z)
    y, z = made(60, 4)
    z[:20, 1] += 60  # shares of 1, right and wrong
    z[20, (y[20] + 1) % 4] += 200  # and one of 0 for the right class
    write("extreme", y, z)
    y, z = made(64, 2)
    z[:24, 0] += 60
    z[40, 1 - y[40]] += 200
    write("two_extreme", y, z)
    y, z = made(50, 6)
    y[y == 4] = 1  # a class that no sample has, and some are taken for
    y[y == 5] = 0
    z[:, 5] = -9  # and one that nobody knows
    write("absent", y, z)
    write("one_class", [1] * 20, np.abs(rng.normal(0, 1, (20, 2))) * [-1, 1])
    write("one_class_missed", [1] * 20, rng.normal(0, 1, (20, 3)))
    write("constant", rng.integers(0, 4, 33), np.zeros((33, 4)))
    write("one_sample", [2], [[0.5, 0.25, -1.0, 0.5, 0.125, 0.0, 0.75]])


main()
