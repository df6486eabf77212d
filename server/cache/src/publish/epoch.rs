//! The first half of a stamp: which writer is newer, whatever its clock says.
//!
//! A writer begins with the time of its start. Where there is a shared tier it then takes a number there that is
//! higher than that of every writer before it: a fencing token. So a writer that starts after a clock was set back, or
//! on a host whose clock is behind, still replaces what an older one wrote.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    l2::{Added, L2Error, Swapped},
    tier::Server,
};

/// The client flags of a token: it is not an envelope.
const FLAGS: u32 = 0x5643_ff01;
/// How long a token is kept. Where it has gone the clocks decide again.
const KEEP_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Attempts against other writers that start at the same moment.
const ATTEMPTS: u32 = 5;

/// The number of the newest writer of a schema, and who that is.
#[derive(Debug, Serialize, Deserialize)]
struct Token<'a> {
    epoch: u64,
    #[serde(borrow)]
    by: std::borrow::Cow<'a, str>,
}

/// Takes the number of the newest writer: `epoch`, or one more than the highest that was taken.
///
/// `key` holds a character that no schema's name may have, so it is nobody else's.
pub(super) async fn claim(server: &std::sync::Arc<Server>, key: &str, epoch: u64, by: &str) -> Result<u64, L2Error> {
    for _ in 0..ATTEMPTS {
        let there = server.get(key).await?;
        let token = there.as_ref().and_then(|item| serde_json::from_slice::<Token<'_>>(&item.value).ok());
        let claimed = token.map_or(epoch, |token| epoch.max(token.epoch.saturating_add(1)));
        let bytes = serde_json::to_vec(&Token { epoch: claimed, by: by.into() })
            .map_err(|error| L2Error::Refused(format!("a token cannot be encoded: {error}")))?;
        let landed = match there {
            None => matches!(server.add_raw(key, &bytes, FLAGS, KEEP_FOR).await?, Added::Stored(_)),
            Some(item) => {
                matches!(server.swap_raw(key, &bytes, FLAGS, KEEP_FOR, item.cas).await?, Swapped::Stored(_))
            }
        };
        if landed {
            return Ok(claimed);
        }
    }
    Err(L2Error::Refused("other writers took every number".into()))
}
