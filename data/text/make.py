"""Makes `eighty_days.txt` from `eighty.txt` of the crate esaxx-rs 0.1.10.

Usage: python make.py path/to/eighty.txt

Leaves out the distributor's header, notice and licence and the table of contents, so that what is
left is the book. Needs only the standard library.
"""

import re
import sys
from pathlib import Path


def main(source):
    text = Path(source).read_text(encoding="utf-8-sig").replace("\r\n", "\n")
    start = text.index("Chapter I\n")
    end = text.index("End of Project Gutenberg")
    book = re.sub(r"\n{4,}", "\n\n\n", text[start:end]).strip() + "\n"
    assert book.isascii() and "Gutenberg" not in book
    Path(__file__).with_name("eighty_days.txt").write_text(book, encoding="ascii")


if __name__ == "__main__":
    main(sys.argv[1])
