//! The process that serves the dashboard: whether it answers, whether it is ready, and what its cache says.

use std::time::Duration;

use reqwest::StatusCode;
use schema::report::CacheReport;

use super::Finding;
use crate::config::{Config, Token};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Asks one path of a process, with the token where the process asks for it.
///
/// # Errors
///
/// When there is no answer within three seconds.
pub(crate) async fn ask(url: &str, token: Option<&Token>) -> Result<(StatusCode, String), reqwest::Error> {
    let client = reqwest::Client::builder().timeout(PATIENCE).build()?;
    let request = client.get(url);
    let request = match token {
        Some(token) => request.bearer_auth(token.reveal()),
        None => request,
    };
    let answer = request.send().await?;
    let status = answer.status();
    Ok((status, answer.text().await?))
}

/// Asks the process at the configured address.
pub(super) async fn examine(config: &Config) -> (Vec<Finding>, Option<CacheReport>) {
    let mut addr = config.http.addr;
    if addr.ip().is_unspecified() {
        addr.set_ip(std::net::Ipv4Addr::LOCALHOST.into());
    }
    let check = format!("process at {addr}");
    let ready = match ask(&format!("http://{addr}/readyz"), None).await {
        Ok((StatusCode::OK, _)) => Finding::good(&check, "ready"),
        Ok((status, text)) => {
            let reasons = text.lines().skip(1).collect::<Vec<_>>().join("; ");
            Finding::broken(&check, format!("not ready ({}): {reasons}", status.as_u16()))
        }
        Err(error) if error.is_connect() => {
            return (vec![Finding::attention(&check, "nothing listens there: `virtuoso serve` is not running")], None);
        }
        Err(error) => return (vec![Finding::broken(&check, format!("does not answer: {error}"))], None),
    };
    let report = match ask(&format!("http://{addr}/api/v1/cache"), config.access.token.as_ref()).await {
        Ok((StatusCode::UNAUTHORIZED, _)) => {
            Err("it wants another access.token than this configuration has".to_owned())
        }
        Ok((StatusCode::OK, text)) => serde_json::from_str(&text).map_err(|error| error.to_string()),
        Ok((status, _)) => Err(format!("answered {status}")),
        Err(error) => Err(error.to_string()),
    };
    match report {
        Ok(report) => (vec![ready], Some(report)),
        Err(why) => (vec![ready, Finding::broken(&check, format!("does not tell of its cache: {why}"))], None),
    }
}
