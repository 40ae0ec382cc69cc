//! The rate-limited platform's own truth, for the emulator and the simulator.
