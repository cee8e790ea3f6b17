#!/usr/bin/python3
"""Writes tests/data/nn_layers.txt, nn_network.txt and nn_bf16.txt: what PyTorch computes for the layers and a small network.

Run: python3 tests/support/torch/nn_golden.py tests/data      (PyTorch 2.15, from PyPI)

Inputs are not in the files: element k (natural order, NCHW) of a tensor with multiplier m is
    fill(k, m) = ((k * m + 13) % 127 - 63) / 64
exact in float32, made again by tests/unit/nn/golden.c. Multipliers: x 37, the gradient r that comes from above 29,
parameter tensor t of the network 41 + 2 t, running mean 53, running variance |fill| + 0.5 with 59. Everything is computed in float64
and printed with 9 digits, so that the files carry no rounding of their own; that PyTorch's float32 lies as near is its
own business.

A case is a line `case C H W N training|eval : text` (W 0: a sequence [C,H]; a line
`slices D` before it: volumes [C,D,H,W]), then lines `name count values...`: y, dx, d0, d1 (parameters), and
the buffers b0, b1 after the pass.

nn_bf16.txt is the network with the roundings of [train] precision = bf16 (nn/nn.h), everything else in float64. Its input
and parameters are those of nn_network.txt times 1.0123, in float32, so that none of them is a bf16 number beforehand. A
float32 sum that lies just on the other side of a tie than the float64 one would show; there is none in this network.
"""
import sys

import torch
from torch import nn


def fill(shape, m):
    n = 1
    for s in shape:
        n *= s
    k = torch.arange(n, dtype=torch.int64)
    return (((k * m + 13) % 127 - 63).double() / 64).reshape(shape)


class Maxout(nn.Module):
    """Goodfellow et al. 2013; PyTorch has none."""

    def __init__(self, pieces):
        super().__init__()
        self.pieces = pieces

    def forward(self, x):
        return x.unflatten(1, (-1, self.pieces)).max(2).values


class ChannelsLast(nn.Module):
    """A normalization over the channels of each position."""

    def __init__(self, norm):
        super().__init__()
        self.norm = norm

    def forward(self, x):
        return self.norm(x.movedim(1, -1)).movedim(-1, 1)


class Position(nn.Module):
    """One position of a sequence."""

    def __init__(self, t):
        super().__init__()
        self.t = t

    def forward(self, x):
        return x[:, :, self.t]


class LogitNorm(nn.Module):
    """Wei et al. 2022; PyTorch has none."""

    def __init__(self, t):
        super().__init__()
        self.t = t

    def forward(self, x):
        return x / (x.norm(dim=1, keepdim=True) + 1e-7) / self.t


class Attention(nn.Module):
    """Over the positions of maps."""

    def __init__(self, c, heads):
        super().__init__()
        self.attention = nn.MultiheadAttention(c, heads, batch_first=True)

    def forward(self, x):
        t = x.flatten(2).transpose(1, 2)
        return self.attention(t, t, t, need_weights=False)[0].transpose(1, 2).reshape(x.shape)


class Rotary(nn.Module):
    """Attention over a sequence whose queries and keys are turned by their position (Su et al. 2021)."""

    def __init__(self, c, heads):
        super().__init__()
        self.inside, self.out, self.heads = nn.Linear(c, 3 * c), nn.Linear(c, c), heads

    def turned(self, x):
        t, width = x.shape[-2:]
        angle = torch.arange(t)[:, None].double() * 10000 ** (-torch.arange(0, width, 2).double() / width)
        return torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (-1, 2))) * torch.polar(torch.ones_like(angle), angle)).flatten(-2)

    def forward(self, x):
        q, k, v = (i.unflatten(-1, (self.heads, -1)).transpose(1, 2) for i in self.inside(x.transpose(1, 2)).chunk(3, -1))
        y = nn.functional.scaled_dot_product_attention(self.turned(q), self.turned(k), v)
        return self.out(y.transpose(1, 2).flatten(2)).transpose(1, 2)


class KMeans(nn.Module):
    """Soft assignment by squared distances (Fard et al. 2018), at each position; PyTorch has none."""

    def __init__(self, c, k, temperature=None, mixture=True):
        super().__init__()
        self.centres = nn.Parameter(torch.zeros(k, c))
        if temperature is None:
            self.log_temperature = nn.Parameter(torch.zeros(1))
        self.temperature = temperature
        self.mixture = mixture

    def forward(self, x):
        t = self.log_temperature.exp() if self.temperature is None else self.temperature
        x = x.movedim(1, -1)
        share = (-(x.unsqueeze(-2) - self.centres).square().sum(-1) / t).softmax(-1)
        return (share @ self.centres if self.mixture else share).movedim(-1, 1)


class Positional(nn.Module):
    """A learned table, [h][c][w] as the engine has it; or sines (Vaswani et al. 2017), for an even number of channels."""

    def __init__(self, c, h, w, learned):
        super().__init__()
        if learned:
            self.table = nn.Parameter(torch.zeros(h, c, w))
            return
        t = torch.arange(h * w, dtype=torch.float64)[:, None] * 10000 ** (-torch.arange(0, c, 2, dtype=torch.float64) / c)
        self.table = torch.stack([t.sin(), t.cos()], 2).reshape(h, w, c).permute(0, 2, 1)

    def forward(self, x):
        return x + self.table.permute(1, 0, 2)


class ClassToken(nn.Module):
    """A learned position in front of the others."""

    def __init__(self, c):
        super().__init__()
        self.token = nn.Parameter(torch.zeros(c))

    def forward(self, x):
        return torch.cat([self.token[None, :, None].expand(len(x), -1, 1), x.flatten(2)], 2)


class Masked(nn.Module):
    """nn.MultiheadAttention over a sequence, with masks: of later positions, of those beyond each length."""

    def __init__(self, c, heads, causal):
        super().__init__()
        self.attention, self.causal = nn.MultiheadAttention(c, heads, batch_first=True), causal

    def forward(self, x, lengths=None):
        t = torch.arange(x.shape[2])
        later = t[None, :] > t[:, None] if self.causal else None
        beyond = t >= lengths[:, None] if lengths is not None else None
        x = x.transpose(1, 2)
        y = self.attention(x, x, x, need_weights=False, attn_mask=later, key_padding_mask=beyond)[0]
        return y.transpose(1, 2)


class Recurrent(nn.Module):
    """nn.RNN, nn.LSTM or nn.GRU over a sequence; a ragged one is packed. last: where each state ends."""

    def __init__(self, kind, *args, last=False, **options):
        super().__init__()
        self.cell, self.last = kind(*args, batch_first=True, **options), last

    def forward(self, x, lengths=None):
        t, x = x.shape[2], x.transpose(1, 2)
        if lengths is not None:
            x = nn.utils.rnn.pack_padded_sequence(x, lengths, True, False)
        y, h = self.cell(x)
        if self.last:
            return (h[0] if isinstance(h, tuple) else h).transpose(0, 1).flatten(1)
        if lengths is not None:
            y = nn.utils.rnn.pad_packed_sequence(y, True, total_length=t)[0]
        return y.transpose(1, 2)


class Rows(nn.Module):
    def forward(self, x):
        return x.transpose(1, 2).flatten(2).transpose(1, 2)


class Embedding(nn.Module):
    def __init__(self, vocabulary, width):
        super().__init__()
        self.table = nn.Embedding(vocabulary, width)

    def forward(self, x):
        return self.table(x.long().squeeze(1)).transpose(1, 2)


class OfPositions(nn.Module):
    """The mean of those positions that count, or the last of them."""

    def __init__(self, last):
        super().__init__()
        self.last = last

    def forward(self, x, lengths):
        t = torch.arange(x.shape[2])
        weight = (t == lengths[:, None] - 1) if self.last else (t < lengths[:, None]) / lengths[:, None]
        return (x * weight[:, None]).sum(2)


class Means(nn.Module):
    def forward(self, x):
        return x[:, : x.shape[1] // 2]


CASES = [
    # text, (C, H, W), n, module
    ("conv2d 3x3 3", (2, 5, 4), 2, lambda: nn.Conv2d(2, 3, 3)),
    ("conv2d 3x3 4 stride 2 pad 1 bias no", (3, 5, 6), 2, lambda: nn.Conv2d(3, 4, 3, 2, 1, bias=False)),
    ("conv2d 2x3 4 pad same dilation 2", (2, 4, 5), 2, lambda: nn.Conv2d(2, 4, (2, 3), padding="same", dilation=2)),
    ("conv2d 3x2 4 stride 1x2 pad 1x0 groups 2", (4, 4, 5), 2, lambda: nn.Conv2d(4, 4, (3, 2), (1, 2), (1, 0), groups=2)),
    ("conv2d 1x1 3", (5, 2, 2), 17, lambda: nn.Conv2d(5, 3, 1)),
    ("depthwise 3x3 pad 1", (3, 4, 5), 2, lambda: nn.Conv2d(3, 3, 3, padding=1, groups=3)),
    ("depthwise 5x7 stride 2 pad 2x3 multiplier 2 bias no", (2, 5, 6), 2, lambda: nn.Conv2d(2, 4, (5, 7), 2, (2, 3), groups=2, bias=False)),
    ("conv_transpose 3x3 4 stride 2 pad 1 output_pad 1", (3, 3, 2), 2, lambda: nn.ConvTranspose2d(3, 4, 3, 2, 1, 1)),
    ("conv_transpose 2x3 4 stride 1x2 groups 2 bias no", (2, 3, 2), 2, lambda: nn.ConvTranspose2d(2, 4, (2, 3), (1, 2), groups=2, bias=False)),
    ("patch 2x3 4", (3, 4, 7), 2, lambda: nn.Sequential(nn.Conv2d(3, 4, (2, 3), (2, 3)), nn.Flatten(2))),
    ("attention heads 2", (4, 3, 5), 3, lambda: Attention(4, 2)),
    ("attention heads 2 rotary", (8, 6), 2, lambda: Rotary(8, 2)),
    ("attention", (3, 2, 2), 2, lambda: Attention(3, 1)),
    ("attention heads 2 causal", (4, 9), 3, lambda: Masked(4, 2, True)),
    ("ragged attention heads 2", (4, 7), 5, lambda: Masked(4, 2, False)),
    ("ragged attention causal heads 2", (4, 7), 5, lambda: Masked(4, 2, True)),
    ("embedding 5", (1, 7), 3, lambda: Embedding(11, 5)),
    ("rnn 4", (3, 5), 3, lambda: Recurrent(nn.RNN, 3, 4)),
    ("ragged rnn 3 bidirectional act relu", (3, 5), 4, lambda: Recurrent(nn.RNN, 3, 3, nonlinearity="relu", bidirectional=True)),
    ("lstm 4", (3, 6), 3, lambda: Recurrent(nn.LSTM, 3, 4)),
    ("lstm 3 bidirectional last", (2, 5), 3, lambda: Recurrent(nn.LSTM, 2, 3, bidirectional=True, last=True)),
    ("ragged lstm 3 bidirectional", (2, 6), 5, lambda: Recurrent(nn.LSTM, 2, 3, bidirectional=True)),
    ("ragged lstm 3 last", (2, 6), 5, lambda: Recurrent(nn.LSTM, 2, 3, last=True)),
    ("gru 4", (3, 6), 3, lambda: Recurrent(nn.GRU, 3, 4)),
    ("ragged gru 3 bidirectional", (2, 6), 5, lambda: Recurrent(nn.GRU, 2, 3, bidirectional=True)),
    ("ragged gru 3 bidirectional last", (2, 6), 5, lambda: Recurrent(nn.GRU, 2, 3, bidirectional=True, last=True)),
    ("ragged mean", (3, 5), 4, lambda: OfPositions(False)),
    ("ragged last", (3, 5), 4, lambda: OfPositions(True)),
    ("rows", (3, 4, 2), 2, lambda: Rows()),
    ("positional", (3, 2, 4), 2, lambda: Positional(3, 2, 4, True)),
    ("positional sin", (4, 2, 3), 2, lambda: Positional(4, 2, 3, False)),
    ("class_token", (3, 2, 4), 2, lambda: ClassToken(3)),
    ("class_token", (3, 5), 2, lambda: ClassToken(3)),
    ("kmeans 5 temperature 2", (3, 2, 4), 3, lambda: KMeans(3, 5, 2)),
    ("kmeans 3 learned", (2, 7), 3, lambda: KMeans(2, 3)),
    ("kmeans 6 out assignments temperature 0.5", (4, 3, 2), 3, lambda: KMeans(4, 6, 0.5, False)),
    ("kmeans 3 out assignments learned", (4, 1, 1), 5, lambda: nn.Sequential(nn.Flatten(), KMeans(4, 3, None, False))),
    ("dense 4", (7, 1, 1), 17, lambda: nn.Sequential(nn.Flatten(), nn.Linear(7, 4))),
    ("dense 3 bias no", (5, 1, 1), 3, lambda: nn.Sequential(nn.Flatten(), nn.Linear(5, 3, bias=False))),
    ("batchnorm", (3, 3, 2), 5, lambda: nn.BatchNorm2d(3)),
    ("batchnorm eps 0.01 momentum 0.3", (2, 2, 2), 17, lambda: nn.BatchNorm2d(2, 0.01, 0.3)),
    ("eval batchnorm", (3, 3, 2), 5, lambda: nn.BatchNorm2d(3)),
    ("relu", (2, 4, 4), 4, nn.ReLU),
    ("leaky_relu", (2, 4, 4), 4, nn.LeakyReLU),
    ("leaky_relu 0.2", (2, 4, 4), 4, lambda: nn.LeakyReLU(0.2)),
    ("sigmoid", (2, 4, 4), 4, nn.Sigmoid),
    ("tanh", (2, 4, 4), 4, nn.Tanh),
    ("gelu", (2, 4, 4), 4, nn.GELU),
    ("relu6", (2, 4, 4), 4, nn.ReLU6),
    ("elu", (2, 4, 4), 4, nn.ELU),
    ("elu 0.3", (2, 4, 4), 4, lambda: nn.ELU(0.3)),
    ("selu", (2, 4, 4), 4, nn.SELU),
    ("silu", (2, 4, 4), 4, nn.SiLU),
    ("mish", (2, 4, 4), 4, nn.Mish),
    ("softplus", (2, 4, 4), 4, nn.Softplus),
    ("hardswish", (2, 4, 4), 4, nn.Hardswish),
    ("prelu", (3, 4, 4), 4, nn.PReLU),
    ("prelu per channel", (3, 4, 4), 4, lambda: nn.PReLU(3)),
    ("glu", (4, 3, 4), 4, lambda: nn.GLU(1)),
    ("maxout 3", (6, 3, 4), 4, lambda: Maxout(3)),
    ("layernorm", (3, 3, 4), 4, lambda: ChannelsLast(nn.LayerNorm(3))),
    ("layernorm over all eps 0.01", (3, 3, 4), 4, lambda: nn.LayerNorm([3, 3, 4], eps=0.01)),
    ("rmsnorm", (5, 3, 2), 4, lambda: ChannelsLast(nn.RMSNorm(5, eps=1e-6))),
    ("rmsnorm over all", (3, 3, 4), 4, lambda: nn.RMSNorm([3, 3, 4], eps=1e-6)),
    ("groupnorm 2", (4, 3, 4), 4, lambda: nn.GroupNorm(2, 4)),
    ("instancenorm", (3, 3, 4), 4, lambda: nn.InstanceNorm2d(3)),
    ("instancenorm affine yes", (3, 3, 4), 4, lambda: nn.InstanceNorm2d(3, affine=True)),
    ("lrn 3 alpha 0.5 beta 0.6 k 2", (5, 3, 2), 4, lambda: nn.LocalResponseNorm(3, 0.5, 0.6, 2)),
    ("lrn 4 alpha 0.5", (6, 3, 2), 4, lambda: nn.LocalResponseNorm(4, 0.5)),
    ("logit_norm 0.1", (10, 1, 1), 5, lambda: LogitNorm(0.1)),
    ("dropout2d 0", (2, 3, 3), 2, lambda: nn.Dropout2d(0)),
    ("eval dropout2d 0.5", (2, 3, 3), 2, lambda: nn.Dropout2d(0.5)),
    ("droppath 0", (2, 3, 3), 2, nn.Identity),
    ("eval gaussian_noise 0.5", (2, 3, 3), 2, nn.Identity),
    ("eval sample", (4, 3, 2), 3, Means),
    ("adaptive_maxpool 3x2", (2, 7, 5), 3, lambda: nn.AdaptiveMaxPool2d((3, 2))),
    ("adaptive_avgpool 3x2", (2, 7, 5), 3, lambda: nn.AdaptiveAvgPool2d((3, 2))),
    ("adaptive_avgpool 2", (2, 6, 4), 3, lambda: nn.AdaptiveAvgPool2d(2)),
    ("gmp", (3, 4, 5), 3, lambda: nn.AdaptiveMaxPool2d(1)),
    ("upsample 2", (2, 3, 4), 3, lambda: nn.Upsample(scale_factor=2)),
    ("upsample 2x3 mode bilinear", (2, 3, 4), 3, lambda: nn.Upsample(scale_factor=(2, 3), mode="bilinear")),
    ("reshape 6x2x2", (2, 3, 4), 3, lambda: nn.Sequential(nn.Flatten(), nn.Unflatten(1, (6, 2, 2)))),
    ("pad 1x2", (2, 3, 4), 3, lambda: nn.ZeroPad2d((2, 2, 1, 1))),
    ("pad 2x1 mode reflect", (2, 3, 4), 3, lambda: nn.ReflectionPad2d((1, 1, 2, 2))),
    ("pad 2x3 mode replicate", (2, 3, 4), 3, lambda: nn.ReplicationPad2d((3, 3, 2, 2))),
    ("crop 1x2", (2, 4, 6), 3, lambda: nn.ZeroPad2d((-2, -2, -1, -1))),
    ("mean", (3, 5), 4, lambda: nn.Sequential(nn.AdaptiveAvgPool1d(1), nn.Flatten())),
    ("first", (3, 5), 4, lambda: Position(0)),
    ("last", (3, 5), 4, lambda: Position(-1)),
    ("layernorm", (4, 5), 4, lambda: ChannelsLast(nn.LayerNorm(4))),
    ("dropout 0", (2, 3, 3), 2, lambda: nn.Dropout(0)),
    ("eval dropout 0.5", (2, 3, 3), 2, lambda: nn.Dropout(0.5)),
    ("maxpool 2", (2, 5, 6), 3, lambda: nn.MaxPool2d(2)),
    ("maxpool 3 stride 1 pad 1", (2, 4, 4), 3, lambda: nn.MaxPool2d(3, 1, 1)),
    ("maxpool 3x2 stride 2x1", (2, 6, 4), 3, lambda: nn.MaxPool2d((3, 2), (2, 1))),
    ("avgpool 2", (2, 5, 6), 3, lambda: nn.AvgPool2d(2)),
    ("avgpool 3 stride 2 pad 1", (2, 5, 4), 3, lambda: nn.AvgPool2d(3, 2, 1)),
    ("gap", (3, 4, 5), 3, lambda: nn.AdaptiveAvgPool2d(1)),
    ("flatten", (3, 2, 2), 3, nn.Flatten),
    ("softmax", (4, 1, 1), 3, nn.Identity),
    ("softmax, flatten", (4, 2, 3), 3, lambda: nn.Softmax(1)),
    ("conv 3 3 pad 1", (2, 3, 3, 4), 2, lambda: nn.Conv3d(2, 3, 3, padding=1)),
    ("conv 2x3x1 4 stride 2x1x2 pad 1x0x0 groups 2 bias no", (4, 3, 4, 3), 2, lambda: nn.Conv3d(4, 4, (2, 3, 1), (2, 1, 2), (1, 0, 0), groups=2, bias=False)),
    ("conv 3x3x3 2 pad same dilation 1x2x1", (1, 3, 4, 3), 2, lambda: nn.Conv3d(1, 2, 3, padding="same", dilation=(1, 2, 1))),
    ("depthwise 2 multiplier 2", (2, 3, 3, 4), 2, lambda: nn.Conv3d(2, 4, 2, groups=2)),
    ("conv_transpose 3 2 stride 2 pad 1 output_pad 1", (3, 2, 2, 3), 2, lambda: nn.ConvTranspose3d(3, 2, 3, 2, 1, 1)),
    ("conv_transpose 1x2x3 4 stride 1x2x1 groups 2 bias no", (2, 2, 2, 3), 2, lambda: nn.ConvTranspose3d(2, 4, (1, 2, 3), (1, 2, 1), groups=2, bias=False)),
    ("maxpool 2", (2, 4, 5, 4), 3, lambda: nn.MaxPool3d(2)),
    ("maxpool 2x3x1 stride 1 pad 1x1x0", (2, 3, 4, 3), 3, lambda: nn.MaxPool3d((2, 3, 1), 1, (1, 1, 0))),
    ("avgpool 3 stride 2 pad 1", (2, 4, 5, 4), 3, lambda: nn.AvgPool3d(3, 2, 1)),
    ("adaptive_maxpool 2x3x2", (2, 5, 7, 3), 2, lambda: nn.AdaptiveMaxPool3d((2, 3, 2))),
    ("adaptive_avgpool 2", (2, 3, 4, 5), 2, lambda: nn.AdaptiveAvgPool3d(2)),
    ("upsample 2x1x3", (2, 2, 3, 2), 2, lambda: nn.Upsample(scale_factor=(2, 1, 3))),
    ("upsample 2 mode bilinear", (2, 2, 3, 2), 2, lambda: nn.Upsample(scale_factor=2, mode="trilinear")),
    ("pad 1x0x2", (2, 2, 3, 2), 2, lambda: nn.ConstantPad3d((2, 2, 0, 0, 1, 1), 0.0)),
    ("pad 1x2x1 mode reflect", (2, 2, 3, 2), 2, lambda: nn.ReflectionPad3d((1, 1, 2, 2, 1, 1))),
    ("crop 1x0x1", (2, 3, 2, 4), 2, lambda: nn.ConstantPad3d((-1, -1, 0, 0, -1, -1), 0.0)),
    ("maxpool 3 stride 2 pad 1", (2, 7), 3, lambda: nn.MaxPool1d(3, 2, 1)),
    ("avgpool 2", (2, 7), 3, lambda: nn.AvgPool1d(2)),
    ("adaptive_maxpool 3", (2, 7), 3, lambda: nn.AdaptiveMaxPool1d(3)),
    ("conv_transpose 3 4 stride 2", (2, 4), 3, lambda: nn.ConvTranspose1d(2, 4, 3, 2)),
    ("conv 3 4 pad 1 groups 2", (2, 6), 3, lambda: nn.Conv1d(2, 4, 3, padding=1, groups=2)),
    ("upsample 2 mode bilinear", (2, 4), 3, lambda: nn.Upsample(scale_factor=2, mode="linear")),
    ("pad 2 mode replicate", (2, 4), 3, lambda: nn.ReplicationPad1d(2)),
    ("gap", (3, 2, 3, 4), 3, lambda: nn.AdaptiveAvgPool3d(1)),
    ("gmp", (3, 2, 3, 4), 3, lambda: nn.AdaptiveMaxPool3d(1)),
    ("batchnorm", (3, 2, 3, 2), 5, lambda: nn.BatchNorm3d(3)),
    ("eval batchnorm", (3, 2, 3, 2), 5, lambda: nn.BatchNorm3d(3)),
    ("groupnorm 2", (4, 2, 3, 2), 4, lambda: nn.GroupNorm(2, 4)),
    ("instancenorm affine yes", (3, 2, 3, 2), 4, lambda: nn.InstanceNorm3d(3, affine=True)),
    ("layernorm", (3, 2, 3, 2), 4, lambda: ChannelsLast(nn.LayerNorm(3))),
    ("dropout2d 0", (2, 2, 3, 3), 2, lambda: nn.Dropout3d(0)),
    ("flatten", (3, 2, 2, 2), 3, nn.Flatten),
    ("reshape 2x3x2x2", (3, 2, 2, 2), 3, lambda: nn.Sequential(nn.Flatten(), nn.Unflatten(1, (2, 3, 2, 2)))),
]


def line(out, name, t):
    v = t.detach().reshape(-1).tolist()
    out.write(f"{name} {len(v)} " + " ".join("%.9g" % x for x in v) + "\n")


def ragged_lengths(n, t):
    """How many positions of each sample count, in a case whose words begin with `ragged`."""
    return 1 + (5 * torch.arange(n) + 2) % t


def tokens(shape, vocabulary):
    """Ids instead of x, for an embedding."""
    n = 1
    for s in shape:
        n *= s
    return ((torch.arange(n) * 7) % vocabulary).double().reshape(shape)


def prepare(module):
    """Parameters and running statistics by the formula; returns the parameters in order."""
    module.double()
    params = module.ordered() if hasattr(module, "ordered") else list(module.parameters())
    with torch.no_grad():
        for t, p in enumerate(params):
            p.copy_(fill(p.shape, 41 + 2 * t))
        for m in module.modules():
            if isinstance(m, nn.modules.batchnorm._BatchNorm):
                m.running_mean.copy_(fill(m.running_mean.shape, 53))
                m.running_var.copy_(fill(m.running_var.shape, 59).abs() + 0.5)
    return params


def buffers(out, module):
    i = 0
    for m in module.modules():
        if isinstance(m, nn.modules.batchnorm._BatchNorm):
            line(out, f"b{i}", m.running_mean)
            line(out, f"b{i + 1}", m.running_var)
            i += 2


def layers(path):
    with open(path, "w") as out:
        out.write("# PyTorch %s, float64; tests/support/torch/nn_golden.py\n" % torch.__version__)
        for text, shape, n, make in CASES:
            module = make()
            params = prepare(module)
            training = not text.startswith("eval ")
            module.train(training)
            if len(shape) == 4:
                out.write("slices %d\n" % shape[1])
            lengths = ragged_lengths(n, shape[1]) if text.startswith("ragged ") else None
            ids = text.startswith("embedding")
            out.write("case %d %d %d %d %s : %s\n" % (shape[0], *(*shape, 0)[len(shape) // 4 + 1:][:2], n, "training" if training else "eval", text.replace("eval ", "")))
            x = tokens((n, *shape), 11) if ids else fill((n, *shape), 37).requires_grad_()
            y = module(x) if lengths is None else module(x, lengths)
            if lengths is not None and y.dim() == 3:  # what stands at the other positions does not count
                y = y * (torch.arange(y.shape[2]) < lengths[:, None])[:, None]
            line(out, "y", y)
            if ids:
                (y * fill(y.shape, 29)).sum().backward()
                line(out, "d0", params[0].grad)
            elif training:
                (y * fill(y.shape, 29)).sum().backward()
                line(out, "dx", x.grad)
                for t, p in enumerate(params):
                    line(out, f"d{t}", p.grad)
            buffers(out, module)


class Round(torch.autograd.Function):
    """To bf16; the gradient passes."""

    @staticmethod
    def forward(ctx, x):
        return x.float().bfloat16().double()

    @staticmethod
    def backward(ctx, g):
        return g


class RoundGradient(torch.autograd.Function):
    """The other way round."""

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        return g.float().bfloat16().double()


class Bf16Conv2d(nn.Conv2d):
    def forward(self, x):
        return RoundGradient.apply(self._conv_forward(Round.apply(x), Round.apply(self.weight), self.bias))


class Bf16Linear(nn.Linear):
    def forward(self, x):
        return RoundGradient.apply(nn.functional.linear(Round.apply(x), Round.apply(self.weight), self.bias))


class Bf16BatchNorm2d(nn.BatchNorm2d):
    """Behind a convolution, whose output and whose gradient behind the normalization are stored in bf16."""

    def forward(self, x):
        return RoundGradient.apply(super().forward(Round.apply(x)))


def network(path, conv=nn.Conv2d, norm=nn.BatchNorm2d, linear=nn.Linear, factor=1.0):
    """Two steps' worth: training pass with cross-entropy and gradients, then an evaluation pass with the new statistics."""
    # The engine's convolutions have no bias in front of a batchnorm (bias auto).
    text = ("conv2d 3x3 5, batchnorm, relu, maxpool 2, dropout 0, conv2d 3x3 6 stride 2 pad 1, batchnorm, "
            "leaky_relu, conv2d 1x1 4, gelu, flatten, dense 8, tanh, dense 10")
    net = nn.Sequential(conv(2, 5, 3, bias=False), norm(5), nn.ReLU(), nn.MaxPool2d(2), nn.Dropout(0),
                        conv(5, 6, 3, 2, 1, bias=False), norm(6), nn.LeakyReLU(), conv(6, 4, 1), nn.GELU(),
                        nn.Flatten(), linear(16, 8), nn.Tanh(), linear(8, 10))
    n, shape = 19, (2, 9, 9)
    params = prepare(net)
    net.train()
    with torch.no_grad():
        for p in params:
            p.copy_((p * factor).float())
    x = (fill((n, *shape), 37) * factor).float().double()
    label = torch.arange(n) * 7 % 10
    with open(path, "w") as out:
        out.write("# PyTorch %s, float64; tests/support/torch/nn_golden.py\n" % torch.__version__)
        out.write("case %d %d %d %d training : %s\n" % (*shape, n, text))
        z = net(x)
        loss = nn.functional.cross_entropy(z, label, label_smoothing=0.1)
        loss.backward()
        line(out, "y", z)
        line(out, "loss", loss)
        for t, p in enumerate(params):
            line(out, f"d{t}", p.grad)
        buffers(out, net)
        net.eval()
        line(out, "eval", net(x))


if __name__ == "__main__":
    layers(sys.argv[1] + "/nn_layers.txt")
    network(sys.argv[1] + "/nn_network.txt")
    network(sys.argv[1] + "/nn_bf16.txt", Bf16Conv2d, Bf16BatchNorm2d, Bf16Linear, 1.0123)
