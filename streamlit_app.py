"""The page's server: Streamlit's, with bounds for what visitors send and an end for what they leave."""

from melanoma.app.freed_memory import give_freed_memory_back

give_freed_memory_back()  # before an import starts threads, whose heaps would stay

from starlette.middleware import Middleware  # noqa: E402
from streamlit.starlette import App  # noqa: E402

from melanoma.app.lifespan import lifespan  # noqa: E402
from melanoma.app.upload_limits import UploadLimits  # noqa: E402

app = App("melanoma/app/entry/script.py", middleware=[Middleware(UploadLimits)], lifespan=lifespan)
