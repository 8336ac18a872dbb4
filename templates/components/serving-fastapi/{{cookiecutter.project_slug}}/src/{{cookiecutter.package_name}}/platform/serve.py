"""The service: `python -m PACKAGE.platform.serve --bundle FOLDER` reads nothing but that bundle."""

import threading
from collections.abc import Sequence
from pathlib import Path

import uvicorn

from .metrics import log
from .process import GRACE_SECONDS, KEEP_ALIVE_SECONDS, listen, start
from .service import Service, create_app


def run(folder: Path, host: str, port: int) -> None:
    """Serve until a signal, finishing the requests under way; raises what loading raised."""
    service = Service(folder)
    listener = listen(host, port)
    failure: list[Exception] = []
    config = uvicorn.Config(
        create_app(service),
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    url = "http://{}:{}".format(*listener.getsockname()[:2])

    def load() -> None:
        try:
            service.load()
            log.info("%s %s is ready, try\n%s", service.name, service.version, service.curl(url))
        except Exception as error:
            failure.append(error)
            server.should_exit = True

    threading.Thread(target=load, daemon=True).start()
    log.info("listening on %s, loading %s %s", url, service.name, service.version)
    try:
        server.run(sockets=[listener])
    finally:  # a signal leaves by SystemExit
        service.close()
    if failure:
        raise failure[0]


def main(arguments: Sequence[str] | None = None) -> None:
    """The command line of the process."""
    start(run, arguments, __doc__)


if __name__ == "__main__":
    main()
