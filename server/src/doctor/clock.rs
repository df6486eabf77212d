//! The clock of this machine, held against that of the exchange.

use schema::health::clock_off_s;
use venue::Exchange;

use super::Finding;

/// What to do about a clock that is off.
pub(super) const SET_IT: &str = "set it by NTP (`timedatectl set-ntp true`), or every age is off by as much";

/// Judges what the answers of an exchange showed.
pub(super) fn examine(exchange: &dyn Exchange) -> Finding {
    judge(exchange.venue().label(), exchange.clock_skew_ms())
}

fn judge(of: &str, exchange_ahead_ms: Option<i64>) -> Finding {
    const CHECK: &str = "this machine's clock";
    let Some(ahead_ms) = exchange_ahead_ms else {
        return Finding::attention(CHECK, format!("not compared with {of}'s: it sent no time"));
    };
    match clock_off_s(ahead_ms) {
        Some(off_s) => Finding::attention(CHECK, format!("{}; {SET_IT}", app::format::clock_off(off_s, of))),
        None => Finding::good(CHECK, format!("agrees with {of}'s to {} ms", ahead_ms.unsigned_abs().max(1))),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Verdict, *};

    #[test]
    fn a_clock_that_is_off_is_named_with_its_side_and_what_to_do() {
        let finding = judge("Bybit", Some(-5_400_000));
        assert_eq!(finding.verdict, Verdict::Attention);
        assert!(
            finding.said.starts_with("this machine's clock is 90 min ahead of Bybit's; set it by NTP"),
            "{finding:?}"
        );
        assert!(judge("Bybit", Some(7_000)).said.contains("5 s behind Bybit's"));
        assert_eq!(judge("Bybit", Some(-120)).said, "agrees with Bybit's to 120 ms");
    }
}
