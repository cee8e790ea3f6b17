#!/usr/bin/python3
"""Writes tests/data/nn_pairs.txt: networks of pairs of texts, values and gradients as PyTorch computes them.

Run: python3 tests/support/torch/pairs_golden.py tests/data      (PyTorch 2.15, from PyPI)

The format is that of nn_golden.py: `case 1 S+T 0 N training : text`. Sources have S = 5 positions of 11 tokens, targets
T = 4 of 7: id k of all samples is k * 7 % 11, and (k * 5 + 3) % 7. Sample i has 1 + (5 i + 2) % S positions of the source,
and 1 + (3 i + 1) % T of the target. Parameter tensor t has multiplier 41 + 2 t, the gradient from above 29, 0 where a
position does not count. Values there are written as 0.
"""
import sys

import torch
from torch import nn

from nn_golden import fill

S, T, N, SOURCES, TARGETS = 5, 4, 5, 11, 7


class Recurrent(nn.Module):
    """Encoder and decoder are cells of one kind. mean: the decoder begins with a dense layer of the encoder's mean."""

    def __init__(self, kind, width, units, decoder_width, mean=0, attention=0, tied=False, bias=True):
        super().__init__()
        self.source = nn.Embedding(SOURCES, width)
        self.encoder = kind(width, units, batch_first=True, bidirectional=mean > 0)
        self.dense = nn.Linear(2 * units, mean) if mean else None
        units = mean or units
        self.target = nn.Embedding(TARGETS, decoder_width)
        self.decoder = kind(decoder_width, units, batch_first=True)
        self.attention = nn.MultiheadAttention(units, attention, batch_first=True) if attention else None
        self.out = None if tied else nn.Linear(units, TARGETS)
        self.bias = nn.Parameter(torch.zeros(TARGETS)) if tied and bias else None

    def forward(self, x, t, lengths):
        packed = nn.utils.rnn.pack_padded_sequence(self.source(x), lengths, True, False)
        y, h = self.encoder(packed)
        y = nn.utils.rnn.pad_packed_sequence(y, True, total_length=S)[0]
        h = h[0] if isinstance(h, tuple) else h
        if self.dense:
            h = self.dense(y.sum(1) / lengths[:, None])[None]
        start = (h, torch.zeros_like(h)) if isinstance(self.decoder, nn.LSTM) else h
        z = self.decoder(self.target(t), start)[0]
        if self.attention:
            z = self.attention(z, y, y, key_padding_mask=torch.arange(S) >= lengths[:, None], need_weights=False)[0]
        return self.out(z) if self.out else nn.functional.linear(z, self.target.weight, self.bias)

    def ordered(self):
        """The parameters in the order of the network; a module has its own before those of its parts."""
        own = [] if self.bias is None else [self.bias]
        return [p for p in self.parameters() if p is not self.bias] + own


class Transformer(nn.Module):
    def __init__(self, width, heads, first, act):
        super().__init__()
        how = dict(dim_feedforward=2 * width, dropout=0, activation=act, batch_first=True, norm_first=first)
        self.source, self.target = nn.Embedding(SOURCES, width), nn.Embedding(TARGETS, width)
        self.encoder, self.decoder = nn.TransformerEncoderLayer(width, heads, **how), nn.TransformerDecoderLayer(width, heads, **how)
        self.bias, self.first = nn.Parameter(torch.zeros(TARGETS)), first

    def forward(self, x, t, lengths):
        beyond, later = torch.arange(S) >= lengths[:, None], torch.arange(T)[None] > torch.arange(T)[:, None]
        y = self.encoder(self.source(x), src_key_padding_mask=beyond)
        z = self.decoder(self.target(t), y, tgt_mask=later, memory_key_padding_mask=beyond)
        return nn.functional.linear(z, self.target.weight, self.bias)

    def ordered(self):
        def attention(a):
            return [a.in_proj_weight, a.in_proj_bias, a.out_proj.weight, a.out_proj.bias]

        def dense(layer):
            return [*layer.linear1.parameters(), *layer.linear2.parameters()]

        def parts(layer, bodies):
            norms = [list(n.parameters()) for n in (layer.norm1, layer.norm2, *([layer.norm3] if len(bodies) == 3 else []))]
            return sum(([*n, *b] if self.first else [*b, *n] for n, b in zip(norms, bodies)), [])

        e, d = self.encoder, self.decoder
        return [self.source.weight, *parts(e, [attention(e.self_attn), dense(e)]), self.target.weight,
                *parts(d, [attention(d.self_attn), attention(d.multihead_attn), dense(d)]), self.bias]


PRE = "residual { layernorm, attention heads 2%s }, "
POST = "residual { attention heads 2%s }, layernorm, "
CASES = [
    ("embedding 6, lstm 4, target, embedding 3, lstm 4 start, dense 7", lambda: Recurrent(nn.LSTM, 6, 4, 3)),
    ("embedding 4, gru 3 bidirectional, mean, dense 5, target, embedding 5, gru 5 start, dense tied",
     lambda: Recurrent(nn.GRU, 4, 3, 5, mean=5, tied=True)),
    ("embedding 3, rnn 6, target, embedding 6, rnn 6 start, attention heads 2 cross, dense tied bias no",
     lambda: Recurrent(nn.RNN, 3, 6, 6, attention=2, tied=True, bias=False)),
    ("embedding 8, " + PRE % "" + "residual { layernorm, dense 16, gelu, dense 8 }, target, embedding 8, " + PRE % " causal"
     + PRE % " cross" + "residual { layernorm, dense 16, gelu, dense 8 }, dense tied", lambda: Transformer(8, 2, True, "gelu")),
    ("embedding 8, " + POST % "" + "residual { dense 16, relu, dense 8 }, layernorm, target, embedding 8, " + POST % " causal"
     + POST % " cross" + "residual { dense 16, relu, dense 8 }, layernorm, dense tied", lambda: Transformer(8, 2, False, "relu")),
]


def write(f, name, values):
    flat = values.detach().flatten().tolist()
    f.write("%s %d %s\n" % (name, len(flat), " ".join("%.9g" % v for v in flat)))


def main():
    torch.set_default_dtype(torch.float64)
    with open(sys.argv[1] + "/nn_pairs.txt", "w") as f:
        f.write("# written by tests/support/torch/pairs_golden.py, PyTorch %s\n" % torch.__version__)
        for text, make in CASES:
            model = make()
            with torch.no_grad():
                for t, p in enumerate(model.ordered()):
                    p.copy_(fill(p.shape, 41 + 2 * t))
            x = (torch.arange(N * S) * 7 % SOURCES).reshape(N, S)
            y = ((torch.arange(N * T) * 5 + 3) % TARGETS).reshape(N, T)
            i = torch.arange(N)
            lengths, wanted = 1 + (5 * i + 2) % S, 1 + (3 * i + 1) % T
            counts = (torch.arange(T) < wanted[:, None])[:, None]
            z = model(x, y, lengths).transpose(1, 2)
            (z * fill(z.shape, 29) * counts).sum().backward()
            f.write("case 1 %d 0 %d training : %s\n" % (S + T, N, text))
            write(f, "y", z * counts)
            for t, p in enumerate(model.ordered()):
                write(f, "d%d" % t, p.grad)


main()
