#!/usr/bin/env python3
"""Checks that no code block in the built documentation is wider than docs.rs shows without scrolling.

usage: width.py DIRECTORY
"""

import html
import pathlib
import re
import sys

LIMIT = 85
BLOCK = re.compile(r'<pre class="(?:rust|language-)[^"]*"[^>]*>(.*?)</pre>', re.S)


def main(directory):
    pages, blocks, wide = 0, 0, []
    for page in sorted(pathlib.Path(directory).rglob("*.html")):
        pages += 1
        for block in BLOCK.findall(page.read_text()):
            if 'class="code-header' in block:
                continue
            blocks += 1
            for line in html.unescape(re.sub(r"<[^>]*>", "", block)).splitlines():
                if len(line) > LIMIT:
                    wide.append(f"{page.relative_to(directory)}: {len(line)} columns: {line.strip()}")
    print("\n".join(wide))
    print(f"{blocks} code blocks on {pages} pages, {len(wide)} lines wider than {LIMIT} columns")
    # A pattern that matches nothing would pass.
    return 1 if wide or blocks < 40 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
