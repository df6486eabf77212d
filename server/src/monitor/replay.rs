//! Watching a recording instead of an exchange.

use std::path::Path;

use schema::health::{Feed, RecordingEnd};
use tokio_util::sync::CancellationToken;
use venue::replay::{Ended, Recording, ReplayServer};

use super::{Monitor, MonitorError, exchange};
use crate::config;

impl Monitor {
    /// Plays the recording in a folder until `stop`. At its end nothing more comes, and the figures grow old by
    /// themselves.
    ///
    /// # Errors
    ///
    /// When the recording cannot be read or served, now or later.
    pub(super) async fn replay(&self, folder: &Path, stop: &CancellationToken) -> Result<(), MonitorError> {
        let recording = Recording::open(folder)?;
        let (venue, from, speed) = (recording.venue(), recording.began(), self.config.replay_speed);
        let ours = self.clock.clone();
        let clock = venue::Clock::of(move || ours.now());
        let server = ReplayServer::bind(&recording, clock.clone())?;
        let exchange = exchange::recorded(&self.config, venue, &server, clock)?;
        let mut ended = server.ended();
        tracing::info!(%venue, from_ms = from.0, speed, "playing a recording");
        let (done, broken) = (CancellationToken::new(), stop.child_token());
        let (end, breaks) = (done.clone(), broken.clone());
        let serving = tokio::spawn(async move {
            let served = server.run(async move { end.cancelled().await }).await;
            // A recording that cannot be read on must not look like one that goes on.
            breaks.cancel();
            served
        });
        let board = self.board.clone();
        let over = async move {
            if let Ok(last) = ended.wait_for(Option::is_some).await
                && let Some(Ended { at, lost, cut }) = *last
            {
                tracing::info!(at_ms = at.0, lost, cut, "the recording has ended");
                let ended = Some(RecordingEnd { at, lost });
                board.restate(Feed::Recorded { venue, from, speed, ended });
            }
            std::future::pending::<()>().await;
        };
        let healthy = Feed::Recorded { venue, from, speed, ended: None };
        // Nobody outside can tell what was true then.
        let outside = config::Outside { coingecko: None, alternative: None };
        let ended = self.session(exchange, &outside, healthy, over, &broken).await;
        done.cancel();
        serving.await??;
        ended.map(drop)
    }
}
