"""bqemulator as a process of its own, without GEOGRAPHY, which it would fetch from DuckDB's site; says where it listens."""
import asyncio
import json
import sys

from bqemulator.config import Settings
from bqemulator.server import EmulatorServer
from bqemulator.storage.engine import DuckDBEngine

DuckDBEngine._load_spatial = lambda self: None
DuckDBEngine._load_format_extensions = lambda self: None


async def main() -> None:
    server = EmulatorServer(Settings(rest_port=0, grpc_port=0, log_level="error"))
    await server.start()
    sys.stdout.write(json.dumps({"address": server.rest_url}) + "\n")
    sys.stdout.flush()
    # Whoever started it holds the other end: it ends when that one does.
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await server.stop()


asyncio.run(main())
