# The page as a container: docker build -t melanoma . (docs/operating.md says how to run it)
#
# To pin the base image byte for byte, give its digest: --build-arg PYTHON=python:3.11.14-slim-bookworm@sha256:…
ARG PYTHON=python:3.11.14-slim-bookworm

FROM ${PYTHON} AS packages
RUN python -m venv /venv
COPY requirements.lock .
# The lock holds every package's hash: another file under the same name and version is refused.
RUN /venv/bin/pip install --no-cache-dir --require-hashes --only-binary :all: -r requirements.lock

FROM ${PYTHON}
COPY --from=packages /venv /venv
WORKDIR /app
COPY .streamlit/config.toml .streamlit/
COPY streamlit_app.py ./
COPY melanoma melanoma
COPY models models
# Compiled now: at run time the file system is read-only, and each start would compile anew.
RUN /venv/bin/python -m compileall -q melanoma streamlit_app.py
ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    KERAS_HOME=/tmp/keras \
    TF_CPP_MIN_LOG_LEVEL=2 \
    MALLOC_ARENA_MAX=2
USER 10001:10001
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["python", "-c", \
  "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8501/_stcore/health', timeout=4)"]
# No shell in between, so that docker stop reaches the server, which then ends by itself.
CMD ["streamlit", "run", "streamlit_app.py", "--server.address=0.0.0.0", "--server.port=8501", \
  "--server.fileWatcherType=none"]
