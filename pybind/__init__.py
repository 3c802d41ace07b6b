"""Build-time only: from the Rust core to ``zcio._native``. Nothing here is installed."""
