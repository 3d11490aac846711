#!/usr/bin/env python3
"""Times clean release builds of programs in turns: W9.

    python3 build.py --rounds 3 gluon=hello other=/path/of/package ..

Sources of dependencies are there before the clock starts; the folder for what is built is new each time.
"""

import argparse
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("packages", nargs="+", metavar="NAME=FOLDER")
parser.add_argument("--rounds", type=int, default=3)
arguments = parser.parse_args()

packages = dict(package.split("=", 1) for package in arguments.packages)
built = {name: [] for name in packages}


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def build(folder, target):
    """Seconds, seconds of all processors, crates, and MB of the program."""
    subprocess.run(["cargo", "fetch", "--quiet"], cwd=folder, check=True)
    start, used = time.perf_counter(), processor_seconds()
    command = ["cargo", "build", "--release", "--target-dir", target]
    cargo = subprocess.run(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    if cargo.returncode:
        sys.exit(cargo.stderr)
    seconds = time.perf_counter() - start, processor_seconds() - used
    release = pathlib.Path(target, "release").iterdir()
    program = next(file for file in release if file.is_file() and os.access(file, os.X_OK))
    return *seconds, cargo.stderr.count(" Compiling "), program.stat().st_size / 1e6


for _ in range(arguments.rounds):
    for name in random.sample(list(packages), len(packages)):
        with tempfile.TemporaryDirectory() as target:
            built[name].append(build(packages[name], target))

medians = {name: [statistics.median(values) for values in zip(*rounds)] for name, rounds in built.items()}
first = next(iter(medians.values()))
print("| | seconds | of all processors | crates | MB |\n| --- | ---: | ---: | ---: | ---: |")
for name, values in medians.items():
    ratios = ["" if values is first else f" ({a / b:.2f})" for a, b in zip(first, values)]
    print(f"| {name} |", " | ".join(f"{value:.{digits}f}{ratio}" for value, digits, ratio in zip(values, [0, 0, 0, 1], ratios)), "|")
