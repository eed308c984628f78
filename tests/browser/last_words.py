"""What the services logged while a browser test failed: a page seldom says why."""

from collections.abc import Generator

import pytest

from harness.stack import Stack

LINES = 40
SERVICES = ("auth_service", "app_service", "webex_sandbox")


class LastWords:
    """A plugin: adds the newest log lines of the test's stack to the report of its failure."""

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        stack = getattr(item, "funcargs", {}).get("stack")
        if report.failed and isinstance(stack, Stack):
            for name in SERVICES:
                lines = stack.logs(name).splitlines()[-LINES:]
                report.sections.append((f"log of {name}", "\n".join(lines)))
        return report
