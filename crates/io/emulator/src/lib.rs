//! HTTP sockets around the emulated platform.
