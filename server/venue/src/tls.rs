//! The cryptography behind `https://` and `wss://`.

/// Makes aws-lc-rs the cryptography of this process; to be called once, before the first connection.
///
/// A provider that is already installed stays.
pub fn install_crypto_provider() {
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider was already installed");
    }
}
