"""Python's own HTTP clients against a server for a folder: `http_clients.py URL FOLDER`.

The folder holds `page.html`, `noise.bin` and `folder/a file.txt`.
"""

import http.client
import pathlib
import sys
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor

url, folder = sys.argv[1], pathlib.Path(sys.argv[2])
netloc = urllib.parse.urlsplit(url).netloc
page, noise = ((folder / name).read_bytes() for name in ("page.html", "noise.bin"))


def connected():
    """A connection that is never replaced by another behind our back."""
    connection = http.client.HTTPConnection(netloc, timeout=60)
    connection.connect()
    connection.auto_open = False
    return connection


def ask(connection, method, target, **more):
    connection.request(method, target, **more)
    response = connection.getresponse()
    return response, response.read()


def one_connection_for_all():
    connection = connected()
    for _ in range(20):
        response, body = ask(connection, "GET", "/page.html")
        assert (response.status, response.version, body) == (200, 11, page)
        response, body = ask(connection, "GET", "/noise.bin")
        assert (response.status, body) == (200, noise)

    response, body = ask(connection, "HEAD", "/noise.bin")
    assert (response.status, body) == (200, b"")
    assert response.getheader("content-length") == str(len(noise))

    since = {"If-Modified-Since": response.getheader("Last-Modified")}
    response, body = ask(connection, "GET", "/noise.bin", headers=since)
    assert (response.status, body) == (304, b"")
    assert response.getheader("Content-Length") is None

    response, body = ask(connection, "GET", "/noise.bin", headers={"Range": "bytes=-9"})
    assert (response.status, body) == (206, noise[-9:])

    response, body = ask(connection, "OPTIONS", "*")
    assert response.status in (200, 204) and "GET" in response.getheader("Allow")
    response, body = ask(connection, "GET", "/nothing")
    assert response.status == 404

    # What is uploaded is read, however it is framed, and is never taken for a request.
    for body in (page, noise, b"GET / HTTP/1.1\r\nHost: smuggled\r\n\r\n", b""):
        response, _ = ask(connection, "POST", "/page.html", body=body)
        assert response.status == 405
        pieces = (body[at : at + 1000] for at in range(0, len(body), 1000))
        chunked = {"Transfer-Encoding": "chunked"}
        response, _ = ask(
            connection, "POST", "/", body=pieces, headers=chunked, encode_chunked=True
        )
        assert response.status == 405 and "GET" in response.getheader("Allow")

    response, body = ask(connection, "GET", "/page.html", headers={"Connection": "close"})
    assert (body, response.getheader("Connection")) == (page, "close")
    assert connection.sock is None


def http_1_0():
    connection = connected()
    connection._http_vsn, connection._http_vsn_str = 10, "HTTP/1.0"
    keep = {"Connection": "keep-alive"}
    for _ in range(3):
        response, body = ask(connection, "GET", "/page.html", headers=keep)
        assert (response.status, body) == (200, page)
        assert response.getheader("Connection") == "keep-alive"
    response, body = ask(connection, "GET", "/page.html")
    assert body == page and connection.sock is None


def pipelined():
    connection = connected()
    requests = []
    for target in ("/page.html", "/noise.bin", "/page.html"):
        requests.append(f"GET {target} HTTP/1.1\r\nHost: {netloc}\r\n\r\n".encode())
    connection.sock.sendall(b"".join(requests))
    reader = connection.sock.makefile("rb")
    for expected in (page, noise, page):
        assert reader.readline() == b"HTTP/1.1 200 OK\r\n"
        head = http.client.parse_headers(reader)
        assert reader.read(int(head["Content-Length"])) == expected


def with_urllib():
    urlopen = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    with urlopen(url + "noise.bin", timeout=60) as response:
        assert response.read() == noise
    with urlopen(url + "folder", timeout=60) as response:
        assert response.url == url + "folder/"
        assert response.headers.get_content_type() == "text/html"
        listing = response.read().decode(response.headers.get_content_charset())
    assert "a file.txt" in listing and "a%20file.txt" in listing
    with urlopen(url + "folder/a%20file.txt", timeout=60) as response:
        assert response.headers.get_content_type() == "text/plain"
        assert response.read() == b"Inside"
    for request, status in (
        (url + "nothing", 404),
        (urllib.request.Request(url, data=b"x=1"), 405),
        (urllib.request.Request(url, method="BREW"), 501),
    ):
        try:
            urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            assert error.code == status, error
            error.read()
        else:
            raise AssertionError(f"{status} was expected")


one_connection_for_all()
http_1_0()
pipelined()
with_urllib()
with ThreadPoolExecutor(20) as side_by_side:
    for done in [side_by_side.submit(one_connection_for_all) for _ in range(20)]:
        done.result()
print("served")
