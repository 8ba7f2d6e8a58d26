"""echo ADDR: sends back to each client what it sends, one client after another.

The program of lesson 02, with the calls of Python's socket module. Try it:
SOCKETLINGS_PROGRAM='python3 harness/tests/programs/echo.py' cargo test -p solution02
"""

import ipaddress
import socket
import sys


def parse(text):
    """127.0.0.1:7000 or [::1]:7000 as a family and an address for bind."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError(text)
    if host.startswith("[") and host.endswith("]"):
        ipaddress.IPv6Address(host[1:-1])
        return socket.AF_INET6, (host[1:-1], int(port))
    ipaddress.IPv4Address(host)
    return socket.AF_INET, (host, int(port))


def echo(client):
    """Sends back what comes, until the client is done."""
    while data := client.recv(65536):
        client.sendall(data)


def serve(listener):
    """One client after another, for ever. A client that breaks off is its own affair."""
    while True:
        try:
            client, _ = listener.accept()
        except ConnectionAbortedError:
            continue
        with client:
            try:
                echo(client)
            except OSError as error:
                print(f"echo: {error}", file=sys.stderr)


def main():
    if len(sys.argv) != 2:
        print("usage: echo ADDR", file=sys.stderr)
        return 2
    text = sys.argv[1]
    try:
        family, address = parse(text)
    except ValueError:
        print(f"echo: {text!r} is not an address like 127.0.0.1:7000", file=sys.stderr)
        return 2
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()
        except OSError as error:
            print(f"echo: {text}: {error}", file=sys.stderr)
            return 1
        host, port = listener.getsockname()[:2]
        host = f"[{host}]" if family == socket.AF_INET6 else host
        print(f"listening on {host}:{port}", flush=True)
        serve(listener)


if __name__ == "__main__":
    sys.exit(main())
