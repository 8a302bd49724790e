"""Hashes every file under a directory with BLAKE2: on this machine, or on any number of them.

    $ python crawl.py /usr/share
    $ python crawl.py --on redis://127.0.0.1 /usr/share

The first line uses the processors of this machine. The second hands the files to worker hosts, which read them where they are: so the directory must be
there on each of them, by a shared file system for instance. Start a worker host on as many machines as you like, before or after:

    $ python -m procession worker redis://127.0.0.1 --slots 8 --app crawl.py

Whatever is killed meanwhile, a worker process, a worker host, or the server if it keeps its data on disk: every file is hashed, and has one line.
"""

import argparse
import hashlib
import os
import sys

import procession


def hash_file(path):
    """Runs in worker processes, here or elsewhere. Running it twice does no harm."""
    try:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "blake2b")
            return digest.hexdigest(), file.tell(), None
    except OSError as error:
        return None, 0, str(error)


def open_pool(url):
    """The only function that knows where the work is done."""
    return procession.connect(url).Pool() if url else procession.Pool()


def crawl(pool, directory):
    """Hashes the files in the order of their names; returns how many could not be hashed."""
    files = sorted(list_files(directory))
    size = errors = 0
    # Should whoever has a file be killed, another begins it anew.
    outcomes = pool.imap(hash_file, files, retries=2)
    for path, (digest, length, reason) in zip(files, outcomes, strict=True):
        size += length
        if reason is None:
            print(f"{digest}  {path}")
        else:
            errors += 1
            print(f"crawl: {path}: {reason}", file=sys.stderr)
    print(f"{len(files)} files, {size} bytes, {errors} errors", file=sys.stderr)
    return errors


def list_files(directory):
    """The files under a directory; symbolic links are not followed."""
    for parent, _, names in os.walk(directory):
        for name in names:
            path = os.path.join(parent, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def main():
    parser = argparse.ArgumentParser(description="Hashes every file under a directory with BLAKE2.")
    parser.add_argument("directory")
    parser.add_argument("--on", metavar="URL", help="the server through which worker hosts get their work; without it, this machine does it all")
    options = parser.parse_args()
    with open_pool(options.on) as pool:
        return 1 if crawl(pool, options.directory) else 0


if __name__ == "__main__":
    sys.exit(main())
