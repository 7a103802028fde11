import asyncio
import threading
from contextlib import contextmanager


@contextmanager
def smtp_server():
    """Run a real SMTP server; yield its port and the list of what it received."""
    from aiosmtpd.smtp import SMTP

    received = []

    class Handler:
        async def handle_DATA(self, _server, _session, envelope):
            received.append(envelope)
            return "250 taken"

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(
        loop.create_server(lambda: SMTP(Handler(), loop=loop), host="127.0.0.1", port=0)
    )
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1], received
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=5)
