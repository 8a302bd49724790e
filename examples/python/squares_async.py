"""Ten tasks in a pool of three processes, three at a time: all are submitted before the first result is asked for.

    $ python squares_async.py
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
    pool = Pool(3)
    results = [pool.apply_async(square, (n,)) for n in range(10)]
    pool.close()  # no more tasks come
    pool.join()  # all of them are done
    for n, result in enumerate(results):
        print(f"{n} * {n} = {result.get()}")


if __name__ == "__main__":
    main()
