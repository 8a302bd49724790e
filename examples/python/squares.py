"""Ten tasks in a pool of three processes, one after the other: each returns a square.

    $ python squares.py
"""

import os
import time

from procession import Pool


def square(n):
    """Runs in a worker."""
    print(f"{n} squared by process {os.getpid()}", flush=True)
    time.sleep(0.05)
    return n * n


def main():
    with Pool(3) as pool:
        for n in range(10):
            # Waits for the result before the next task is submitted.
            print(f"{n} * {n} = {pool.apply(square, (n,))}", flush=True)


if __name__ == "__main__":
    main()
