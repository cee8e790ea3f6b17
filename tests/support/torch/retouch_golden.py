#!/usr/bin/env python3
"""Retouched images by torchvision, for tests/unit/data: python3 retouch_golden.py > ../../data/data_retouch.txt

A case is a line `word numbers...` and a line of the 3 x H x W values from 0 to 1. The image is a formula, so that the test
can make it too: pixel (c, y, x) = (37 x + 101 y + 13 x y + 59 c) mod 256, of 255."""
import math

import torch
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as F

H, W = 9, 7


def image(channels):
    return torch.tensor([[[(37 * x + 101 * y + 13 * x * y + 59 * c) % 256 for x in range(W)] for y in range(H)]
                         for c in range(channels)], dtype=torch.float64) / 255


def crop(img, area, proportions, x, y):
    pixels = area * H * W
    h = min(max(int(math.sqrt(pixels / proportions) + 0.5), 1), H)
    w = min(max(int(math.sqrt(pixels * proportions) + 0.5), 1), W)
    top, left = int(y * (H - h + 1)), int(x * (W - w + 1))
    return F.resized_crop(img, top, left, h, w, [H, W], InterpolationMode.BILINEAR, antialias=False)


WORDS = {
    "crop": crop,
    "vflip": lambda img: F.vflip(img),
    "contrast": F.adjust_contrast,
    "brightness": F.adjust_brightness,
    "jitter_contrast": F.adjust_contrast,
    "saturation": F.adjust_saturation,
    "hue": F.adjust_hue,
}
CASES = [("crop", 0.3, 1.0, 0.5, 0.5), ("crop", 0.08, 0.75, 0.0, 0.99), ("crop", 0.9, 1.33, 0.7, 0.0), ("crop", 1.0, 1.0, 0.0, 0.0),
         ("crop", 0.02, 1.3, 0.4, 0.6), ("vflip",), ("contrast", 0.4), ("contrast", 1.9), ("brightness", 0.3),
         ("brightness", 1.7), ("jitter_contrast", 1.2), ("saturation", 0.0), ("saturation", 1.8), ("hue", 0.5), ("hue", -0.21),
         ("hue", 0.04)]


def main():
    for word, *numbers in CASES:
        for channels in (3, 1):
            if channels == 1 and word in ("saturation", "hue"):
                continue
            out = WORDS[word](image(channels), *numbers)
            print(word, channels, *numbers)
            print(*("%.8g" % v for v in out.flatten().tolist()))


main()
