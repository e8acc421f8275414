"""Half a minute of what `make soak` does for ten: real uvicorn with workers under requests, orphans, and killed workers."""

import pytest
from bench import soak


@pytest.mark.long
def test_nothing_stays_and_nothing_grows():
    print(soak.soak(30))
