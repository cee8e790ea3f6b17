#!/usr/bin/env python3
"""Writes tests/data/model_backbones.txt: what torchvision's networks compute with weights that a formula gives.

    python3 tests/support/torch/backbones_golden.py tests/data

A case is `case NAME : words of a sweep file`, `input CxHxW`, `tensors N` (of the state dict but for counts of batches),
and for each of two samples a line `y` of logits. A number of a tensor is made of the tensor's name in torchvision and its
place there, so that a network whose tensors have other names, or another order, has other logits: weight() below and in
tests/unit/orchestrate/test_backbones.c.
"""
import sys
import zlib

import numpy
import torch
import torchvision
from torchvision.models import mobilenetv2, resnet, vgg, vision_transformer


def unit(seed, n):  # in [-1, 1), multiples of 2^-23: exact in float32
    h = (numpy.arange(n, dtype=numpy.uint64) * 2654435761 + seed) & 0xFFFFFFFF
    h = ((h ^ (h >> 15)) * 2246822519) & 0xFFFFFFFF
    h = ((h ^ (h >> 13)) * 3266489917) & 0xFFFFFFFF
    return (h >> 8).astype(numpy.float64) / 2**23 - 1


def weight(name, shape):
    n = int(numpy.prod(shape))
    u = unit(zlib.crc32(name.encode()), n)
    if name.endswith("running_var"):
        v = 1 + u / 2
    elif len(shape) == 1:
        v = u / 8 + (1 if name.endswith("weight") else 0)
    elif len(shape) == 3:  # tokens
        v = u / 8
    else:
        v = u * ((6 if name.startswith("features.") else 3) / (n // shape[0])) ** 0.5
    return torch.from_numpy(v.astype(numpy.float32)).reshape(shape)


def vit():
    return vision_transformer.VisionTransformer(image_size=32, patch_size=8, num_layers=3, num_heads=3, hidden_dim=48,
                                                mlp_dim=192, num_classes=7)


def narrow_resnet50():  # a quarter of the width, at the names of ResNet-50
    net = resnet.ResNet.__new__(resnet.ResNet)
    torch.nn.Module.__init__(net)
    net._norm_layer, net.inplanes, net.dilation, net.groups, net.base_width = torch.nn.BatchNorm2d, 16, 1, 1, 64
    net.conv1 = torch.nn.Conv2d(3, 16, 7, 2, 3, bias=False)
    net.bn1, net.relu = torch.nn.BatchNorm2d(16), torch.nn.ReLU()
    net.maxpool = torch.nn.MaxPool2d(3, 2, 1)
    net.layer1 = net._make_layer(resnet.Bottleneck, 16, 3)
    net.layer2 = net._make_layer(resnet.Bottleneck, 32, 4, stride=2)
    net.layer3 = net._make_layer(resnet.Bottleneck, 64, 6, stride=2)
    net.layer4 = net._make_layer(resnet.Bottleneck, 128, 3, stride=2)
    net.avgpool, net.fc = torch.nn.AdaptiveAvgPool2d(1), torch.nn.Linear(512, 7)
    return net


def narrow_vgg(depths, norm):  # a quarter of the width, of maps of 1x1
    widths = [w for d, w in zip(depths, (16, 32, 64, 128, 128)) for w in d * [w] + ["M"]]
    net = vgg.VGG(vgg.make_layers(widths, batch_norm=norm), num_classes=7, init_weights=False)
    net.avgpool = torch.nn.AdaptiveAvgPool2d(1)
    net.classifier[0] = torch.nn.Linear(128, 40)
    net.classifier[3] = torch.nn.Linear(40, 40)
    net.classifier[6] = torch.nn.Linear(40, 7)
    return net


class Look(torch.nn.ModuleList):
    """Maps to logits; what the last maps are, and their gradient, is kept."""

    def __init__(self):
        super().__init__([torch.nn.Conv2d(3, 6, 3, padding=1), torch.nn.BatchNorm2d(6), torch.nn.ReLU(),
                          torch.nn.Conv2d(6, 5, 3), torch.nn.BatchNorm2d(5), torch.nn.ReLU(),
                          torch.nn.AdaptiveAvgPool2d(1), torch.nn.Linear(5, 7)])

    def forward(self, x):
        for i in range(6):
            x = self[i](x)
        self.maps = x
        x.retain_grad()
        return self[7](self[6](x).flatten(1))


def look(out):
    """A line `look : words`; `class` that the one sample is taken for; `gradient`: of its logit, the largest of the
    channels' absolute values at each pixel; `cam`: Grad-CAM at the last maps, at each pixel (the nearest map value)."""
    net = Look().eval().double()
    net.load_state_dict({k: weight(k, v.shape) if v.is_floating_point() else v for k, v in net.state_dict().items()})
    x = torch.from_numpy(unit(1, 3 * 12 * 12)).reshape(1, 3, 12, 12).float().double().requires_grad_()
    y = net(x)
    k = int(y[0].argmax())
    y[0, k].backward()
    cam = torch.relu((net.maps.grad.mean((2, 3), keepdim=True) * net.maps).sum(1))[0].detach()
    at = [i * 10 // 12 for i in range(12)]
    print("look : conv 3x3 6 pad 1 bias yes, batchnorm, relu, conv 3x3 5 bias yes, batchnorm, relu, gap, dense $classes",
          file=out)
    print("class %d" % k, file=out)
    print("gradient", " ".join("%.9g" % v for v in x.grad[0].abs().amax(0).reshape(-1).tolist()), file=out)
    print("cam", " ".join("%.9g" % v for v in cam[at][:, at].reshape(-1).tolist()), file=out)


CASES = [
    ("resnet18", "resnet18 $classes", 32, lambda: resnet.resnet18(num_classes=7)),
    ("resnet50", "resnet50 $classes width 16", 33, narrow_resnet50),
    ("vgg11", "vgg11 $classes width 16 hidden 40 grid 1", 35, lambda: narrow_vgg([1, 1, 2, 2, 2], False)),
    ("vgg11_bn", "vgg11_bn $classes width 16 hidden 40 grid 1", 32, lambda: narrow_vgg([1, 1, 2, 2, 2], True)),
    ("vgg16", "vgg16 $classes width 16 hidden 40 grid 1", 32, lambda: narrow_vgg([2, 2, 3, 3, 3], False)),
    ("vgg16_bn", "vgg16_bn $classes width 16 hidden 40 grid 1", 32, lambda: narrow_vgg([2, 2, 3, 3, 3], True)),
    ("mobilenet_v2", "mobilenet_v2 $classes", 33, lambda: mobilenetv2.MobileNetV2(num_classes=7)),
    ("vit_small", "vit_small $classes patch 8 width 48 depth 3 heads 3", 32, vit),
]


with open(sys.argv[1] + "/model_backbones.txt", "w") as out:
    print("# torch %s, torchvision %s; tests/support/torch/backbones_golden.py" % (torch.__version__, torchvision.__version__),
          file=out)
    for name, words, size, make in CASES:
        net = make().eval()
        state = {k: weight(k, v.shape) if v.dtype == torch.float32 else v for k, v in net.state_dict().items()}
        net.load_state_dict(state)
        x = torch.from_numpy(unit(1, 2 * 3 * size * size).astype(numpy.float32)).reshape(2, 3, size, size)
        with torch.no_grad():
            y = net.double()(x.double())
        print("case %s : %s\ninput 3x%dx%d\ntensors %d" % (name, words, size, size,
              sum(v.dtype == torch.float32 for v in state.values())), file=out)
        for row in y.tolist():
            print("y", " ".join("%.9g" % v for v in row), file=out)
    look(out)
