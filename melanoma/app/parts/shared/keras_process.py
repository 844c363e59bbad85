"""The process in which everything on the page that needs TensorFlow is computed."""

from melanoma.app.keras_worker import KerasWorker

KERAS = KerasWorker()
"""One for all visitors: it holds half a gigabyte."""
