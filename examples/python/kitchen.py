"""Two cooks, two eaters, and a table between them: producers and consumers over a `JoinableQueue`.

Alex cooks 包子 (steamed buns with filling) and Egon cooks 馒头 (plain ones). Each puts five dishes on the table and then waits
until everything on it is eaten. Egg and Sss eat whatever comes. All four are processes of their own, and the main process waits
for the cooks alone: the eaters are *daemonic*, so they end when the main process does.

    $ python kitchen.py
"""

import random
import time

from procession import JoinableQueue, Process


def cook(name, food, table):
    """Runs in a process of its own: puts five dishes on the table, and waits until all are eaten."""
    for number in range(1, 6):
        time.sleep(random.random() / 5)
        dish = f"{food} {number}"
        print(f"{name} cooked {dish}", flush=True)
        table.put((dish, name))
    # Waits until `task_done` was called for every dish, whoever cooked it.
    table.join()


def eat(name, table):
    """Runs in a process of its own: eats what comes, for as long as it lives."""
    while True:
        dish, cook = table.get()
        time.sleep(random.random() / 5)
        print(f"{name} ate {dish}, cooked by {cook}", flush=True)
        # Says that the dish is not only off the table, but eaten.
        table.task_done()


def main():
    table = JoinableQueue()
    cooks = [
        Process(target=cook, args=("alex", "包子", table)),
        Process(target=cook, args=("egon", "馒头", table)),
    ]
    eaters = [Process(target=eat, args=(name, table), daemon=True) for name in ("egg", "sss")]
    for process in cooks + eaters:
        process.start()
    for process in cooks:
        process.join()
    print("Every dish is eaten.")


if __name__ == "__main__":
    main()
