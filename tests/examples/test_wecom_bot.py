"""The WeCom bot, called as WeCom calls it: wechatpy signs and encrypts on the other side."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlencode

import pytest
from platform_support import HANDOVER, call, free_port, running_bot
from server_support import DOCKER_QUESTION, Reply, ServedProcess

pytest.importorskip("wechatpy", reason="pip install 'faqkb[dev]'")

import xmltodict
from wechatpy.enterprise.crypto import WeChatCrypto

TOKEN, AES_KEY, CORP_ID = "a token", "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "ww0123456789abcdef"
MESSAGE = """<xml><ToUserName><![CDATA[{corp}]]></ToUserName><FromUserName><![CDATA[{person}]]></FromUserName>
<CreateTime>1</CreateTime><MsgType><![CDATA[{kind}]]></MsgType><Content><![CDATA[{text}]]></Content>
<MsgId>1</MsgId><AgentID>1</AgentID></xml>"""


@dataclass(frozen=True)
class WeCom:
    """Knows the secrets of one app."""

    port: int
    token: str = TOKEN
    corp_id: str = CORP_ID

    @property
    def crypto(self) -> WeChatCrypto:
        return WeChatCrypto(self.token, AES_KEY, self.corp_id)

    def sealed(self, text: str, age_seconds: int = 0) -> tuple[bytes, dict[str, str]]:
        """Return an encrypted body and the query that signs it."""
        timestamp = str(int(time.time()) - age_seconds)
        body = self.crypto.encrypt_message(text, "nonce", timestamp)
        signature = xmltodict.parse(body)["xml"]["MsgSignature"]
        return body.encode(), {"msg_signature": signature, "timestamp": timestamp, "nonce": "nonce"}

    def says(self, person: str, text: str, kind: str = "text") -> Reply:
        body, query = self.sealed(MESSAGE.format(corp=self.corp_id, person=person, kind=kind, text=text))
        return call(self.port, "POST", f"/wecom?{urlencode(query)}", body, Content_Type="text/xml")

    def asks(self, person: str, text: str) -> str:
        reply = self.says(person, text)
        sealed = xmltodict.parse(reply.content)["xml"]
        opened = self.crypto.decrypt_message(
            reply.content, sealed["MsgSignature"], sealed["TimeStamp"], sealed["Nonce"]
        )
        message = xmltodict.parse(opened)["xml"]
        assert (message["ToUserName"], message["MsgType"]) == (person, "text")
        assert len(message["Content"].encode()) <= 2048
        return message["Content"]


@pytest.fixture(scope="module")
def wecom(faq_server: ServedProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WeCom]:
    port, log = free_port(), tmp_path_factory.mktemp("wecom") / "log"
    secrets = {"WECOM_TOKEN": TOKEN, "WECOM_AES_KEY": AES_KEY, "WECOM_CORP_ID": CORP_ID}
    with running_bot("wecom_bot.py", log, FAQ_SERVER=faq_server.url, PORT=str(port), **secrets):
        yield WeCom(port)


def test_the_address_is_confirmed(wecom: WeCom) -> None:
    body, query = wecom.sealed("1234567890")
    query["echostr"] = xmltodict.parse(body)["xml"]["Encrypt"]
    assert call(wecom.port, "GET", f"/wecom?{urlencode(query)}").content == b"1234567890"


def test_the_sentence_that_answers_comes_with_its_page_and_a_follow_up_stays_with_it(wecom: WeCom) -> None:
    answer = wecom.asks("Ada", DOCKER_QUESTION)
    assert "/dev/shm" in answer
    assert answer.splitlines()[-1].endswith("/q/faq_2021_s1/Q1.3")
    assert wecom.asks("Ada", "为什么？") == answer


def test_a_number_chooses_from_the_list_that_this_person_was_shown(wecom: WeCom) -> None:
    assert "\n2. Mobile networks are already fast" in wecom.asks("Bo", "which network")
    assert wecom.asks("Cy", "2").startswith("Nothing stored")
    assert wecom.asks("Bo", "2").endswith("/q/en/faq_2021_s1/Q2.5")


def test_whoever_wants_a_person_hears_how(wecom: WeCom) -> None:
    assert HANDOVER in wecom.asks("Cy", "talk to a human")


def test_a_picture_gets_no_reply(wecom: WeCom) -> None:
    reply = wecom.says("Ada", "", kind="image")
    assert (reply.status, reply.content) == (200, b"")


def test_what_is_not_signed_for_this_app_is_refused(wecom: WeCom) -> None:
    assert WeCom(wecom.port, token="another").says("Ada", "hello").status == 403
    assert WeCom(wecom.port, corp_id="another").says("Ada", "hello").status == 403
    body, query = wecom.sealed("<xml/>")
    assert call(wecom.port, "POST", f"/wecom?{urlencode(query | {'nonce': 'x'})}", body).status == 403
    assert call(wecom.port, "POST", f"/wecom?{urlencode(query | {'msg_signature': 'é'})}", body).status == 403
    assert call(wecom.port, "POST", "/wecom", body).status == 400
    assert call(wecom.port, "POST", f"/wecom?{urlencode(query)}", b"no XML").status == 400
    assert call(wecom.port, "POST", f"/wecom?{urlencode(query)}", b"x" * 70_000).status == 413


def test_what_was_signed_long_ago_is_refused(wecom: WeCom) -> None:
    body, query = wecom.sealed(MESSAGE.format(corp=CORP_ID, person="Ada", kind="text", text="thanks"), age_seconds=900)
    assert call(wecom.port, "POST", f"/wecom?{urlencode(query)}", body).status == 403
