"""Writes tests/data/data_pictures.txt: image files of every kind, byte by byte, and what a sample made of them is.

The PNG files are written here from known values (all colour types, depths, interlaced, transparent), so that no decoder
is trusted; they are resized by Pillow (BILINEAR, box). A line: name, channels, height, width, stretch or crop, background,
the file in hex, the sample in hex. Wants numpy and Pillow.

    python3 tests/support/pictures_golden.py >tests/data/data_pictures.txt
"""
import random, struct, zlib
from PIL import Image, ImageOps
import numpy as np

rng = random.Random(5)
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]

def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

def rows(pixels, depth):
    """Filtered by nothing; pixels[y][x] is a tuple of values."""
    out = b""
    for row in pixels:
        bits = "".join(format(v, f"0{depth}b") for pixel in row for v in pixel)
        bits += "0" * (-len(bits) % 8)
        out += b"\0" + bytes(int(bits[i:i + 8], 2) for i in range(0, len(bits), 8))
    return out

def png(pixels, kind, depth, interlaced=False, extra=b""):
    h, w = len(pixels), len(pixels[0])
    if interlaced:
        passes = [[row[x::dx] for row in pixels[y::dy]] for x, y, dx, dy in ADAM7]
        data = b"".join(rows(p, depth) for p in passes if p and p[0])
    else:
        data = rows(pixels, depth)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, kind, 0, 0, int(interlaced)))
    return b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")

def noise(h, w, channels, most):
    """Smooth and rough parts: all values occur."""
    return [[tuple((most * (x + 2 * y + 3 * c) // (w + 2 * h + 9) + (rng.randint(0, most) if x > w // 2 else 0)) % (most + 1)
                   for c in range(channels)) for x in range(w)] for y in range(h)]

def eight(pixels, most):
    return np.array([[[(v * 255 + most // 2) // most for v in p] for p in row] for row in pixels])

def flat(x, alpha, background):
    return (x * alpha + background * (255 - alpha) + 127) // 255

def sample(x, c, h, w, fit):
    x = x.astype(np.uint8)
    image = Image.fromarray(x[:, :, 0] if x.shape[2] == 1 else x)
    if c == 1:
        image = image.convert("L")
    size = (w, h)
    image = image.resize(size, Image.BILINEAR) if fit == "stretch" else ImageOps.fit(image, size, Image.BILINEAR)
    y = np.asarray(image)
    y = np.stack([y] * c) if y.ndim == 2 else y.transpose(2, 0, 1)
    return y.astype(np.uint8)

def case(name, file, x, c, h, w, fit="stretch", background=0):
    print(name, c, h, w, fit, background, file.hex(), sample(x, c, h, w, fit).tobytes().hex())

for depth in (1, 2, 4, 8, 16):
    for interlaced in (False, True):
        most = 2 ** depth - 1
        name = f"grey{depth}{'-interlaced' if interlaced else ''}"
        p = noise(7, 11, 1, most)
        case(name, png(p, 0, depth, interlaced), eight(p, most), 1, 7, 11)
        if depth >= 8:
            p = noise(9, 10, 3, most)
            case("rgb" + name, png(p, 2, depth, interlaced), eight(p, most), 3, 9, 10)
            p = noise(9, 10, 4, most)
            x = eight(p, most)
            case("rgba" + name, png(p, 6, depth, interlaced), flat(x[:, :, :3], x[:, :, 3:], 77), 3, 9, 10, background=77)
            p = noise(6, 5, 2, most)
            x = eight(p, most)
            case("alpha" + name, png(p, 4, depth, interlaced), flat(x[:, :, :1], x[:, :, 1:], 255), 1, 6, 5, background=255)
        if depth <= 8:
            p = noise(7, 11, 1, most)
            colours = [tuple(rng.randint(0, 255) for _ in range(3)) for _ in range(most + 1)]
            plte = chunk(b"PLTE", bytes(v for colour in colours for v in colour))
            x = np.array([[colours[v] for v, in row] for row in p])
            case("palette" + name, png(p, 3, depth, interlaced, plte), x, 3, 7, 11)
            see = [rng.randint(0, 255) for _ in range(most)]
            trns = chunk(b"tRNS", bytes(see))
            a = np.array([[[(see + [255])[v]] for v, in row] for row in p])
            case("seen-palette" + name, png(p, 3, depth, interlaced, plte + trns), flat(x, a, 9), 3, 7, 11, background=9)
p = noise(7, 11, 1, 255)
a = np.array([[[0 if v == p[2][1][0] else 255] for v, in row] for row in p])
case("one-grey-is-clear", png(p, 0, 8, False, chunk(b"tRNS", struct.pack(">H", p[2][1][0]))), flat(eight(p, 255), a, 200),
     1, 7, 11, background=200)

p = noise(23, 37, 3, 255)
x = eight(p, 255)
text = chunk(b"tEXt", b"Comment\0is passed over") + chunk(b"gAMA", struct.pack(">I", 100000))
for c, h, w, fit in ((3, 23, 37, "stretch"), (3, 8, 8, "stretch"), (3, 8, 8, "crop"), (1, 5, 16, "crop"), (3, 30, 60, "stretch"),
                     (1, 24, 36, "stretch"), (3, 3, 1, "stretch"), (3, 1, 1, "crop")):
    case(f"resized-{c}x{h}x{w}-{fit}", png(p, 2, 8, False, text), x, c, h, w, fit)
p = noise(5, 6, 1, 255)
case("grey-as-rgb", png(p, 0, 8), eight(p, 255), 3, 4, 4)

for c in (1, 3):
    for most in (1, 15, 255, 300, 65535):
        p = noise(6, 9, c, most)
        head = f"# a comment\n9 # of the width\n 6\n{most}\n"
        plain = f"P{2 if c == 1 else 3} " + head + "\n".join(" ".join(str(v) for q in row for v in q) for row in p)
        binary = f"P{5 if c == 1 else 6}\n{head}".encode() + b"".join(
            v.to_bytes(1 if most < 256 else 2, "big") for row in p for q in row for v in q)
        case(f"plain-{c}-{most}", plain.encode(), eight(p, most), c, 6, 9)
        case(f"binary-{c}-{most}", binary, eight(p, most), c, 6, 9)
