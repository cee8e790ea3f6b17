#!/usr/bin/env python3
"""Golden values of adversarial trainings from PyTorch, in double precision; the judge's from SciPy.

    python3 tests/support/torch/adversarial_golden.py tests/data

writes train_adversarial.csv: settings, epoch, and either 0 and the epoch's train_loss, train_critic_loss, val_loss,
val_critic_loss, val_frechet and val_inception, or 1 + the number of the first of some weights after the epoch, and those.
Penalties are those of create_graph.
Samples, first weights, noise and the order of the samples are those of the test.
"""
import csv, math, sys
import numpy, scipy.linalg, torch

FEATURES, NOISE, TRAIN, VALIDATION, BATCH, EPOCHS, SEED = 6, 4, 24, 9, 8, 3, 3
SHUFFLE, OF_NOISE, BETWEEN = 3, 13, 0x80000000  # enum rng_purpose of base/rng.h; train/adversarial.c
D = torch.float64


def wave(i):  # numbers in (-1,1) without a pattern that matters
    return math.sin(1.7 * i + 0.3 * i * i % 11)


class Stream:  # base/rng.c: Philox4x32-10
    def __init__(self, purpose, a, b):
        self.counter, self.left = [0, b, a, purpose], []

    def word(self):
        if not self.left:
            (c0, c1, c2, c3), k0, k1 = self.counter, SEED, 0
            for _ in range(10):
                p0, p1 = 0xD2511F53 * c0, 0xCD9E8D57 * c2
                c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ c3 ^ k1, p0 & 0xFFFFFFFF
                k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
            self.left = [c0, c1, c2, c3]
            self.counter[0] += 1
        return self.left.pop(0)

    def normal(self):
        u, v = (self.word() + 0.5) / 2**32, (self.word() + 0.5) / 2**32
        return math.sqrt(-2 * math.log(u)) * math.cos(2 * math.pi * v)

    def below(self, n):
        m = self.word() * n
        while (m & 0xFFFFFFFF) < (2**32 - n) % n and (m & 0xFFFFFFFF) < n:
            m = self.word() * n
        return m >> 32


def noise(stream, n):
    streams = [Stream(OF_NOISE, stream, i) for i in range(n)]
    return torch.tensor([[s.normal() for _ in range(NOISE)] for s in streams], dtype=D).float().double()


def order(n, round):
    v, stream = list(range(n)), Stream(SHUFFLE, round, 0)
    for i in range(n, 1, -1):
        j = stream.below(i)
        v[i - 1], v[j] = v[j], v[i - 1]
    return v


def tensor(n, f):
    return torch.tensor([f(i) for i in range(n)], dtype=D)


X = tensor((TRAIN + VALIDATION) * FEATURES, lambda i: wave(i + 1)).float().double().reshape(-1, FEATURES)
REAL, VALID = X[:TRAIN], X[TRAIN:]


def dense(n, m, k, bias=True):
    layer = torch.nn.Linear(n, m, bias=bias).double()
    layer.weight.data = tensor(n * m, lambda i: 0.5 * wave(100 * k + i)).reshape(m, n)
    if bias:
        layer.bias.data = tensor(m, lambda i: 0.1 * wave(100 * k + 50 + i))
    return layer


def networks(kind):
    nn = torch.nn
    if kind == "batchnorm":
        make = nn.Sequential(dense(NOISE, 5, 1, False), nn.BatchNorm1d(5).double(), nn.ReLU(), dense(5, FEATURES, 3))
        return make, nn.Sequential(dense(FEATURES, 5, 4), nn.LeakyReLU(0.01), dense(5, 1, 5))
    units = 11 if kind == "wide" else 5
    act = nn.Tanh() if kind == "tanh" else nn.LeakyReLU(0.01)
    make = nn.Sequential(dense(NOISE, 5, 1), nn.Tanh(), dense(5, FEATURES, 2))
    return make, nn.Sequential(dense(FEATURES, units, 3), act, dense(units, 1, 4))


softplus = torch.nn.functional.softplus
LOSSES = {  # of a sample, of something made, of the generator
    "gan": (lambda z: softplus(-z), softplus, lambda z: softplus(-z)),
    "lsgan": (lambda z: (z - 1) ** 2 / 2, lambda z: z**2 / 2, lambda z: (z - 1) ** 2 / 2),
    "hinge": (lambda z: torch.relu(1 - z), lambda z: torch.relu(1 + z), lambda z: -z),
    "wgan": (lambda z: -z, lambda z: z, lambda z: -z),
}
JUDGES = {5: (dense(FEATURES, 5, 6), dense(5, 3, 7)), 12: (dense(FEATURES, 12, 6), dense(12, 3, 7))}


def frechet(a, b):
    a, b = a.numpy(), b.numpy()
    ca, cb = numpy.cov(a, rowvar=False), numpy.cov(b, rowvar=False)
    root = scipy.linalg.sqrtm(ca)
    values = scipy.linalg.eigvalsh(root.real @ cb @ root.real)
    plain = numpy.trace(scipy.linalg.sqrtm(ca @ cb).real)
    if a.shape[1] < a.shape[0]:  # of a singular product the root is hardly one
        assert abs(plain - numpy.sqrt(values.clip(0)).sum()) < 1e-9
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + numpy.trace(ca + cb) - 2 * numpy.sqrt(values.clip(0)).sum()


def judged(judge, made):
    features = lambda x: torch.tanh(judge[0](x)).detach()
    shares = torch.softmax(judge[1](features(made)), 1).detach()
    divergence = (shares * (shares.log() - shares.mean(0).log())).sum(1).mean()
    return frechet(features(VALID), features(made)), divergence.exp().item()


def penalty(critic, real, made, stream, factor):
    share = torch.tensor([(Stream(OF_NOISE, stream, BETWEEN + i).word() >> 8) / 2**24 for i in range(len(real))], dtype=D)
    x = (made + share[:, None] * (real - made)).requires_grad_()
    g = torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]
    return factor * ((g.norm(dim=1) - 1) ** 2).mean()


def training(loss, kind, optimizer, critic_steps, critic_lr, features):
    make, critic = networks(kind)
    of_sample, of_made, of_generator = LOSSES[loss]
    lr = 0.05
    new = lambda net, rate: torch.optim.Adam(net.parameters(), rate) if optimizer == "adam" else torch.optim.SGD(net.parameters(), rate)
    learn_make, learn_critic = new(make, lr), new(critic, critic_lr or lr)
    step = update = 0
    settings = "loss=%s kind=%s optimizer=%s lr=0.05 critic_steps=%d critic_lr=%g judge=%d" % (
        loss, kind, optimizer, critic_steps, critic_lr, features)
    for epoch in range(1, EPOCHS + 1):
        at, sums = order(TRAIN, epoch), [0.0, 0.0, 0]
        batches = [REAL[at[i : i + BATCH]] for i in range(0, TRAIN, BATCH)]
        for first in range(0, len(batches), critic_steps):
            for real in batches[first : first + critic_steps]:
                update += 1
                made = make(noise(2 * update, len(real))).detach()
                learn_critic.zero_grad()
                value = of_sample(critic(real)).mean() + of_made(critic(made)).mean()
                if loss == "wgan":
                    value = value + penalty(critic, real, made, 2 * update, 10)
                value.backward()
                learn_critic.step()
                sums[1] += value.item() / len(batches)
            learn_make.zero_grad()
            value = of_generator(critic(make(noise(2 * step + 1, BATCH)))).mean()
            value.backward()
            learn_make.step()
            step += 1
            sums[0] += value.item()
            sums[2] += 1
        make.eval()
        with torch.no_grad():
            made = make(noise(0, VALIDATION))
            z = critic(made)
            metrics = [sums[0] / sums[2], sums[1], of_generator(z).mean(), (of_sample(critic(VALID)) + of_made(z)).mean()]
            metrics += judged(JUDGES[features], made)
        make.train()
        yield [settings, epoch, 0] + ["%.9g" % v for v in metrics]
        weights = torch.cat([p.detach().flatten() for p in [*make.parameters(), *critic.parameters()]]).tolist()
        for i in range(0, len(weights), 28):
            yield [settings, epoch, 1 + i] + ["%.9g" % v for v in weights[i : i + 28]]


ROWS = [
    ("gan", "leaky", "adam", 1, 0, 5),
    ("gan", "batchnorm", "sgd", 2, 0.1, 12),
    ("lsgan", "leaky", "sgd", 1, 0.02, 5),
    ("hinge", "tanh", "adam", 3, 0, 12),
    ("wgan", "tanh", "sgd", 1, 0, 5),
    ("wgan", "leaky", "sgd", 2, 0.01, 5),
    ("wgan", "wide", "sgd", 1, 0.02, 5),
]
with open(sys.argv[1] + "/train_adversarial.csv", "w", newline="") as f:
    w = csv.writer(f, lineterminator="\n")
    w.writerow(["settings", "epoch", "what", "values"])
    for row in ROWS:
        w.writerows(training(*row))
