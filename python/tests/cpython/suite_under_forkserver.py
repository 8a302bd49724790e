"""The tests of the suite with the start method forkserver."""

from _test_multiprocessing import install_tests_in_module_dict

install_tests_in_module_dict(globals(), "forkserver")
