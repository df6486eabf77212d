//! The session of a reader who logged in: a value that only a holder of the token can make, and that ends by itself.
//!
//! It is the end of the login and a keyed hash of it, the key being the token. So nothing is kept of who has logged in: a login
//! survives a restart and holds in every process that has the same token. What it does not promise: logging out makes one browser
//! forget its value, it does not make a copy of that value worthless. A new token does, for all.

use std::{fmt::Write as _, time::Duration};

use aws_lc_rs::{constant_time::verify_slices_are_equal, hmac};
use schema::UnixMs;

use crate::config::Token;

/// For how long a browser stays logged in.
pub(super) const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3_600);

/// What makes and judges sessions.
pub(super) struct Sessions {
    key: hmac::Key,
    /// The hash of the token under its own key: what is compared, so that neither content nor length can be timed.
    token: hmac::Tag,
}

impl Sessions {
    pub(super) fn of(token: &Token) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, token.reveal().as_bytes());
        let token = hmac::sign(&key, token.reveal().as_bytes());
        Self { key, token }
    }

    /// Whether a text is the token.
    pub(super) fn is_token(&self, given: &str) -> bool {
        hmac::verify(&self.key, given.as_bytes(), self.token.as_ref()).is_ok()
    }

    /// A session that begins now.
    pub(super) fn begin(&self, now: UnixMs) -> String {
        self.ending(now.0.saturating_add(lifetime_ms()))
    }

    /// Whether a value is a session that has not ended. One that ends later than any that begins now is of a clock gone wrong.
    pub(super) fn holds(&self, value: &str, now: UnixMs) -> bool {
        let Some(ends) = value.split_once('-').and_then(|(ends, _)| ends.parse::<i64>().ok()) else { return false };
        let sound = verify_slices_are_equal(self.ending(ends).as_bytes(), value.as_bytes()).is_ok();
        sound && ends > now.0 && ends <= now.0.saturating_add(lifetime_ms())
    }

    fn ending(&self, ends: i64) -> String {
        // A token has no blank, so this is the hash of none.
        let tag = hmac::sign(&self.key, format!("a session until {ends}").as_bytes());
        let mut value = format!("{ends}-");
        for byte in tag.as_ref() {
            // Writing to a string cannot fail.
            let _ = write!(value, "{byte:02x}");
        }
        value
    }
}

fn lifetime_ms() -> i64 {
    i64::try_from(LIFETIME.as_millis()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: UnixMs = UnixMs(1_767_225_600_000);

    fn sessions(token: &str) -> Sessions {
        Sessions::of(&Token::new(token).unwrap())
    }

    #[test]
    fn the_token_alone_is_the_token() {
        let ours = sessions("sixteen-letters!");
        assert!(ours.is_token("sixteen-letters!"));
        for other in ["", "sixteen-letters", "sixteen-letters!!", "Sixteen-letters!"] {
            assert!(!ours.is_token(other), "{other}");
        }
    }

    #[test]
    fn a_session_lasts_thirty_days_and_over_a_restart_but_not_over_a_new_token() {
        let value = sessions("sixteen-letters!").begin(NOW);
        let after = |days: i64| UnixMs(NOW.0 + days * 86_400_000);
        let same = sessions("sixteen-letters!");
        assert!(same.holds(&value, NOW) && same.holds(&value, after(29)));
        assert!(!same.holds(&value, after(30)), "it has ended");
        assert!(!same.holds(&value, after(-1)), "it would last longer than any");
        assert!(!sessions("another-token-now").holds(&value, NOW));
        assert!(!value.contains("sixteen"));
    }

    proptest! {
        #[test]
        fn no_other_text_is_a_session(text in "[0-9a-f-]{0,90}", at in 0_usize..78, to in "[0-9a-f-]") {
            let ours = sessions("sixteen-letters!");
            prop_assert!(!ours.holds(&text, NOW));
            let value = ours.begin(NOW);
            let mut forged = value.clone();
            forged.replace_range(at..=at, &to);
            prop_assert_eq!(ours.holds(&forged, NOW), forged == value);
        }
    }
}
