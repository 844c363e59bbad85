"""SIGTERM ends the server in order: nothing is left to a second signal."""

import signal

import pytest
import uvicorn

from melanoma.app.lifespan import end_in_order_on_sigterm


@pytest.fixture
def handler():
    """Put the handler back that was there."""
    before = signal.getsignal(signal.SIGTERM)
    yield before
    signal.signal(signal.SIGTERM, before)


def test_the_signal_ends_the_server_and_is_not_sent_again(handler):
    server = uvicorn.Server(uvicorn.Config(lambda: None))
    with server.capture_signals():
        end_in_order_on_sigterm()
        signal.raise_signal(signal.SIGTERM)
        assert server.should_exit and not server.force_exit
        signal.raise_signal(signal.SIGTERM)
        assert server.force_exit
    assert signal.getsignal(signal.SIGTERM) is handler


def test_another_server_s_handler_stays(handler):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    end_in_order_on_sigterm()
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
