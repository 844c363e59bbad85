"""Photos judged as they arrive in a folder, and the events about them."""
