"""The objects of managers that live in shared memory. They go by the name of proxies, as in `multiprocessing.managers`, though no server is behind them."""

__all__: list[str] = []
