//! Why an item of the shared cache cannot be read.

use schema::Invalid;

/// Why an item cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// The client flags do not carry the mark of this cache: another program wrote it.
    #[error("another program's item (client flags {flags:#010x})")]
    ForeignItem {
        /// The flags it carries.
        flags: u32,
    },
    /// A version, of the schema or of the envelope's format, that this program does not know.
    #[error("version {found} is not known here")]
    UnknownVersion {
        /// The version it carries.
        found: u32,
    },
    /// It says that it belongs elsewhere.
    #[error("the item says that it is {found}")]
    WrongKey {
        /// The name or key it carries.
        found: String,
    },
    /// It was compressed, and its bytes are not what was written.
    #[error("not decompressible: {0}")]
    Corrupt(#[source] std::io::Error),
    /// The body is not what was written.
    #[error("the body does not match its hash")]
    BadHash,
    /// The JSON of the header or of the body has another shape.
    #[error("not decodable: {0}")]
    Undecodable(#[from] serde_json::Error),
    /// The value breaks a limit of its domain.
    #[error("invalid: {0}")]
    Invalid(#[from] Invalid),
}

impl Unreadable {
    /// The name of the failure in metrics.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ForeignItem { .. } => "foreign_item",
            Self::UnknownVersion { .. } => "unknown_version",
            Self::WrongKey { .. } => "wrong_key",
            Self::Corrupt(_) => "corrupt",
            Self::BadHash => "bad_hash",
            Self::Undecodable(_) => "undecodable",
            Self::Invalid(_) => "invalid",
        }
    }
}
