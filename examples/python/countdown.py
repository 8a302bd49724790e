"""A hundred processes count down together.

    $ python countdown.py
    {'count': 0}

The count stands in a dict that all processes share. Taking one off is two steps, reading and writing, so each process holds a lock
meanwhile; without it, two could read the same count, and one of their steps would be lost.
"""

from procession import Lock, Manager, Process

PROCESSES = 100


def count_down(counts, lock):
    """Runs in each of the processes."""
    with lock:
        counts["count"] -= 1


def main():
    with Manager() as manager:
        counts = manager.dict({"count": PROCESSES})
        lock = Lock()
        processes = [Process(target=count_down, args=(counts, lock)) for _ in range(PROCESSES)]
        for process in processes:
            process.start()
        for process in processes:
            process.join()
        print(counts)


if __name__ == "__main__":
    main()
