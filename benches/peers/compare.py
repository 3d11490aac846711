#!/usr/bin/env python3
"""Runs programs of the protocol in turns and prints medians and their ratios to the first.

    python3 compare.py --rounds 5 --only W1,W2 gluon=target/release/gluon-peers other=/path/of/program ..

Each round runs, for each --only, every program once, in a new order and in a process of its own. What follows a colon
in a program's name are more words for it, such as the format of its files in W6.
"""

import argparse
import collections
import os
import random
import re
import shlex
import statistics
import subprocess
import tempfile

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("programs", nargs="+", metavar="NAME[:WORDS]=COMMAND")
parser.add_argument("--rounds", type=int, default=5)
parser.add_argument("--only", action="append", help="workloads and words, such as W1,W2 or 'W2 train_adam_b256'; repeatable")
parser.add_argument("--secs", default="0.25")
parser.add_argument("--threads", default="2")
parser.add_argument("--metric", default="time_med", help="one or more, such as time_med,peak_rss: a table for each")
parser.add_argument("--lines", help="a file for the medians, in lines of the protocol")
arguments = parser.parse_args()

programs = dict(program.split("=", 1) for program in arguments.programs)
variables = "RAYON_NUM_THREADS OMP_NUM_THREADS MKL_NUM_THREADS OPENBLAS_NUM_THREADS MATMUL_NUM_THREADS".split()
environment = os.environ | {name: arguments.threads for name in variables}

# metric and unit -> workload and variant -> program -> values of the rounds
measured = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))


def run(name, only, directory):
    peer, _, words = name.partition(":")
    command = shlex.split(programs[name]) + ["--peer", peer, "--dir", directory]
    command += ["--secs", arguments.secs, "--threads", arguments.threads]
    command += ["--only", *only.split(), *words.split()] if only else []
    lines = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment).stdout
    for line in lines.splitlines():
        _, workload, variant, metric, value, unit = line.split("\t")
        variant = variant.partition("@")[0].removesuffix(f"_{words}")
        measured[metric, unit][workload, variant][name].append(float(value))


def number(value):
    return f"{float(f'{value:.4g}'):,.10g}"


def table(rows, columns, cell):
    print("| |", " | ".join(columns), "|")
    print("| --- |", " | ".join("---:" for _ in columns), "|")
    for row in rows:
        print(f"| {row} |", " | ".join(cell(row, column) for column in columns), "|")


# Files of W6 are to lie in memory: what is measured is the library, not the disk.
with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as directory:
    for _ in range(arguments.rounds):
        for only in arguments.only or [None]:
            for name in random.sample(list(programs), len(programs)):
                run(name, only, directory)

first = next(iter(programs))
natural = lambda words: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", " ".join(words))]
wanted = [*arguments.metric.split(","), "loss10"]
for metric, unit in sorted((key for key in measured if key[0] in wanted), key=lambda key: wanted.index(key[0])):
    medians = {
        " ".join(workload): {name: statistics.median(values) for name, values in measured[metric, unit][workload].items()}
        for workload in sorted(measured[metric, unit], key=natural)
    }

    def cell(workload, name):
        values = medians[workload]
        if name not in values:
            return ""
        ratio = name != first and metric != "loss10" and values.get(first) and values[name]
        return number(values[name]) + (f" ({values[first] / values[name]:.2f})" if ratio else "")

    print(f"\n{metric}, {unit}:\n")
    if len(programs) > len(medians):
        table(programs, medians, lambda name, workload: cell(workload, name))
    else:
        table(medians, programs, cell)
    if metric == "loss10":
        for workload, values in medians.items():
            if max(values.values()) > 1.005 * min(values.values()) + 1e-5:
                print(f"\n{workload}: the programs do not agree, so they do not compute the same.")

if arguments.lines:
    with open(arguments.lines, "w") as lines:
        for (metric, unit), of_workloads in measured.items():
            for (workload, variant), of_programs in of_workloads.items():
                for name, values in of_programs.items():
                    fields = name, workload, f"{variant}@t{arguments.threads}", metric, statistics.median(values), unit
                    print(*fields, sep="\t", file=lines)
