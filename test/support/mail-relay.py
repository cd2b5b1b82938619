#!/usr/bin/python3
"""A mail relay of aiosmtpd (Debian: python3-aiosmtpd) on 127.0.0.1, with TLS at once or by STARTTLS. It keeps nothing: each mail that it takes is a line of JSON on its
output, with its bytes in Base64, before it says 250. Its first line is its port.

  mail-relay.py implicit|starttls|none PORT CERTIFICATE KEY [USER PASSWORD]
"""
import asyncio
import base64
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

mode, port, certificate, key, *account = sys.argv[1:]
tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
tls.load_cert_chain(certificate, key)


def say(what):
    print(json.dumps(what), flush=True)


class Handler:
    async def handle_DATA(self, server, session, envelope):
        say({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "ehlo": session.host_name,
            "tls": session.ssl is not None or mode == "implicit",
            "user": session.auth_data.login.decode() if session.authenticated else None,
            "mail": base64.b64encode(envelope.original_content).decode(),
        })
        return "250 taken"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def authenticator(server, session, envelope, mechanism, data):
    good = len(account) == 2 and (data.login.decode(), data.password.decode()) == tuple(account)
    return AuthResult(success=good, handled=False, auth_data=data if good else None)


def relay():
    return SMTP(
        Handler(),
        hostname="relay.example.org",
        tls_context=tls if mode == "starttls" else None,
        require_starttls=mode == "starttls",
        auth_required=bool(account),
        # Of TLS at once its own look does not know.
        auth_require_tls=mode == "starttls",
        authenticator=authenticator,
    )


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(relay, "127.0.0.1", int(port), ssl=tls if mode == "implicit" else None)
    say(server.sockets[0].getsockname()[1])
    await server.serve_forever()


asyncio.run(main())
