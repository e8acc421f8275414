"""A container whose memory runs out: the kernel kills, and only the cgroup's counter tells why."""

import harness
import images

LIMIT = ("--memory=64m", "--memory-swap=64m")
# Until the limit is reached, whatever the interpreter itself takes.
GREEDY = "blocks = []\nwhile True: blocks.append(bytearray(1 << 20))"


def test_a_kill_for_want_of_memory_is_told(dock):
    box = dock.run(
        "python3", "-c", GREEDY, image=images.ROOT, options=(*LIMIT, "--entrypoint=/asgi-init"), environment=harness.JSON
    )
    assert box.wait() == 137, box.logs()
    found = [finding for finding in box.findings() if finding["rule"] == "killed-for-memory"]
    assert found, box.logs()
    values = found[0]["values"]
    assert int(values["after"]) > int(values["before"])
    assert values["limit"] == "64 MiB"
    assert values["file"].startswith("/sys/fs/cgroup/")
