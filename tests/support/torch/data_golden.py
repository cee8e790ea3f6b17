#!/usr/bin/env python3
"""Moved images by PyTorch, for tests/unit/data: python3 data_golden.py > ../../data/data_augment.csv

One line a case: h, w, angle (degrees), zoom, dx, dy (pixels), then the h*w values. The image is a formula, so that the test
can make it too: pixel (y, x) = (37 x + 101 y + 13 x y) mod 256. Square images only: affine_grid works in coordinates of -1 to
1, where a rotation of an oblong image would shear it.
"""
import math

import torch
import torch.nn.functional as F

CASES = [
    (8, 0.0, 1.0, 0.5, -0.25),
    (8, 10.0, 1.0, 0.0, 0.0),
    (8, -33.0, 1.2, 0.7, -1.3),
    (9, 90.0, 1.0, 0.0, 0.0),
    (7, 170.0, 0.6, -2.5, 1.5),
    (8, 5.0, 0.9, 20.0, 0.0),
    (1, 45.0, 1.0, 0.25, 0.0),
    (12, 7.0, 1.0, 1.5, 1.5),
]


def image(n):
    return torch.tensor([[(37 * x + 101 * y + 13 * x * y) % 256 for x in range(n)] for y in range(n)], dtype=torch.float64)


def main():
    print("h,w,angle,zoom,dx,dy,values")
    for n, angle, zoom, dx, dy in CASES:
        a = math.radians(angle)
        c, s = math.cos(a) / zoom, math.sin(a) / zoom
        theta = torch.tensor([[[c, -s, dx * 2 / n], [s, c, dy * 2 / n]]], dtype=torch.float64)
        grid = F.affine_grid(theta, (1, 1, n, n), align_corners=False)
        y = F.grid_sample(image(n)[None, None], grid, mode="bilinear", padding_mode="zeros", align_corners=False)
        print(",".join(["%d,%d,%g,%g,%g,%g" % (n, n, angle, zoom, dx, dy)] + ["%.8g" % v for v in y.flatten().tolist()]))


main()
