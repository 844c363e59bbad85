"""The page's server: Streamlit's, with bounds for what visitors send and an end for what they leave."""

from starlette.middleware import Middleware
from streamlit.starlette import App

from melanoma.app.lifespan import lifespan
from melanoma.app.upload_limits import UploadLimits

app = App("melanoma/app/entry/script.py", middleware=[Middleware(UploadLimits)], lifespan=lifespan)
