#!/usr/bin/env python3
"""Runs programs of the protocol in turns and prints medians and their ratios to the first.

    python3 compare.py --rounds 5 --only W1,W2 gluon=target/release/gluon-peers other=/path/of/program ..

Each round runs every program once, in a new order; `time_med` of the rounds is compared by its median.
"""

import argparse
import collections
import os
import random
import shlex
import statistics
import subprocess

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("programs", nargs="+", metavar="NAME=COMMAND")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--only", help="workloads, such as W1,W2")
parser.add_argument("--secs", default="0.25")
parser.add_argument("--threads", default="2")
parser.add_argument("--metric", default="time_med")
arguments = parser.parse_args()

programs = dict(program.split("=", 1) for program in arguments.programs)
options = ["--secs", arguments.secs, "--threads", arguments.threads]
options += ["--only", arguments.only] if arguments.only else []
variables = "RAYON_NUM_THREADS OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS MATMUL_NUM_THREADS".split()
environment = os.environ | {name: arguments.threads for name in variables}

measured = collections.defaultdict(lambda: collections.defaultdict(list))
for _ in range(arguments.rounds):
    for name in random.sample(list(programs), len(programs)):
        command = shlex.split(programs[name]) + ["--peer", name] + options
        lines = subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout
        for line in lines.splitlines():
            _, workload, variant, metric, value, _ = line.split("\t")
            if metric in (arguments.metric, "loss10"):
                measured[f"{workload} {variant}", metric][name].append(float(value))

first = next(iter(programs))
print("| workload |", " | ".join(programs), "|")
print("| --- |", " | ".join("---:" for _ in programs), "|")
for (workload, metric), values in measured.items():
    medians = {name: statistics.median(numbers) for name, numbers in values.items()}
    cells = []
    for name in programs:
        if name not in medians:
            cells.append("")
        elif metric == "loss10" or name == first or first not in medians:
            cells.append(f"{medians[name]:.4g}")
        else:
            cells.append(f"{medians[name]:.4g} ({medians[first] / medians[name]:.2f})")
    print(f"| {workload}{' loss10' if metric == 'loss10' else ''} |", " | ".join(cells), "|")
