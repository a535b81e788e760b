"""The check of addresses outside, tried on a server of our own."""

import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import links
import pytest
from links import addresses, answer, everywhere, main


@pytest.fixture(scope="module")
def server():
    """A server whose pages answer with the number they are called by, `/503-once` with it only once."""
    asked = []

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self):
            name = self.path.strip("/")
            asked.append(name)
            status = int(name[:3]) if "once" not in name or asked.count(name) == 1 else 200
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/" + name[4:])
            self.end_headers()

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("page", "said"), [("200", 200), ("404", 404), ("403", 403), ("302-404", 404), ("302-200", 200), ("503-once", 200)]
)
def test_what_a_server_answers(page, said, server):
    assert answer(f"{server}/{page}#a-section", pause=0) == said


def test_a_mishap_that_stays_is_an_answer_too(server):
    assert answer(f"{server}/500", pause=0) == 500
    assert "refused" in answer("http://127.0.0.1:9", pause=0)


@pytest.mark.parametrize(("number", "gone"), [(socket.EAI_NONAME, True), (socket.EAI_AGAIN, False)])
def test_a_host_that_does_not_exist_is_gone_one_that_is_not_found_today_is_not(number, gone, monkeypatch):
    def nowhere(*arguments, **named):
        raise socket.gaierror(number, "not found")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert (answer("http://a-host-of-old.org/", pause=0) in links.GONE) is gone


def test_a_doi_is_asked_for_and_not_followed(server, monkeypatch):
    monkeypatch.setattr(links, "DOI_HOST", "127.0.0.1")
    assert answer(f"{server}/302-404", pause=0) == 302


@pytest.fixture
def asked(tmp_path, server, monkeypatch):
    """Check a folder with one text, whose addresses are on our server."""
    monkeypatch.setattr(links, "NOBODY", links.re.compile("^$"))

    def check(*pages):
        (tmp_path / "README.md").write_text(" ".join(f"[{p}]({server}/{p})," for p in pages), encoding="utf-8")
        return main(tmp_path, pause=0)

    return check


def test_what_is_gone_fails_and_what_gave_no_clear_answer_is_listed(asked, capsys):
    assert asked("200", "403") == 0
    assert "no clear answer (403)" in capsys.readouterr().out
    assert asked("200", "404", "410") == 1
    said = capsys.readouterr().out
    assert said.count("gone (4") == 2
    assert "in README.md" in said


def test_where_nobody_answers_the_check_itself_is_broken(asked):
    assert asked("403", "500") == 1


def test_addresses_of_texts_notebooks_and_references_are_found():
    found = everywhere()
    assert "https://creativecommons.org/licenses/by/4.0/" in found
    assert found["https://github.com/containers/bubblewrap"] == {"chapters/teaching.md"}
    assert found["https://doi.org/10.1037/h0042519"] == {"chapters/references.bib"}
    assert len([address for address in found if address.startswith("https://doi.org/")]) >= 21
    assert not any("127.0.0.1" in address for address in found)


def test_the_end_of_a_sentence_is_no_part_of_an_address():
    text = "(https://a.org/b.) [x](https://a.org/c) `https://a.org/d`: <https://a.org/e_(f)>! https://a.org/g_(h))."
    assert addresses(text) == [f"https://a.org/{end}" for end in ("b", "c", "d", "e_(f)", "g_(h)")]
