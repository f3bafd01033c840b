"""A wire tap: passes bytes between clients and faultline on unchanged, and records them.

`tee.py HOST:PORT DIRECTORY` prints the port it listens on. It writes two files for each connection, `N.up` and `N.down`.
"""

import asyncio
import itertools
import signal
import sys
from pathlib import Path


async def pump(reader, writer, file):
    with file.open("wb", buffering=0) as record:
        try:
            while data := await reader.read(65_536):
                record.write(data)
                writer.write(data)
                await writer.drain()
            writer.write_eof()
        except (ConnectionError, OSError):
            writer.close()


async def main(host, port, directory):
    numbers = itertools.count()

    async def connected(reader, writer):
        name = f"{next(numbers):05}"
        up_reader, up_writer = await asyncio.open_connection(host, port)
        await asyncio.gather(
            pump(reader, up_writer, directory / f"{name}.up"),
            pump(up_reader, writer, directory / f"{name}.down"),
        )
        for end in (writer, up_writer):
            end.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await stop.wait()


target = sys.argv[1].rpartition(":")
asyncio.run(main(target[0], int(target[2]), Path(sys.argv[2])))
