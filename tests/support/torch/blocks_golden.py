#!/usr/bin/env python3
"""Writes tests/data/nn_blocks.txt: what PyTorch computes for networks of the blocks that come with the program.

    python3 tests/support/torch/blocks_golden.py tests/data

The format, the inputs and the parameters are those of nn_golden.py, which see; a line `use : words` before each case is
the network in the words of a sweep file, whose normal form the case has. After a training pass (y, the gradients d0, d1,
... of all parameters, in the order of the network, running statistics b0, b1, ...) comes an evaluation: eval.
"""
import sys

import torch
from torch import nn

from nn_golden import Attention, KMeans, buffers, fill, line, prepare


class Sum(nn.Module):
    """body(x) + way(x)"""

    def __init__(self, body, way=None):
        super().__init__()
        self.body, self.way = body, way or nn.Identity()

    def forward(self, x):
        return self.body(x) + self.way(x)


class Cat(nn.Module):
    def __init__(self, *ways):
        super().__init__()
        self.ways = nn.ModuleList(ways)

    def forward(self, x):
        return torch.cat([w(x) for w in self.ways], 1)


class Dense(nn.Module):
    def __init__(self, *layers):
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, x):
        for layer in self.layers:
            x = torch.cat([x, layer(x)], 1)
        return x


class Gate(nn.Module):
    def __init__(self, gate):
        super().__init__()
        self.gate = gate

    def forward(self, x):
        return x * self.gate(x)


class ByChannel(nn.Module):
    """LayerNorm over the channels of each position."""

    def __init__(self, c):
        super().__init__()
        self.norm = nn.LayerNorm(c)

    def forward(self, x):
        return self.norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def conv(i, o, k=1, stride=1, groups=1):
    return nn.Conv2d(i, o, k, stride, k // 2, groups=groups, bias=False)


def cbr(i, o, k=1, stride=1, groups=1, act=nn.ReLU):
    return nn.Sequential(conv(i, o, k, stride, groups), nn.BatchNorm2d(o), act())


def cb(i, o, k=1, stride=1):
    return nn.Sequential(conv(i, o, k, stride), nn.BatchNorm2d(o))


def basic(i, o, stride=1):
    way = cb(i, o, 1, stride) if i != o or stride > 1 else None
    return nn.Sequential(Sum(nn.Sequential(cbr(i, o, 3, stride), cb(o, o, 3)), way), nn.ReLU())


def bottleneck(i, w, stride, expansion):
    o = expansion * w
    way = cb(i, o, 1, stride) if i != o or stride > 1 else None
    return nn.Sequential(Sum(nn.Sequential(cbr(i, w), cbr(w, w, 3, stride), cb(w, o)), way), nn.ReLU())


def inception(i, a, b0, b, c0, c, d):
    return Cat(cbr(i, a), nn.Sequential(cbr(i, b0), cbr(b0, b, 3)), nn.Sequential(cbr(i, c0), cbr(c0, c, 5)),
               nn.Sequential(nn.MaxPool2d(3, 1, 1), cbr(i, d)))


def dense_layer(i, growth, narrow):
    m = narrow * growth
    return nn.Sequential(nn.BatchNorm2d(i), nn.ReLU(), conv(i, m), nn.BatchNorm2d(m), nn.ReLU(), conv(m, growth, 3))


def squeeze_excite(c, s):
    return Gate(nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(c, s, 1), nn.ReLU(), nn.Conv2d(s, c, 1), nn.Sigmoid()))


def mbconv(i, o, k, stride, expand):
    m = i * expand
    layers = [cbr(i, m, act=nn.ReLU6)] if expand > 1 else []
    body = nn.Sequential(*layers, cbr(m, m, k, stride, m, nn.ReLU6), cb(m, o))
    return Sum(body) if i == o and stride == 1 else body


def fire(i, s, e):
    one, three = nn.Conv2d(s, e, 1), nn.Conv2d(s, e, 3, padding=1)
    return nn.Sequential(nn.Conv2d(i, s, 1), nn.ReLU(), Cat(nn.Sequential(one, nn.ReLU()), nn.Sequential(three, nn.ReLU())))


def vgg(i, o, depth):
    layers = []
    for d in range(depth):
        layers += [nn.Conv2d(o if d else i, o, 3, padding=1), nn.ReLU()]
    return nn.Sequential(*layers, nn.MaxPool2d(2))


def convnext(c, expand):
    return Sum(nn.Sequential(nn.Conv2d(c, c, 7, padding=3, groups=c), ByChannel(c), nn.Conv2d(c, expand * c, 1), nn.GELU(),
                             nn.Conv2d(expand * c, c, 1)))


def convnext_kmeans(c, expand):
    return Sum(nn.Sequential(nn.Conv2d(c, c, 7, padding=3, groups=c), ByChannel(c), KMeans(c, expand * c, None, False),
                             nn.Conv2d(expand * c, c, 1)))


def conv_transformer(c, heads, kernel, expand):
    return nn.Sequential(Sum(nn.Sequential(ByChannel(c), conv(c, c, kernel, 1, c), nn.BatchNorm2d(c), Attention(c, heads))),
                         Sum(nn.Sequential(ByChannel(c), nn.Conv2d(c, expand * c, 1), nn.GELU(), nn.Conv2d(expand * c, c, 1))))


class SequenceOf(nn.Module):
    """[C,T] with positions first for a module that wants them so."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def forward(self, x):
        return self.module(x.transpose(1, 2)).transpose(1, 2)


def transformer(c, heads, expand):
    return nn.Sequential(Sum(nn.Sequential(SequenceOf(nn.LayerNorm(c)), Attention(c, heads))),
                         Sum(SequenceOf(nn.Sequential(nn.LayerNorm(c), nn.Linear(c, expand * c), nn.GELU(),
                                                      nn.Linear(expand * c, c)))))


class Encoder(nn.Module):
    """nn.TransformerEncoderLayer over a sequence, with its mask of later positions."""

    def __init__(self, c, heads, hidden, post, causal, act="gelu"):
        super().__init__()
        self.layer = nn.TransformerEncoderLayer(c, heads, hidden, 0, act, batch_first=True, norm_first=not post)
        self.post, self.causal = post, causal

    def ordered(self):
        """The parameters in the order of the network."""
        m = self.layer
        norms = [list(m.norm1.parameters()), list(m.norm2.parameters())]
        bodies = [list(m.self_attn.parameters()), [*m.linear1.parameters(), *m.linear2.parameters()]]
        return [p for n, b in zip(norms, bodies) for p in (b + n if self.post else n + b)]

    def forward(self, x):
        mask = nn.Transformer.generate_square_subsequent_mask(x.shape[2], dtype=x.dtype) if self.causal else None
        return self.layer(x.transpose(1, 2), src_mask=mask, is_causal=self.causal).transpose(1, 2)


CASES = [
    # use, normal form, (C, H, W), n, module
    ("basic 3, basic 4 stride 2",
     "residual { conv2d 3x3 3 pad 1 bias no, batchnorm, relu, conv2d 3x3 3 pad 1 bias no, batchnorm }, relu, "
     "residual { conv2d 3x3 4 stride 2 pad 1 bias no, batchnorm, relu, conv2d 3x3 4 pad 1 bias no, batchnorm }, relu",
     (3, 6, 5), 3, lambda: nn.Sequential(basic(3, 3), basic(3, 4, 2))),
    ("bottleneck 2 expansion 3 stride 2, bottleneck 2 expansion 3",
     "residual { conv2d 1x1 2 bias no, batchnorm, relu, conv2d 3x3 2 stride 2 pad 1 bias no, batchnorm, relu, "
     "conv2d 1x1 6 bias no, batchnorm }, relu, "
     "residual { conv2d 1x1 2 bias no, batchnorm, relu, conv2d 3x3 2 pad 1 bias no, batchnorm, relu, "
     "conv2d 1x1 6 bias no, batchnorm }, relu",
     (3, 6, 6), 3, lambda: nn.Sequential(bottleneck(3, 2, 2, 3), bottleneck(6, 2, 1, 3))),
    ("inception 2 1 3 2 1 2",
     "branch { conv2d 1x1 2 bias no, batchnorm, relu | conv2d 1x1 1 bias no, batchnorm, relu, conv2d 3x3 3 pad 1 bias no, "
     "batchnorm, relu | conv2d 1x1 2 bias no, batchnorm, relu, conv2d 5x5 1 pad 2 bias no, batchnorm, relu | "
     "maxpool 3 stride 1 pad 1, conv2d 1x1 2 bias no, batchnorm, relu }",
     (3, 4, 5), 3, lambda: inception(3, 2, 1, 3, 2, 1, 2)),
    ("dense_block { dense_layer 2 narrow 2 } x 2",
     "dense_block { batchnorm, relu, conv2d 1x1 4 bias no, batchnorm, relu, conv2d 3x3 2 pad 1 bias no }, "
     "dense_block { batchnorm, relu, conv2d 1x1 4 bias no, batchnorm, relu, conv2d 3x3 2 pad 1 bias no }",
     (3, 4, 4), 3, lambda: Dense(dense_layer(3, 2, 2), dense_layer(5, 2, 2))),
    ("squeeze_excite 5 2",
     "branch mul { none | gap, conv2d 1x1 2 bias yes, relu, conv2d 1x1 5 bias yes, sigmoid }",
     (5, 4, 3), 3, lambda: squeeze_excite(5, 2)),
    ("mbconv 3 3 expand 2, mbconv 3 4 kernel 5 stride 2 expand 1",
     "residual identity { conv2d 1x1 6 bias no, batchnorm, relu6, depthwise 3x3 pad 1 bias no, batchnorm, relu6, "
     "conv2d 1x1 3 bias no, batchnorm }, depthwise 5x5 stride 2 pad 2 bias no, batchnorm, relu6, conv2d 1x1 4 bias no, "
     "batchnorm",
     (3, 6, 6), 3, lambda: nn.Sequential(mbconv(3, 3, 3, 1, 2), mbconv(3, 4, 5, 2, 1))),
    ("fire 2 3",
     "conv2d 1x1 2, relu, branch { conv2d 1x1 3, relu | conv2d 3x3 3 pad 1, relu }",
     (4, 4, 4), 3, lambda: fire(4, 2, 3)),
    ("vgg 3 depth 2",
     "conv2d 3x3 3 pad 1, relu, conv2d 3x3 3 pad 1, relu, maxpool 2",
     (2, 6, 4), 3, lambda: vgg(2, 3, 2)),
    ("convnext 3 expand 2",
     "residual identity { depthwise 7x7 pad 3 bias yes, layernorm, conv2d 1x1 6 bias yes, gelu, conv2d 1x1 3 bias yes }",
     (3, 5, 6), 3, lambda: convnext(3, 2)),
    ("convnext_kmeans 3 expand 2 temperature 3",
     "residual identity { depthwise 7x7 pad 3 bias yes, layernorm, kmeans 6 out assignments temperature 3 learned, "
     "conv2d 1x1 3 bias yes }",
     (3, 5, 6), 3, lambda: convnext_kmeans(3, 2)),
    ("conv_transformer 4 2 expand 2",
     "residual identity { layernorm, depthwise 3x3 pad 1 bias no, batchnorm, attention heads 2 }, "
     "residual identity { layernorm, conv2d 1x1 8 bias yes, gelu, conv2d 1x1 4 bias yes }",
     (4, 3, 4), 3, lambda: conv_transformer(4, 2, 3, 2)),
    ("transformer 4 2 expand 2",
     "residual identity { layernorm, attention heads 2 }, "
     "residual identity { layernorm, dense 8, gelu, dense 4 }",
     (4, 12), 3, lambda: transformer(4, 2, 2)),
    ("transformer 4 2 expand 2 causal 1",
     "residual identity { layernorm, attention heads 2 causal }, "
     "residual identity { layernorm, dense 8, gelu, dense 4 }",
     (4, 7), 3, lambda: Encoder(4, 2, 8, False, True)),
    ("transformer 4 2 expand 2 post 1 act relu",
     "residual identity { attention heads 2 }, layernorm, "
     "residual identity { dense 8, relu, dense 4 }, layernorm",
     (4, 7), 3, lambda: Encoder(4, 2, 8, True, False, "relu")),
    ("transformer 4 2 expand 2 post 1 causal 1",
     "residual identity { attention heads 2 causal }, layernorm, "
     "residual identity { dense 8, gelu, dense 4 }, layernorm",
     (4, 7), 3, lambda: Encoder(4, 2, 8, True, True)),
]


def main(path):
    with open(path + "/nn_blocks.txt", "w") as out:
        out.write("# PyTorch %s, float64; tests/support/torch/blocks_golden.py\n" % torch.__version__)
        for use, text, shape, n, make in CASES:
            module = make()
            params = prepare(module)
            module.train()
            out.write("use : %s\ncase %d %d %d %d training : %s\n" % (use, *(*shape, 0)[:3], n, text))
            x = fill((n, *shape), 37)
            y = module(x)
            line(out, "y", y)
            (y * fill(y.shape, 29)).sum().backward()
            for t, p in enumerate(params):
                line(out, f"d{t}", p.grad)
            buffers(out, module)
            module.eval()
            line(out, "eval", module(x))


if __name__ == "__main__":
    main(sys.argv[1])
