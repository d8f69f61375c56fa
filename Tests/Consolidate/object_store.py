"""An object store of the tests' own: conditional PUTs are atomic, and requests can be told to go wrong.

Speaks as much of S3 as Consolidate and Arrow use: objects with ranges, ListObjectsV2, multipart uploads. Signatures are
not looked at; s3.py does that against a server that is not ours.
"""

import hashlib
import http.server
import pathlib
import threading
import urllib.parse
import uuid
from email.utils import formatdate

BUCKET = "lake"


class ObjectStore:
    """Listens on a port of 127.0.0.1 until it is closed."""

    def __init__(self):
        self.lock = threading.Lock()
        self.objects: dict[str, bytes] = {}
        self.uploads: dict[str, dict[int, bytes]] = {}
        # Called with key and body of each conditional PUT, one after the other; returns what goes wrong, or None.
        self.faults: list = []
        self.conditional_puts: list[tuple[str, int]] = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"store": self}))
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self):
        return {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "us-east-1",
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server.server_port}"}

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def create(self, key, body):
        """Puts an object under a key that is not taken; returns the status and whether an answer goes out."""
        with self.lock:
            fault = self.faults.pop(0) if self.faults else None
            if callable(fault):
                fault = fault(key, body)
            status = {"409": 409, "500 before": 500, "503": 503, "lost before": 0}.get(fault)
            if status is None:
                status = 412 if key in self.objects else 200
                self.objects.setdefault(key, body)
                if status == 200:
                    status = {"500 after": 500, "lost after": 0}.get(fault, 200)
            self.conditional_puts.append((key, status))
            return status

    def upload_directory(self, directory, prefix):
        for path in sorted(pathlib.Path(directory).rglob("*")):
            if path.is_file():
                self.objects[f"{prefix}/{path.relative_to(directory)}"] = path.read_bytes()

    def download(self, prefix, directory):
        """The objects below a prefix as files."""
        for key, body in self.objects.items():
            if key.startswith(prefix + "/"):
                path = pathlib.Path(directory) / key[len(prefix) + 1:]
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
        return pathlib.Path(directory)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Header and body in one packet: two wait for each other.
    wbufsize = 1 << 16
    store: ObjectStore

    def log_message(self, *_):
        pass

    def handle_expect_100(self):
        super().handle_expect_100()
        self.wfile.flush()
        return True

    def parts(self):
        url = urllib.parse.urlsplit(self.path)
        path = urllib.parse.unquote(url.path).lstrip("/")
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        return path.split("/", 1)[1] if "/" in path else "", query

    def body(self):
        if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            raw = b"".join(self.chunks())
        else:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        return unchunked(raw) if "aws-chunked" in (self.headers.get("Content-Encoding") or "") else raw

    def chunks(self):
        while length := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(length)
            self.rfile.readline()
        self.rfile.readline()

    def answer(self, status, body=b"", **headers):
        if status == 0:
            self.close_connection = True
            self.connection.shutdown(2)
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if "Content_Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_PUT(self):
        key, query = self.parts()
        body = self.body()
        tag = f'"{hashlib.md5(body).hexdigest()}"'
        if "uploadId" in query:
            with self.store.lock:
                self.store.uploads[query["uploadId"]][int(query["partNumber"])] = body
            self.answer(200, ETag=tag)
        elif self.headers.get("If-None-Match") == "*":
            self.answer(self.store.create(key, body), ETag=tag)
        else:
            with self.store.lock:
                self.store.objects[key] = body
            self.answer(200, ETag=tag)

    def do_POST(self):
        key, query = self.parts()
        self.body()
        if "uploads" in query:
            upload = uuid.uuid4().hex
            with self.store.lock:
                self.store.uploads[upload] = {}
            self.answer(200, f"<InitiateMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key>"
                             f"<UploadId>{upload}</UploadId></InitiateMultipartUploadResult>".encode())
        else:
            with self.store.lock:
                pieces = self.store.uploads.pop(query["uploadId"])
                self.store.objects[key] = b"".join(pieces[number] for number in sorted(pieces))
            self.answer(200, f"<CompleteMultipartUploadResult><Bucket>{BUCKET}</Bucket><Key>{key}</Key>"
                             "<ETag>&quot;whole&quot;</ETag></CompleteMultipartUploadResult>".encode())

    def do_DELETE(self):
        key, query = self.parts()
        with self.store.lock:
            if "uploadId" in query:
                self.store.uploads.pop(query["uploadId"], None)
            else:
                self.store.objects.pop(key, None)
        self.answer(204)

    def do_GET(self):
        key, query = self.parts()
        if query.get("list-type"):
            return self.list(query)
        with self.store.lock:
            body = self.store.objects.get(key)
        if body is None:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        stamp = formatdate(usegmt=True)
        wanted = self.headers.get("Range")
        if not wanted or self.command == "HEAD":
            return self.answer(200, body, Last_Modified=stamp, Content_Length=str(len(body)))
        first, last = wanted.removeprefix("bytes=").split("-")
        piece = body[int(first):int(last) + 1 if last else None]
        self.answer(206, piece, Last_Modified=stamp, Content_Range=f"bytes {first}-{int(first) + len(piece) - 1}/{len(body)}")

    do_HEAD = do_GET

    def list(self, query):
        """Three objects a page, so that pages follow each other."""
        after = query.get("continuation-token", "")
        with self.store.lock:
            keys = sorted(k for k in self.store.objects if k.startswith(query.get("prefix", "")) and k > after)
            sizes = {key: len(self.store.objects[key]) for key in keys[:3]}
        entries = "".join(
            f"<Contents><Key>{urllib.parse.quote(key)}</Key><Size>{size}</Size>"
            "<LastModified>2015-10-21T07:28:00.000Z</LastModified></Contents>" for key, size in sizes.items())
        token = f"<NextContinuationToken>{list(sizes)[-1]}</NextContinuationToken>" if len(keys) > 3 else ""
        self.answer(200, f"<ListBucketResult><Name>{BUCKET}</Name>{entries}{token}</ListBucketResult>".encode())


def unchunked(raw):
    """The content of an upload in signed chunks: `<length in hexadecimal>;...`, the bytes, and so on."""
    content = b""
    while raw:
        head, _, raw = raw.partition(b"\r\n")
        length = int(head.split(b";")[0], 16)
        if length == 0:
            break
        content += raw[:length]
        raw = raw[length + 2:]
    return content
