"""The page's server: Streamlit's, with bounds for what visitors send and an end for what they leave."""

from starlette.middleware import Middleware
from streamlit.starlette import App

from melanoma.app.left_sessions import let_go_of_left_sessions
from melanoma.app.upload_limits import UploadLimits

app = App(
    "melanoma/app/entry/script.py", middleware=[Middleware(UploadLimits)], lifespan=let_go_of_left_sessions
)
