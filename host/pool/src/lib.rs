//! Bounded pools of connections, whatever they speak.
