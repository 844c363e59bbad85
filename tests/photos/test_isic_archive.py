"""The ISIC Archive's client against a local server that replays the documented answers, and worse ones."""

import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import pytest

from melanoma.edits.drawn_lesions import draw_lesion
from melanoma.errors import UserError
from melanoma.photos.isic_archive import Archive, diagnosis_from
from tests.photos.archive_replay import documented

JPEG = cv2.imencode(".jpg", draw_lesion(height=90, width=120).image)[1].tobytes()


class Replay(BaseHTTPRequestHandler):
    """Answers by the id that is asked for."""

    def do_GET(self):
        address = f"http://127.0.0.1:{self.server.server_port}"
        parts = urllib.parse.urlsplit(self.path)
        wanted = parts.path.strip("/").split("/")[-1]
        self.server.asked.append(self.path)
        if parts.path.startswith("/files/"):
            self.send(JPEG)
        elif wanted == "search":
            self.search(urllib.parse.parse_qs(parts.query), address)
        elif wanted == "ISIC_0000404":
            self.send(b'{"detail": "Not Found"}', 404)
        elif wanted == "ISIC_0000503":
            self.send(b"busy", 503)
        elif wanted == "ISIC_0000001":  # cut off: half of what the header promises
            self.send(json.dumps(documented(wanted, address)).encode()[:50], length=400)
        elif wanted == "ISIC_0000002":
            self.send(b"<html>not JSON</html>")
        elif wanted == "ISIC_0000003":
            self.send(b'{"isic_id": "ISIC_0000003"}')
        elif wanted == "ISIC_0000004":
            time.sleep(1.5)
            self.send(b"{}")
        elif wanted == "ISIC_0000005":  # dripping: every byte in time, the whole never
            self.send_response(200)
            self.end_headers()
            for _ in range(30):
                self.wfile.write(b" ")
                self.wfile.flush()
                time.sleep(0.1)
        elif wanted == "ISIC_0000006":
            self.send(b" " * (5 * 1024 * 1024))
        elif wanted == "ISIC_0000007":
            self.send_response(302)
            self.send_header("Location", "http://localhost:1/elsewhere")
            self.end_headers()
        elif wanted == "ISIC_0000008":
            files = {"full": {"url": "http://169.254.169.254/latest", "size": 1}}
            self.send(json.dumps(documented(wanted, address, files=files)).encode())
        else:
            self.send(json.dumps(documented(wanted, address)).encode())

    def search(self, query, address):
        if query["query"] == ["(("]:
            self.send(b'{"message": "Could not parse search query."}', 400)
            return
        results = [documented(f"ISIC_000001{number}", address) for number in range(3)]
        page = {"results": results, "count": 3, "next": None, "previous": None}
        self.send(json.dumps(page).encode())

    def send(self, content, status=200, length=None):
        self.send_response(status)
        self.send_header("Content-Length", str(length or len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Replay)
    server.asked = []
    server.handle_error = lambda *_: None  # a client that gives up is what some tests want
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def archive(server):
    return Archive(f"http://127.0.0.1:{server.server_port}", hosts=["127.0.0.1"], seconds=10)


def test_an_image_comes_with_licence_and_attribution(archive):
    image = archive.image("ISIC_0024306")
    assert (image.licence, image.attribution) == ("CC-BY-NC", "ViDIR Group, Medical University of Vienna")
    assert (image.diagnosis, image.dermoscopic) == ("NV", True)
    assert archive.pixels(image).shape == (90, 120, 3)


def test_a_search_sends_the_query_whole(archive, server):
    found = archive.search('diagnosis_3:"Nevus" AND sex:male', most=3)
    assert [image.isic_id for image in found] == ["ISIC_0000010", "ISIC_0000011", "ISIC_0000012"]
    sent = urllib.parse.parse_qs(urllib.parse.urlsplit(server.asked[-1]).query)
    assert sent == {"query": ['diagnosis_3:"Nevus" AND sex:male'], "limit": ["3"]}


def test_a_query_that_cannot_be_read_is_told(archive):
    with pytest.raises(UserError, match="does not understand this search"):
        archive.search("((")


@pytest.mark.parametrize(
    ("isic_id", "sentence"),
    [
        ("ISIC_0000404", "no public image ISIC_0000404"),
        ("ISIC_0000503", "too busy"),
        ("ISIC_0000001", "cut off"),
        ("ISIC_0000002", "not what this version understands"),
        ("ISIC_0000003", "not what this version understands"),
        ("ISIC_0000006", "too large"),
        ("ISIC_0000007", "refused to answer \\(302\\)"),
        ("../users/me", "is not an id"),
    ],
)
def test_each_bad_answer_is_one_sentence(archive, isic_id, sentence):
    with pytest.raises(UserError, match=sentence):
        archive.image(isic_id)


@pytest.mark.parametrize("isic_id", ["ISIC_0000004", "ISIC_0000005"], ids=["silent", "dripping"])
def test_a_slow_answer_is_given_up(server, isic_id):
    hasty = Archive(f"http://127.0.0.1:{server.server_port}", hosts=["127.0.0.1"], seconds=0.5)
    with pytest.raises(UserError, match="did not answer"):
        hasty.image(isic_id)


def test_a_file_elsewhere_is_not_fetched(archive):
    with pytest.raises(UserError, match="outside the ISIC Archive"):
        archive.pixels(archive.image("ISIC_0000008"))


def test_no_server_is_one_sentence():
    with pytest.raises(UserError, match="cannot be reached"):
        Archive("http://127.0.0.1:9", hosts=["127.0.0.1"]).image("ISIC_0024306")


@pytest.mark.parametrize(
    ("clinical", "code"),
    [
        ({"diagnosis_3": "Melanoma in situ"}, "MEL"),
        ({"diagnosis_3": "Melanoma Invasive", "diagnosis_4": "Melanoma Invasive, Nodular"}, "MEL"),
        ({"diagnosis_3": "Melanoma, NOS"}, "MEL"),
        ({"diagnosis_3": "Melanoma metastasis"}, None),
        ({"diagnosis_3": "Nevus", "diagnosis_4": "Nevus, Atypical, Dysplastic, or Clark"}, "NV"),
        ({"diagnosis_3": "Basal cell carcinoma"}, "BCC"),
        ({"diagnosis_3": "Solar or actinic keratosis"}, "AK"),
        ({"diagnosis_3": "Squamous cell carcinoma, Invasive"}, "SCC"),
        ({"diagnosis_3": "Squamous cell carcinoma in situ"}, "SCC"),
        ({"diagnosis_3": "Seborrheic keratosis"}, "BKL"),
        ({"diagnosis_3": "Lichen planus like keratosis"}, "BKL"),
        ({"diagnosis_3": "Dermatofibroma"}, "DF"),
        (
            {"diagnosis_2": "Benign soft tissue proliferations - Vascular", "diagnosis_3": "Hemangioma"},
            "VASC",
        ),
        ({"diagnosis_1": "Benign"}, None),
        ({}, None),
    ],
)
def test_the_archives_words_become_codes(clinical, code):
    assert diagnosis_from(clinical) == code
