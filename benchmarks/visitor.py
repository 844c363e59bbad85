"""One visitor of the page without a browser: a real session over WebSocket and HTTP, as a browser holds one.

Thirty Chromiums would take the two cores for themselves. This speaks what the page's own JavaScript speaks
(protocol buffers over `/_stcore/stream`, files by PUT), so the server does all its work, and only drawing is
left out.
"""

import asyncio
import http.client
import secrets
import urllib.parse
from http.cookies import SimpleCookie

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

_COOKIE = "_streamlit_xsrf"
_TIMEOUT = 120.0  # seconds for one run of the page's script


class Visitor:
    """A session with the page at `address`, such as http://127.0.0.1:8501."""

    def __init__(self, address: str) -> None:
        self.place = urllib.parse.urlsplit(address)
        self.token = ""
        self.session = ""
        self.uploader = ""
        self.query = ""
        self.buttons: dict[str, str] = {}
        """The identity of each button by its key."""
        self.socket: ClientConnection

    async def open(self, query: str = "", page: str = "") -> list[ForwardMsg]:
        """Connect to a page by its address, and return the messages of the first run."""
        await self.connect()
        self.query = query
        message = BackMsg()
        message.rerun_script.page_name = page
        return await self._run(message)

    async def connect(self) -> None:
        """Connect without a run, as a page does whose connection was lost while nothing ran."""
        self.token = await asyncio.to_thread(self._take_token)
        self.socket = await connect(
            f"ws://{self.place.netloc}/_stcore/stream",
            subprotocols=["streamlit", self.token],  # type: ignore[list-item]
            additional_headers={"Cookie": f"{_COOKIE}={self.token}"},
            max_size=None,
        )

    async def upload(self, content: bytes, name: str, lost: tuple = ()) -> list[ForwardMsg]:
        """Give the page a photo, and return the messages of the run that answers it.

        `lost` are files that the uploader holds still, and that the server knows no more.
        """
        info = await self.send_file(content, name)
        message = BackMsg()
        state = message.rerun_script.widget_states.widgets.add(id=self.uploader)
        state.file_uploader_state_value.CopyFrom(FileUploaderState(uploaded_file_info=[*lost, info]))
        return await self._run(message)

    async def press(self, key: str) -> list[ForwardMsg]:
        """Press the button of this key, and return the messages of the run that follows."""
        message = BackMsg()
        message.rerun_script.widget_states.widgets.add(id=self.buttons[key], trigger_value=True)
        return await self._run(message)

    async def send_file(self, content: bytes, name: str) -> object:
        """Send a file to the server and return what the uploader then says of it."""
        request = BackMsg()
        request.file_urls_request.request_id = secrets.token_hex(8)
        request.file_urls_request.file_names.append(name)
        request.file_urls_request.session_id = self.session
        await self.socket.send(request.SerializeToString())
        while not (answer := await self._receive()).HasField("file_urls_response"):
            pass
        urls = answer.file_urls_response.file_urls[0]
        await asyncio.to_thread(self._put, urls.upload_url, content, name)
        info = FileUploaderState().uploaded_file_info.add(file_id=urls.file_id, name=name, size=len(content))
        info.file_urls.CopyFrom(urls)
        return info

    async def close(self) -> None:
        """Leave the page."""
        await self.socket.close()

    async def _run(self, message: BackMsg) -> list[ForwardMsg]:
        """Have the script run, and return all that it draws, its fragments' later runs left out."""
        message.rerun_script.query_string = self.query
        await self.socket.send(message.SerializeToString())
        messages = []
        while True:
            received = await self._receive()
            messages.append(received)
            if received.HasField("new_session"):
                self.session = received.new_session.initialize.session_id
            element = received.delta.new_element if received.HasField("delta") else None
            if element is not None and element.HasField("file_uploader"):
                self.uploader = element.file_uploader.id
            if element is not None and element.HasField("button"):
                self.buttons[element.button.id.split("-", 2)[-1]] = element.button.id
            if received.HasField("script_finished"):
                ending = ForwardMsg.ScriptFinishedStatus.Name(received.script_finished)
                if ending in ("FINISHED_SUCCESSFULLY", "FINISHED_FRAGMENT_RUN_SUCCESSFULLY"):
                    return messages
                if ending != "FINISHED_EARLY_FOR_RERUN":
                    raise RuntimeError(f"the page's script ended with {ending}")

    async def _receive(self) -> ForwardMsg:
        message = ForwardMsg()
        message.ParseFromString(await asyncio.wait_for(self.socket.recv(decode=False), _TIMEOUT))
        return message

    def _take_token(self) -> str:
        connection = http.client.HTTPConnection(self.place.netloc, timeout=_TIMEOUT)
        connection.request("GET", "/_stcore/host-config")
        response = connection.getresponse()
        response.read()
        if (found := response.getheader("Set-Cookie")) is None:
            connection.request("GET", "/_stcore/health")
            response = connection.getresponse()
            response.read()
            found = response.getheader("Set-Cookie")
        connection.close()
        return SimpleCookie(found)[_COOKIE].value

    def _put(self, url: str, content: bytes, name: str) -> None:
        boundary = secrets.token_hex(16)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n'
        body = (
            f"{head}Content-Type: image/jpeg\r\n\r\n".encode() + content + f"\r\n--{boundary}--\r\n".encode()
        )
        connection = http.client.HTTPConnection(self.place.netloc, timeout=_TIMEOUT)
        headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "X-Xsrftoken": self.token,
            "Cookie": f"{_COOKIE}={self.token}",
        }
        connection.request("PUT", url if url.startswith("/") else f"/{url}", body, headers)
        response = connection.getresponse()
        response.read()
        connection.close()
        if response.status != 204:
            raise RuntimeError(f"the server answered a file with {response.status}")
