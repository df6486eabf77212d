//! Bybit v5, linear perpetuals.
