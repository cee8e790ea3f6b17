"""Writes tests/data/train_regress.csv: a whole small regression in plain double precision, the gradients written out by
hand. Nothing is needed but Python. test_regress.c trains the same with the same data and first weights.

    python3 tests/support/regress_golden.py >tests/data/train_regress.csv
"""
import math

FEATURES, HIDDEN, TARGETS, TRAIN, VALIDATION, TEST, EPOCHS, LR, MOMENTUM = 3, 5, 2, 40, 9, 21, 30, 0.1, 0.9


def wave(i):  # numbers in (-1,1) without a pattern that matters
    return math.sin(1.7 * i + 0.3 * i * i % 11)


def sample(i):
    x = [wave(5 * i + k + 1) for k in range(FEATURES)]
    return x, [2 * x[0] * x[1] + x[2] + 3, math.cos(2 * x[0]) - 10 * x[2]]


def distance(loss, d):  # value and slope
    if loss == "mse":
        return d * d, 2 * d
    if loss == "mae":
        return abs(d), (d > 0) - (d < 0)
    return (d * d / 2, d) if abs(d) <= 0.5 else (0.5 * (abs(d) - 0.25), math.copysign(0.5, d))


def forward(w, x):
    h = [math.tanh(b + sum(a * v for a, v in zip(row, x))) for row, b in zip(w[0], w[1])]
    return h, [b + sum(a * v for a, v in zip(row, h)) for row, b in zip(w[2], w[3])]


def measure(w, loss, samples):
    pairs = [(forward(w, x)[1], y) for x, y in samples]
    n = len(pairs)
    errors = [[z[k] - y[k] for z, y in pairs] for k in range(TARGETS)]
    means = [sum(y[k] for _, y in pairs) / n for k in range(TARGETS)]
    mse = sum(d * d for row in errors for d in row) / n / TARGETS
    r2 = sum(1 - sum(d * d for d in errors[k]) / sum((y[k] - means[k]) ** 2 for _, y in pairs) for k in range(TARGETS))
    value = sum(distance(loss, d)[0] for row in errors for d in row) / n / TARGETS
    return [value, mse, math.sqrt(mse), sum(abs(d) for row in errors for d in row) / n / TARGETS, r2 / TARGETS]


def zeros(w):
    return [[[0.0] * len(r) for r in t] if isinstance(t[0], list) else [0.0] * len(t) for t in w]


def gradient(w, loss, samples):
    g = zeros(w)
    for x, y in samples:
        h, z = forward(w, x)
        dz = [distance(loss, z[k] - y[k])[1] / TARGETS / len(samples) for k in range(TARGETS)]
        for k in range(TARGETS):
            g[3][k] += dz[k]
            for j in range(HIDDEN):
                g[2][k][j] += dz[k] * h[j]
        for j in range(HIDDEN):
            du = (1 - h[j] * h[j]) * sum(dz[k] * w[2][k][j] for k in range(TARGETS))
            g[1][j] += du
            for i in range(FEATURES):
                g[0][j][i] += du * x[i]
    return g


def step(w, m, g):
    for a, b, c in zip(w, m, g):
        if isinstance(a[0], list):
            step(a, b, c)
        else:
            for i in range(len(a)):
                b[i] = MOMENTUM * b[i] + c[i]
                a[i] -= LR * b[i]


def main():
    print("settings,epoch,split,loss,mse,rmse,mae,r2")
    samples = [sample(i) for i in range(TRAIN + VALIDATION + TEST)]
    train, test = samples[:TRAIN], samples[TRAIN + VALIDATION:]
    validation = samples[TRAIN:TRAIN + VALIDATION]
    for loss, settings in (("mse", "loss=mse"), ("mae", "loss=mae"), ("huber", "loss=huber delta=0.5")):
        w = [[[0.5 * wave(3 * j + i) for i in range(FEATURES)] for j in range(HIDDEN)],
             [0.1 * wave(j) for j in range(HIDDEN)],
             [[0.5 * wave(100 + 5 * k + j) for j in range(HIDDEN)] for k in range(TARGETS)],
             [0.1 * wave(200 + k) for k in range(TARGETS)]]
        m = zeros(w)
        for epoch in range(1, EPOCHS + 1):
            rows = [("train", measure(w, loss, train))]  # of the only step: before it
            step(w, m, gradient(w, loss, train))
            rows += [("validation", measure(w, loss, validation))]
            if epoch == EPOCHS:
                rows += [("test", measure(w, loss, test))]
            for split, values in rows:
                number = {"train": 0, "validation": 1, "test": 2}[split]
                print(",".join([settings, str(epoch), str(number)] + ["%.9g" % v for v in values]))


main()
