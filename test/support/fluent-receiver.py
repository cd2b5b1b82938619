#!/usr/bin/python3
"""A receiver of Fluent's forward protocol over TLS on 127.0.0.1, with Debian's python3-msgpack. It keeps nothing: each event that it takes is a line of JSON on its output, before
it acknowledges. Its first line is its port. Orders come by its input, one word a line, each for the next connection: what it does otherwise than a receiver should.

  fluent-receiver.py PORT CERTIFICATE KEY [SHARED-KEY]

  silent     takes events, and acknowledges nothing
  cut        takes events, and ends before it acknowledges
  other      acknowledges another chunk
  no-proof   says that the key is right, and does not show that it has it
  reflect    shows what it has just heard: our name and our digest
  user       wants a user too
"""
import base64
import hashlib
import json
import os
import socketserver
import ssl
import sys
import threading

import msgpack

port, certificate, key, *shared = sys.argv[1:]
orders = []


def say(what):
    print(json.dumps(what), flush=True)


def digest(salt, host, nonce):
    return hashlib.sha512(salt + host.encode() + nonce + shared[0].encode()).hexdigest()


class Receiver(socketserver.BaseRequestHandler):
    def setup(self):
        self.request = tls.wrap_socket(self.request, server_side=True)

    def handle(self):
        order = orders.pop(0) if orders else ""
        unpacker = msgpack.Unpacker(raw=False, strict_map_key=True)

        def heard():
            for value in unpacker:
                return value
            while True:
                data = self.request.recv(65536)
                if not data:
                    return None
                unpacker.feed(data)
                for value in unpacker:
                    return value

        def tell(value):
            self.request.sendall(msgpack.packb(value))

        if shared:
            nonce = os.urandom(16)
            tell(["HELO", {"nonce": nonce, "auth": os.urandom(16) if order == "user" else b"", "keepalive": True}])
            ping = heard()
            if ping is None:
                return
            word, host, salt, theirs, user, password = ping
            good = word == "PING" and theirs == digest(salt, host, nonce)
            say({"host": host, "good": good, "user": user, "password": password})
            name = host if order == "reflect" else "receiver"
            proof = "" if order == "no-proof" else theirs if order == "reflect" else digest(salt, name, nonce)
            tell(["PONG", good or order == "reflect", "" if good else "shared_key mismatch", name, proof if good or order == "reflect" else ""])
            if not good:
                return
        while True:
            message = heard()
            if message is None:
                return
            tag, entries, option = message
            for time, record in entries:
                seconds, nanoseconds = int.from_bytes(time.data[:4], "big"), int.from_bytes(time.data[4:], "big")
                say({"tag": tag, "code": time.code, "ms": seconds * 1000 + nanoseconds / 1e6, "size": option["size"], "record": record})
            if order == "cut":
                return
            if order == "silent":
                continue
            tell({"ack": base64.b64encode(b"x" * 16).decode() if order == "other" else option["chunk"]})


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass


def listen_to_orders():
    for line in sys.stdin:
        orders.append(line.strip())
        say({"ordered": line.strip()})


tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)
with Server(("127.0.0.1", int(port)), Receiver) as server:
    threading.Thread(target=listen_to_orders, daemon=True).start()
    say(server.server_address[1])
    server.serve_forever()
