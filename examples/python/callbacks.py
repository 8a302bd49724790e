"""A pool that calls back: with each result as it comes, or with what went wrong.

    $ python callbacks.py
"""

from procession import Pool


def reciprocal(n):
    """Runs in a worker."""
    return 1 / n


def main():
    failures = []
    with Pool(3) as pool:
        for n in range(-2, 3):

            def report(result, n=n):
                print(f"1 / {n} = {result}")

            def complain(error, n=n):
                failures.append(n)
                print(f"1 / {n}: {error}")

            pool.apply_async(reciprocal, (n,), callback=report, error_callback=complain)
        pool.close()
        pool.join()  # all callbacks have returned
    print(f"{len(failures)} of 5 failed")


if __name__ == "__main__":
    main()
