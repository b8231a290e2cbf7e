"""A WeCom (企业微信) app that answers from the FAQ: `python examples/wecom_bot.py`.

Set WECOM_TOKEN, WECOM_AES_KEY (both from the app's page "API 接收消息"), WECOM_CORP_ID and FAQ_SERVER. WeCom posts each
message to https://YOUR-HOST/wecom, signed and encrypted; put a proxy with HTTPS before this one, which listens on PORT
of this machine alone. The reply goes back in the response, so the bot itself calls nobody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import struct
import time
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from flask import Flask, abort, request
from replies import UNREACHABLE, reply_text, session_of, setting
from waitress import serve

from faqkb.client import Client, Retries, Timeouts
from faqkb.kb.errors import KbError

TOKEN = setting("WECOM_TOKEN")
KEY = base64.b64decode(setting("WECOM_AES_KEY") + "=")
CORP_ID = setting("WECOM_CORP_ID")
LONGEST = 2_048  # bytes of a reply
FRESH_SECONDS = 300  # two clocks may differ
PADDING = PKCS7(32 * 8)  # to 32 bytes, although AES has blocks of 16
REPLY = """<xml><ToUserName><![CDATA[{person}]]></ToUserName><FromUserName><![CDATA[{corp}]]></FromUserName>
<CreateTime>{time}</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content></xml>"""
SEALED = """<xml><Encrypt><![CDATA[{sealed}]]></Encrypt><MsgSignature><![CDATA[{signature}]]></MsgSignature>
<TimeStamp>{time}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"""

faq = Client(
    setting("FAQ_SERVER", "http://127.0.0.1:8000"),
    api_key=setting("FAQ_API_KEY", "") or None,
    retries=Retries(count=0),  # WeCom waits for five seconds, and asks again
    timeouts=Timeouts(connect=1, reply=3, whole=4),
)
app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024
app.register_error_handler(ElementTree.ParseError, lambda _: ("This is no message of WeCom's.", 400))


@app.get("/wecom")
def confirm() -> str:
    """Prove that this is the app's own address, which WeCom wants to see when the address is entered."""
    return opened(request.args["echostr"])


@app.post("/wecom")
def message() -> str:
    """Answer a text; anything else, such as a picture, gets no reply."""
    # expat 2.4 and later stop entities that grow; nothing else of XML is read.
    sealed = ElementTree.fromstring(request.get_data()).findtext("Encrypt", "")  # noqa: S314
    said = ElementTree.fromstring(opened(sealed))  # noqa: S314
    if said.findtext("MsgType") != "text":
        return ""
    person = said.findtext("FromUserName", "")
    try:
        answer = faq.ask(
            said.findtext("Content", ""), session_id=session_of(TOKEN, person), format="text", style="short"
        )
        text = reply_text(answer)
    except KbError as error:
        app.logger.error(error)
        text = UNREACHABLE
    short = text.encode()[:LONGEST].decode(errors="ignore").replace("]]>", "]] >")  # which would end the CDATA
    return closed(REPLY.format(person=person, corp=CORP_ID, time=int(time.time()), text=short))


def opened(sealed: str) -> str:
    """Return what WeCom encrypted; 403 unless it is signed for this app."""
    expected = signature(request.args["timestamp"], request.args["nonce"], sealed)
    if not hmac.compare_digest(expected.encode(), request.args["msg_signature"].encode()):
        abort(403)
    if abs(time.time() - int(request.args["timestamp"])) > FRESH_SECONDS:  # somebody sends again what WeCom once sent
        abort(403)
    # 16 bytes of chance, the length, the text, and whom it is for.
    decryptor, unpadder = Cipher(algorithms.AES(KEY), modes.CBC(KEY[:16])).decryptor(), PADDING.unpadder()
    padded = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    plain = unpadder.update(padded) + unpadder.finalize()
    end = 20 + int(struct.unpack(">I", plain[16:20])[0])
    if plain[end:].decode() != CORP_ID:
        abort(403)
    return plain[20:end].decode()


def closed(text: str) -> str:
    """Return a reply, encrypted and signed."""
    content = text.encode()
    plain = os.urandom(16) + struct.pack(">I", len(content)) + content + CORP_ID.encode()
    encryptor, padder = Cipher(algorithms.AES(KEY), modes.CBC(KEY[:16])).encryptor(), PADDING.padder()
    padded = padder.update(plain) + padder.finalize()
    sealed = base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()
    now, nonce = str(int(time.time())), request.args["nonce"]
    return SEALED.format(sealed=sealed, signature=signature(now, nonce, sealed), time=now, nonce=nonce)


def signature(*signed: str) -> str:
    """Return the signature of a time, a nonce and an encrypted text."""
    return hashlib.sha1("".join(sorted([TOKEN, *signed])).encode(), usedforsecurity=False).hexdigest()


if __name__ == "__main__":
    serve(app, host="127.0.0.1", port=int(setting("PORT", "8081")))
