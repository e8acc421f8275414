"""The sample backend: what the tests start, and what `make run` shows.

The environment makes it slow where a test has to see a start that takes its time.
"""

import os
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

# Stands for the models and tables that real backends load while they are imported.
if "SAMPLE_IMPORT_SECONDS" in os.environ:
    print("sample: import begins", flush=True)
    time.sleep(float(os.environ["SAMPLE_IMPORT_SECONDS"]))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    print("sample: lifespan start", flush=True)
    yield
    print("sample: lifespan stop", flush=True)


app = FastAPI(title="asgi-init sample", lifespan=lifespan)


def create_app() -> FastAPI:
    """The same application from a factory, for `--factory`."""
    return app


@app.get("/health")
async def health() -> dict[str, str | int]:
    return {"status": "ok", "pid": os.getpid(), "uid": os.getuid()}
