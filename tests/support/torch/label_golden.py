#!/usr/bin/env python3
"""Writes tests/data/train_label.txt: losses of label maps with their gradients by PyTorch in double, and the metrics that
scikit-learn (1.9) measures of the answers. Usage: label_golden.py > tests/data/train_label.txt

A case is the lines `case CLASSES H W SAMPLES SETTINGS`, `loss VALUE`, `dz SAMPLE VALUES...` ([class][row][column]) of
some samples, and `metrics ACCURACY IOU DICE LOSS`, where LOSS has neither weights nor smoothing. Outputs and labels are
formulas, which test_label.c has too."""
import math

import torch
import torch.nn.functional as F
from sklearn.metrics import accuracy_score, f1_score, jaccard_score


def wave(i):
    return math.sin(1.7 * i + math.fmod(0.3 * i * i, 11))


def label_at(i, classes, holes):  # -1: none
    v = int(4 * (wave(3 * i + 2) + 1)) % 8
    return -1 if holes and v == 5 else v % (classes - 1)  # the last class is never there


def focal(z, y, gamma, weight):
    log_p = torch.log_softmax(z, 1)
    keep = y >= 0
    at = log_p.gather(1, y.clamp(min=0).unsqueeze(1)).squeeze(1)
    w = weight[y.clamp(min=0)] * keep
    return (w * (1 - at.exp()) ** gamma * -at).sum() / w.sum()


def dice(z, y, smooth, weight):  # DiceLoss of MONAI: sums over the positions of a sample
    keep = (y >= 0).unsqueeze(1)
    p = torch.softmax(z, 1) * keep
    t = F.one_hot(y.clamp(min=0), z.shape[1]).movedim(-1, 1) * keep
    both, share, truth = ((a.flatten(2)).sum(2) for a in (p * t, p, t))
    f = 1 - (2 * both + smooth) / (share + truth + smooth)
    return ((f * weight).sum(1) / weight.sum()).mean()


def loss_of(settings, z, y, training):
    words = dict(w.split("=") for w in settings.split())
    weight = torch.ones(z.shape[1], dtype=torch.double)
    if training and "class_weights" in words:
        weight = torch.tensor([float(v) for v in words["class_weights"].split(",")], dtype=torch.double)
    kind = words.get("loss", "cross_entropy")
    if kind == "focal":
        return focal(z, y, float(words.get("focus", 2)), weight)
    if kind == "dice":
        return dice(z, y, float(words.get("smooth", 1)), weight)
    smoothing = float(words.get("label_smoothing", 0)) if training else 0
    return F.cross_entropy(z, y, weight=weight, ignore_index=-1, label_smoothing=smoothing)


def write(classes, h, w, n, settings, holes):
    pixels = h * w
    z = torch.tensor([3 * wave(i + 1) for i in range(n * classes * pixels)], dtype=torch.float32).double()
    z = z.reshape(n, classes, h, w).requires_grad_()
    y = torch.tensor([label_at(i, classes, holes) for i in range(n * pixels)]).reshape(n, h, w)
    loss = loss_of(settings, z, y, True)
    loss.backward()
    print("case", classes, h, w, n, int(holes), settings)
    print(f"loss {loss.item():.12g}")
    for i in sorted({0, n // 2, n - 1}):
        print("dz", i, *(f"{v:.9g}" for v in z.grad[i].flatten()))
    answer, truth = z.argmax(1).flatten(), y.flatten()
    answer, truth = answer[truth >= 0].numpy(), truth[truth >= 0].numpy()
    values = (accuracy_score(truth, answer), jaccard_score(truth, answer, average="macro"),
              f1_score(truth, answer, average="macro"), loss_of(settings, z, y, False).item())
    print("metrics", *(f"{v:.12g}" for v in values))


def main():
    weights = "class_weights=1,0.5,3,0.25"
    for holes in (False, True):
        for settings in ("loss=cross_entropy", "label_smoothing=0.1", weights, f"label_smoothing=0.2 {weights}",
                         "loss=focal", f"loss=focal focus=0.5 {weights}", "loss=dice", "loss=dice smooth=1e-05",
                         f"loss=dice smooth=0.5 {weights}"):
            write(4, 2, 3, 18 if "dice" in settings or settings == weights else 3, settings, holes)
    write(3, 5, 1, 20, "loss=cross_entropy", True)  # rows that need not be turned
    write(3, 5, 1, 3, "loss=dice", True)
    write(7, 3, 2, 1, "label_smoothing=0.1", False)


main()
