"""Each failure of proofs.py is told by its finding, and each fix, applied as printed, mends it."""

import failures
import proofs


class Prove:
    """One class a group: the groups run side by side, and what one builds stays in Docker's cache for the others."""

    failures = {}

    def test_each_fix_mends(self, dock, tmp_path, name):
        failures.prove(dock, self.failures[name], tmp_path)


def pytest_generate_tests(metafunc):
    if metafunc.cls and "name" in metafunc.fixturenames:
        metafunc.parametrize("name", metafunc.cls.failures)


for group, table in proofs.FAILURES.items():
    globals()[f"Test{group}"] = type(f"Test{group}", (Prove,), {"failures": table})
