#!/usr/bin/python3
"""Writes tests/data/model_onnx.txt: what onnxruntime makes of the ONNX files that the networks of
tests/unit/model/test_export.c become, after onnx.checker has passed them.

Run: mkdir nets; SWEEP_ONNX=nets build/gcc/tests/unit_model; python3 tests/support/onnx_golden.py nets >tests/data/model_onnx.txt
(onnx and onnxruntime, from PyPI)

A line a file: its number, its CRC-32, how many values, the values of a batch of three samples. Value k of sample s is
(37 k + 101 s + 13) % 256. Batches of other sizes have to give the same.
"""
import os
import sys
import zlib

import numpy as np
import onnx
import onnxruntime

folder = sys.argv[1]
for number, name in enumerate(sorted(os.listdir(folder))):
    path = os.path.join(folder, name)
    onnx.checker.check_model(path, full_check=True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    shape = session.get_inputs()[0].shape[1:]
    n = int(np.prod(shape))
    x = np.array([[(37 * k + 101 * s + 13) % 256 for k in range(n)] for s in range(5)], np.float32).reshape([5] + shape)
    y = session.run(None, {"x": x[:3]})[0]
    for batch in (1, 2, 5):
        other = session.run(None, {"x": x[:batch]})[0]
        m = min(batch, 3)
        assert np.allclose(other[:m], y[:m], rtol=1e-5, atol=1e-6), name
    assert list(y.shape[1:]) == session.get_outputs()[0].shape[1:], (name, y.shape)
    print(number, "%08x" % zlib.crc32(open(path, "rb").read()), y.size, *["%.8g" % v for v in y.reshape(-1)])
