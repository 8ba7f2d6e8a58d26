"""client HOST PORT: sends what it reads on stdin, and prints what the server says.

The program of lesson 03, with the calls of Python's socket module. Try it:
SOCKETLINGS_PROGRAM='python3 harness/tests/programs/client.py' cargo test -p solution03
"""

import os
import socket
import sys
import threading

PATIENCE = 10


def send(connection):
    """Copies stdin to the server, and says when it has ended."""
    try:
        while data := os.read(sys.stdin.fileno(), 65536):
            connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # The connection broke: whoever receives notices, too.


def talk(connection):
    """Both ways at once, until the server is done."""
    # A daemon: nobody waits for it, for it may sit in a read that never ends.
    threading.Thread(target=send, args=(connection,), daemon=True).start()
    while data := connection.recv(65536):
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def main():
    if len(sys.argv) != 3:
        print("usage: client HOST PORT", file=sys.stderr)
        return 2
    host, port = sys.argv[1:]
    if not port.isdecimal() or int(port) > 65535:
        print(f"client: {port!r} is not a port", file=sys.stderr)
        return 2
    try:
        # create_connection goes through all the addresses of the host.
        with socket.create_connection((host, int(port)), PATIENCE) as connection:
            connection.settimeout(None)
            talk(connection)
            return 0
    except OSError as error:
        print(f"client: {host} port {port}: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
