//! Where a login leads: a path of this server, and nowhere else.

use app::path;

/// The longest address that is led to, in bytes.
const LONGEST: usize = 512;

/// The address that was asked for before the login, where it is a path of this server's pages; else the first page.
///
/// Browsers take `//host`, `/\host` and both with a tab or line break between for another server's address.
pub(super) fn local(asked: &str) -> &str {
    let visible = asked.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = asked.split(['?', '#']).next().unwrap_or_default();
    // What shares the origin may lie further up.
    let climbs = path.split('/').any(|folder| folder.to_ascii_lowercase().replace("%2e", ".") == "..");
    let leads = asked.starts_with('/')
        && !asked.starts_with("//")
        && ![path::LOGIN.path(), path::LOGOUT.path()].contains(&path);
    if visible && leads && !climbs && asked.len() <= LONGEST { asked } else { path::MARKET.path() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_a_page_of_this_server_and_nowhere_else() {
        for asked in ["/", "/scores?q=btc&sort=turnover", "/symbol/BTCUSDT?timeframe=4h#chart", "/?map=score", "/a//b"]
        {
            assert_eq!(local(asked), asked);
        }
        let long = format!("/{}", "x".repeat(600));
        for asked in [
            "",
            "scores",
            "//evil",
            "///evil",
            "/\\evil",
            "\\/evil",
            "/\t/evil",
            "/\n/evil",
            "/ü",
            "http://evil",
            "javascript:x",
            "/a\\b",
            "/login",
            "/login?next=/login",
            "/logout",
            "/../elsewhere",
            "/a/%2E./%2e%2E/elsewhere",
            &long,
        ] {
            assert_eq!(local(asked), "/", "{asked:?}");
        }
    }
}
