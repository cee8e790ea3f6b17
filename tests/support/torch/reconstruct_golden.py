#!/usr/bin/env python3
"""Golden values of reconstructions from PyTorch, in double precision.

    python3 tests/support/torch/reconstruct_golden.py tests/data

writes train_reconstruct.csv (settings, epoch, split, loss, mse, reconstruction, divergence: whole trainings of a small
autoencoder, and what a variational one measures of a split, with its means) and train_draw.csv (dimensions, scale, then
noise, means and logarithms of variances, the gradient at the draw, the draw, the divergence and the gradient at means and
logarithms). test_reconstruct.c has the same data and first weights.
"""
import csv, math, sys
import torch

FEATURES, HIDDEN, TRAIN, VALIDATION, TEST, EPOCHS, LR, MOMENTUM = 6, 3, 40, 9, 21, 20, 0.2, 0.9


def wave(i):  # numbers in (-1,1) without a pattern that matters
    return math.sin(1.7 * i + 0.3 * i * i % 11)


def tensor(n, f):
    return torch.tensor([f(i) for i in range(n)], dtype=torch.float64)


X = tensor((TRAIN + VALIDATION + TEST) * FEATURES, lambda i: (wave(i + 1) + 1) / 2).reshape(-1, FEATURES)
TRAINING, VALID, TESTED = X[:TRAIN], X[TRAIN : TRAIN + VALIDATION], X[TRAIN + VALIDATION :]


def dense(n, m, k):
    layer = torch.nn.Linear(n, m).double()
    layer.weight.data = tensor(n * m, lambda i: 0.5 * wave(100 * k + i)).reshape(m, n)
    layer.bias.data = tensor(m, lambda i: 0.1 * wave(100 * k + 50 + i))
    return layer


LOSSES = {
    "mse": torch.nn.functional.mse_loss,
    "mae": torch.nn.functional.l1_loss,
    "bce": torch.nn.functional.binary_cross_entropy_with_logits,
}


def shown(loss, z):
    return torch.sigmoid(z) if loss == "bce" else z


def autoencoders():
    for loss, f in LOSSES.items():
        net = torch.nn.Sequential(dense(FEATURES, HIDDEN, 1), torch.nn.Tanh(), dense(HIDDEN, FEATURES, 2))
        optimizer = torch.optim.SGD(net.parameters(), LR, momentum=MOMENTUM)
        measure = lambda x: [f(net(x), x).item(), ((shown(loss, net(x)) - x) ** 2).mean().item()]
        for epoch in range(1, EPOCHS + 1):
            optimizer.zero_grad()
            train = measure(TRAINING)  # of the only step: before it
            f(net(TRAINING), TRAINING).backward()
            optimizer.step()
            rows = [(0, train), (1, measure(VALID))] + ([(2, measure(TESTED))] if epoch == EPOCHS else [])
            for split, values in rows:
                yield ["loss=" + loss, epoch, split] + ["%.9g" % v for v in values] + [0, 0]


def variational():
    for loss, f in LOSSES.items():
        for beta in 1, 0.25:
            encode, decode = dense(FEATURES, 2 * HIDDEN, 1), dense(HIDDEN, FEATURES, 2)
            mean, log_variance = encode(VALID).chunk(2, 1)
            z = decode(mean)
            reconstruction = f(z, VALID, reduction="sum") / VALIDATION
            divergence = torch.distributions.kl_divergence(
                torch.distributions.Normal(mean, (log_variance / 2).exp()), torch.distributions.Normal(0.0, 1.0)).sum() / VALIDATION
            values = [reconstruction + beta * divergence, ((shown(loss, z) - VALID) ** 2).mean(), reconstruction, divergence]
            yield ["loss=%s beta=%g" % (loss, beta), 0, 1] + ["%.9g" % v.item() for v in values]


def draws():
    for n, scale in (1, 0), (3, 0.5), (2, 1):
        noise = tensor(n, lambda i: 2 * wave(i + 3))
        mean = tensor(n, lambda i: wave(i + 20)).requires_grad_()
        log_variance = tensor(n, lambda i: 3 * wave(i + 40)).requires_grad_()
        g = tensor(n, lambda i: wave(i + 60))
        y = mean + (log_variance / 2).exp() * noise
        divergence = (mean**2 + log_variance.exp() - 1 - log_variance).sum() / 2
        ((y * g).sum() + scale * divergence).backward()
        values = [noise, mean, log_variance, g, y, divergence.reshape(1), mean.grad, log_variance.grad]
        yield ["n=%d" % n, scale] + ["%.9g" % v for t in values for v in t.tolist()]


def write(path, head, rows):
    with open(path, "w", newline="") as f:
        w = csv.writer(f, lineterminator="\n")
        w.writerow(head)
        w.writerows(rows)


head = ["settings", "epoch", "split", "loss", "mse", "reconstruction", "divergence"]
write(sys.argv[1] + "/train_reconstruct.csv", head, [*autoencoders(), *variational()])
write(sys.argv[1] + "/train_draw.csv", ["n", "scale", "values"], draws())
