"""The peer: txtai with a hybrid index on the same weights. Runs in .venv-txtai; knows nothing of faqkb.

`index FOLDER MODEL` reads a JSON list of texts from standard input; `ask FOLDER QUESTION` answers one question;
`serve FOLDER` reads a JSON string a line and writes the seconds that its search took.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main(command: str, folder: str, *rest: str) -> None:
    """Run one command."""
    from txtai import Embeddings  # noqa: PLC0415 - the usage text needs none of it

    if command == "index":
        prompts = {"query": "query: ", "data": "passage: "}
        embeddings = Embeddings(path=rest[0], instructions=prompts, hybrid=True, content=True)
        embeddings.index(json.load(sys.stdin))
        embeddings.save(folder)
        return
    embeddings = Embeddings()
    embeddings.load(folder)
    if command == "ask":
        print(json.dumps(embeddings.search(rest[0], 3), ensure_ascii=False))
        return
    print("ready", flush=True)
    for line in sys.stdin:
        question = json.loads(line)
        started = time.perf_counter()
        embeddings.search(question, 3)
        print(time.perf_counter() - started, flush=True)


if __name__ == "__main__":
    if not (len(sys.argv) >= 3 and Path(sys.argv[2]).parent.is_dir()):
        sys.exit(__doc__)
    main(*sys.argv[1:])
