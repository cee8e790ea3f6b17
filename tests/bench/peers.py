#!/usr/bin/env python3
"""Trains one of the networks that sweep is compared on in another library, one thread, as often as it is asked to.

  python3 peers.py LIBRARY NET BATCH DROPOUT [--bf16] [--channels-last] [--compile]
LIBRARY: torch, jax or sklearn (mlp alone); NET: n1, mlp, cifar, or k3-64 and the like: three 3x3 convolutions of 64
kernels on 28x28; and, in torch alone, resnet20, mobile, convnext, vit, vae, gpt, charlstm and rowlstm, those of `sweep
list benchmarks`. Prints a line when it is warm, with the library's version. Then, for each line on stdin, a number of
seconds, it trains for that long and answers with the images, and the seconds in which the process had its core. Random
images: speed does not depend on them. SGD with Nesterov momentum and weight decay, as in `sweep bench`."""
import argparse
import os
import sys
import time

# Each network: channels and side of its input, then its layers: ("conv", in, out, kernel, pad, dropout or not),
# ("maxpool",), ("gap",), ("flatten",), ("dense", in, out), ("relu",), ("dropout",). A convolution has a batchnorm and a
# relu after it.
N1 = (1, 28, [("conv", 1, 10, 3, 0, True), ("conv", 10, 16, 3, 0, True), ("conv", 16, 20, 3, 0, True), ("maxpool",),
              ("conv", 20, 10, 1, 0, False), ("conv", 10, 16, 3, 0, True), ("conv", 16, 16, 3, 0, True),
              ("conv", 16, 20, 3, 0, False), ("gap",), ("dense", 20, 10)])
MLP = (1, 28, [("flatten",), ("dense", 784, 128), ("relu",), ("dropout",), ("dense", 128, 10)])
CIFAR = (3, 32, [("conv", 3, 32, 3, 1, True), ("conv", 32, 32, 3, 1, True), ("maxpool",), ("conv", 32, 64, 3, 1, True),
                 ("conv", 64, 64, 3, 1, True), ("maxpool",), ("conv", 64, 128, 3, 1, True),
                 ("conv", 128, 128, 3, 1, True), ("gap",), ("dense", 128, 10)])


def network(name):
    if name.startswith("k3-"):
        k = int(name[3:])
        return 1, 28, [("conv", 1, k, 3, 0, True), ("conv", k, k, 3, 0, True), ("maxpool",), ("conv", k, k, 3, 0, True),
                       ("gap",), ("dense", k, 10)]
    return {"n1": N1, "mlp": MLP, "cifar": CIFAR}.get(name)


def torch_graph(name):
    """Channels and side of the input (vocabulary and length, of texts), and the model, of a network that is not a chain."""
    import torch
    from torch import nn

    class Around(nn.Module):
        """Adds the way round to what the body makes."""

        def __init__(self, body, way=None, after=None):
            super().__init__()
            self.body, self.way, self.after = body, way or nn.Identity(), after or nn.Identity()

        def forward(self, x):
            return self.after(self.way(x) + self.body(x))

    class Positions(nn.Module):
        """Runs a layer of vectors over the channels of each position of a map."""

        def __init__(self, *layers):
            super().__init__()
            self.layers = nn.Sequential(*layers)

        def forward(self, x):
            return self.layers(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    class Attention(nn.Module):
        def __init__(self, width, heads, causal=False):
            super().__init__()
            self.causal = causal
            self.heads, self.into, self.out = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

        def forward(self, x):
            n, t, width = x.shape
            q, k, v = self.into(x).view(n, t, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
            y = nn.functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
            return self.out(y.transpose(1, 2).reshape(n, t, width))

    class Sequence(nn.Module):
        """Makes a sequence of a map, with a learned position."""

        def __init__(self, width, t):
            super().__init__()
            self.position = nn.Parameter(torch.zeros(t, width))

        def forward(self, x):
            return x.flatten(2).transpose(1, 2) + self.position

    class Tokens(nn.Module):
        """Looks tokens up, with a learned position where there is one."""

        def __init__(self, vocabulary, width, positions=0):
            super().__init__()
            self.table = nn.Embedding(vocabulary, width)
            self.position = nn.Parameter(torch.zeros(positions, width)) if positions else None

        def forward(self, x):
            return self.table(x) if self.position is None else self.table(x) + self.position

    class Lstm(nn.Module):
        """All positions, or the last, of pictures the rows."""

        def __init__(self, inputs, width, last=False):
            super().__init__()
            self.lstm, self.last = nn.LSTM(inputs, width, batch_first=True), last

        def forward(self, x):
            y = self.lstm(x.squeeze(1) if self.last else x)[0]
            return y[:, -1] if self.last else y

    class Mean(nn.Module):
        def forward(self, x):
            return x.mean(1)

    def conv(i, o, k, act, stride=1, groups=1):
        layers = [nn.Conv2d(i, o, k, stride, k // 2, groups=groups, bias=False), nn.BatchNorm2d(o)]
        return layers + ([act()] if act else [])

    def basic(i, o, stride):
        way = None if i == o else nn.Sequential(nn.Conv2d(i, o, 1, stride, bias=False), nn.BatchNorm2d(o))
        return Around(nn.Sequential(*conv(i, o, 3, nn.ReLU, stride), *conv(o, o, 3, None)), way, nn.ReLU())

    def inverted(i, o, k, stride):
        body = nn.Sequential(*conv(i, 4 * i, 1, nn.ReLU6), *conv(4 * i, 4 * i, k, nn.ReLU6, stride, 4 * i),
                             *conv(4 * i, o, 1, None))
        return Around(body) if i == o else body

    def convnext(c):
        return Around(nn.Sequential(nn.Conv2d(c, c, 7, padding=3, groups=c),
                                    Positions(nn.LayerNorm(c), nn.Linear(c, 4 * c), nn.GELU(), nn.Linear(4 * c, c))))

    def transformer(width, heads, causal=False):
        return [Around(nn.Sequential(nn.LayerNorm(width), Attention(width, heads, causal))),
                Around(nn.Sequential(nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.GELU(),
                                     nn.Linear(4 * width, width)))]

    def head(width):
        return [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)]

    class Vae(nn.Module):
        """784-400-20 (Kingma & Welling 2013), as the example of PyTorch: puts out logits, means, log variances."""

        def __init__(self):
            super().__init__()
            self.enc, self.dec = nn.Linear(784, 400), nn.Linear(20, 400)
            self.code, self.out = nn.Linear(400, 40), nn.Linear(400, 784)

        def forward(self, x):
            mean, log_variance = self.code(nn.functional.relu(self.enc(x.flatten(1)))).chunk(2, 1)
            code = mean + torch.randn_like(mean) * torch.exp(0.5 * log_variance)
            return self.out(nn.functional.relu(self.dec(code))), mean, log_variance

    if name == "vae":
        return 1, 28, Vae()
    if name == "resnet20":
        sizes = [(16, 16, 1)] * 3 + [(16, 32, 2), (32, 32, 1), (32, 32, 1), (32, 64, 2), (64, 64, 1), (64, 64, 1)]
        layers = conv(3, 16, 3, nn.ReLU) + [basic(*size) for size in sizes] + head(64)
    elif name == "mobile":
        sizes = [(16, 16, 3, 1), (16, 24, 3, 2), (24, 24, 5, 1), (24, 40, 5, 2), (40, 40, 5, 1)]
        layers = conv(3, 16, 3, nn.ReLU6) + [inverted(*size) for size in sizes] + conv(40, 96, 1, nn.ReLU6) + head(96)
    elif name == "convnext":
        layers = [nn.Conv2d(3, 32, 2, 2), Positions(nn.LayerNorm(32)), convnext(32), convnext(32),
                  nn.Conv2d(32, 64, 2, 2), convnext(64), convnext(64)] + head(64)
    elif name == "gpt":
        layers = [Tokens(65, 128, 64)] + [part for _ in range(4) for part in transformer(128, 4, True)]
        return 65, 64, nn.Sequential(*layers, nn.LayerNorm(128), nn.Linear(128, 65, bias=False))
    elif name == "charlstm":
        return 65, 64, nn.Sequential(Tokens(65, 64), Lstm(64, 256), nn.Linear(256, 65))
    elif name == "rowlstm":
        return 1, 28, nn.Sequential(Lstm(28, 128, True), nn.Linear(128, 10))
    else:
        layers = [nn.Conv2d(1, 64, 4, 4), Sequence(64, 49)] + [part for _ in range(4) for part in transformer(64, 4)]
        layers += [nn.LayerNorm(64), Mean(), nn.Linear(64, 10)]
    return (1, 28, nn.Sequential(*layers)) if name == "vit" else (3, 32, nn.Sequential(*layers))


def torch_chain(name, dropout):
    """The same of one that is a chain."""
    from torch import nn
    channels, side, layers = network(name)
    drop = [nn.Dropout(dropout)] if dropout else []
    modules = []
    for kind, *of in layers:
        if kind == "conv":
            i, o, k, pad, dropped = of
            modules += [nn.Conv2d(i, o, k, bias=False, padding=pad), nn.BatchNorm2d(o), nn.ReLU()] + drop * dropped
        else:
            modules += {"maxpool": lambda: [nn.MaxPool2d(2)], "gap": lambda: [nn.AdaptiveAvgPool2d(1), nn.Flatten()],
                        "flatten": lambda: [nn.Flatten()], "relu": lambda: [nn.ReLU()], "dropout": lambda: drop,
                        "dense": lambda: [nn.Linear(*of)]}[kind]()
    return channels, side, nn.Sequential(*modules)


# ---- each returns a function that trains some steps, how many, and the version ---------------------------------------

def torch_steps(a):
    import torch
    from torch import nn
    torch.set_num_threads(1)
    torch.manual_seed(1)
    channels, side, model = torch_chain(a.net, a.dropout) if network(a.net) else torch_graph(a.net)
    texts = a.net in ("gpt", "charlstm")
    draw = torch.rand if a.net == "vae" else torch.randn
    x = torch.randint(channels, (a.batch, side)) if texts else draw(a.batch, channels, side, side)
    y = torch.randint(channels, (a.batch, side)) if texts else torch.randint(10, (a.batch,))
    if a.channels_last and texts:
        sys.exit("texts have no channels")
    if a.channels_last:
        model, x = (t.to(memory_format=torch.channels_last) for t in (model, x))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9, nesterov=True, weight_decay=1e-4, fused=True)

    def loss(x, y):
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=a.bf16):
            z = model(x)
        if a.net == "vae":
            z, mean, log_variance = (t.float() for t in z)
            divergence = -0.5 * (1 + log_variance - mean * mean - log_variance.exp()).sum()
            return (nn.functional.binary_cross_entropy_with_logits(z, x.flatten(1), reduction="sum") + divergence) / a.batch
        return nn.functional.cross_entropy(z.float().flatten(0, -2), y.flatten())

    if a.compile:
        loss = torch.compile(loss, dynamic=False)

    def step():
        value = loss(x, y)
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        optimizer.step()
    return step, 1, "PyTorch " + torch.__version__.split("+")[0]


def jax_steps(a):
    if not network(a.net):
        sys.exit("JAX trains the networks that are chains")
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    import jax
    from jax import lax, numpy
    channels, side, layers = network(a.net)
    kind_of = numpy.bfloat16 if a.bf16 else numpy.float32
    key = jax.random.key(1)
    weights = []
    for n, (kind, *of) in enumerate(layers):
        draw = jax.random.fold_in(key, n)
        if kind == "conv":
            i, o, k = of[:3]
            weights.append((jax.random.normal(draw, (k, k, i, o)) * (2 / (k * k * i)) ** 0.5, numpy.ones(o),
                            numpy.zeros(o)))
        elif kind == "dense":
            weights.append((jax.random.normal(draw, tuple(of)) * of[0] ** -0.5, numpy.zeros(of[1])))
        else:
            weights.append(())

    def drop(x, draw):
        keep = jax.random.bernoulli(draw, 1 - a.dropout, x.shape)
        return numpy.where(keep, x / (1 - a.dropout), 0)

    def loss(weights, draw, x, y):
        moments = []
        for n, ((kind, *of), w) in enumerate(zip(layers, weights)):
            if kind == "conv":
                pad, dropped = of[3], of[4] and a.dropout
                x = lax.conv_general_dilated(x.astype(kind_of), w[0].astype(kind_of), (1, 1), [(pad, pad)] * 2,
                                             dimension_numbers=("NHWC", "HWIO", "NHWC")).astype(numpy.float32)
                mean = x.mean((0, 1, 2))
                var = (x * x).mean((0, 1, 2)) - mean * mean
                moments.append((mean, var))
                scale = w[1] * lax.rsqrt(var + 1e-5)
                x = jax.nn.relu(x * scale + (w[2] - mean * scale))
                x = drop(x, jax.random.fold_in(draw, n)) if dropped else x
            elif kind == "maxpool":
                x = lax.reduce_window(x, -numpy.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
            elif kind == "dense":
                x = (x.astype(kind_of) @ w[0].astype(kind_of)).astype(numpy.float32) + w[1]
            elif kind == "dropout":
                x = drop(x, jax.random.fold_in(draw, n)) if a.dropout else x
            else:
                x = {"gap": lambda x: x.mean((1, 2)), "flatten": lambda x: x.reshape(len(x), -1),
                     "relu": jax.nn.relu}[kind](x)
        return -numpy.take_along_axis(jax.nn.log_softmax(x), y[:, None], 1).mean(), moments

    def step(state, n):
        weights, momentum, running = state
        (value, moments), g = jax.value_and_grad(loss, has_aux=True)(weights, jax.random.fold_in(key, n), x, y)
        g = jax.tree.map(lambda g, w: g + 1e-4 * w, g, weights)
        momentum = jax.tree.map(lambda m, g: 0.9 * m + g, momentum, g)
        weights = jax.tree.map(lambda w, g, m: w - 0.01 * (g + 0.9 * m), weights, g, momentum)
        return (weights, momentum, jax.tree.map(lambda r, m: 0.9 * r + 0.1 * m, running, moments)), value

    x = jax.random.normal(jax.random.fold_in(key, 100), (a.batch, side, side, channels))
    y = jax.random.randint(jax.random.fold_in(key, 101), (a.batch,), 0, 10)
    together = 8 if a.net == "mlp" or a.batch < 32 else 1  # steps a call, where a call costs as much as a step
    run = jax.jit(lambda state, at: lax.scan(step, state, at + numpy.arange(together)), donate_argnums=(0,))
    shapes = jax.eval_shape(lambda: loss(weights, key, x, y)[1])
    state = [(weights, jax.tree.map(numpy.zeros_like, weights),
              jax.tree.map(lambda s: numpy.zeros(s.shape), shapes)), 0]

    def steps():
        state[0], values = run(state[0], state[1])
        state[1] += together
        values.block_until_ready()
    return steps, together, "JAX " + jax.__version__


def sklearn_steps(a):
    import warnings
    import numpy
    import sklearn
    from sklearn.neural_network import MLPClassifier
    if a.net != "mlp" or a.dropout or a.bf16:
        sys.exit("scikit-learn trains the mlp, without dropout, in fp32")
    warnings.filterwarnings("ignore")
    random = numpy.random.default_rng(1)
    together = 64
    x = random.standard_normal((together * a.batch, 784)).astype(numpy.float32)
    y = random.integers(0, 10, len(x))
    model = MLPClassifier((128,), solver="sgd", batch_size=a.batch, momentum=0.9, nesterovs_momentum=True, alpha=1e-4,
                          learning_rate_init=0.01)
    return lambda: model.partial_fit(x, y, classes=range(10)), together, "scikit-learn " + sklearn.__version__


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("library", choices=["torch", "jax", "sklearn"])
    args.add_argument("net")
    args.add_argument("batch", type=int)
    args.add_argument("dropout", type=float)
    for flag in ("bf16", "channels-last", "compile"):
        args.add_argument("--" + flag, action="store_true")
    a = args.parse_args()
    steps, together, version = {"torch": torch_steps, "jax": jax_steps, "sklearn": sklearn_steps}[a.library](a)
    for _ in range(5):
        steps()
    print(version, flush=True)
    for line in sys.stdin:
        steps()
        calls, began, own = 0, time.perf_counter(), time.process_time()
        while calls < 3 or time.perf_counter() - began < float(line):
            steps()
            calls += 1
        own, wall = time.process_time() - own, time.perf_counter() - began
        print(calls * together * a.batch, "%.6f %.6f" % (own, wall), flush=True)


if __name__ == "__main__":
    main()
